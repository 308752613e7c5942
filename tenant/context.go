package tenant

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// ErrMissing reports a context without a tenant: a bug, never a user's mistake.
var ErrMissing = errors.New("no tenant in context")

type contextKey struct{}

// With returns ctx acting for t.
func With(ctx context.Context, t *Tenant) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// From returns the tenant ctx acts for, or ErrMissing.
func From(ctx context.Context) (*Tenant, error) {
	t, ok := ctx.Value(contextKey{}).(*Tenant)
	if !ok || t == nil {
		return nil, ErrMissing
	}
	return t, nil
}

// Must is From behind the resolver, where a tenant is always present. It panics
// otherwise: serving a request for nobody would be worse than a 500.
func Must(ctx context.Context) *Tenant {
	t, err := From(ctx)
	if err != nil {
		panic(err)
	}
	return t
}

type confinedKey struct{}

// Confine returns ctx acting for the tenant in one organization: of the organizations of the tenant and what
// belongs to them, the transactions of ctx see that one's.
func Confine(ctx context.Context, organization uuid.UUID) context.Context {
	return context.WithValue(ctx, confinedKey{}, organization)
}

// Confined returns the organization that ctx is confined to, or uuid.Nil.
func Confined(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(confinedKey{}).(uuid.UUID)
	return id
}
