package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity/bulk"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// A tenant with many rows is deleted in steps: its row in the registry is marked, so that nobody finds it, and says
// what is left to do; upkeep deletes its rows, wherever they are, in transactions of a batch, and that row last. A
// job of the system tenant, where there is one, says how far it is.

const (
	tenantDeletionName  = "tenant_deletion"
	tenantDeletionEvery = time.Minute
	tenantDeletionRest  = 30 * time.Second // of the time of an upkeep that no turn begins in
)

// A tenantDeletion goes on with what was begun.
type tenantDeletion struct{ tenants *Tenants }

func (d *tenantDeletion) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: tenantDeletionName, Every: tenantDeletionEvery, Run: d.run}
}

// holdsMuch counts, as the app role, the rows of the kind that the tenant has most of, up to $1.
const holdsMuch = `
	SELECT greatest((SELECT count(*) FROM (SELECT FROM users LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM grants LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM sessions LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM access_tokens LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM refresh_tokens LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM events LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM request_trails LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM webhook_deliveries LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM memberships LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM attempts LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM statistics_seen LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM flows LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM user_devices LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM job_reports LIMIT $1) x),
		(SELECT count(*) FROM (SELECT FROM organization_invitations LIMIT $1) x), (SELECT count(*) FROM (SELECT FROM clients LIMIT $1) x))`

// holdsMuch reports whether one statement should not delete a tenant.
func (s *Tenants) holdsMuch(ctx context.Context, t *tenant.Tenant) (much bool, err error) {
	db := s.outbox.DB
	err = db.InTx(tenant.With(ctx, t), func(ctx context.Context) error {
		if err := pg.ExecLater(ctx, db, pg.AnyNumber, unhide); err != nil {
			return err
		}
		n, err := pg.One(ctx, db, pgx.RowTo[int], holdsMuch, deletedAtOnce)
		much = n >= deletedAtOnce
		return err
	})
	return much, err
}

// markDeleted makes a tenant one that nobody finds, in the transaction of ctx, and has upkeep delete it afterwards.
func (s *Tenants) markDeleted(ctx context.Context, id tenant.ID) error {
	_, err := pg.SystemExec(ctx, `
		UPDATE tenants SET slug = 'deleted:' || id, host = NULL, settings = '{}', managed_by = '', deleting_at = now(),
			disabled_at = coalesce(disabled_at, now()), not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now()
		WHERE id = $1`, uuid.UUID(id))
	if err != nil {
		return err
	}
	if c, ok := ctx.Value(changeKey{}).(*change); ok {
		c.deletes = true
	}
	return s.beginJob(ctx, id)
}

// deletionWait bounds how long a request that deleted a tenant sees to it that a job goes on.
const deletionWait = 3 * time.Second

// goOnDeleting has upkeep go on at once, after a change that marked a tenant, where something is left to do. There is one job of its
// name: within the transaction of the change, whoever queues it would wait for the request, and the request for them.
// What fails here upkeep finds by itself within a minute.
func (s *Tenants) goOnDeleting(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deletionWait)
	defer cancel()
	left, err := pg.SystemOne(ctx, s.System, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM tenants WHERE deleting_at IS NOT NULL)`)
	if err != nil || !left {
		return
	}
	_ = s.Begin(ctx, func(tx pgx.Tx) error { return s.outbox.jobs.InsertUpkeep(ctx, tx, tenantDeletionName) })
}

// beginJob stores the job that says how far a deletion is, in the system tenant. Where there is none, or one with a
// database of its own, nobody could see it.
func (s *Tenants) beginJob(ctx context.Context, id tenant.ID) error {
	system, err := s.Current(ctx, tenant.SystemSlug)
	if errors.Is(err, tenant.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(system))
	if errors.Is(err, pg.ErrOtherDatabase) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO jobs (tenant_id, id, kind, dry_run, actor, target) VALUES ($1, $2, $3, false, $4, $5)`,
		uuid.UUID(system.ID), uuid.Must(uuid.NewV7()), bulk.TenantDeletion, event.ActorFrom(ctx, event.Actor{Type: "operator"}), uuid.UUID(id))
	return err
}

// progress counts rows in the job of a deletion, and ends it when that is over. It is no more than what is shown:
// a process that is killed has the last batch not counted.
func (s *Tenants) progress(ctx context.Context, of tenant.ID, rows int64, over bool) error {
	system, err := s.Current(ctx, tenant.SystemSlug)
	if errors.Is(err, tenant.ErrUnknown) || err == nil && !pg.PlaceOf(system).Shares() {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.At(pg.PlaceOf(system)).Exec(ctx, `
		UPDATE jobs SET lines = lines + $3, state = CASE WHEN $4 THEN 'succeeded' ELSE state END, finished_at = CASE WHEN $4 THEN now() END
		WHERE tenant_id = $1 AND target = $2 AND kind = 'tenant_deletion' AND state = 'running'`, uuid.UUID(system.ID), uuid.UUID(of), rows, over)
	return err
}

// run goes on until nothing is left to do, or its time is over: the next goes on. Each tenant has a turn
// after the other, and one that cannot be reached leaves the others to be.
func (d *tenantDeletion) run(ctx context.Context) (failed error) {
	without := []uuid.UUID{} // not nil: it is compared in SQL
	for {
		left, err := pg.SystemQuery(ctx, d.tenants.System, d.tenants.read, `
			SELECT `+tenantColumns+` FROM tenants WHERE deleting_at IS NOT NULL AND id <> ALL($1) ORDER BY deleting_at, id LIMIT 100`, without)
		if err != nil || len(left) == 0 {
			return errors.Join(failed, pg.Wrap("find tenants that are being deleted", err))
		}
		slices.SortStableFunc(left, func(a, b tenant.Tenant) int { return d.failedAt(&a).Compare(d.failedAt(&b)) })
		for i := range left {
			t := &left[i]
			if end, ok := ctx.Deadline(); ok && time.Until(end) < tenantDeletionRest {
				return failed
			}
			if leaves, err := d.leaves(ctx, t); err != nil {
				return errors.Join(failed, err)
			} else if leaves {
				without = append(without, uuid.UUID(t.ID))
				continue
			}
			if !t.Placement.Database.Empty() || isolation(*t) != tenant.Database {
				t.Unreadable = "" // what is deleted needs no keys and no settings
			}
			if err := d.turn(ctx, t); err != nil {
				failed = errors.Join(failed, fmt.Errorf("delete tenant %s: %w", t.ID, err))
				without = append(without, uuid.UUID(t.ID))
			}
		}
	}
}

// failedAt is when a tenant could not be reached; zero, which comes before any time: it could.
func (d *tenantDeletion) failedAt(t *tenant.Tenant) time.Time {
	return d.tenants.At(pg.PlaceOf(t)).FailedAt()
}

// leaves reports whether the database of a tenant is left alone, as it could not be reached a moment ago. One that was given up is not tried at all.
func (d *tenantDeletion) leaves(ctx context.Context, t *tenant.Tenant) (bool, error) {
	if !d.tenants.rounds.leaves(d.tenants.At(pg.PlaceOf(t))) {
		return false, nil
	}
	gone, err := d.gone(ctx, t)
	return !gone, err
}

// gone reports whether the database of a tenant was given up: where it was is not known any more.
func (d *tenantDeletion) gone(ctx context.Context, t *tenant.Tenant) (bool, error) {
	if isolation(*t) != tenant.Database {
		return false, nil
	}
	known, err := pg.SystemOne(ctx, d.tenants.System, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM tenant_databases WHERE id = $1)`, uuid.UUID(t.ID))
	return !known, err
}

// turn deletes rows of a tenant for a while, and what is left of it when there are none any more. It works half of
// the time, so that requests have the other half of a processor.
func (d *tenantDeletion) turn(ctx context.Context, t *tenant.Tenant) error {
	if gone, err := d.gone(ctx, t); err != nil {
		return err
	} else if gone {
		return d.tenants.forgetDeleted(ctx, t)
	}
	for until := time.Now().Add(deletionTurn / 3); time.Now().Before(until); {
		began := time.Now()
		n, err := d.step(ctx, t)
		if err != nil {
			return err
		}
		if n == 0 {
			return d.last(ctx, t)
		}
		if err := d.tenants.progress(ctx, t.ID, n, false); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Since(began)):
		}
	}
	return nil
}

// last tells a tenant with a database of its own that it was deleted, if nobody has yet, and deletes what is left: its log is
// there afterwards, and nothing is written into it any more.
func (d *tenantDeletion) last(ctx context.Context, t *tenant.Tenant) error {
	if isolation(*t) == tenant.Database {
		err := d.tenants.facts(d.tenants.System).tellOne(ctx, t.ID)
		if err != nil && pg.Constraint(err) != "events_tenant_id_fkey" { // an earlier version deleted it before it was told
			return err
		}
	}
	return d.tenants.finishDeletion(ctx, t)
}

// step deletes some rows of a tenant. Zero: there are none any more of the tables that grow.
func (d *tenantDeletion) step(ctx context.Context, t *tenant.Tenant) (n int64, err error) {
	db := d.tenants.outbox.DB
	err = db.InTx(tenant.With(ctx, t), func(ctx context.Context) error {
		n = 0
		if err := pg.ExecLater(ctx, db, pg.AnyNumber, unhide); err != nil {
			return err
		}
		for _, rows := range rowsOfTenants {
			gone, err := pg.Exec(ctx, db, rows.sql, rows.most)
			if err != nil {
				return err
			}
			if n += gone; gone == int64(rows.most) {
				break // the next transaction goes on
			}
		}
		return nil
	})
	if err != nil || n > 0 {
		return n, err
	}
	// What is left no request may delete.
	err = d.tenants.At(pg.PlaceOf(t)).Begin(ctx, func(tx pgx.Tx) error {
		n = 0
		for _, rows := range kept {
			gone, err := tx.Exec(ctx, rows.sql, uuid.UUID(t.ID), rows.most)
			if err != nil {
				return err
			}
			if n += gone.RowsAffected(); gone.RowsAffected() == int64(rows.most) {
				break
			}
		}
		return nil
	})
	return n, pg.Unavailable(err)
}

// finishDeletion deletes what is left of a tenant that is marked: tables that do not grow go with its row.
func (s *Tenants) finishDeletion(ctx context.Context, t *tenant.Tenant) error {
	if at := pg.PlaceOf(t); at != (pg.Place{}) {
		if err := lastRow(ctx, s.At(at), `DELETE FROM tenants WHERE id = $1`, t.ID); err != nil {
			return pg.Wrap("delete the last of a tenant", err)
		}
	}
	return s.forgetDeleted(ctx, t)
}

// forgetDeleted deletes the row that says what is left to delete.
func (s *Tenants) forgetDeleted(ctx context.Context, t *tenant.Tenant) error {
	if err := lastRow(ctx, s.System, `DELETE FROM tenants WHERE id = $1 AND deleting_at IS NOT NULL`, t.ID); err != nil {
		return pg.Wrap("delete the last of a tenant", err)
	}
	s.cache.InvalidateAll()
	return s.progress(ctx, t.ID, 0, true)
}

// lastRow deletes a row with all that hangs on it, which may take a while.
func lastRow(ctx context.Context, at *System, sql string, id tenant.ID) error {
	return at.Begin(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, patience); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, uuid.UUID(id))
		return err
	})
}
