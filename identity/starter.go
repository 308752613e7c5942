package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/logs"
	"plinto/internal/secret"
	"plinto/tenant"
)

// SessionPrefix starts the token in a session cookie.
const SessionPrefix = "plss_"

// A Proof is that somebody is a user: the result of a password that was right, and of
// each other way to prove it.
type Proof struct {
	User User     // as found when it was proved; its mark goes into the session
	AMR  []string // RFC 8176 values; the tenant's levels say which acr they reach
	At   time.Time
	// SecondFactor says that the user has a second factor, proved here or not.
	SecondFactor bool
	// Device is what is known of the browser that it was proved in.
	Device KnownDevice
	// WaivedBy is the remembered browser that stands in for the second factor, or uuid.Nil.
	WaivedBy uuid.UUID
	// Connection is the public id of the connection to the identity provider that said so, or "".
	Connection string
	// Upstream is the account at that provider; zero: none.
	Upstream Upstream
	// Until is when the identity provider wants the session to end; zero: it does not say.
	Until time.Time
	// Spend uses up what was proved, a code that counts once: first in the transaction that
	// starts the session. nil: there is nothing to use up.
	Spend func(context.Context) error

	// judged says that the gate was asked about the proof, and verdict what it said.
	judged  bool
	verdict error
}

// A Purpose is what somebody signs in for.
type Purpose struct {
	ClientID  string   // as the client knows it
	ACRValues []string // that it asked for
	Demanded  string   // why the session that there was did not do: a stable code
}

// A Browser is where a session is to live.
type Browser struct {
	// Current is the session the browser has now, or nil.
	Current  *Session
	Remember bool
	// Known reports whether the browser signed the user in before, or made them: there is
	// nobody to tell of a new device.
	Known bool
	// Device is the hash of the browser's secret, or nil. It is known from now on.
	Device []byte
	// RememberFor is how long the second factor, which was proved just now, is not asked for in the
	// browser; 0: as before.
	RememberFor time.Duration
	// For is the authorization request that the sign-in is for; zero: none.
	For Purpose
	// Then, if there is one, runs last in the transaction that starts the session.
	Then func(context.Context, *SignedIn) error
}

// A SignedIn is a user who is signed in: the session, and the token for the cookie,
// which is shown once.
type SignedIn struct {
	User    User
	Session Session
	Token   string
}

// A SessionStarter starts sessions, whatever the proof was. Nothing else does.
type SessionStarter struct {
	Sessions Sessions
	Devices  DeviceWrites
	Outbox   event.Outbox
	Tx       Transactor
	// Gate decides which proofs are taken; nil: every one.
	Gate Gate
}

// A Gate decides about proofs that are good as such.
type Gate interface {
	// Admit returns why somebody may not sign in so: a *ProviderRequired.
	Admit(ctx context.Context, p *Proof) error
}

// Admit is what Start asks first, for pages that ask before they ask for more. It judges a proof once: the session of a proof is
// started in the request that made it, or with another proof of what was kept meanwhile.
func (s *SessionStarter) Admit(ctx context.Context, p *Proof) error { return p.pass(ctx, s.Gate) }

func (p *Proof) pass(ctx context.Context, gate Gate) error {
	if gate == nil {
		return nil
	}
	if p.judged {
		return p.verdict
	}
	err := gate.Admit(ctx, p)
	if err == nil || errors.Is(err, ErrProviderRequired) {
		p.judged, p.verdict = true, err
	}
	return err
}

// Start starts a session for a proof, or renews the browser's own when the same user
// proved themselves again; the browser's session of another user ends. Session and events
// are stored in one transaction. ErrRefused when the user was disabled or signed out
// everywhere since the proof. *ProviderRequired.
func (s *SessionStarter) Start(ctx context.Context, proof Proof, in Browser) (SignedIn, error) {
	if err := s.Admit(ctx, &proof); err != nil {
		return SignedIn{}, err
	}
	t := tenant.Must(ctx)
	token := secret.Token(SessionPrefix)
	session := newSession(t, proof, in, event.OriginFrom(ctx))
	session.TokenHash = SessionHash(t.ID, token)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if proof.Spend != nil {
			if err := proof.Spend(ctx); err != nil {
				return err
			}
		}
		if err := s.store(ctx, &session, in.Current); err != nil {
			return err
		}
		if in.Device != nil {
			if err := s.Devices.Sight(ctx, sighted(&session, in)); err != nil {
				return err
			}
		}
		if err := s.Outbox.Append(ctx, started(&proof, &session, in)...); err != nil || in.Then == nil {
			return err
		}
		return in.Then(ctx, &SignedIn{User: proof.User, Session: session, Token: token})
	})
	if errors.Is(err, ErrNoSession) {
		return SignedIn{}, ErrRefused
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("start session: %w", err)
	}
	logs.NoteID(ctx, logs.UserID, UserPrefix, proof.User.ID)
	return SignedIn{User: proof.User, Session: session, Token: token}, nil
}

// newSession returns the session that a proof makes, without its token.
func newSession(t *tenant.Tenant, proof Proof, in Browser, origin event.Origin) Session {
	at := proof.At.Truncate(time.Second)
	s := Session{
		ID: uuid.Must(uuid.NewV7()), UserID: proof.User.ID, AuthTime: at, AMR: proof.AMR, ACR: t.Settings.ACRLevels.Reached(proof.AMR),
		IP: origin.IP, Agent: origin.UserAgent, Remembered: in.Remember,
		CreatedAt: at, SeenAt: at, RotatedAt: at, Mark: proof.User.NotBefore,
		PasswordState: proof.User.PasswordState, DeleteAt: proof.User.DeleteAt, WaivedBy: proof.WaivedBy, Upstream: proof.Upstream,
	}
	s.IdleTTL, s.ExpiresAt = limits(t.Settings, in.Remember, at)
	if !proof.Until.IsZero() && proof.Until.Before(s.ExpiresAt) {
		s.ExpiresAt = proof.Until
	}
	return s
}

// started are the events of a sign-in: the session's own, unless it renewed one.
func started(proof *Proof, s *Session, in Browser) []event.Event {
	user := &proof.User
	created := event.Event{
		Fact: event.SessionCreated{SessionID: s.ID}, Outcome: "success",
		Actor: event.Actor{Type: "user", ID: user.PublicID()}, Subject: user.PublicID(),
	}
	signedIn := created
	signedIn.Fact = event.SignInSucceeded{
		SessionID: s.ID, AMR: s.AMR, NewDevice: !in.Known, ACR: s.ACR,
		ClientID: in.For.ClientID, ACRValues: in.For.ACRValues, Demanded: in.For.Demanded,
		ConnectionID: proof.Connection,
	}
	all := []event.Event{created, signedIn}
	if in.Current != nil && in.Current.ID == s.ID {
		all = all[1:]
	}
	if in.Device != nil && in.RememberFor > 0 {
		remembered := created
		remembered.Fact = event.DeviceRemembered{SessionID: s.ID, Seconds: int(in.RememberFor.Seconds())}
		all = append(all, remembered)
	}
	return all
}

// store renews the browser's session for the same user, so that what hangs on it
// lives on, and replaces it for another user.
func (s *SessionStarter) store(ctx context.Context, next, current *Session) error {
	if current != nil && current.UserID == next.UserID {
		next.ID, next.CreatedAt = current.ID, current.CreatedAt
		if next.Upstream.Identity == uuid.Nil && slices.Contains(next.AMR, AMRFederated) {
			next.Upstream = current.Upstream // proved with a provider before, and with something else besides now
		}
		err := s.Sessions.Renew(ctx, current.TokenHash, *next)
		if !errors.Is(err, ErrNoSession) {
			return err
		}
		next.ID, next.CreatedAt = uuid.Must(uuid.NewV7()), next.AuthTime
	} else if current != nil {
		if err := (&SessionEnder{s.Sessions, s.Outbox, s.Tx}).End(ctx, current.ID, event.SessionReplaced); err != nil {
			return err
		}
	}
	return s.Sessions.Create(ctx, *next)
}

func limits(s tenant.Settings, remember bool, now time.Time) (idle time.Duration, end time.Time) {
	if remember {
		return s.RememberIdleTTL.Or(tenant.DefaultRememberIdleTTL), now.Add(s.RememberTTL.Or(tenant.DefaultRememberTTL))
	}
	return s.SessionIdleTTL.Or(tenant.DefaultSessionIdleTTL), now.Add(s.SessionTTL.Or(tenant.DefaultSessionTTL))
}

// SessionHash is how a session token is kept.
func SessionHash(id tenant.ID, token string) []byte {
	return secret.Hash("session", id, token)
}
