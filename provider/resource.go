package provider

import (
	"context"

	"github.com/google/uuid"

	"plinto/internal/fault"
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
	Identifier string // RFC 8707 resource: an absolute URI, compared byte by byte
	Name       string
	Scopes     []Scope
	Format     TokenFormat
	SigningAlg string // of JWT tokens; "" means ES256
	TokenTTL   int64  // seconds; 0: the tenant's
}

// A Scope is a scope value and how a consent page words it.
type Scope struct {
	Name        string `json:"name" yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
}

// ErrResourceNotFound reports an unknown resource server.
var ErrResourceNotFound = fault.New(fault.NotFound, "resource_server_not_found", "There is no such resource server.")

// ResourceServers keeps the resource servers of the context's tenant.
type ResourceServers interface {
	// All returns every resource server, by identifier. May come from memory,
	// invalidated when any instance changes one.
	All(ctx context.Context) ([]ResourceServer, error)
	// Put creates or replaces by identifier.
	Put(ctx context.Context, r ResourceServer) error
	// Delete removes by identifier. ErrResourceNotFound.
	Delete(ctx context.Context, identifier string) error
}
