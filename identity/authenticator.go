package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/clientip"
	"plinto/internal/fault"
	"plinto/internal/phc"
	"plinto/internal/secret"
	"plinto/tenant"
)

// SessionPrefix starts the token in a session cookie.
const SessionPrefix = "plss_"

// Authentication method references (RFC 8176 §2) and the context class they make.
const (
	AMRPassword = "pwd"
	ACRPassword = "urn:plinto:acr:password"
)

// Errors of a sign-in. ErrRefused says nothing about what was wrong: unknown
// name, wrong password, disabled user and user without a password are the same.
var (
	ErrRefused   = fault.New(fault.Unauthenticated, "sign_in_refused", "The user name or password is not right.")
	ErrThrottled = fault.New(fault.TooMany, "sign_in_throttled", "Too many tries. Please wait a little.")
)

// A PasswordHasher hashes and verifies passwords in bounded slots, which owners
// share. All may return a fault.Unavailable with a RetryAfter when none is free in time.
type PasswordHasher interface {
	// Hash refuses passwords that break the rules; about are words that an attacker
	// tries first for this user.
	Hash(ctx context.Context, by phc.Owner, password string, about ...string) (encoded string, err error)
	// Rehash hashes a password that was just proved, whatever the rules say.
	Rehash(ctx context.Context, by phc.Owner, password string) (encoded string, err error)
	// Verify compares; rehash says that encoded should be replaced by a fresh
	// hash. With encoded "" it does the same work and answers false.
	Verify(ctx context.Context, by phc.Owner, password, encoded string) (ok, rehash bool, err error)
	// Floor returns how long a refusal has to take, since the attempt began, where
	// hashes take different times.
	Floor() time.Duration
}

// Hashing is on whose behalf a password is hashed: the tenant of ctx, and the network
// that the request came from.
func Hashing(ctx context.Context) phc.Owner {
	networks := clientip.NetworksOf(event.OriginFrom(ctx).IP)
	return phc.Owner{Tenant: tenant.Must(ctx).ID.String(), Network: networks[len(networks)-1].Key}
}

// An Attempt is one try to sign in with a password.
type Attempt struct {
	Identifier string // as typed
	Password   string
	Address    string // the client's address
	Device     string // id of the browser, from its cookie; "" when it has none
	// KnownFor reports whether the browser signed that user in before.
	KnownFor func(user uuid.UUID) bool
	Remember bool
	// Current is the session the browser has now, or nil.
	Current *Session
	// Then, if there is one, runs last in the transaction that starts the session.
	Then func(context.Context, *SignedIn) error

	made bool // the user was made by it: there is nobody to tell of a new device
}

// An Authenticator signs users in.
type Authenticator struct {
	Users     Users
	Sessions  Sessions
	Attempts  Attempts
	Limiter   Limiter
	Hasher    PasswordHasher
	Outbox    event.Outbox
	Tx        Transactor
	ShadowKey [32]byte // keys the counters of unknown names
	Now       func() time.Time
	Leveller  *Leveller
}

// A SignedIn is the outcome of a successful attempt: the session, and the token
// for the cookie, which is shown once.
type SignedIn struct {
	User    User
	Session Session
	Token   string
}

// Password checks an attempt and starts a session, or renews the browser's own
// session when the same user proves themselves again. ErrRefused, ErrThrottled
// (with RetryAfter), fault.Unavailable.
//
// Unknown names take the same path with the same statements and the same hash, and so
// do tries that cannot turn out good any more.
func (a *Authenticator) Password(ctx context.Context, try Attempt) (SignedIn, error) {
	began := time.Now()
	g, err := a.admit(ctx, &try)
	if err != nil {
		return SignedIn{}, err
	}
	by := Hashing(ctx)
	by.Known, by.Strained = g.networks == nil, g.strained
	ok, rehash, err := a.Hasher.Verify(ctx, by, try.Password, g.encoded)
	if err != nil {
		// Nobody was told anything, so nothing is counted.
		return SignedIn{}, fmt.Errorf("verify password: %w", err)
	}
	if err := a.judge(ctx, g, ok); err != nil {
		if errors.Is(err, ErrRefused) || errors.Is(err, ErrThrottled) {
			a.Leveller.Wait(ctx, began)
		}
		return SignedIn{}, err
	}
	if rehash {
		a.rehash(ctx, g.user.ID, try.Password, g.encoded)
	}
	return a.start(ctx, g.user, try)
}

// credential returns the user and hash, or neither for an unknown name.
func (a *Authenticator) credential(ctx context.Context, typed string) (*User, string, error) {
	canonical, err := Canonical(typed)
	if err != nil {
		canonical = "\x00" // matches nobody, but is looked up all the same
	}
	user, encoded, err := a.Users.Credential(ctx, canonical)
	if errors.Is(err, ErrUserNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("find user: %w", err)
	}
	return &user, encoded, nil
}

// rehash upgrades the stored hash while the password is at hand. Failing to is
// no reason to refuse a sign-in: the next one tries again.
func (a *Authenticator) rehash(ctx context.Context, id uuid.UUID, password, old string) {
	if fresh, err := a.Hasher.Rehash(ctx, Hashing(ctx), password); err == nil {
		_ = a.Users.Rehash(ctx, id, old, fresh)
	}
}

// start stores the session and its events in one transaction.
func (a *Authenticator) start(ctx context.Context, user *User, try Attempt) (SignedIn, error) {
	t := tenant.Must(ctx)
	token := secret.Token(SessionPrefix)
	now := a.Now().Truncate(time.Second)
	origin := event.OriginFrom(ctx)
	s := Session{
		ID: uuid.Must(uuid.NewV7()), TokenHash: SessionHash(t.ID, token), UserID: user.ID,
		AuthTime: now, AMR: []string{AMRPassword}, ACR: ACRPassword,
		IP: origin.IP, Agent: origin.UserAgent, Remembered: try.Remember,
		CreatedAt: now, SeenAt: now, RotatedAt: now, Mark: user.NotBefore,
	}
	s.IdleTTL, s.ExpiresAt = limits(t.Settings, try.Remember, now)
	known := try.made || try.knows(user)
	err := a.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := a.store(ctx, &s, try.Current); err != nil {
			return err
		}
		if err := a.Outbox.Append(ctx, started(user, &s, try.Current, !known)...); err != nil || try.Then == nil {
			return err
		}
		return try.Then(ctx, &SignedIn{User: *user, Session: s, Token: token})
	})
	if errors.Is(err, ErrNoSession) {
		return SignedIn{}, ErrRefused // the user was disabled or signed out everywhere meanwhile
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("start session: %w", err)
	}
	return SignedIn{User: *user, Session: s, Token: token}, nil
}

// started are the events of a sign-in: the session's own, unless it renewed one.
func started(user *User, s, current *Session, newDevice bool) []event.Event {
	e := event.Event{
		Type: event.SessionCreated, Outcome: "success", Actor: event.Actor{Type: "user", ID: user.PublicID()}, Subject: user.PublicID(),
		Data: map[string]any{"session_id": s.ID.String()},
	}
	signedIn := e
	signedIn.Type = event.SignInSucceeded
	signedIn.Data = map[string]any{"session_id": s.ID.String(), "amr": s.AMR, "new_device": newDevice}
	if current != nil && current.ID == s.ID {
		return []event.Event{signedIn}
	}
	return []event.Event{e, signedIn}
}

// store renews the browser's session for the same user, so that what hangs on it
// lives on, and replaces it for another user.
func (a *Authenticator) store(ctx context.Context, s *Session, current *Session) error {
	if current != nil && current.UserID == s.UserID {
		s.ID, s.CreatedAt = current.ID, current.CreatedAt
		err := a.Sessions.Renew(ctx, current.TokenHash, *s)
		if !errors.Is(err, ErrNoSession) {
			return err
		}
		s.ID, s.CreatedAt = uuid.Must(uuid.NewV7()), s.AuthTime
	} else if current != nil {
		if err := a.Sessions.End(ctx, current.ID); err != nil {
			return err
		}
	}
	return a.Sessions.Create(ctx, *s)
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
