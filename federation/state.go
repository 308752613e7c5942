package federation

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A Purpose is what a round is for.
type Purpose byte

// The purposes.
const (
	ToSignIn  Purpose = 's' // in a flow
	ToConnect Purpose = 'c' // an identity to the user of a session
)

// A RoundHolder is what the browser that began it has, and no other: a flow, or a session.
type RoundHolder struct {
	Purpose Purpose
	ID      uuid.UUID // of the flow or session
}

// RoundLife is how long the answer of a provider is taken: people may have to sign in there first.
const RoundLife = 15 * time.Minute

// Errors of rounds.
var (
	ErrState = fault.New(fault.Invalid, "federation_state", "This sign-in was started elsewhere, or is over.")
	ErrSpent = fault.New(fault.Invalid, "federation_spent", "This sign-in was finished already, or the connection has changed meanwhile.")
)

const (
	nonceSize = 12
	headSize  = 1 + 16 + 8 + nonceSize
	macSize   = 20
	// stateSize makes 76 characters: what carries the state of SAML has room for 80 (SAML Bindings 2.0 §3.4.3).
	stateSize = headSize + macSize
)

// newState makes the state parameter of a round (RFC 6749 §10.12): purpose, holder, time and a nonce, and a MAC over these,
// the tenant, the connection and what of it the round relies on.
func (s *SignIns) newState(ctx context.Context, c *Connection, by RoundHolder) string {
	head := make([]byte, 0, stateSize)
	head = append(head, byte(by.Purpose))
	head = append(head, by.ID[:]...)
	head = binary.BigEndian.AppendUint64(head, uint64(s.Now().Unix()))
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	head = append(head, nonce...)
	return base64.RawURLEncoding.EncodeToString(append(head, s.mac(ctx, c, head)...))
}

func (s *SignIns) mac(ctx context.Context, c *Connection, head []byte) []byte {
	e := c.endpoints()
	sum := secret.MAC(s.key, "state", tenant.Must(ctx).ID.String(), c.ID.String(), c.Issuer, c.ClientID, e.Authorization, e.Token, string(head))
	return sum[:macSize]
}

// HolderOf reads which flow or session a state names, so that it can be looked for in the browser. Only Finish says whether
// the state is one of ours. ErrState.
func HolderOf(state string) (by RoundHolder, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(state)
	if err != nil || len(raw) != stateSize || raw[0] != byte(ToSignIn) && raw[0] != byte(ToConnect) {
		return by, ErrState
	}
	copy(by.ID[:], raw[1:17])
	by.Purpose = Purpose(raw[0])
	return by, nil
}

// begunAt returns when the round of a state began, which was made for that connection and that holder. ErrState.
func (s *SignIns) begunAt(ctx context.Context, c *Connection, state string, by RoundHolder) (time.Time, error) {
	named, err := HolderOf(state)
	if err != nil || named != by {
		return time.Time{}, ErrState
	}
	raw, _ := base64.RawURLEncoding.Strict().DecodeString(state) // HolderOf has read it
	if !hmac.Equal(raw[headSize:], s.mac(ctx, c, raw[:headSize])) {
		return time.Time{}, ErrState
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(raw[17:25])), 0)
	if s.Now().After(at.Add(RoundLife)) {
		return time.Time{}, ErrState
	}
	return at, nil
}

// derived are secrets of a round: who knows the state, as the provider does, knows none of them.
func (s *SignIns) derived(ctx context.Context, purpose, state string) string {
	return base64.RawURLEncoding.EncodeToString(secret.MAC(s.key, purpose, tenant.Must(ctx).ID.String(), state))
}

// round returns the round of a state.
func (s *SignIns) round(ctx context.Context, c *Connection, state string, at time.Time) Round {
	return Round{
		State: state, Nonce: s.derived(ctx, "nonce", state), Verifier: s.derived(ctx, "verifier", state),
		RedirectURI: RedirectURI(tenant.Must(ctx), c), BegunAt: at,
	}
}

// addressAt is the address of a connection's own endpoint at one of paths.
func addressAt(t *tenant.Tenant, c *Connection, path string) string {
	return t.Issuer + strings.Replace(path, "{connection}", c.Slug, 1)
}

// RedirectURI is the callback of a connection: each has its own (RFC 9700 §4.4.2).
func RedirectURI(t *tenant.Tenant, c *Connection) string {
	if c.Kind == KindSAML {
		return addressAt(t, c, paths.FederationACS)
	}
	return addressAt(t, c, callbackPath)
}

// JWKSURI is where the provider finds the key with which we show it who we are.
func JWKSURI(t *tenant.Tenant, c *Connection) string {
	return addressAt(t, c, paths.FederationKeys)
}

// PostLogoutURI is where a provider leads browsers back that signed out there.
func PostLogoutURI(t *tenant.Tenant, c *Connection) string {
	return addressAt(t, c, paths.FederationLoggedOut)
}

// BackchannelLogoutURI is where a provider says that a session there has ended.
func BackchannelLogoutURI(t *tenant.Tenant, c *Connection) string {
	return addressAt(t, c, paths.FederationLogout)
}

// LogoutServiceURI is where a provider of SAML sends logout requests, and answers to ours (SAML Profiles 2.0 §4.4).
func LogoutServiceURI(t *tenant.Tenant, c *Connection) string {
	return addressAt(t, c, paths.FederationSLO)
}

// stateHash is how the state of a round that is over is kept.
func stateHash(ctx context.Context, state string) []byte {
	return secret.Hash("federation-state", tenant.Must(ctx).ID, state)
}

// sidHash is how the provider's name of its own session is kept; nil: it named none.
func sidHash(ctx context.Context, c *Connection, sid string) []byte {
	if sid == "" {
		return nil
	}
	return secret.Hash("upstream-sid", tenant.Must(ctx).ID, c.ID.String()+" "+sid)
}
