package storage

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity/bulk"
	"plinto/internal/keyset"
	"plinto/storage/internal/pg"
)

// BLK-03: of two who do one step of a job one does, and a job that is over stays so.
func TestJobs_advanceOnceFromALine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	in := func(fn func(context.Context) error) error { return w.db.InTx(w.ctx(), fn) }
	j := bulk.Job{ID: uuid.Must(uuid.NewV7()), Kind: bulk.UserImport, Actor: event.Actor{Type: "operator"}, Fingerprint: []byte("f")}
	must(t, in(func(ctx context.Context) (err error) { _, err = jobs.Add(ctx, j); return err }))
	advance := func() error {
		return in(func(ctx context.Context) error {
			return jobs.Advance(ctx, j.ID, 0, bulk.Counts{Lines: 5, Created: 5}, []byte("r"))
		})
	}
	won := 0
	for _, err := range parallel(10, func(int) error { return advance() }) {
		if err == nil {
			won++
		} else if !errors.Is(err, bulk.ErrJobOver) {
			t.Error(err)
		}
	}
	got, err := jobs.ByID(w.ctx(), j.ID)
	if must(t, err); won != 1 || got.Lines != 5 || got.Created != 5 {
		t.Errorf("%d of 10 did one step, which left %+v", won, got.Counts)
	}
	again := j
	again.ID = uuid.Must(uuid.NewV7())
	must(t, in(func(ctx context.Context) (err error) { again, err = jobs.Add(ctx, again); return err }))
	if again.ID != j.ID || again.Lines != 5 {
		t.Errorf("a second job of one file: %+v", again)
	}
	must(t, in(func(ctx context.Context) (err error) { _, err = jobs.Finish(ctx, j.ID, bulk.Succeeded); return err }))
	for name, err := range map[string]error{
		"finish":  in(func(ctx context.Context) (err error) { _, err = jobs.Finish(ctx, j.ID, bulk.Canceled); return err }),
		"advance": in(func(ctx context.Context) error { return jobs.Advance(ctx, j.ID, 5, bulk.Counts{Lines: 1}, nil) }),
	} {
		if !errors.Is(err, bulk.ErrJobOver) {
			t.Errorf("%s a job that is over: %v", name, err)
		}
	}
	if _, err := jobs.ByID(w.other(), j.ID); !errors.Is(err, bulk.ErrJob) {
		t.Errorf("another tenant's job: %v", err)
	}
}

// An upload that was queued, and whose task is gone, is queued again; one that waits is not queued twice.
func TestJobs_areQueuedAgainWhenTheirTaskIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	j := bulk.Job{ID: uuid.Must(uuid.NewV7()), Kind: bulk.UserImport, Actor: event.Actor{Type: "operator"}}
	w.begun(jobs, j)
	queued := func() int { return w.count(`SELECT count(*) FROM river_job WHERE args ->> 'of' = $1`, j.ID.String()) }
	must(t, jobs.Sweep(t.Context()))
	w.sql(`UPDATE jobs SET created_at = now() - interval '2 minutes'`)
	if must(t, jobs.Sweep(t.Context())); queued() != 1 {
		t.Errorf("a job that waits is queued %d times", queued())
	}
	w.sql(`DELETE FROM river_job`)
	if must(t, jobs.Sweep(t.Context())); queued() != 1 {
		t.Errorf("a job that was lost is queued %d times", queued())
	}
}

// begun stores a job with a file of one part, which the queue is to work off.
func (w *world) begun(jobs *Jobs, j bulk.Job) {
	w.t.Helper()
	must(w.t, jobs.Expect(w.ctx(), j, 100))
	must(w.t, jobs.AddPart(w.ctx(), j.ID, 0, []byte("part")))
	must(w.t, w.db.InTx(w.ctx(), func(ctx context.Context) error { _, err := jobs.Begin(ctx, j.ID, 1); return err }))
}

// BLK-08: who comes while another is counted waits for it, and counts it.
func TestJobs_countFilesOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	made := func() bulk.Job {
		return bulk.Job{ID: uuid.Must(uuid.NewV7()), Kind: bulk.UserImport, Actor: event.Actor{Type: "operator"}}
	}
	second := make(chan error, 1)
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		if err := jobs.Expect(ctx, made(), 1); err != nil {
			return err
		}
		go func() { second <- jobs.Expect(w.ctx(), made(), 1) }()
		for len(second) == 0 && w.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0 {
			runtime.Gosched()
		}
		return nil
	}))
	if err := <-second; !errors.Is(err, bulk.ErrUploads) {
		t.Errorf("the second file: %v, want %v", err, bulk.ErrUploads)
	}
}

// BLK-08: files of a tenant that wait or are worked off have a number, and those that did not come whole go.
func TestJobs_keepAFewFilesOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	made := func() bulk.Job {
		return bulk.Job{ID: uuid.Must(uuid.NewV7()), Kind: bulk.UserImport, Actor: event.Actor{Type: "operator"}}
	}
	done := made()
	w.begun(jobs, done)
	if part, err := jobs.Part(w.ctx(), done.ID, 0); err != nil || string(part) != "part" {
		t.Errorf("the part of a job: %q, %v", part, err)
	}
	command := made()
	command.Fingerprint = []byte("f")
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) (err error) { _, err = jobs.Add(ctx, command); return err })) // which stores no file
	for _, err := range parallel(10, func(int) error {
		j := made()
		err := jobs.Expect(w.ctx(), j, 4)
		if err == nil {
			err = jobs.AddPart(w.ctx(), j.ID, 0, []byte("p"))
		}
		return err
	}) {
		if err != nil && !errors.Is(err, bulk.ErrUploads) {
			t.Error(err)
		}
	}
	must(t, jobs.Expect(w.other(), made(), 4))
	if n := w.count(`SELECT count(*) FROM jobs WHERE state = 'receiving' AND tenant_id = $1`, w.tenants[0].ID.String()); n != 3 {
		t.Errorf("beside one that is worked off %d files are received, want 3", n)
	}
	rows, _ := w.owner.Query(t.Context(), `SELECT id FROM jobs WHERE state = 'receiving' AND tenant_id = $1`, w.tenants[0].ID.String()) // the error is in rows too
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	must(t, err)
	if list, err := jobs.List(w.ctx(), keyset.Window{Limit: 10}); err != nil || len(list) != 2 {
		t.Errorf("%d jobs are shown, %v; want 2", len(list), err)
	}
	if _, err := jobs.ByID(w.ctx(), ids[0]); !errors.Is(err, bulk.ErrJob) {
		t.Errorf("a job without its file is shown: %v", err)
	}
	must(t, jobs.Drop(w.ctx(), done.ID)) // it is a job by now
	must(t, jobs.Drop(w.ctx(), ids[0]))
	if err := jobs.AddPart(w.ctx(), ids[0], 1, []byte("p")); !errors.Is(err, bulk.ErrJobOver) {
		t.Errorf("a part of what was dropped: %v", err)
	}
	w.sql(`UPDATE jobs SET created_at = now() - interval '61 minutes' WHERE id = $1`, ids[1])
	must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
	if n := w.count(`SELECT count(*) FROM job_parts WHERE job_id = ANY($1)`, ids); n != 1 {
		t.Errorf("%d parts of files that did not come whole are left, want 1", n)
	}
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) (err error) { _, err = jobs.Finish(ctx, done.ID, bulk.Succeeded); return err }))
	if _, err := jobs.Part(w.ctx(), done.ID, 0); !errors.Is(err, bulk.ErrJobOver) {
		t.Errorf("the upload outlives its job: %v", err)
	}
}
