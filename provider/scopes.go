package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
// standard ones), as far as the tenant knows them.
func (p ScopePolicy) Allowed(ctx context.Context, c *Client) ([]string, error) {
	registered := strings.Fields(c.Scope)
	if len(registered) == 0 {
		return StandardScopes, nil
	}
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	return slices.DeleteFunc(registered, func(s string) bool { return !known(servers, s) }), nil
}

// Describe returns how each scope is worded by its resource server, in order.
// Standard scopes have no description here: the pages word them.
func (p ScopePolicy) Describe(ctx context.Context, scopes []string) ([]Scope, error) {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
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

// CheckResources returns ErrResourceNotFound when one is unknown to the tenant or
// not among the client's (RFC 8707 §2). Identifiers are compared byte by byte.
func (p ScopePolicy) CheckResources(ctx context.Context, c *Client, resources []string) error {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return fmt.Errorf("list resource servers: %w", err)
	}
	for _, r := range resources {
		if len(c.Resources) > 0 && !slices.Contains(c.Resources, r) {
			return ErrResourceNotFound
		}
		if !slices.ContainsFunc(servers, func(s ResourceServer) bool { return s.Identifier == r }) {
			return ErrResourceNotFound
		}
	}
	return nil
}

func known(servers []ResourceServer, name string) bool {
	if slices.Contains(StandardScopes, name) {
		return true
	}
	return slices.ContainsFunc(servers, func(s ResourceServer) bool {
		return slices.ContainsFunc(s.Scopes, func(sc Scope) bool { return sc.Name == name })
	})
}
