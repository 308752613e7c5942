package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/scope"
)

// The standard scopes (OpenID Connect Core 1.0 §5.4, §11).
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeEmail   = "email"
	ScopeAddress = "address"
	ScopePhone   = "phone"
	ScopeOffline = "offline_access"
)

// StandardScopes are what every tenant knows.
var StandardScopes = []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeAddress, ScopePhone, ScopeOffline}

// Errors of the scopes of a request. Both are invalid_scope to a client.
var (
	ErrScopeMissing = fault.New(fault.Invalid, "scope_missing", "The client must say which scopes it wants.")
	ErrScopeRefused = fault.New(fault.Invalid, "scope_refused", "A requested scope is unknown or not allowed for the client.")
)

// ScopePolicy says what clients may ask for.
type ScopePolicy struct {
	Resources ResourceServers
}

// Allowed returns the scopes the client may ask for: what it registered, as far as
// the tenant knows it, or what the tenant offers to clients that registered none.
func (p ScopePolicy) Allowed(ctx context.Context, c *Client) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	return allowed(servers, c), nil
}

// Offered returns what the tenant offers to clients that registered no scope: the
// standard scopes, and those that resource servers mark as default.
func (p ScopePolicy) Offered(ctx context.Context) ([]string, error) {
	return p.Allowed(ctx, &Client{})
}

// Choose returns the scopes that a request gets (RFC 6749 §3.3): those it asks for
// that the client may have, or the defaults when it asks for none. Strict clients get
// ErrScopeRefused and ErrScopeMissing instead. resources are those the request names,
// as they are registered. The result may be empty.
func (p ScopePolicy) Choose(ctx context.Context, c *Client, asked, resources []string) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	may := allowed(servers, c)
	if len(asked) == 0 {
		if c.Strict() {
			return nil, ErrScopeMissing
		}
		return scope.Among(defaults(servers, c, resources), may), nil
	}
	chosen := scope.Among(asked, may)
	if c.Strict() && len(chosen) < len(asked) {
		return nil, ErrScopeRefused
	}
	return chosen, nil
}

// defaults are the scopes of a request that names none: those that the client
// registered for the purpose, those that the resources it names mark as default, or
// all that it registered. With resources only their scopes are meant.
func defaults(servers []ResourceServer, c *Client, resources []string) []string {
	own := strings.Fields(c.DefaultScope)
	if len(resources) == 0 {
		if len(own) == 0 {
			own = strings.Fields(c.Scope)
		}
		return own
	}
	var marked, all []string
	for i := range servers {
		if !slices.Contains(resources, servers[i].Identifier) {
			continue
		}
		for _, s := range servers[i].Scopes {
			all = append(all, s.Name)
			if s.Default {
				marked = append(marked, s.Name)
			}
		}
	}
	switch {
	case len(own) > 0:
		return scope.Among(own, append(all, StandardScopes...))
	case len(marked) > 0:
		return marked
	}
	return scope.Among(strings.Fields(c.Scope), all)
}

func allowed(servers []ResourceServer, c *Client) []string {
	if registered := strings.Fields(c.Scope); len(registered) > 0 {
		return slices.DeleteFunc(registered, func(s string) bool { return !known(servers, s) })
	}
	offered := StandardScopes
	for i := range servers {
		for _, s := range servers[i].Scopes {
			if s.Default && !slices.Contains(offered, s.Name) {
				offered = append(slices.Clip(offered), s.Name)
			}
		}
	}
	return offered
}

func (p ScopePolicy) servers(ctx context.Context) ([]ResourceServer, error) {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	return servers, nil
}

// Describe returns how each scope is worded by its resource server, in order.
// Standard scopes have no description here: the pages word them.
func (p ScopePolicy) Describe(ctx context.Context, scopes []string) ([]Scope, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	described := make([]Scope, len(scopes))
	for i, name := range scopes {
		described[i] = Scope{Name: name}
		for _, server := range servers {
			for _, s := range server.Scopes {
				if s.Name == name {
					described[i].Description = s.Description
				}
			}
		}
	}
	return described, nil
}

// Targets returns the resources of a request as they are registered (RFC 8707 §2).
// ErrTargetUnknown when one is unknown to the tenant or not among the client's.
func (p ScopePolicy) Targets(ctx context.Context, c *Client, asked []string) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	registered, err := RegisteredResources(servers, asked)
	if err != nil {
		return nil, err
	}
	for _, r := range registered {
		if !c.mayTarget(r) {
			return nil, ErrTargetUnknown
		}
	}
	return registered, nil
}

func known(servers []ResourceServer, name string) bool {
	if slices.Contains(StandardScopes, name) {
		return true
	}
	return slices.ContainsFunc(servers, func(s ResourceServer) bool {
		return slices.ContainsFunc(s.Scopes, func(sc Scope) bool { return sc.Name == name })
	})
}
