package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity/bulk"
	"plinto/storage/internal/pg"
)

// BLK-03: of two who do one step of a job one does, and a job that is over stays so.
func TestJobs_advanceOnceFromALine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	jobs := &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	in := func(fn func(context.Context) error) error { return w.db.InTx(w.ctx(), fn) }
	j := bulk.Job{ID: uuid.Must(uuid.NewV7()), Kind: bulk.UserImport, Actor: event.Actor{Type: "operator"}, Fingerprint: []byte("f")}
	must(t, in(func(ctx context.Context) (err error) { _, err = jobs.Add(ctx, j, [][]byte{[]byte("part")}); return err }))
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
	must(t, in(func(ctx context.Context) (err error) { again, err = jobs.Add(ctx, again, nil); return err }))
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
	if _, err := jobs.Part(w.ctx(), j.ID, 0); !errors.Is(err, bulk.ErrJobOver) {
		t.Errorf("the upload outlives its job: %v", err)
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
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) (err error) { _, err = jobs.Add(ctx, j, [][]byte{[]byte("part")}); return err }))
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
