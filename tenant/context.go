package tenant

import (
	"context"
	"errors"
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
