package tenant

import (
	"context"

	"plinto/internal/fault"
)

// Errors of a Registry.
var (
	ErrSlugTaken = fault.New(fault.Conflict, "tenant_slug_taken", "Another tenant has that slug.")
	ErrHostTaken = fault.New(fault.Conflict, "tenant_host_taken", "Another tenant answers on that host.")
)

// A Registry manages tenants. It works across tenants and is handed to the
// command line and the operators' API only.
type Registry interface {
	Directory
	// Create stores t. ErrSlugTaken, ErrHostTaken.
	Create(ctx context.Context, t Tenant) error
	// Update replaces everything but id, slug and created_at. ErrUnknown, ErrHostTaken.
	Update(ctx context.Context, t Tenant) error
	// List returns every tenant, by slug.
	List(ctx context.Context) ([]Tenant, error)
	// Delete removes a tenant and everything in it. ErrUnknown.
	Delete(ctx context.Context, id ID) error
}
