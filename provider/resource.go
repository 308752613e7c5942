package provider

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/resourceuri"
)

// TokenFormat says what an access token for a resource server looks like.
type TokenFormat string

// The token formats.
const (
	FormatJWT    TokenFormat = "jwt"    // RFC 9068
	FormatOpaque TokenFormat = "opaque" // random, introspected
)

// A ResourceServer is an API that accepts the tenant's access tokens.
type ResourceServer struct {
	ID         uuid.UUID
	Identifier string // RFC 8707 resource: an absolute URI; tokens carry it as it is here
	Name       string
	Scopes     []Scope
	Format     TokenFormat
	SigningAlg string // of JWT tokens; "" means ES256
	TokenTTL   int64  // seconds; 0: the tenant's
	Version    int64  // of the row that was read; 0: it is new
	CreatedAt  time.Time
	UpdatedAt  time.Time
	// ManagedBy is the manifest that declares it, as it is read, or "".
	ManagedBy string
	// Unreadable names what of it is stored and cannot be read; "": nothing. It is left out then, and there are no tokens for it.
	Unreadable string `json:",omitempty"`
}

// A Scope is a scope value and how a consent page words it.
type Scope struct {
	Name        string `json:"name" yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Default scopes are granted to requests that name the resource server and no
	// scope, and clients that registered no scope may ask for them.
	Default bool `json:"default,omitempty" yaml:"default,omitempty"`
}

// Errors of resource servers.
var (
	ErrResourceNotFound = fault.New(fault.NotFound, "resource_server_not_found", "There is no such resource server.")
	ErrResourceTaken    = fault.New(fault.Conflict, "resource_server_taken", "Another resource server has that identifier, perhaps in another spelling.")
)

// CheckResource says what is wrong with a resource identifier, or "" (RFC 8707
// §2: an absolute URI without a fragment).
func CheckResource(raw string) string {
	if _, err := resourceuri.Normalize(raw); err != nil {
		return err.Error()
	}
	return ""
}

// HasResource reports whether a list of identifiers names a resource, in whichever
// spelling.
func HasResource(identifiers []string, identifier string) bool {
	return slices.Contains(identifiers, identifier) ||
		slices.ContainsFunc(identifiers, func(other string) bool { return resourceuri.Same(other, identifier) })
}

// RegisteredResources returns the identifiers, as they are registered, of the
// resource servers that a request asks for. ErrTargetUnknown when one is unknown.
func RegisteredResources(servers []ResourceServer, asked []string) ([]string, error) {
	exact := func(r string) bool {
		return slices.ContainsFunc(servers, func(s ResourceServer) bool { return s.Identifier == r })
	}
	if !slices.ContainsFunc(asked, func(r string) bool { return !exact(r) }) {
		return asked, nil // nearly always
	}
	registered := make([]string, 0, len(asked))
	for _, r := range asked {
		at := slices.IndexFunc(servers, func(s ResourceServer) bool { return s.Identifier == r })
		if at < 0 {
			at = slices.IndexFunc(servers, func(s ResourceServer) bool { return resourceuri.Same(s.Identifier, r) })
		}
		if at < 0 {
			return nil, ErrTargetUnknown
		}
		registered = append(registered, servers[at].Identifier)
	}
	return registered, nil
}

// ResourceServers keeps the resource servers of the context's tenant.
type ResourceServers interface {
	// All returns every resource server, by identifier. May come from memory,
	// invalidated when any instance changes one.
	All(ctx context.Context) ([]ResourceServer, error)
	// Put creates r when its version is 0, and else replaces the one of its identifier and
	// version. fault.ErrChanged when that has another version by now, or was created or
	// deleted meanwhile; ErrResourceTaken when another resource server has the identifier
	// in another spelling.
	Put(ctx context.Context, r ResourceServer) error
	// Delete removes by identifier. ErrResourceNotFound.
	Delete(ctx context.Context, identifier string) error
}
