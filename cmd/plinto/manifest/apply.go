package manifest

import (
	"context"
	"fmt"

	"plinto/tenant"
)

// Apply makes the changes: each tenant's in one transaction, after the tenant
// itself. Nothing is written to a tenant without changes. It returns the client
// secrets it made, also those of tenants before one that failed: they are stored.
func (p *Plan) Apply(ctx context.Context) ([]GeneratedSecret, error) {
	for i := range p.tenants {
		kept := len(p.generated)
		if err := p.applyTenant(ctx, &p.tenants[i]); err != nil {
			return p.generated[:kept], err
		}
	}
	return p.generated, nil
}

func (p *Plan) applyTenant(ctx context.Context, t *tenantPlan) error {
	if err := t.own.run(ctx, t.own.write); err != nil {
		return err
	}
	if at := &t.acting.Placement; at.Isolation == tenant.Database && at.Database.Empty() { // it was made in this moment
		made, err := p.target.Tenants.Current(ctx, t.acting.Slug)
		if err != nil {
			return err
		}
		*at = made.Placement
	}
	ctx = tenant.With(ctx, &t.acting)
	var due []Change
	for _, c := range t.changes {
		if c.Action == Unchanged {
			continue
		}
		if err := c.run(ctx, c.prepare); err != nil {
			return err
		}
		due = append(due, c)
	}
	if len(due) == 0 {
		return nil
	}
	return p.target.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, c := range due {
			if err := c.run(ctx, c.write); err != nil {
				return err
			}
		}
		return nil
	})
}

// run does one step of a change, if it has it.
func (c *Change) run(ctx context.Context, step func(context.Context) error) error {
	if step == nil || c.Action == Unchanged {
		return nil
	}
	if err := step(ctx); err != nil {
		return fmt.Errorf("%s %s %s of tenant %s: %w", c.Action, c.Kind, c.Name, c.Tenant, err)
	}
	return nil
}
