package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/clientip"
	"plinto/internal/fault"
	"plinto/internal/password"
	"plinto/tenant"
)

// AMRPassword is the authentication method reference of a password (RFC 8176 §2).
const AMRPassword = "pwd"

// Errors of a sign-in. ErrRefused says nothing about what was wrong: unknown
// name, wrong password, disabled user and user without a password are the same.
var (
	ErrRefused   = fault.New(fault.Unauthenticated, "sign_in_refused", "The user name or password is not right.")
	ErrThrottled = fault.New(fault.TooMany, "sign_in_throttled", "Too many tries. Please wait a little.")
)

// A PasswordHasher hashes and verifies passwords in bounded slots, which owners
// share. All may return a fault.Unavailable with a RetryAfter when none is free in time.
type PasswordHasher interface {
	// Hash refuses passwords that break the rules.
	Hash(ctx context.Context, by password.Owner, password string, rules password.Rules) (encoded string, err error)
	// Rehash hashes a password that was just proved, whatever the rules say.
	Rehash(ctx context.Context, by password.Owner, password string) (encoded string, err error)
	// Verify compares; rehash says that encoded should be replaced by a fresh
	// hash. With encoded "" it does the same work and answers false.
	Verify(ctx context.Context, by password.Owner, password, encoded string) (ok, rehash bool, err error)
	// Readable reports whether encoded, which may be another system's, can be compared with passwords.
	Readable(encoded string) bool
	// Floor returns how long a refusal has to take for each comparison, since the attempt
	// began, where hashes take different times.
	Floor() time.Duration
}

// Hashing is on whose behalf a password is hashed: the tenant of ctx, and the network
// that the request came from.
func Hashing(ctx context.Context) password.Owner {
	networks := clientip.NetworksOf(event.OriginFrom(ctx).IP)
	return password.Owner{Tenant: tenant.Must(ctx).ID.String(), Network: networks[len(networks)-1].Key}
}

// An Attempt is one try to sign in with a password.
type Attempt struct {
	Identifier string // as typed
	Password   string
	Address    string // the client's address
	Device     []byte // hash of the browser's secret: see DeviceHash; nil when it has none
	// KnownFor reports whether the browser's cookie says that it signed that user in before; nil:
	// never.
	KnownFor func(user uuid.UUID) bool
	ClientID string // whose authorization request it is for, or ""
	Effort   Effort // what the browser shows where one is demanded
	// Shown is the connection to an identity provider at which an account was shown, to have it connected with that of who signs in: see
	// ProviderRequired. uuid.Nil: none.
	Shown uuid.UUID
}

// A PasswordProof proves by password who somebody is.
type PasswordProof struct {
	Users     Users
	Attempts  Attempts
	Limiter   Limiter
	Efforts   Efforts
	Hasher    PasswordHasher
	Outbox    event.Outbox
	Tx        Transactor
	ShadowKey [32]byte // keys the counters of unknown names
	Now       func() time.Time
	Timing    *TimingEqualizer
	Breaches  Breaches   // nil: no password is known to have leaked
	Writes    UserWrites // notes that one has
	// Later does, within a time, what the user need not wait for; nil: they wait.
	Later func(ctx context.Context, within time.Duration, do func(context.Context))
	// Gate decides who signs in with a password at all; nil: everybody.
	Gate Gate
}

// Prove checks an attempt. ErrRefused, ErrThrottled (with RetryAfter), *EffortDemanded, fault.Unavailable.
//
// Unknown names take the same path with the same statements and the same hash, and so
// do tries that cannot turn out good any more. The password of somebody whom the Gate has sign in with a provider is wrong,
// whatever it is: nothing else would keep secret that it was right.
func (p *PasswordProof) Prove(ctx context.Context, try Attempt) (Proof, error) {
	began := time.Now()
	g, err := p.admit(ctx, &try)
	if err != nil {
		return Proof{}, err
	}
	proof, err := p.atGate(ctx, &g, try.Shown)
	if err != nil {
		return Proof{}, err
	}
	by := Hashing(ctx)
	by.Known, by.Strained = g.networks == nil, g.strained
	ok, rehash, err := p.Hasher.Verify(ctx, by, try.Password, g.encoded)
	if err != nil {
		// Nobody was told anything, so nothing is counted.
		return Proof{}, fmt.Errorf("verify password: %w", err)
	}
	if err := p.judge(ctx, g, ok, try.ClientID); err != nil {
		if errors.Is(err, ErrRefused) || errors.Is(err, ErrThrottled) {
			p.Timing.Wait(ctx, began, password.Comparisons(try.Password))
		}
		return Proof{}, err
	}
	if rehash {
		g.encoded = p.rehash(ctx, g.user.ID, try.Password, g.encoded)
	}
	p.inspect(ctx, &g, try.Password)
	proof.User, proof.At = *g.user, p.Now() // what is known of the password may be new
	proof.SecondFactor, proof.Device = g.second, g.device
	return proof, nil
}

// atGate returns the proof that a guess is if its password is right, with what the gate says of it. It asks of names that nobody
// has, too, and before the password is compared: no answer takes longer than another.
func (p *PasswordProof) atGate(ctx context.Context, g *guess, shown uuid.UUID) (Proof, error) {
	var user User
	if g.user != nil {
		user = *g.user
	}
	proof := byPassword(user, time.Time{})
	err := proof.pass(ctx, p.Gate)
	var required *ProviderRequired
	if errors.As(err, &required) {
		g.elsewhere, err = !slices.Contains(required.Connections, shown), nil
	}
	if err != nil {
		return proof, fmt.Errorf("ask whether a password is taken: %w", err)
	}
	return proof, nil
}

// byPassword is the proof of a password that was found right, or was just set.
func byPassword(user User, at time.Time) Proof {
	return Proof{User: user, AMR: []string{AMRPassword}, At: at}
}

// credential returns what there is for a name, or nil for an unknown one.
func (p *PasswordProof) credential(ctx context.Context, typed string, device []byte) (*Credential, error) {
	held, err := p.Users.Credential(ctx, Lookup(ctx, typed), device)
	if errors.Is(err, ErrUserNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	return &held, nil
}

// rehash upgrades the stored hash while the password is at hand, and returns the one that is
// stored then. Failing to is no reason to refuse a sign-in: the next one tries again.
func (p *PasswordProof) rehash(ctx context.Context, id uuid.UUID, password, old string) string {
	fresh, err := p.Hasher.Rehash(ctx, Hashing(ctx), password)
	if err != nil || p.Users.Rehash(ctx, id, old, fresh) != nil {
		return old
	}
	return fresh
}
