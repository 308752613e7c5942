package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/tenant"
)

// A due is something that upkeep does in a tenant: with a user, a connection, or the domain of an organization (of others, it is the tenant).
type due struct{ TenantID, ID, Organization uuid.UUID }

// eachDue does what is due, which find returns a batch of, each thing once. What fails leaves the others to be. Of a tenant that cannot be read
// nothing can be done: find is asked again without it, so that however much of it is due, it is in nobody's way.
func eachDue(ctx context.Context, tenants *Tenants, find func(ctx context.Context, without []uuid.UUID) ([]due, error), do func(context.Context, due) error) (failed error) {
	without := []uuid.UUID{} // not nil: it is compared in SQL
	tried := map[due]bool{}  // what failed is found again with the next batch
	for ctx.Err() == nil {
		found, err := find(ctx, without)
		if err != nil {
			return errors.Join(failed, err)
		}
		known := len(without)
		for _, one := range found {
			if ctx.Err() != nil || tried[one] || slices.Contains(without, one.TenantID) {
				continue
			}
			tried[one] = true
			err := tenants.within(ctx, one.TenantID, func(ctx context.Context) error { return do(ctx, one) })
			if errors.Is(err, tenant.ErrUnreadable) {
				without = append(without, one.TenantID)
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("tenant %s: %w", tenant.ID(one.TenantID), err))
			}
		}
		if len(without) == known {
			break
		}
	}
	return failed
}
