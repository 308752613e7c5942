package tenant

import (
	"context"

	"plinto/internal/fault"
	"plinto/internal/keyset"
)

// Errors of a Registry.
var (
	ErrSlugTaken        = fault.New(fault.Conflict, "tenant_slug_taken", "Another tenant has that slug.")
	ErrPasskeyHostTaken = fault.New(fault.Conflict, "tenant_passkey_host_taken", "Another tenant has one of the hosts that passkeys are to work on.")
	ErrHostTaken        = fault.New(fault.Conflict, "tenant_host_taken", "Another tenant answers on that host.")
)

// A Registry reads tenants across all of them, for operators' code.
type Registry interface {
	Directory
	// Current is BySlug, never from memory: for who is about to change the tenant.
	Current(ctx context.Context, slug string) (*Tenant, error)
	// List returns up to limit tenants after the slug, in order of slug.
	List(ctx context.Context, after string, limit int) ([]Tenant, error)
}

// All returns every tenant, in order of slug.
func All(ctx context.Context, r Registry) (all []Tenant, err error) {
	for t, err := range keyset.All(ctx, r.List, func(t *Tenant) string { return t.Slug }) {
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
