package provider

import (
	"slices"
	"time"

	"plinto/internal/fault"
	"plinto/tenant"
)

// Errors of targets. All are invalid_target to a client (RFC 8707 §2).
var (
	ErrTargetUnknown  = fault.New(fault.Invalid, "target_unknown", "A requested resource is unknown or was not granted.")
	ErrTargetUnscoped = fault.New(fault.Invalid, "target_unscoped", "None of the scopes belongs to a requested resource: ask for at least one of its scopes.")
	ErrTargetsDiffer  = fault.New(fault.Invalid, "targets_differ", "The requested resources take different kinds of token: ask for one at a time.")
)

// MaxTokenTTL bounds every token: signing keys stay published an hour longer.
const MaxTokenTTL = 24 * time.Hour

// A Target is what an access token is for.
type Target struct {
	Audience   []string
	Scopes     []string // those of the grant that mean something to the audience
	Format     TokenFormat
	SigningAlg string
	TTL        time.Duration // 0: nobody in the audience says
}

// TargetOf finds the audience of an access token with scopes: the resource servers
// asked for, or without any the ones whose scopes it has (RFC 9068 §3). openid adds
// the issuer, which is the audience of userinfo; a token for nobody in particular
// is for the issuer too. ErrTargetUnknown, ErrTargetUnscoped, ErrTargetsDiffer.
func TargetOf(servers []ResourceServer, t *tenant.Tenant, c *Client, asked, scopes []string) (Target, error) {
	chosen, err := Audience(servers, t, c, asked, scopes)
	if err != nil {
		return Target{}, err
	}
	return targetFor(servers, chosen, t, scopes)
}

// TargetOfGrant is TargetOf for a token of a grant. The token request may ask for some
// of the resources that the grant has (RFC 8707 §2.2) and for no others. Without any
// the token is for those of the grant as far as they are still there, still the
// client's, and know one of scopes.
func TargetOfGrant(servers []ResourceServer, t *tenant.Tenant, c *Client, g *Grant, asked, scopes []string) (Target, error) {
	if len(asked) == 0 {
		return targetFor(servers, granted(servers, t, c, g.Resources, scopes), t, scopes)
	}
	asked, err := RegisteredResources(servers, asked)
	if err != nil {
		return Target{}, err
	}
	has := granted(servers, t, c, g.Resources, g.Scopes)
	for _, r := range asked {
		if !slices.ContainsFunc(has, func(s ResourceServer) bool { return s.Identifier == r }) {
			return Target{}, ErrTargetUnknown
		}
	}
	return TargetOf(servers, t, c, asked, scopes)
}

// Audience returns the resource servers that a request is about: those it asks for,
// or without any those whose scopes it has. Nobody is made the audience of a token
// that holds none of its scopes: the user would allow what no page shows. A resource
// server that defines no scopes is shown itself. ErrTargetUnknown, ErrTargetUnscoped.
func Audience(servers []ResourceServer, t *tenant.Tenant, c *Client, asked, scopes []string) ([]ResourceServer, error) {
	asked, err := RegisteredResources(servers, asked)
	if err != nil {
		return nil, err
	}
	for _, r := range asked {
		at := slices.IndexFunc(servers, func(s ResourceServer) bool { return s.Identifier == r })
		switch {
		case at < 0 || !c.MayUse(t, r):
			return nil, ErrTargetUnknown
		case !servers[at].meant(scopes):
			return nil, ErrTargetUnscoped
		}
	}
	return granted(servers, t, c, asked, scopes), nil
}

// granted returns those of resources, or without any all servers, that the client may
// use and that scopes are about. A server without scopes has to be named.
func granted(servers []ResourceServer, t *tenant.Tenant, c *Client, resources, scopes []string) []ResourceServer {
	var chosen []ResourceServer
	for i := range servers {
		s := &servers[i]
		named := slices.Contains(resources, s.Identifier)
		if (named && s.meant(scopes) || len(resources) == 0 && slices.ContainsFunc(scopes, s.has)) && c.MayUse(t, s.Identifier) {
			chosen = append(chosen, *s)
		}
	}
	return chosen
}

// targetFor is the token for the chosen servers.
func targetFor(servers, chosen []ResourceServer, t *tenant.Tenant, scopes []string) (Target, error) {
	to := Target{Format: FormatJWT, SigningAlg: AlgAccessToken, Scopes: scopesFor(servers, chosen, scopes)}
	for i, s := range chosen {
		if i > 0 && (s.Format != chosen[0].Format || s.SigningAlg != chosen[0].SigningAlg) {
			return Target{}, ErrTargetsDiffer
		}
		to.Audience = append(to.Audience, s.Identifier)
		if ttl := time.Duration(s.TokenTTL) * time.Second; ttl > 0 && (to.TTL == 0 || ttl < to.TTL) {
			to.TTL = ttl
		}
	}
	if len(chosen) > 0 {
		if chosen[0].Format != "" {
			to.Format = chosen[0].Format
		}
		if chosen[0].SigningAlg != "" {
			to.SigningAlg = chosen[0].SigningAlg
		}
	}
	if len(chosen) == 0 || slices.Contains(scopes, ScopeOpenID) {
		to.Audience = append(to.Audience, t.Issuer)
	}
	return to, nil
}

// scopesFor leaves out scopes that only other resource servers know.
func scopesFor(servers, chosen []ResourceServer, scopes []string) []string {
	knows := func(servers []ResourceServer, name string) bool {
		for i := range servers {
			if servers[i].has(name) {
				return true
			}
		}
		return false
	}
	if !slices.ContainsFunc(scopes, func(name string) bool { return knows(servers, name) && !knows(chosen, name) }) {
		return scopes // nearly always
	}
	kept := make([]string, 0, len(scopes))
	for _, name := range scopes {
		if !knows(servers, name) || knows(chosen, name) {
			kept = append(kept, name)
		}
	}
	return kept
}

// has reports whether the scope is the resource server's. The standard ones are
// nobody's: a resource server that lists them must not become the audience of
// every sign-in.
func (r *ResourceServer) has(scope string) bool {
	return !slices.Contains(StandardScopes, scope) && r.defines(scope)
}

// scopeless reports whether the resource server defines no scopes of its own.
func (r *ResourceServer) scopeless() bool {
	return !slices.ContainsFunc(r.Scopes, func(s Scope) bool { return !slices.Contains(StandardScopes, s.Name) })
}

// meant reports whether scopes are about the resource server at all.
func (r *ResourceServer) meant(scopes []string) bool {
	return r.scopeless() || slices.ContainsFunc(scopes, r.has)
}
