package provider

import (
	"slices"
	"time"

	"plinto/internal/fault"
)

// Errors of targets. Both are invalid_target to a client (RFC 8707 §2).
var (
	ErrTargetUnknown = fault.New(fault.Invalid, "target_unknown", "A requested resource is unknown or was not granted.")
	ErrTargetsDiffer = fault.New(fault.Invalid, "targets_differ", "The requested resources take different kinds of token: ask for one at a time.")
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
// is for the issuer too. ErrTargetUnknown, ErrTargetsDiffer.
//
// A client that registered resources gets tokens for those only.
func TargetOf(servers []ResourceServer, issuer string, c *Client, resources, scopes []string) (Target, error) {
	resources, err := RegisteredResources(servers, resources)
	if err != nil {
		return Target{}, err
	}
	chosen := chooseServers(servers, c, resources, scopes)
	if len(chosen) < len(unique(resources)) {
		return Target{}, ErrTargetUnknown
	}
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
		to.Audience = append(to.Audience, issuer)
	}
	return to, nil
}

// NarrowResources returns the resources of a token whose request asked for some of
// what its grant has (RFC 8707 §2.2): nothing asked for is everything granted, and
// a grant that names none has those of its scopes. ErrTargetUnknown for more.
func NarrowResources(servers []ResourceServer, c *Client, g *Grant, asked []string) ([]string, error) {
	if len(asked) == 0 {
		return g.Resources, nil
	}
	asked, err := RegisteredResources(servers, asked)
	if err != nil {
		return nil, err
	}
	granted := g.Resources
	if len(granted) == 0 {
		for _, s := range chooseServers(servers, c, nil, g.Scopes) {
			granted = append(granted, s.Identifier)
		}
	}
	for _, r := range asked {
		if !slices.Contains(granted, r) {
			return nil, ErrTargetUnknown
		}
	}
	return asked, nil
}

func chooseServers(servers []ResourceServer, c *Client, asked, scopes []string) []ResourceServer {
	var chosen []ResourceServer
	for i := range servers {
		s := &servers[i]
		wanted := len(asked) > 0 && slices.Contains(asked, s.Identifier) || len(asked) == 0 && slices.ContainsFunc(scopes, s.has)
		if wanted && c.mayTarget(s.Identifier) {
			chosen = append(chosen, *s)
		}
	}
	return chosen
}

// mayTarget reports whether the client's tokens may be for a resource server.
func (c *Client) mayTarget(identifier string) bool {
	return len(c.Resources) == 0 || HasResource(c.Resources, identifier)
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
	return !slices.Contains(StandardScopes, scope) && slices.ContainsFunc(r.Scopes, func(s Scope) bool { return s.Name == scope })
}

func unique(list []string) []string {
	if len(list) < 2 {
		return list
	}
	sorted := slices.Sorted(slices.Values(list))
	return slices.Compact(sorted)
}
