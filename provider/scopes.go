package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/scope"
	"plinto/tenant"
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

// Errors of the scopes of a request. Both are invalid_scope to a client.
var (
	ErrScopeMissing = fault.New(fault.Invalid, "scope_missing", "The client must say which scopes it wants.")
	ErrScopeRefused = fault.New(fault.Invalid, "scope_refused", "A requested scope is unknown or not allowed for the client.")
)

// ScopePolicy says what clients may ask for.
type ScopePolicy struct {
	Resources ResourceServers
}

// Allowed returns the scopes the client may ask for: what it registered, or what the
// tenant offers to clients that registered none, as far as the tenant knows them and the
// client may use the resource servers they belong to.
func (p ScopePolicy) Allowed(ctx context.Context, c *Client) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	return allowed(servers, tenant.Must(ctx), c), nil
}

// Narrow returns those of scopes that the client may ask for, in their order: scopes itself when all are.
func (p ScopePolicy) Narrow(ctx context.Context, c *Client, scopes []string) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	return narrow(servers, tenant.Must(ctx), c, scopes), nil
}

// Offered returns what the tenant offers to a client like c that registers no scope: the
// standard scopes, and those that the resource servers it may use mark as default.
func (p ScopePolicy) Offered(ctx context.Context, c *Client) ([]string, error) {
	like := *c
	like.Scope = ""
	return p.Allowed(ctx, &like)
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
	if len(asked) == 0 {
		if c.Strict() {
			return nil, ErrScopeMissing
		}
		return narrow(servers, tenant.Must(ctx), c, defaults(servers, c, resources)), nil
	}
	chosen := narrow(servers, tenant.Must(ctx), c, asked)
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

func allowed(servers []ResourceServer, t *tenant.Tenant, c *Client) []string {
	if registered := strings.Fields(c.Scope); len(registered) > 0 {
		return narrow(servers, t, c, registered)
	}
	offered := StandardScopes
	for i := range servers {
		for _, s := range servers[i].Scopes {
			if s.Default && c.MayUse(t, servers[i].Identifier) && !slices.Contains(offered, s.Name) {
				offered = append(slices.Clip(offered), s.Name)
			}
		}
	}
	return offered
}

// narrow returns those of scopes that are in allowed, without making that.
func narrow(servers []ResourceServer, t *tenant.Tenant, c *Client, scopes []string) []string {
	registered := strings.Fields(c.Scope)
	return scope.Keep(scopes, func(name string) bool {
		if len(registered) > 0 && !slices.Contains(registered, name) {
			return false
		}
		return slices.Contains(StandardScopes, name) || isOf(servers, t, c, name, len(registered) == 0)
	})
}

// isOf reports whether a scope is of a resource server that the client may use, as one of its default scopes where only these count.
func isOf(servers []ResourceServer, t *tenant.Tenant, c *Client, name string, byDefault bool) bool {
	for i := range servers {
		at := slices.IndexFunc(servers[i].Scopes, func(s Scope) bool { return s.Name == name })
		if at >= 0 && (servers[i].Scopes[at].Default || !byDefault) && c.MayUse(t, servers[i].Identifier) {
			return true
		}
	}
	return false
}

func (p ScopePolicy) servers(ctx context.Context) ([]ResourceServer, error) {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	return servers, nil
}

// MayUse reports whether the client may have tokens for a resource server. One that
// registered itself needs to be allowed by an operator: for it alone, or for all such
// clients of the tenant. Others may use all, unless they are limited to some. The management
// API is in no such "all": a client that asks for users:read of the tenant's own API must not
// become an administrator because the management API has a scope of that name.
func (c *Client) MayUse(t *tenant.Tenant, resource string) bool {
	if len(c.Resources) > 0 || isManagement(t, resource) {
		return HasResource(c.Resources, resource)
	}
	return !c.SelfRegistered || c.FirstParty || HasResource(t.Settings.Registration.Resources, resource)
}

// A Described is what a consent page lists under one resource server.
type Described struct {
	Identifier, Name string  // "" for the scopes about the user
	Scopes           []Scope // none where the resource server defines none
}

// Describe groups permissions by resource server, in order, with the words of each.
// Standard scopes have no description here: the pages word them.
func (p ScopePolicy) Describe(ctx context.Context, permissions []Permission) ([]Described, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	var all []Described
	for _, asked := range permissions {
		if len(all) == 0 || all[len(all)-1].Identifier != asked.Resource {
			all = append(all, Described{Identifier: asked.Resource, Name: nameOf(servers, asked.Resource)})
		}
		if asked.Scope != "" {
			last := &all[len(all)-1]
			last.Scopes = append(last.Scopes, describe(servers, asked))
		}
	}
	return all, nil
}

func nameOf(servers []ResourceServer, identifier string) string {
	for i := range servers {
		if servers[i].Identifier == identifier {
			return servers[i].Name
		}
	}
	return ""
}

// describe returns the scope in the words of its resource server, or of any that has
// words for it.
func describe(servers []ResourceServer, p Permission) Scope {
	found := Scope{Name: p.Scope}
	for i := range servers {
		for _, s := range servers[i].Scopes {
			if s.Name == p.Scope && (p.Resource == "" || p.Resource == servers[i].Identifier) {
				found.Description = s.Description
			}
		}
	}
	return found
}

// Audience returns the identifiers of the resource servers that a request is about:
// see Audience.
func (p ScopePolicy) Audience(ctx context.Context, c *Client, resources, scopes []string) ([]string, error) {
	servers, err := p.servers(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := Audience(servers, tenant.Must(ctx), c, resources, scopes)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range chosen {
		names = append(names, chosen[i].Identifier)
	}
	return names, nil
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
		if !c.MayUse(tenant.Must(ctx), r) {
			return nil, ErrTargetUnknown
		}
	}
	return registered, nil
}

// defines reports whether the resource server lists the scope.
func (r *ResourceServer) defines(name string) bool {
	return slices.ContainsFunc(r.Scopes, func(s Scope) bool { return s.Name == name })
}
