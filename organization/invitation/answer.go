package invitation

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
)

// An Offer is what the link of an invitation does.
type Offer struct {
	Invitation
	State        State
	Organization organization.Organization
	InvitedBy    string // the name of who invited, or ""
	// Account reports whether somebody has an account with the address. Whoever has the link reads
	// the mail of the address, and may be told.
	Account bool

	hash []byte
}

// For returns what a link does, also once that is over. It changes nothing.
// identity.ErrLinkUnknown, also after another mail was sent.
func (s *Service) For(ctx context.Context, link string) (Offer, error) {
	id, token, ok := readLink(link)
	if !ok {
		return Offer{}, identity.ErrLinkUnknown
	}
	i, m, err := s.Invitations.ByID(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Offer{}, identity.ErrLinkUnknown
	case err != nil:
		return Offer{}, err
	}
	o := Offer{Invitation: i, State: i.State(), hash: hash(ctx, token)}
	if !secret.Equal(o.hash, m.Hash) {
		return Offer{}, identity.ErrLinkUnknown
	}
	if o.Organization, err = s.Organizations.ByID(ctx, i.Organization); err != nil {
		if errors.Is(err, organization.ErrNotFound) {
			err = identity.ErrLinkUnknown
		}
		return Offer{}, err
	}
	if o.State == Open && o.Organization.Suspended() {
		o.State = Suspended
	}
	if o.InvitedBy, err = s.inviter(ctx, &i); err != nil {
		return Offer{}, err
	}
	_, err = s.holder(ctx, i.Email)
	o.Account = err == nil
	if errors.Is(err, identity.ErrUserNotFound) {
		err = nil
	}
	return o, err
}

// holder returns who has an address. identity.ErrUserNotFound.
func (s *Service) holder(ctx context.Context, email string) (identity.User, error) {
	canonical, err := identity.Canonical(email)
	if err != nil {
		return identity.User{}, identity.ErrUserNotFound
	}
	held, err := s.Users.Credential(ctx, canonical, nil)
	if err != nil && !errors.Is(err, identity.ErrUserNotFound) {
		err = fmt.Errorf("find user: %w", err)
	}
	return held.User, err
}

// Holds reports whether an address is a user's, and was proved to be.
func (s *Service) Holds(ctx context.Context, user uuid.UUID, email string) (bool, error) {
	held, err := s.holder(ctx, email)
	if errors.Is(err, identity.ErrUserNotFound) {
		return false, nil
	}
	if err != nil || held.ID != user || !held.Active() {
		return false, err
	}
	canonical, err := identity.Canonical(email)
	if err != nil {
		return false, nil //nolint:nilerr // nobody has it
	}
	primary, err := identity.Canonical(held.Email)
	if err != nil {
		return true, nil //nolint:nilerr // without a primary address it is one that was proved
	}
	// What signs in besides the primary address was proved.
	return primary != canonical || held.EmailVerified, nil
}

// Accept makes who is signed in a member, if the address of the invitation is theirs and proved.
// Roles that they have stay. identity.ErrLinkUnknown, ErrOther, ErrOver also when the organization is
// suspended, and when who invited could not do so any more.
func (s *Service) Accept(ctx context.Context, link string, user uuid.UUID) (Offer, error) {
	o, err := s.For(ctx, link)
	if err != nil {
		return o, err
	}
	return o, s.lapse(ctx, &o, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.accept(ctx, &o, user) }))
}

// Join makes the account of who has a link and no account, and makes them a member: all or nothing.
// The address counts as proved. Nobody is signed in; the browser by its hash (nil for none) is
// known from then on. The errors of Accept and of identity.SignUps.Finish.
func (s *Service) Join(ctx context.Context, link string, who identity.Newcomer, device []byte) (Offer, identity.User, error) {
	o, err := s.For(ctx, link)
	if err != nil {
		return o, identity.User{}, err
	}
	made, err := s.SignUps.FinishInvited(ctx, identity.Invited{
		Email: o.Email,
		Stands: func(context.Context) error {
			if o.State != Open {
				return ErrOver
			}
			return nil
		},
		Accept: func(ctx context.Context, u *identity.User) error { return s.accept(ctx, &o, u.ID) },
	}, who, device)
	return o, made, s.lapse(ctx, &o, err)
}

// AcceptFor accepts the open invitation of an address to an organization for a user who has proved that it is theirs, in the
// transaction of ctx. false: there is none, or who made it could not do so any more.
func (s *Service) AcceptFor(ctx context.Context, org uuid.UUID, email string, user uuid.UUID) (accepted bool, err error) {
	canonical, err := identity.Canonical(email)
	if err != nil {
		return false, nil //nolint:nilerr // nobody can be invited by it
	}
	i, m, err := s.Invitations.OpenFor(ctx, org, canonical)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := s.still(ctx, &i); err != nil {
		if errors.Is(err, errLost) {
			err = nil
		}
		return false, err
	}
	return true, s.accept(ctx, &Offer{Invitation: i, hash: m.Hash}, user)
}

// accept is the last step, in the transaction of ctx. Nobody who acts here could give the roles: it is
// asked whether who invited still can.
func (s *Service) accept(ctx context.Context, o *Offer, user uuid.UUID) error {
	holds, err := s.Holds(ctx, user, o.Email)
	switch {
	case err != nil:
		return err
	case !holds:
		return ErrOther
	}
	i, err := s.Invitations.Accept(ctx, o.ID, o.hash, user)
	if err != nil {
		return err
	}
	if i.Roles, err = s.still(ctx, &i); err != nil {
		return err
	}
	public := tid.Format(identity.UserPrefix, user)
	ctx = event.WithActor(ctx, event.Actor{Type: "user", ID: public})
	changed, err := s.Members.AddMember(ctx, i.Organization, organization.Member{UserID: user, Roles: i.Roles})
	if err != nil {
		return err
	}
	if changed {
		if err := s.tell(ctx, &i, event.OrganizationMemberSet{User: public}); err != nil {
			return err
		}
	}
	return s.tell(ctx, &i, event.InvitationAccepted{Invitation: i.PublicID(), User: public, Roles: i.Roles})
}
