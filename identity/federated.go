package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
)

// AMRFederated is the authentication method reference of a sign-in with an identity provider. RFC 8176 has none for it. It
// says nothing of what was proved there: no acr of the shipped ones is reached by it, and it is no second factor.
const AMRFederated = "fed"

// An Upstream is the account at an identity provider with which somebody signed in. What was begun with it counts as long as the
// account is theirs, its connection is enabled, and the connection's epoch is the one of then.
type Upstream struct {
	Connection uuid.UUID `json:"c"`
	Identity   uuid.UUID `json:"i"`
	Epoch      int64     `json:"e,omitempty"`
	// SID is the hash of the provider's own session (OpenID Connect Front-Channel Logout 1.0 §3); nil: it named none.
	SID []byte `json:"s,omitempty"`
	// Name is how the provider is asked to end that session, sealed; nil: it is not asked so.
	Name []byte `json:"n,omitempty"`
}

// Begun names sessions by what they were begun with: those of a connection that are of an epoch before its present one, or those
// of an identity of it, or those of the provider's own session.
type Begun struct {
	Connection uuid.UUID
	Identity   uuid.UUID // uuid.Nil: of whatever identity
	SID        []byte    // as in Upstream; nil: of whatever session
}

// FederatedSessions are sessions that were begun with accounts at identity providers.
type FederatedSessions interface {
	// EndBegun is Sessions.End of up to limit of those sessions.
	EndBegun(ctx context.Context, b Begun, limit int) ([]EndedSession, error)
	// EndUnlinkedLater has a task end those of an identity which was taken from a user, once the transaction of ctx is committed. They count for
	// nothing from then on.
	EndUnlinkedLater(ctx context.Context, userID, identity uuid.UUID) error
}

// EndBegun ends up to limit sessions that were begun with accounts at an identity provider, each as End does, and returns how many.
func (e *SessionEnder) EndBegun(ctx context.Context, sessions FederatedSessions, b Begun, limit int, why event.SessionEnd) (int, error) {
	n, err := e.end(ctx, why, func(ctx context.Context) ([]EndedSession, error) { return sessions.EndBegun(ctx, b, limit) })
	if err != nil {
		return 0, fmt.Errorf("end sessions begun with a provider: %w", err)
	}
	return n, nil
}

// ErrProviderRequired reports a sign-in of somebody whose organization signs them in with an identity provider alone.
var ErrProviderRequired = fault.New(fault.Forbidden, "sso_required", "Your organization has you sign in with its identity provider.")

// ProviderRequired is ErrProviderRequired with the connection to that provider.
type ProviderRequired struct {
	Slug, Name string
	Domain     string // of the address that the connection signs in
	// Connections are those that do, all of them.
	Connections []uuid.UUID
}

func (*ProviderRequired) Error() string { return ErrProviderRequired.Error() }

// Unwrap has errors.Is find ErrProviderRequired.
func (*ProviderRequired) Unwrap() error { return ErrProviderRequired }

// A PendingIdentity is an account at an identity provider that somebody has shown to be theirs, and that belongs to nobody
// here. The browser keeps it sealed, until its user has signed in and says that the two belong together.
type PendingIdentity struct {
	Connection uuid.UUID `json:"c"`
	Issuer     string    `json:"i"`
	Subject    string    `json:"s"`
	Label      string    `json:"l"` // how the provider calls the account
	Provider   string    `json:"p"` // how the connection is called
	State      []byte    `json:"h"` // of the round that showed it, hashed: used up when it is answered
	Until      time.Time `json:"u"`
	Version    int64     `json:"v"`           // of the connection then
	Assertion  []byte    `json:"a,omitempty"` // what the provider said, hashed: used up with the state
	// SID and SessionEnd are what the session is to have that is begun with it: see Upstream.SID and Proof.Until.
	SID        []byte    `json:"d,omitempty"`
	SessionEnd time.Time `json:"e,omitzero"`
}
