package manifest

import (
	"context"
	"fmt"

	"plinto/tenant"
)

// Apply makes the changes: each tenant's in one transaction, after the tenant itself. A tenant with long lists has a
// transaction for what comes before a list, one for each part of it, and one for what comes behind; who is interrupted
// applies again, which goes on where it was. Nothing is written to a tenant without changes. It returns the client
// secrets it made, also those of what came before the transaction that failed: they are stored.
func (p *Plan) Apply(ctx context.Context) ([]GeneratedSecret, error) {
	for i := range p.tenants {
		if err := p.applyTenant(ctx, &p.tenants[i]); err != nil {
			return p.generated, err
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
	written := 0
	for i := range t.stages {
		s := &t.stages[i]
		some := s.some
		if some == nil {
			some = func(ctx context.Context, do func(context.Context, []Change) error) error { return do(ctx, s.changes) }
		}
		err := some(ctx, func(ctx context.Context, changes []Change) error {
			n, err := p.make(ctx, changes)
			written += n
			return err
		})
		if err != nil && written > 0 {
			return fmt.Errorf("%w: %d changes before it are stored; apply the file again to go on", err, written)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// make makes changes in one transaction, and returns how many. Secrets of one that fails are not stored.
func (p *Plan) make(ctx context.Context, changes []Change) (n int, err error) {
	var due []Change
	kept := len(p.generated)
	for _, c := range changes {
		if c.Action == Unchanged {
			continue
		}
		if err := c.run(ctx, c.prepare); err != nil {
			p.generated = p.generated[:kept]
			return 0, err
		}
		due = append(due, c)
	}
	if len(due) == 0 {
		return 0, nil
	}
	err = p.target.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, c := range due {
			if err := c.run(ctx, c.write); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.generated = p.generated[:kept]
		return 0, err
	}
	return len(due), nil
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
