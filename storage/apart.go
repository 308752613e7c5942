package storage

import (
	"context"

	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Apart returns a context for reading in another tenant while a transaction of ctx goes on: what is read is part of none.
func Apart(ctx context.Context, t *tenant.Tenant) context.Context {
	return tenant.With(pg.Apart(ctx), t)
}
