package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// Inspected is a live access token with what stands behind it.
type Inspected struct {
	Claims accessClaims
	Grant  provider.Grant // zero for client credentials
	User   identity.User  // zero for client credentials
	hash   []byte         // of an opaque token
}

// Scopes of the token.
func (i *Inspected) Scopes() []string { return strings.Fields(i.Claims.Scope) }

// ForUser reports whether a user stands behind the token.
func (i *Inspected) ForUser() bool { return i.Grant.ID != uuid.Nil }

// verified tokens: a signature that was good stays good, so it is checked once.
// Whether the token still stands is asked of Postgres at every use.
type (
	verifiedKey struct {
		tenant tenant.ID
		sum    [32]byte
	}
	verifiedToken struct {
		claims accessClaims
		grant  uuid.UUID
	}
)

const verifiedEntries = 10_000

// DropVerified forgets verified tokens: signing keys changed.
func (e *Engine) DropVerified() { e.verified.InvalidateAll() }

// maxToken bounds what is looked at, in bytes.
const maxToken = 16 << 10

// InspectAccess returns a live access token of the tenant, JWT or opaque, one
// statement. provider.ErrTokenUnknown for anything else, whatever is wrong with it.
func (e *Engine) InspectAccess(ctx context.Context, token string) (*Inspected, error) {
	switch {
	case len(token) > maxToken:
		return nil, provider.ErrTokenUnknown
	case strings.HasPrefix(token, AccessPrefix):
		return e.inspectOpaque(ctx, token)
	case strings.Count(token, ".") == 2:
		return e.inspectJWT(ctx, token)
	}
	return nil, provider.ErrTokenUnknown
}

func (e *Engine) inspectOpaque(ctx context.Context, token string) (*Inspected, error) {
	if !secret.WellFormed(AccessPrefix, token) {
		return nil, provider.ErrTokenUnknown
	}
	h := hash(ctx, purposeAccess, token)
	at, grant, user, err := e.AccessTokens.Inspect(ctx, h)
	if err != nil {
		return nil, err
	}
	t := tenant.Must(ctx)
	i := &Inspected{Grant: grant, User: user, hash: h, Claims: accessClaims{
		Issuer: t.Issuer, Subject: at.Subject, Audience: at.Audience, Expiry: at.ExpiresAt.Unix(), IssuedAt: at.IssuedAt.Unix(),
		JTI: at.JTI, ClientID: at.Client, Scope: strings.Join(at.Scopes, " "),
	}}
	i.fill()
	if !at.IssuedAt.After(t.NotBefore) {
		return nil, provider.ErrTokenUnknown
	}
	return i, nil
}

// fill adds what RFC 9068 says of a user's token and the row does not repeat.
func (i *Inspected) fill() {
	if i.Grant.ID == uuid.Nil {
		return
	}
	i.Claims.AuthTime, i.Claims.ACR, i.Claims.AMR, i.Claims.SID = i.Grant.AuthTime.Unix(), i.Grant.ACR, i.Grant.AMR, i.Grant.SID
}

func (e *Engine) inspectJWT(ctx context.Context, token string) (*Inspected, error) {
	v, err := e.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	t, now := tenant.Must(ctx), e.Now().Unix()
	if now >= v.claims.Expiry || v.claims.IssuedAt <= t.NotBefore.Unix() && !t.NotBefore.IsZero() {
		return nil, provider.ErrTokenUnknown
	}
	grant, user, err := e.AccessTokens.InspectJWT(ctx, v.claims.JTI, v.grant)
	if err != nil {
		return nil, err
	}
	if v.grant == uuid.Nil {
		if err := e.clientStands(ctx, v.claims); err != nil {
			return nil, err
		}
	}
	return &Inspected{Claims: v.claims, Grant: grant, User: user}, nil
}

// clientStands checks the client of a client_credentials token, behind which
// there is no grant.
func (e *Engine) clientStands(ctx context.Context, claims accessClaims) error {
	c, err := e.Clients.ByClientID(ctx, claims.ClientID)
	if errors.Is(err, fault.NotFound) {
		return provider.ErrTokenUnknown
	}
	if err != nil {
		return err
	}
	if !c.DisabledAt.IsZero() || !c.NotBefore.IsZero() && claims.IssuedAt <= c.NotBefore.Unix() {
		return provider.ErrTokenUnknown
	}
	return nil
}

// verify checks signature, type and issuer of a JWT access token.
func (e *Engine) verify(ctx context.Context, token string) (verifiedToken, error) {
	t := tenant.Must(ctx)
	key := verifiedKey{t.ID, sha256.Sum256([]byte(token))}
	if v, ok := e.verified.GetIfPresent(key); ok {
		return v, nil
	}
	payload, err := e.Signer.Verify(ctx, token, "at+jwt")
	if fault.KindOf(err) == fault.Unavailable {
		return verifiedToken{}, err
	}
	if err != nil {
		return verifiedToken{}, provider.ErrTokenUnknown.With(err)
	}
	var v verifiedToken
	if err := json.Unmarshal(payload, &v.claims); err != nil || v.claims.Issuer != t.Issuer {
		return verifiedToken{}, provider.ErrTokenUnknown
	}
	if v.grant, err = grantOf(v.claims.JTI); err != nil {
		return verifiedToken{}, err
	}
	e.verified.Set(key, v)
	return v, nil
}

// RefreshFacts is a usable refresh token as introspection shows it.
type RefreshFacts struct {
	Grant  provider.Grant
	Expiry time.Time
}

// InspectRefresh returns a usable refresh token of the client, or
// provider.ErrTokenUnknown, also for another client's.
func (e *Engine) InspectRefresh(ctx context.Context, c *provider.Client, token string) (RefreshFacts, error) {
	f, err := e.refreshFacts(ctx, token)
	if err == nil && f.Grant.ClientID != c.ID {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	return f, err
}

func (e *Engine) refreshFacts(ctx context.Context, token string) (RefreshFacts, error) {
	if !secret.WellFormed(RefreshPrefix, token) {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	grant, expiry, err := e.RefreshTokens.Inspect(ctx, hash(ctx, purposeRefresh, token))
	return RefreshFacts{grant, expiry}, err
}

// MayIntrospect reports whether the caller is the token's client or its audience:
// a client stands for a resource server by being named like it, or by having it
// among its registered resources (RFC 7662 §4).
func (i *Inspected) MayIntrospect(c *provider.Client) bool {
	if i.Claims.ClientID == c.ClientID || slices.Contains(i.Claims.Audience, c.ClientID) {
		return true
	}
	return slices.ContainsFunc(c.Resources, func(r string) bool { return slices.Contains(i.Claims.Audience, r) })
}

// Revoke ends a token of the client (RFC 7009). Tokens that are unknown or already
// dead are no error; another client's is provider.ErrClientMismatch and stays.
func (e *Engine) Revoke(ctx context.Context, c *provider.Client, token string) error {
	if strings.HasPrefix(token, RefreshPrefix) {
		f, err := e.refreshFacts(ctx, token)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Grant.ClientID != c.ID {
			return provider.ErrClientMismatch
		}
		return e.Grants.Revoke(ctx, f.Grant.ID, "revoked_by_client")
	}
	i, err := e.InspectAccess(ctx, token)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if i.Claims.ClientID != c.ClientID {
		return provider.ErrClientMismatch
	}
	if i.hash != nil {
		return e.AccessTokens.Revoke(ctx, i.hash)
	}
	return e.AccessTokens.RevokeJWT(ctx, i.Claims.JTI, time.Unix(i.Claims.Expiry, 0))
}
