package pg

import (
	"context"

	"github.com/google/uuid"

	"plinto/tenant"
)

// Apart returns ctx without its transaction, and confined to no organization: for reading rows of another tenant, which the
// transaction cannot see. That takes a connection beside the one of the transaction, so it is for what is rarely asked.
func Apart(ctx context.Context) context.Context {
	return tenant.Confine(context.WithValue(ctx, workKey{}, nil), uuid.Nil)
}
