package schema

import (
	"context"

	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Aftermath does for a tenant of a database that was put back to an earlier time what restoring a bundle does: see Restorer. It
// can be run again.
func (r *Restorer) Aftermath(ctx context.Context) error {
	m := r.mover()
	return m.alone(ctx, func(*pgx.Conn) error {
		registry, err := m.registry(ctx)
		if err != nil {
			return err
		}
		queue, err := m.queueOf(ctx, r.At)
		if err != nil {
			return err
		}
		return m.at(ctx, r.At, func(conn *pgx.Conn) error {
			own := r.At.Isolation == tenant.Database
			err := pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
				if err := aftermath(ctx, conn, r.id()); err != nil {
					return err
				}
				if err := dropJobs(ctx, conn, queue, r.id()); err != nil || own {
					return err
				}
				return r.mark(ctx, conn, registry)
			})
			if err != nil || !own {
				return err
			}
			return asOwner(ctx, r.OwnerURL, func(shared *pgx.Conn) error {
				return pgx.BeginFunc(ctx, shared, func(pgx.Tx) error { return r.mark(ctx, shared, registry) })
			})
		})
	})
}

// dropJobs removes the jobs of a tenant that send what happened: servers of the lost time may have sent it.
func dropJobs(ctx context.Context, conn *pgx.Conn, queue string, of tenant.ID) error {
	_, err := conn.Exec(ctx, `/* jobs of one tenant */ DELETE FROM `+queue+` WHERE kind <> $2 AND finalized_at IS NULL AND args ->> 'tenant_id' = $1`, of.String(), taskKind)
	return pg.Wrap("remove jobs", err)
}

// mark ends sessions and tokens, and notes what happened.
func (r *Restorer) mark(ctx context.Context, conn *pgx.Conn, registry string) error {
	if !r.KeepTokens {
		_, err := conn.Exec(ctx, `/* end tokens */ UPDATE `+registry+`.tenants SET not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now() WHERE id = $1`, r.Tenant.ID)
		if err != nil {
			return pg.Wrap("end tokens", err)
		}
	}
	_, err := conn.Exec(ctx, `/* note a restore */ INSERT INTO `+registry+`.tenant_facts (id, tenant, type, occurred_at, body) VALUES ($1, $2, $3, now(), $4::text::jsonb)`,
		r.Fact.ID, r.Tenant.ID, r.Fact.Type, r.Fact.Body)
	return pg.Wrap("note that the tenant was restored", err)
}
