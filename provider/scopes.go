package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

// StandardScopes are what every tenant knows, and what a client may ask for that
// registered no scope.
var StandardScopes = []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeAddress, ScopePhone, ScopeOffline}

// ScopePolicy says what clients may ask for.
type ScopePolicy struct {
	Resources ResourceServers
}

// Allowed returns the scopes the client may ask for: what it registered (or the
// standard ones), as far as the tenant knows them and the client may use the resource
// servers they belong to.
func (p ScopePolicy) Allowed(ctx context.Context, c *Client) ([]string, error) {
	registered := strings.Fields(c.Scope)
	if len(registered) == 0 {
		return StandardScopes, nil
	}
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	t := tenant.Must(ctx)
	return slices.DeleteFunc(registered, func(name string) bool {
		return !slices.Contains(StandardScopes, name) && !slices.ContainsFunc(servers, func(s ResourceServer) bool {
			return s.defines(name) && c.MayUse(t, s.Identifier)
		})
	}), nil
}

// MayUse reports whether the client may have tokens for a resource server. One that
// registered itself needs to be allowed by an operator: for it alone, or for all such
// clients of the tenant. Others may use all, unless they are limited to some.
func (c *Client) MayUse(t *tenant.Tenant, resource string) bool {
	if len(c.Resources) > 0 {
		return slices.Contains(c.Resources, resource)
	}
	return !c.SelfRegistered || c.FirstParty || slices.Contains(t.Settings.Registration.Resources, resource)
}

// A Described is what a consent page lists under one resource server.
type Described struct {
	Identifier, Name string  // "" for the scopes about the user
	Scopes           []Scope // none where the resource server defines none
}

// Describe groups permissions by resource server, in order, with the words of each.
// Standard scopes have no description here: the pages word them.
func (p ScopePolicy) Describe(ctx context.Context, permissions []Permission) ([]Described, error) {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
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
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
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

// defines reports whether the resource server lists the scope.
func (r *ResourceServer) defines(name string) bool {
	return slices.ContainsFunc(r.Scopes, func(s Scope) bool { return s.Name == name })
}
