package invitation

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// A Conferrer decides what whoever acts in ctx may do with roles of an organization. It returns why not.
type Conferrer interface {
	// ConferRoles decides whether they may give them.
	ConferRoles(ctx context.Context, organization uuid.UUID, roles []string) error
	// StillConfers returns those of the roles that there are, if they may give them and add members. It
	// needs the transaction in which the roles are given. organization.ErrCannotConfer.
	StillConfers(ctx context.Context, organization uuid.UUID, roles []string) ([]string, error)
	// ActOnRoles decides whether they may change what gives them.
	ActOnRoles(ctx context.Context, organization uuid.UUID, roles []string) error
}

// A Service invites, and takes the answers. Each change is one transaction with its events.
type Service struct {
	Invitations   Invitations
	Organizations organization.Organizations
	Members       organization.Writes
	Users         identity.Users
	SignUps       *identity.SignUps // makes the accounts of who has none
	Limiter       identity.Limiter
	// Confers is asked in the transaction that makes an invitation; nil: only operators invite.
	Confers Conferrer
	// Authorities are asked for the rights of who invited when an invitation is accepted. nil: all but
	// operators have lost them.
	Authorities Authorities
	// Client returns nil when there is a client of that client_id, else ErrClient.
	Client func(ctx context.Context, clientID string) error
	Box    *secret.Box // seals tokens for their mails
	Outbox event.Outbox
	Tx     identity.Transactor
}

// New returns a service with the key of an installation for the mails that wait.
func New(root secret.Root, s Service) (*Service, error) {
	box, err := secret.NewBox(root.Subkey("plinto/invitation/v1"))
	if err != nil {
		return nil, fmt.Errorf("make invitation box: %w", err)
	}
	s.Box = box
	return &s, nil
}

// A Spec is what an invitation is made of.
type Spec struct {
	Organization uuid.UUID
	Email        string
	Roles        []string // keys; each holds in the organization
	Inviter      uuid.UUID
	ClientID     string // of the application to which acceptance leads; "": the account page
	Lang         string // of the mail: BCP 47 tag; "": that of who has an account with the address, else the tenant's
}

// Create invites an address, and has the mail sent. It does not tell whether anybody has an account
// with the address. identity.ErrEmail, organization.ErrNotFound, ErrSuspended, ErrDomain, ErrRoles,
// ErrClient, ErrMember, ErrInvited, ErrTooMany (with RetryAfter), ErrFull, and why the roles cannot
// be given.
func (s *Service) Create(ctx context.Context, spec Spec) (Invitation, error) {
	canonical, err := s.check(ctx, &spec)
	if err != nil {
		return Invitation{}, err
	}
	if err := s.throttle(ctx, spec.Organization, spec.Inviter, canonical); err != nil {
		return Invitation{}, err
	}
	i := Invitation{
		ID: uuid.Must(uuid.NewV7()), Organization: spec.Organization, Email: spec.Email, Roles: spec.Roles,
		Inviter: spec.Inviter, ClientID: spec.ClientID, Lang: spec.Lang,
	}
	if organization.Limited(ctx) {
		i.By = event.ActorFrom(ctx, event.Actor{Type: "unknown"})
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.confer(ctx, &spec); err != nil {
			return err
		}
		mailed := s.seal(ctx, i.ID)
		if err := s.Invitations.Create(ctx, i, canonical, mailed, Life, MaxOpen); err != nil {
			return err
		}
		if err := s.tell(ctx, &i, event.InvitationCreated{Invitation: i.PublicID(), Roles: i.Roles}); err != nil {
			return err
		}
		return s.request(ctx, &i, mailed)
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("invite: %w", err)
	}
	i, _, err = s.Invitations.ByID(ctx, i.ID)
	return i, err
}

// check decides whether an invitation may be made, and returns the address in canonical form.
func (s *Service) check(ctx context.Context, spec *Spec) (canonical string, err error) {
	spec.Email = identity.Typed(spec.Email)
	if identity.CheckEmail(spec.Email) != nil {
		return "", identity.ErrEmail
	}
	if canonical, err = identity.Canonical(spec.Email); err != nil {
		return "", identity.ErrEmail
	}
	if len(spec.Roles) > maxRoles {
		return "", ErrRoles
	}
	for _, role := range spec.Roles {
		if len(role) > maxRole || tenant.CheckSlug(role) != nil {
			return "", ErrRoles
		}
	}
	o, err := s.Organizations.ByID(ctx, spec.Organization)
	if err != nil {
		return "", err
	}
	if o.Suspended() {
		return "", ErrSuspended
	}
	effective := organization.Effective(&tenant.Must(ctx).Settings, &o.Policy)
	if _, domain, _ := strings.Cut(canonical, "@"); !effective.Invites(domain) {
		return "", ErrDomain
	}
	if spec.ClientID != "" {
		if err := s.Client(ctx, spec.ClientID); err != nil {
			return "", err
		}
	}
	return canonical, s.newcomer(ctx, spec.Organization, canonical)
}

func (s *Service) confer(ctx context.Context, spec *Spec) error {
	if s.Confers != nil {
		return s.Confers.ConferRoles(ctx, spec.Organization, spec.Roles)
	}
	if event.ActorFrom(ctx, event.Actor{}).Type != "operator" {
		return ErrForbidden
	}
	return nil
}

// newcomer returns ErrMember for the address of a member, which tells the inviter nothing new: they may list the members.
func (s *Service) newcomer(ctx context.Context, org uuid.UUID, canonical string) error {
	held, err := s.Users.Credential(ctx, canonical, nil)
	if errors.Is(err, identity.ErrUserNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	switch _, err := s.Organizations.Member(ctx, org, held.User.ID); {
	case err == nil:
		return ErrMember
	case errors.Is(err, organization.ErrNoMember):
		return nil
	default:
		return err
	}
}

func (s *Service) throttle(ctx context.Context, org, inviter uuid.UUID, canonical string) error {
	address := fmt.Sprintf("%x", secret.Hash("invitation/address", tenant.Must(ctx).ID, canonical)[:16])
	buckets := []identity.Bucket{limitOrganization.Of(org.String()), limitAddress.Of(org.String() + " " + address)}
	if inviter != uuid.Nil {
		buckets = append(buckets, limitInviter.Of(inviter.String()))
	}
	if wait := s.Limiter.Take(ctx, buckets...); wait > 0 {
		return ErrTooMany.After(wait)
	}
	return nil
}

// Resend sends another mail, by whose link the invitation is good for another Life. The link of the
// mail before ends. ErrNotFound, ErrOver, ErrSuspended, ErrTooMany, and why its roles cannot be given.
func (s *Service) Resend(ctx context.Context, org, id uuid.UUID) error {
	i, err := s.ByID(ctx, org, id)
	if err != nil {
		return err
	}
	canonical, err := identity.Canonical(i.Email)
	if err != nil {
		return identity.ErrEmail
	}
	o, err := s.Organizations.ByID(ctx, org)
	switch {
	case err != nil:
		return err
	case o.Suspended():
		return ErrSuspended
	}
	if err := s.throttle(ctx, org, i.Inviter, canonical); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.actOn(ctx, &i); err != nil {
			return err
		}
		mailed := s.seal(ctx, id)
		if err := s.Invitations.Renew(ctx, org, id, mailed, Life); err != nil {
			return err
		}
		return s.request(ctx, &i, mailed)
	})
}

// actOn refuses whoever acts in ctx to change an invitation that gives more than they could.
func (s *Service) actOn(ctx context.Context, i *Invitation) error {
	if s.Confers == nil {
		return nil
	}
	return s.Confers.ActOnRoles(ctx, i.Organization, i.Roles)
}

// List returns the rows of a window of an organization's invitations, by id.
func (s *Service) List(ctx context.Context, org uuid.UUID, state State, w keyset.Window) ([]Invitation, error) {
	return s.Invitations.List(ctx, org, state, w)
}

// ByID returns an invitation of an organization. ErrNotFound.
func (s *Service) ByID(ctx context.Context, org, id uuid.UUID) (Invitation, error) {
	i, _, err := s.Invitations.ByID(ctx, id)
	if err == nil && i.Organization != org {
		err = ErrNotFound
	}
	return i, err
}

// Revoke ends an invitation; one that was revoked stays so. ErrNotFound, ErrOver when it was accepted,
// and why its roles cannot be taken.
func (s *Service) Revoke(ctx context.Context, org, id uuid.UUID) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		i, err := s.ByID(ctx, org, id)
		if err != nil {
			return err
		}
		if err := s.actOn(ctx, &i); err != nil {
			return err
		}
		changed, err := s.Invitations.Revoke(ctx, org, id)
		if err != nil || !changed {
			return err
		}
		return s.tell(ctx, &i, event.InvitationRevoked{Invitation: i.PublicID()})
	})
}

// seal makes the token of a mail.
func (s *Service) seal(ctx context.Context, id uuid.UUID) Mailed {
	token := secret.Token(tokenPrefix)
	return Mailed{Hash: hash(ctx, token), Letter: s.Box.Seal([]byte(token), "invitation", tenant.Must(ctx).ID.String(), id.String())}
}

func hash(ctx context.Context, token string) []byte {
	return secret.Hash("one-time/invitation", tenant.Must(ctx).ID, token)
}

// request has a mail sent.
func (s *Service) request(ctx context.Context, i *Invitation, m Mailed) error {
	return s.tell(ctx, i, event.InvitationRequested{Invitation: i.PublicID(), Hash: base64.RawURLEncoding.EncodeToString(m.Hash)})
}

func (s *Service) tell(ctx context.Context, i *Invitation, fact event.Fact) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}),
		Subject: tid.Format(organization.Prefix, i.Organization),
	})
}

// A Letter is the mail of an invitation.
type Letter struct {
	To, Lang     string
	Organization organization.Organization
	Inviter      string // the name of a user, or ""
	Link         string // what the address of the page has to end with
}

// Letter returns the mail that an event names by the invitation and the hash (base64url) of its
// token. identity.ErrLinkUnknown once another one was sent, or it is over.
func (s *Service) Letter(ctx context.Context, public, encoded string) (Letter, error) {
	id, err := tid.Parse(Prefix, public)
	if err != nil {
		return Letter{}, identity.ErrLinkUnknown
	}
	i, m, err := s.Invitations.ByID(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && (i.State() != Open || base64.RawURLEncoding.EncodeToString(m.Hash) != encoded):
		return Letter{}, identity.ErrLinkUnknown
	case err != nil:
		return Letter{}, err
	}
	o, err := s.Organizations.ByID(ctx, i.Organization)
	if err != nil || o.Suspended() {
		return Letter{}, errors.Join(err, identity.ErrLinkUnknown)
	}
	token, err := s.Box.Open(m.Letter, "invitation", tenant.Must(ctx).ID.String(), id.String())
	if err != nil {
		return Letter{}, fmt.Errorf("open invitation: %w", err)
	}
	lang, err := s.language(ctx, &i)
	if err != nil {
		return Letter{}, err
	}
	inviter, err := s.inviter(ctx, &i)
	return Letter{To: i.Email, Lang: lang, Organization: o, Inviter: inviter, Link: i.PublicID() + "." + string(token)}, err
}

// language is that of the mail: the one that was asked for, else that of who has an account with the address, or "".
func (s *Service) language(ctx context.Context, i *Invitation) (string, error) {
	if i.Lang != "" {
		return i.Lang, nil
	}
	held, err := s.Users.Credential(ctx, i.Email, nil)
	if err != nil && !errors.Is(err, identity.ErrUserNotFound) {
		return "", fmt.Errorf("find language of who is invited: %w", err)
	}
	return held.User.Profile.Locale, nil
}

// inviter returns the name of who invited, or their address, or "" when it is nobody who can be named.
func (s *Service) inviter(ctx context.Context, i *Invitation) (string, error) {
	if i.Inviter == uuid.Nil {
		return "", nil
	}
	u, err := s.Users.ByID(ctx, i.Inviter)
	switch {
	case errors.Is(err, identity.ErrUserNotFound), err == nil && !u.Active():
		return "", nil
	case err != nil:
		return "", fmt.Errorf("find inviter: %w", err)
	}
	for _, name := range []string{u.Profile.Name, u.Email, u.Username} {
		if name != "" {
			return name, nil
		}
	}
	return "", nil
}
