package stats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/tenant"
)

// batch is how many events are counted in one transaction.
const batch = 1000

// A Source is where events come from and counts go.
type Source interface {
	// Behind returns the tenants that have sealed events that are not counted, and the error of those it could not look at.
	Behind(ctx context.Context) ([]*tenant.Tenant, error)
	// Count hands the next events of the tenant of ctx to add, at most so many, and adds
	// what it returns to the counts, in one transaction. It returns how many events it
	// went past: those that retention dropped before they were counted are among them.
	Count(ctx context.Context, most int, add func([]event.Event) *Rollup) (int, error)
	// Report returns the counts of the tenant of days from first to last, both included,
	// by day, metric, client and kind.
	Report(ctx context.Context, first, last time.Time) ([]Row, error)
}

// A Row is one count.
type Row struct {
	Key
	Count int64
}

// A Counter counts what was sealed. Any number may work at once: the source lets one at a tenant.
type Counter struct{ Source Source }

// Run counts everything of all tenants. They take turns, a batch each, and one that fails
// leaves the others to be counted.
func (c *Counter) Run(ctx context.Context) error {
	behind, failed := c.Source.Behind(ctx)
	if failed != nil {
		failed = fmt.Errorf("find events to count: %w", failed)
	}
	for len(behind) > 0 {
		var more []*tenant.Tenant
		for _, t := range behind {
			n, err := c.Source.Count(tenant.With(ctx, t), batch, rollup)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("count events of tenant %s: %w", t.ID, err))
			} else if n == batch {
				more = append(more, t)
			}
		}
		behind = more
	}
	return failed
}

// CatchUp counts everything of the tenant of ctx that is sealed.
func (c *Counter) CatchUp(ctx context.Context) error {
	for {
		n, err := c.Source.Count(ctx, batch, rollup)
		if err != nil {
			return fmt.Errorf("count events: %w", err)
		}
		if n < batch {
			return nil
		}
	}
}

func rollup(events []event.Event) *Rollup {
	r := NewRollup()
	for i := range events {
		r.Add(&events[i])
	}
	return r
}
