package inspection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/scope"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/tenant"
)

// Dependencies are what an Inspector is made of. All are required but Announced.
type Dependencies struct {
	Clients       provider.Clients
	AccessTokens  provider.AccessTokens
	RefreshTokens provider.RefreshTokens
	Grants        *grants.Service
	Verifier      Verifier
	Subjects      provider.Subjects
	Roles         provider.RolePermissions
	Scopes        provider.ScopePolicy
	Now           func() time.Time
	// Announced reports whether DropVerified would have been called if signing keys of the
	// context's tenant had changed; nil: it would.
	Announced func(context.Context) bool
}

// A Verifier checks what the context's tenant signed. See provider.Signer.
type Verifier interface {
	Verify(ctx context.Context, token, typ string) (claims []byte, err error)
}

// An Inspector tells what tokens say and whether they stand, and ends them.
type Inspector struct {
	Dependencies
	verified   verifiedTokens
	generation atomic.Uint64 // of signing keys; part of verifiedKey
}

// New returns an Inspector.
func New(d Dependencies) (*Inspector, error) {
	cache, err := otter.New(&otter.Options[verifiedKey, verifiedToken]{MaximumSize: verifiedEntries})
	if err != nil {
		return nil, fmt.Errorf("make cache of verified tokens: %w", err)
	}
	return &Inspector{Dependencies: d, verified: cache}, nil
}

// Inspected is a live access token with what stands behind it.
type Inspected struct {
	Claims provider.AccessClaims
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
func (i *Inspector) InspectAccess(ctx context.Context, token string) (*Inspected, error) {
	switch {
	case len(token) > maxToken:
		return nil, provider.ErrTokenUnknown
	case strings.HasPrefix(token, provider.AccessPrefix):
		return i.inspectOpaque(ctx, token)
	case strings.Count(token, ".") == 2:
		return i.inspectJWT(ctx, token)
	}
	return nil, provider.ErrTokenUnknown
}

func (i *Inspector) inspectOpaque(ctx context.Context, token string) (*Inspected, error) {
	if !secret.WellFormed(provider.AccessPrefix, token) {
		return nil, provider.ErrTokenUnknown
	}
	h := provider.HashToken(ctx, provider.PurposeAccess, token)
	at, grant, user, err := i.AccessTokens.Inspect(ctx, h)
	if err != nil {
		return nil, err
	}
	found := &Inspected{Grant: grant, User: user, hash: h, Claims: provider.AccessClaims{
		Issuer: tenant.Must(ctx).Issuer, Subject: at.Subject, Audience: at.Audience, Expiry: at.ExpiresAt.Unix(), IssuedAt: at.IssuedAt.Unix(),
		JTI: at.JTI, ClientID: at.Client, Scope: strings.Join(at.Scopes, " "),
	}}
	if found.ForUser() {
		found.Claims.OfUser(at.Subject, &grant)
	}
	c, err := i.client(ctx, at.Client)
	if err != nil {
		return nil, err
	}
	return found, i.update(ctx, found, c)
}

// client returns the client of a token. provider.ErrTokenUnknown when it is gone.
func (i *Inspector) client(ctx context.Context, id string) (*provider.Client, error) {
	c, err := i.Clients.ByClientID(ctx, id)
	if errors.Is(err, fault.NotFound) {
		return nil, provider.ErrTokenUnknown
	}
	return c, err
}

// update has the claims of a token say what holds now, whatever it was when the token was made. Scopes that the client may
// not have any more are left out: another token would lack them too.
func (i *Inspector) update(ctx context.Context, found *Inspected, c *provider.Client) error {
	had := found.Scopes()
	scopes, err := i.Scopes.Narrow(ctx, c, had)
	if err != nil {
		return err
	}
	if len(scopes) < len(had) {
		found.Claims.Scope = scope.Join(scopes)
	}
	return i.organization(ctx, found, scopes)
}

// organization has the claims say what the user is in the organization today, whatever it was when the token
// was made. provider.ErrTokenUnknown where the organization asks for more than the user showed by now: its policy
// comes with the grant.
func (i *Inspector) organization(ctx context.Context, found *Inspected, scopes []string) (err error) {
	if in := &found.Grant.Organization; in.ID != uuid.Nil {
		demands := provider.DemandsOf(&tenant.Must(ctx).Settings, &in.Policy)
		if !demands.Allow(&found.Grant, i.Now()) {
			return provider.ErrTokenUnknown
		}
	}
	found.Claims.OrganizationClaims, err = found.Grant.Organization.ClaimsOf(ctx, i.Roles, scopes)
	if err != nil {
		return fmt.Errorf("resolve roles: %w", err)
	}
	return nil
}

func (i *Inspector) inspectJWT(ctx context.Context, token string) (*Inspected, error) {
	v, err := i.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if i.Now().Unix() >= v.claims.Expiry {
		return nil, provider.ErrTokenUnknown
	}
	grant, user, err := i.AccessTokens.InspectJWT(ctx, v.claims.JTI, v.grant)
	if err != nil {
		return nil, err
	}
	c, err := i.client(ctx, v.claims.ClientID)
	if err != nil {
		return nil, err
	}
	if v.grant == uuid.Nil && !stands(ctx, c, &v.claims) {
		return nil, provider.ErrTokenUnknown
	}
	found := &Inspected{Claims: v.claims, Grant: grant, User: user}
	return found, i.update(ctx, found, c)
}

// stands checks a token without a grant against its client, by the mark in its jti,
// and against the tenant's not-before. A token of the same second as the not-before is
// refused: times in tokens are whole seconds, so it may be older.
func stands(ctx context.Context, c *provider.Client, claims *provider.AccessClaims) bool {
	issued := time.Unix(claims.IssuedAt, 0)
	return c.DisabledAt.IsZero() && (c.Marked(claims.JTI) || !olderThan(c, issued)) && !issued.Before(tenant.Must(ctx).NotBefore)
}

// olderThan reports whether a token without the client's mark was issued before it: to an
// earlier client of the same client_id, or before the mark moved. A younger token comes
// from a server of the previous version, which put no mark into tokens. Times in tokens are
// rounded down to seconds, so an old token never looks younger.
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
func (i *Inspector) InspectRefresh(ctx context.Context, c *provider.Client, token string) (RefreshFacts, error) {
	f, err := i.refreshFacts(ctx, token)
	if err == nil && f.Grant.ClientID != c.ID {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	f.Subject = i.Subjects.Of(tenant.Must(ctx).ID, c, f.Grant.UserID)
	return f, err
}

func (i *Inspector) refreshFacts(ctx context.Context, token string) (RefreshFacts, error) {
	if !secret.WellFormed(provider.RefreshPrefix, token) {
		return RefreshFacts{}, provider.ErrTokenUnknown
	}
	grant, expiry, err := i.RefreshTokens.Inspect(ctx, provider.HashToken(ctx, provider.PurposeRefresh, token))
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

// Revoke ends a token of the client (RFC 7009), and with a refresh token its grant. Tokens that are unknown or already
// dead are no error; another client's is provider.ErrClientMismatch and stays.
func (i *Inspector) Revoke(ctx context.Context, c *provider.Client, token string) error {
	if strings.HasPrefix(token, provider.RefreshPrefix) {
		return i.revokeRefresh(ctx, c, token)
	}
	found, err := i.InspectAccess(ctx, token)
	if errors.Is(err, provider.ErrTokenUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.Claims.ClientID != c.ClientID {
		return provider.ErrClientMismatch
	}
	t := grants.RevokedToken{JTI: found.Claims.JTI, ClientID: c.ID}
	if found.ForUser() {
		t.Subject = found.User.PublicID()
	}
	if found.hash != nil {
		return i.Grants.RevokeOpaque(ctx, found.hash, t)
	}
	return i.Grants.RevokeJWT(ctx, time.Unix(found.Claims.Expiry, 0), t)
}

// revokeRefresh ends the grant of a refresh token, also by one that was used before. Whoever signs out with the last token that they
// know must not leave the grant to somebody who has used it since: a thief, or nobody, where the answer was lost.
func (i *Inspector) revokeRefresh(ctx context.Context, c *provider.Client, token string) error {
	if !secret.WellFormed(provider.RefreshPrefix, token) {
		return nil
	}
	grant, client, err := i.RefreshTokens.GrantOf(ctx, provider.HashToken(ctx, provider.PurposeRefresh, token))
	switch {
	case errors.Is(err, provider.ErrTokenUnknown):
		return nil
	case err != nil:
		return err
	case client != c.ID:
		return provider.ErrClientMismatch
	}
	return i.Grants.Revoke(ctx, grant, "revoked_by_client")
}
