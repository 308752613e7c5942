package federation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/organization"
)

const callbackPath = paths.FederationCallback

// Members adds users to organizations.
type Members interface {
	AddMember(ctx context.Context, id uuid.UUID, m organization.Member) (changed bool, err error)
}

// SignIns signs people in with their accounts at providers.
type SignIns struct {
	Connections Connections
	Identities  Identities
	Connectors  map[string]Connector // by kind
	Directory   *identity.Directory
	Members     Members
	Invitations Invitations // nil: nobody is invited
	Outbox      event.Outbox
	Tx          identity.Transactor
	Now         func() time.Time
	Endings     Endings
	Roles       *RoleGiver // nil: groups give no roles

	key   [32]byte
	forms *secret.Box // of what a provider's page posted
}

// NewSignIns derives the key of states from the root key.
func NewSignIns(root secret.Root, s SignIns) *SignIns { //nolint:gocritic // a copy is what is kept
	s.key, s.forms = root.Subkey("plinto/federation/v1"), newForms(root)
	return &s
}

// Enabled returns a connection that people sign in with. ErrNotFound, ErrDisabled, ErrSuspended.
func (s *SignIns) Enabled(ctx context.Context, slug string) (Connection, error) {
	c, err := s.Connections.BySlug(ctx, slug)
	if err == nil {
		err = c.Closed()
	}
	return c, err
}

// Available reports whether the provider of a connection answered lately.
func (s *SignIns) Available(ctx context.Context, c *Connection) bool {
	connector, ok := s.Connectors[c.Kind]
	return ok && connector.Available(ctx, c)
}

// Begin returns how the browser goes to the provider of an enabled connection to sign in. ErrUnavailable, ErrMisconfigured.
func (s *SignIns) Begin(ctx context.Context, c *Connection, by RoundHolder, ask Ask) (Departure, error) {
	connector, ok := s.Connectors[c.Kind]
	if !ok {
		return Departure{}, ErrMisconfigured
	}
	to, err := connector.Begin(ctx, c, s.round(ctx, c, s.newState(ctx, c, by), s.Now()), ask)
	return to, s.refused(ctx, c, "", err)
}

// An Answer is what a browser brought to a callback.
type Answer struct {
	Slug   string // of the connection whose callback it is
	Holder RoundHolder
	Values url.Values
	// Device is the hash of the browser's secret, or nil; ClientID whose authorization request it is for, or "".
	Device   []byte
	ClientID string
	// MaxAge and AuthTime are those of the round: see Round.
	MaxAge   *int64
	AuthTime bool
	// Admit is asked whether the provider may be asked, once the answer is to a round of this browser; nil: it may. Its errors
	// are returned.
	Admit func(ctx context.Context) error
	// Count is told why an answer was no good, and reports whether the audit log is; nil: it is.
	Count func(ctx context.Context, why error) (tell bool)
}

// A Result is what became of a round.
type Result struct {
	Connection Connection
	// Proof is of who signs in; nil: nobody does yet.
	Proof *identity.Proof
	// Pending is the identity that somebody has shown and that belongs to nobody here; nil: it does.
	Pending *identity.PendingIdentity
}

// Finish ends a round in which somebody signs in. The errors of Connector.Finish, ErrState, ErrNotFound, ErrDisabled,
// ErrSuspended, ErrNotAllowed. Each is told to the audit log, unless the answer's Count says otherwise.
func (s *SignIns) Finish(ctx context.Context, a *Answer) (Result, error) {
	c, used, assertion, err := s.answered(ctx, a)
	if err != nil {
		return Result{Connection: c}, s.unanswered(ctx, &c, a, err)
	}
	r := Result{Connection: c}
	holder, facts, err := s.facts(ctx, &c, &assertion, a.Device)
	if err != nil {
		return r, err
	}
	switch Decide(facts) {
	case SignIn:
		used.Identity = holder.Identity
		r.Proof = s.proof(ctx, &c, &used, &assertion, &holder, func(ctx context.Context) error {
			if err := s.spend(ctx, used, &holder.User); err != nil {
				return err
			}
			return s.takeOver(ctx, &c, &assertion, &holder.User, holder.Identity, holder.Given)
		})
	case Link:
		used.Identity = uuid.Must(uuid.NewV7())
		r.Proof = s.proof(ctx, &c, &used, &assertion, &holder, func(ctx context.Context) error {
			if facts.provisions() {
				if err := s.join(ctx, &c, assertion.Email, &holder.User); err != nil {
					return err
				}
			}
			return s.link(ctx, &c, used, &assertion, &holder.User)
		})
	case Make:
		used.Identity = uuid.Must(uuid.NewV7())
		return s.make(ctx, &c, used, &assertion, r)
	case Offer:
		r.Pending = &identity.PendingIdentity{
			Connection: c.ID, Issuer: assertion.Issuer, Subject: assertion.Subject, Label: used.Label, Provider: c.Name,
			State: used.State, Until: used.Until, Version: used.Version, Assertion: used.Assertion,
			SID: sidHash(ctx, &c, assertion.SessionID), SessionEnd: assertion.Until,
		}
	default:
		return r, s.unanswered(ctx, &c, a, ErrNotAllowed)
	}
	return r, nil
}

// answered checks an answer: the state first, so that nobody can have us call a provider who did not begin here.
func (s *SignIns) answered(ctx context.Context, a *Answer) (c Connection, used Use, assertion Assertion, err error) {
	if c, err = s.Connections.BySlug(ctx, a.Slug); err != nil {
		return c, used, assertion, err
	}
	state := a.Values.Get("state")
	at, err := s.begunAt(ctx, &c, state, a.Holder)
	if err != nil {
		return c, used, assertion, err
	}
	if err := c.Closed(); err != nil {
		return c, used, assertion, err
	}
	connector, ok := s.Connectors[c.Kind]
	if !ok {
		return c, used, assertion, ErrMisconfigured
	}
	if a.Admit != nil {
		if err := a.Admit(ctx); err != nil {
			return c, used, assertion, err
		}
	}
	round := s.round(ctx, &c, state, at)
	round.MaxAge, round.AuthTime = a.MaxAge, a.AuthTime
	if assertion, err = connector.Finish(ctx, &c, round, s.withForm(ctx, &c, a.Values)); err != nil {
		return c, used, assertion, err
	}
	if err = c.wants(&assertion); err != nil {
		return c, used, assertion, err
	}
	used = Use{State: stateHash(ctx, state), Until: at.Add(RoundLife), Connection: c.ID, Version: c.Version, Label: clip(assertion.label())}
	if assertion.ID != "" {
		used.Assertion = assertionHash(ctx, &c, &assertion)
	}
	return c, used, assertion, nil
}

// facts reads what Decide looks at. An address that is not vouched for is not looked up.
func (s *SignIns) facts(ctx context.Context, c *Connection, a *Assertion, device []byte) (Holder, Facts, error) {
	f := Facts{Provision: c.Provision}
	holder, err := s.Identities.ByKey(ctx, c.ID, a.Issuer, a.Subject, device)
	switch {
	case err == nil:
		f.Known, f.Active = true, holder.User.Active()
		return holder, f, nil
	case !errors.Is(err, ErrIdentityNotFound):
		return holder, f, fmt.Errorf("find identity: %w", err)
	}
	var failed error
	vouches, named := c.Vouches(a.Email, func(domain string) bool {
		is, err := s.Identities.Verified(ctx, c.Organization, domain)
		failed = errors.Join(failed, err)
		return is && err == nil
	})
	if failed != nil || !vouches || !a.EmailVerified {
		return holder, f, failed
	}
	f.Named = named
	return s.addressed(ctx, c, a, f, device)
}

// addressed adds what is known of an address that is vouched for.
func (s *SignIns) addressed(ctx context.Context, c *Connection, a *Assertion, f Facts, device []byte) (Holder, Facts, error) {
	canonical, err := identity.Canonical(a.Email)
	if err != nil {
		return Holder{}, f, nil //nolint:nilerr // it is nobody's
	}
	if c.Provision == ProvisionInvited {
		if f.Invited, err = s.Identities.Invited(ctx, c.Organization, canonical); err != nil {
			return Holder{}, f, fmt.Errorf("find invitation: %w", err)
		}
	}
	holder, err := s.Identities.ByEmail(ctx, c.ID, canonical, device)
	switch {
	case errors.Is(err, identity.ErrUserNotFound):
		f.Address = Unheld
		return holder, f, nil
	case err != nil:
		return holder, f, fmt.Errorf("find user of address: %w", err)
	}
	f.Active, f.Address = holder.User.Active(), Held
	primary, err := identity.Canonical(holder.User.Email)
	switch {
	case err == nil && primary == canonical && !holder.User.EmailVerified:
		f.Address = Unverified
	case holder.SecondFactor || holder.Guarded:
		f.Address = Guarded
	}
	return holder, f, nil
}

// proof is that of a sign-in with a provider. Its methods say what was proved to us; a second factor that was proved to the
// provider counts where the connection is trusted with that and the answer says so.
func (s *SignIns) proof(ctx context.Context, c *Connection, u *Use, a *Assertion, h *Holder, spend func(context.Context) error) *identity.Proof {
	p := &identity.Proof{
		User: h.User, AMR: []string{identity.AMRFederated}, At: s.Now(), SecondFactor: h.SecondFactor, Device: h.Device,
		Connection: c.PublicID(), Upstream: u.upstream(c, sidHash(ctx, c, a.SessionID)), Spend: spend, Until: a.Until,
	}
	p.Upstream.Name = a.SessionName
	if c.Trusts(a) {
		p.AMR = append(p.AMR, mfa.AMRMulti)
	}
	return p
}

// Trusts reports whether what the provider says of a sign-in stands for a second factor.
func (s *Spec) Trusts(a *Assertion) bool {
	if s.MFA != MFATrust {
		return false
	}
	return a.ACR != "" && slices.Contains(s.TrustedACR, a.ACR) || slices.ContainsFunc(a.AMR, func(m string) bool { return slices.Contains(s.TrustedAMR, m) })
}

// spend uses up the state of a round, in the transaction of ctx.
func (s *SignIns) spend(ctx context.Context, u Use, user *identity.User) error {
	u.UserID = user.ID
	return s.Identities.Spend(ctx, u)
}

// link makes the account at the provider an identity of a user, which u names, and uses up the round, in the transaction of ctx.
func (s *SignIns) link(ctx context.Context, c *Connection, u Use, a *Assertion, user *identity.User) error {
	i := Identity{ID: u.Identity, Connection: c.ID, Issuer: a.Issuer, Subject: a.Subject, UserID: user.ID, Label: u.Label}
	if err := s.Identities.Add(ctx, i, user.NotBefore); err != nil {
		return err
	}
	if err := s.spend(ctx, u, user); err != nil {
		return err
	}
	if err := s.takeOver(ctx, c, a, user, i.ID, nil); err != nil {
		return err
	}
	return s.tell(ctx, user, event.IdentityLinked{IdentityID: i.PublicID(), ConnectionID: c.PublicID()})
}

// make gives an account at the provider a user of its own. The user is there once the proof is used: it is stored in the
// transaction that starts the session.
func (s *SignIns) make(ctx context.Context, c *Connection, u Use, a *Assertion, r Result) (Result, error) {
	made, err := s.stored(ctx, c, u, a, c.usernameOf(ctx, a))
	if errors.Is(err, identity.ErrUsernameTaken) {
		made, err = s.stored(ctx, c, u, a, "") // their address signs them in
	}
	if errors.Is(err, identity.ErrEmailTaken) || errors.Is(err, ErrNotAllowed) {
		// An address that somebody gave up lately is kept for them: see identity/addresses.
		return r, s.refused(ctx, c, "", ErrNotAllowed.With(err))
	}
	if err != nil {
		return r, fmt.Errorf("make user: %w", err)
	}
	// The state is used up with the user; what is left is to start the session.
	r.Proof = s.proof(ctx, c, &u, a, &Holder{User: made}, nil)
	return r, nil
}

// stored stores a user with their identity, and as a member of the connection's organization.
func (s *SignIns) stored(ctx context.Context, c *Connection, u Use, a *Assertion, username string) (made identity.User, err error) {
	err = s.Tx.InTx(event.WithActor(ctx, event.Actor{Type: "connection", ID: c.PublicID()}), func(ctx context.Context) (err error) {
		made, err = s.Directory.Create(ctx, event.Actor{Type: "user"}, identity.User{
			Email: a.Email, EmailVerified: true, Username: username, Profile: c.profileOf(a),
		}, "")
		if err != nil {
			return err
		}
		if err := s.join(ctx, c, a.Email, &made); err != nil {
			return err
		}
		return s.link(ctx, c, u, a, &made)
	})
	return made, err
}

// Connect ends a round that a user began on their account pages: the account at the provider is theirs from now on. The errors
// of Finish and Confirm.
func (s *SignIns) Connect(ctx context.Context, a *Answer, user *identity.User) (Connection, error) {
	c, used, assertion, err := s.answered(ctx, a)
	if err != nil {
		return c, s.unanswered(ctx, &c, a, err)
	}
	used.Identity = uuid.Must(uuid.NewV7())
	return c, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.link(ctx, &c, used, &assertion, user) })
}

func (s *SignIns) tell(ctx context.Context, user *identity.User, fact event.Fact) error {
	return s.Outbox.Append(ctx, event.Event{
		Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "user", ID: user.PublicID()}), Subject: user.PublicID(),
	})
}

// unanswered is refused of an answer, which is counted.
func (s *SignIns) unanswered(ctx context.Context, c *Connection, a *Answer, why error) error {
	if fault.KindOf(why) != "" && a.Count != nil && !a.Count(ctx, why) {
		return why
	}
	return s.refused(ctx, c, a.ClientID, why)
}

// refused tells the audit log why a round ended, in a stable code, and returns why.
func (s *SignIns) refused(ctx context.Context, c *Connection, clientID string, why error) error {
	f, ok := fault.As(why)
	if why == nil || !ok || c.ID == uuid.Nil {
		return why
	}
	e := event.Event{
		Fact: event.SignInFailed{ClientID: clientID, ConnectionID: c.PublicID()}, Outcome: "failure", Reason: f.Code, Actor: event.Actor{Type: "anonymous"},
	}
	if err := s.Tx.InTx(context.WithoutCancel(ctx), func(ctx context.Context) error { return s.Outbox.Append(ctx, e) }); err != nil {
		return fmt.Errorf("record refused sign-in: %w", err)
	}
	return why
}

const maxLabel = 200

// clip bounds a text of a provider.
func clip(text string) string {
	runes := []rune(text)
	if len(runes) > maxLabel {
		return string(runes[:maxLabel]) + "…"
	}
	return text
}
