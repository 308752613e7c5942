package engine

import (
	"context"
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
	Claims Claims
	Grant  provider.Grant // zero for client credentials
	User   identity.User  // zero for client credentials
	hash   []byte         // of an opaque token
}

// Scopes of the token.
func (i *Inspected) Scopes() []string { return strings.Fields(i.Claims.Scope) }

// ForUser reports whether a user stands behind the token.
func (i *Inspected) ForUser() bool { return i.Grant.ID != uuid.Nil }

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
	i := &Inspected{Grant: grant, User: user, hash: h, Claims: Claims{
		Issuer: tenant.Must(ctx).Issuer, Subject: at.Subject, Audience: at.Audience, Expiry: at.ExpiresAt.Unix(), IssuedAt: at.IssuedAt.Unix(),
		JTI: at.JTI, ClientID: at.Client, Scope: strings.Join(at.Scopes, " "),
	}}
	if i.ForUser() {
		i.Claims.ofUser(at.Subject, &grant)
	}
	return i, nil
}

func (e *Engine) inspectJWT(ctx context.Context, token string) (*Inspected, error) {
	v, err := e.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if e.Now().Unix() >= v.claims.Expiry {
		return nil, provider.ErrTokenUnknown
	}
	grant, user, err := e.AccessTokens.InspectJWT(ctx, v.claims.JTI, v.grant)
	if err != nil {
		return nil, err
	}
	if v.grant == uuid.Nil {
		if err := e.clientStands(ctx, &v.claims); err != nil {
			return nil, err
		}
	}
	return &Inspected{Claims: v.claims, Grant: grant, User: user}, nil
}

// clientStands checks what a token without a grant hangs on: its client, by the mark
// that its jti carries, and the tenant's not-before. Of the second of that nothing
// stands: whole seconds cannot tell before from after.
func (e *Engine) clientStands(ctx context.Context, claims *Claims) error {
	c, err := e.Clients.ByClientID(ctx, claims.ClientID)
	if errors.Is(err, fault.NotFound) {
		return provider.ErrTokenUnknown
	}
	if err != nil {
		return err
	}
	issued := time.Unix(claims.IssuedAt, 0)
	if !c.DisabledAt.IsZero() || !c.Marked(claims.JTI) && olderThan(c, issued) || issued.Before(tenant.Must(ctx).NotBefore) {
		return provider.ErrTokenUnknown
	}
	return nil
}

// olderThan reports whether a token without the client's mark is of before it: another
// client's of the same client_id, or issued before the mark moved. What is younger was
// issued by a server of the previous version, which put no mark into tokens. Tokens have
// whole seconds, cut off, so none of before passes for younger.
func olderThan(c *provider.Client, issued time.Time) bool {
	return issued.Before(c.NotBefore) || issued.Before(c.CreatedAt)
}

// RefreshFacts is a usable refresh token as introspection shows it.
type RefreshFacts struct {
	Grant   provider.Grant
	Expiry  time.Time
	Subject string // of the user for the client
}

// InspectRefresh returns a usable refresh token of the client, or
// provider.ErrTokenUnknown, also for another client's.
func (e *Engine) InspectRefresh(ctx context.Context, c *provider.Client, token string) (RefreshFacts, error) {
	f, err := e.refreshFacts(ctx, token)
	if err == nil && f.Grant.ClientID != c.ID {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	f.Subject = e.subjects.Of(tenant.Must(ctx).ID, c, f.Grant.UserID)
	return f, err
}

func (e *Engine) refreshFacts(ctx context.Context, token string) (RefreshFacts, error) {
	if !secret.WellFormed(RefreshPrefix, token) {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	grant, expiry, err := e.RefreshTokens.Inspect(ctx, hash(ctx, purposeRefresh, token))
	return RefreshFacts{Grant: grant, Expiry: expiry}, err
}

// MayIntrospect reports whether the caller is the token's client or its audience:
// a client stands for a resource server by being named like it, or by having it
// among its registered resources (RFC 7662 §4).
func (i *Inspected) MayIntrospect(c *provider.Client) bool {
	if i.Claims.ClientID == c.ClientID || slices.Contains(i.Claims.Audience, c.ClientID) {
		return true
	}
	return slices.ContainsFunc(c.Resources, func(r string) bool { return provider.HasResource(i.Claims.Audience, r) })
}

// Revoke ends a token of the client (RFC 7009). Tokens that are unknown or already
// dead are no error; another client's is provider.ErrClientMismatch and stays.
func (e *Engine) Revoke(ctx context.Context, c *provider.Client, token string) error {
	if strings.HasPrefix(token, RefreshPrefix) {
		f, err := e.refreshFacts(ctx, token)
		if errors.Is(err, provider.ErrTokenUnknown) {
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
	if errors.Is(err, provider.ErrTokenUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if i.Claims.ClientID != c.ClientID {
		return provider.ErrClientMismatch
	}
	t := provider.RevokedToken{JTI: i.Claims.JTI, ClientID: c.ID}
	if i.ForUser() {
		t.Subject = i.User.PublicID()
	}
	if i.hash != nil {
		return e.AccessTokens.Revoke(ctx, i.hash, t)
	}
	return e.AccessTokens.RevokeJWT(ctx, time.Unix(i.Claims.Expiry, 0), t)
}
