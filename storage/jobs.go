package storage

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity/bulk"
	"plinto/internal/keyset"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/tenant"
)

// ImportTask is the task of working on an import that was uploaded.
const ImportTask = "users.import"

// Jobs implements bulk.Jobs.
type Jobs struct {
	*DB
	queue  *queue.Queue
	system *System
}

const jobColumns = `id, kind, state, dry_run, fingerprint, actor, rights, parts, lines, created, updated, unchanged, refused, target, created_at, finished_at`

func toJob(row pgx.CollectableRow) (j bulk.Job, err error) {
	err = row.Scan(&j.ID, &j.Kind, &j.State, &j.DryRun, &j.Fingerprint, &j.Actor, &j.Rights, &j.Parts, &j.Lines, &j.Created, &j.Updated,
		&j.Unchanged, &j.Refused, (*zeronull.UUID)(&j.Target), &j.CreatedAt, (*zeronull.Timestamptz)(&j.FinishedAt))
	return j, err
}

// Add implements bulk.Jobs.
func (s *Jobs) Add(ctx context.Context, j bulk.Job) (bulk.Job, error) {
	added, err := pg.Query(ctx, s.DB, toJob, `
		INSERT INTO jobs (id, kind, dry_run, fingerprint, actor, rights) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, fingerprint) WHERE state = 'running' DO NOTHING RETURNING `+jobColumns,
		j.ID, j.Kind, j.DryRun, j.Fingerprint, j.Actor, j.Rights)
	if err != nil {
		return j, pg.Wrap("add job", err)
	}
	if len(added) == 0 {
		there, err := pg.One(ctx, s.DB, toJob, `SELECT `+jobColumns+` FROM jobs WHERE fingerprint = $1 AND state = 'running'`, j.Fingerprint)
		return there, pg.Wrap("find job", pg.Absent(err, bulk.ErrJobOver)) // it ended in this moment
	}
	return added[0], nil
}

// Expect implements bulk.Jobs. One of a tenant at a time, or all would find room.
func (s *Jobs) Expect(ctx context.Context, j bulk.Job, most int) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('uploads ' || current_tenant(), 0))`); err != nil {
			return pg.Wrap("wait for other uploads", err)
		}
		added, err := pg.Exec(ctx, s.DB, `
			INSERT INTO jobs (id, kind, state, dry_run, actor, rights) SELECT $1, $2, 'receiving', $3, $4, $5
			WHERE (SELECT count(*) FROM jobs WHERE state = 'receiving' OR state = 'running' AND parts > 0) < $6`,
			j.ID, j.Kind, j.DryRun, j.Actor, j.Rights, most)
		if err == nil && added == 0 {
			return bulk.ErrUploads
		}
		return pg.Wrap("add job", err)
	})
}

// AddPart implements bulk.Jobs.
func (s *Jobs) AddPart(ctx context.Context, id uuid.UUID, number int, sealed []byte) error {
	_, err := pg.Exec(ctx, s.DB, `INSERT INTO job_parts (job_id, number, sealed) VALUES ($1, $2, $3)`, id, number, sealed)
	if pg.Constraint(err) == "job_parts_job_fkey" {
		return bulk.ErrJobOver
	}
	return pg.Wrap("add part of job", err)
}

// Begin implements bulk.Jobs.
func (s *Jobs) Begin(ctx context.Context, id uuid.UUID, parts int) (bulk.Job, error) {
	j, err := pg.One(ctx, s.DB, toJob, `UPDATE jobs SET state = 'running', parts = $2 WHERE id = $1 AND state = 'receiving' RETURNING `+jobColumns, id, parts)
	if err != nil {
		return j, pg.Wrap("begin job", pg.Absent(err, bulk.ErrJobOver))
	}
	return j, s.Again(ctx, id)
}

// Drop implements bulk.Jobs.
func (s *Jobs) Drop(ctx context.Context, id uuid.UUID) error {
	_, err := pg.Exec(ctx, s.DB, `DELETE FROM jobs WHERE id = $1 AND state = 'receiving'`, id)
	return pg.Wrap("drop file of job", err)
}

// ByID implements bulk.Jobs.
func (s *Jobs) ByID(ctx context.Context, id uuid.UUID) (bulk.Job, error) {
	j, err := pg.One(ctx, s.DB, toJob, `SELECT `+jobColumns+` FROM jobs WHERE id = $1 AND state <> 'receiving'`, id)
	return j, pg.Wrap("find job", pg.Absent(err, bulk.ErrJob))
}

// List implements bulk.Jobs.
func (s *Jobs) List(ctx context.Context, w keyset.Window) ([]bulk.Job, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT ` + jobColumns + ` FROM jobs WHERE id > $1 AND state <> 'receiving' ORDER BY id LIMIT $2`
	if descending {
		sql = `SELECT ` + jobColumns + ` FROM jobs WHERE id < $1 AND state <> 'receiving' ORDER BY id DESC LIMIT $2`
	}
	found, err := pg.Query(ctx, s.DB, toJob, sql, from, limit)
	return found, pg.Wrap("list jobs", err)
}

// Advance implements bulk.Jobs.
func (s *Jobs) Advance(ctx context.Context, id uuid.UUID, from int64, by bulk.Counts, report []byte) error {
	changed, err := pg.Exec(ctx, s.DB, `
		UPDATE jobs SET lines = lines + @lines, created = created + @created, updated = updated + @updated,
			unchanged = unchanged + @unchanged, refused = refused + @refused
		WHERE id = @id AND lines = @from AND state = 'running'`,
		pg.Named{"id": id, "from": from, "lines": by.Lines, "created": by.Created, "updated": by.Updated, "unchanged": by.Unchanged, "refused": by.Refused})
	if err == nil && changed == 0 {
		return bulk.ErrJobOver
	}
	if err == nil {
		err = pg.ExecLater(ctx, s.DB, pg.AnyNumber, `INSERT INTO job_reports (job_id, line, sealed) VALUES ($1, $2, $3)`, id, from, report)
	}
	return pg.Wrap("advance job", err)
}

// Finish implements bulk.Jobs.
func (s *Jobs) Finish(ctx context.Context, id uuid.UUID, state string) (bulk.Job, error) {
	j, err := pg.One(ctx, s.DB, toJob, `UPDATE jobs SET state = $2, finished_at = now() WHERE id = $1 AND state = 'running' RETURNING `+jobColumns, id, state)
	if err == nil {
		err = pg.ExecLater(ctx, s.DB, pg.AnyNumber, `DELETE FROM job_parts WHERE job_id = $1`, id)
	}
	if err == nil && j.DryRun {
		err = pg.ExecLater(ctx, s.DB, pg.AnyNumber, `DELETE FROM job_names WHERE job_id = $1`, id)
	}
	return j, pg.Wrap("finish job", pg.Absent(err, bulk.ErrJobOver))
}

// Named implements bulk.Jobs.
func (s *Jobs) Named(ctx context.Context, id uuid.UUID, keys [][]byte) ([][]byte, error) {
	known, err := pg.Query(ctx, s.DB, pgx.RowTo[[]byte], `
		SELECT w FROM unnest($2::bytea[]) w CROSS JOIN LATERAL (SELECT FROM job_names WHERE job_id = $1 AND name = w OFFSET 0) n`, id, keys)
	return known, pg.Wrap("find names of dry run", err)
}

// Name implements bulk.Jobs. Of two that do the same step at once both may name them, and one fails to advance.
func (s *Jobs) Name(ctx context.Context, id uuid.UUID, keys [][]byte) error {
	return pg.Wrap("keep names of dry run", pg.ExecLater(ctx, s.DB, pg.AnyNumber, `
		INSERT INTO job_names (job_id, name) SELECT $1, w FROM unnest($2::bytea[]) w ON CONFLICT ON CONSTRAINT job_names_pkey DO NOTHING`, id, keys))
}

// Part implements bulk.Jobs.
func (s *Jobs) Part(ctx context.Context, id uuid.UUID, number int) ([]byte, error) {
	sealed, err := pg.One(ctx, s.DB, pgx.RowTo[[]byte], `SELECT sealed FROM job_parts WHERE job_id = $1 AND number = $2`, id, number)
	return sealed, pg.Wrap("read part of job", pg.Absent(err, bulk.ErrJobOver)) // its parts go with its end
}

// Report implements bulk.Jobs.
func (s *Jobs) Report(ctx context.Context, id uuid.UUID, after int64, limit int) ([]bulk.ReportPart, error) {
	parts, err := pg.Query(ctx, s.DB, pgx.RowToStructByPos[bulk.ReportPart], `
		SELECT line, sealed FROM job_reports WHERE job_id = $1 AND line > $2 ORDER BY line LIMIT $3`, id, after, limit)
	return parts, pg.Wrap("read report", err)
}

// Again implements bulk.Jobs. It joins the transaction of ctx.
func (s *Jobs) Again(ctx context.Context, id uuid.UUID) error { return s.enqueue(ctx, ImportTask, id) }

func (s *Jobs) enqueue(ctx context.Context, task string, id uuid.UUID) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		tx, err := pg.Tx(ctx)
		if err != nil {
			return pg.Wrap("queue job", err)
		}
		return pg.Wrap("queue job", pg.WithTimeout(ctx, func(ctx context.Context) error {
			return pg.Unavailable(s.queue.InsertTasks(ctx, tx, tenant.Must(ctx).ID, []queue.TaskOf{{Task: task, ID: id}}))
		}))
	})
}

func (s *Jobs) upkeep(system *System) queue.Upkeep {
	return queue.Upkeep{Name: "jobs", Every: sweepEvery, Run: func(ctx context.Context) error { return s.sweep(ctx, system) }}
}

// lostJob is of an upload or a deletion j that waits to be worked off.
const lostJob = `j.state = 'running' AND (j.parts > 0 OR j.target IS NOT NULL) AND j.created_at < now() - interval '1 minute'`

// Sweep is sweep of the shared tables.
func (s *Jobs) Sweep(ctx context.Context) error { return s.sweep(ctx, s.system) }

// sweep queues each upload and deletion again that waits to be worked off and that no task is queued for, as when
// several processes died of it, of all tenants.
func (s *Jobs) sweep(ctx context.Context, system *System) error {
	type lost struct {
		Tenant, Job uuid.UUID
		Task        string
	}
	kinds, tasks := []string{bulk.UserImport}, []string{ImportTask}
	for kind, of := range deletions {
		kinds, tasks = append(kinds, kind), append(tasks, of.task)
	}
	var found []lost
	err := system.Begin(ctx, func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `
			SELECT j.tenant_id, j.id, k.task FROM jobs j JOIN unnest($1::text[], $2::text[]) k (kind, task) ON k.kind = j.kind
			WHERE `+lostJob+` AND NOT EXISTS (
				SELECT FROM river_job r WHERE r.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
					AND r.args @> jsonb_build_object('task', k.task, 'of', j.id))`, kinds, tasks)
		if found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[lost]); err != nil {
			return err
		}
		for _, l := range found {
			if err := s.queue.InsertTasks(ctx, tx, tenant.ID(l.Tenant), []queue.TaskOf{{Task: l.Task, ID: l.Job}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for lost jobs: %w", err)
	}
	for _, l := range found {
		if !system.Shares() {
			s.queue.Wake(tenant.ID(l.Tenant))
		}
	}
	return nil
}

// Deleting returns the job that deletes the thing with that id in steps, or bulk.ErrJob.
func (s *Jobs) Deleting(ctx context.Context, target uuid.UUID) (bulk.Job, error) {
	j, err := pg.One(ctx, s.DB, toJob, `SELECT `+jobColumns+` FROM jobs WHERE target = $1 AND state = 'running' ORDER BY id DESC LIMIT 1`, target)
	return j, pg.Wrap("find deletion", pg.Absent(err, bulk.ErrJob))
}
