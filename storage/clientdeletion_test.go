package storage

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/internal/pg"
)

// A client with many grants is gone at once for everybody, and its rows go in steps of which each stays
// done when the process is killed after it.
func TestClients_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redeemed()
	clients := newClients(w.db, copyOptions{heard: always})
	clients.jobs = &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	of := w.tenants[0].ID.String()
	for _, table := range []string{"grants", "codes", "refresh_tokens", "access_tokens"} {
		for _, r := range expiredRows {
			if r.table == table {
				w.sql(r.fill, of, 3000)
			}
		}
	}
	w.sql(`UPDATE grants SET expires_at = now() + interval '1 hour'`)
	listed, err := clients.List(w.ctx(), "", 10)
	must(t, err)
	c := listed[0]
	kept := w.count(`SELECT count(*) FROM grants WHERE client_id <> $1`, c.ID)
	total := w.count(`SELECT count(*) FROM grants WHERE client_id = $1`, c.ID)
	if total < deletedAtOnce {
		t.Fatalf("%d grants are too few", total)
	}
	must(t, clients.Delete(w.ctx(), c.ID))
	if _, err := clients.ByClientID(w.ctx(), c.ClientID); !errors.Is(err, provider.ErrClientNotFound) {
		t.Errorf("it is found by its name: %v", err)
	}
	if _, err := clients.ByID(w.ctx(), c.ID); !errors.Is(err, provider.ErrClientNotFound) {
		t.Errorf("it is found by its id: %v", err)
	}
	if _, err := clients.SetDisabled(w.ctx(), c.ID, false); !errors.Is(err, provider.ErrClientNotFound) {
		t.Errorf("it can be enabled: %v", err)
	}
	if err := clients.Delete(w.ctx(), c.ID); !errors.Is(err, provider.ErrClientNotFound) {
		t.Errorf("it is deleted twice: %v", err)
	}
	again := c
	again.ID, again.Secrets = uuid.Must(uuid.NewV7()), nil
	must(t, clients.Create(w.ctx(), again)) // its name is free
	now, err := clients.List(w.ctx(), "", 10)
	must(t, err)
	if len(now) != len(listed) {
		t.Errorf("%d clients are listed, want %d", len(now), len(listed))
	}

	var job uuid.UUID
	must(t, w.owner.QueryRow(t.Context(), `SELECT id FROM jobs WHERE kind = 'client_deletion'`).Scan(&job))
	step, err := clients.deleter().step(w.ctx(), job, c.ID) // and is killed
	must(t, err)
	left := w.count(`SELECT count(*) FROM grants WHERE client_id = $1`, c.ID)
	if lines := w.count(`SELECT lines FROM jobs`); int64(lines) != step || left == 0 {
		t.Errorf("%d rows are counted and %d grants left after a step of %d", lines, left, step)
	}
	w.sql(`UPDATE jobs SET created_at = now() - interval '2 minutes'`)
	w.sql(`DELETE FROM river_job`) // its process lost it
	must(t, clients.jobs.Sweep(t.Context()))
	if n := w.count(`SELECT count(*) FROM river_job WHERE args ->> 'task' = $1 AND args ->> 'of' = $2`, ClientDeletionTask, job.String()); n != 1 {
		t.Errorf("%d tasks go on with it, want 1", n)
	}
	must(t, clients.GoOnDeleting(testworld.In(w.tenants[1]), job)) // of another tenant: there is no such job
	must(t, clients.GoOnDeleting(w.ctx(), job))
	must(t, clients.GoOnDeleting(w.ctx(), job)) // the queue calls at least once
	if n := w.count(`SELECT count(*) FROM clients WHERE id = $1`, c.ID) + w.count(`SELECT count(*) FROM grants WHERE client_id = $1`, c.ID); n != 0 {
		t.Errorf("%d rows of it are left", n)
	}
	if n := w.count(`SELECT count(*) FROM grants`); n != kept {
		t.Errorf("%d grants of other clients, want %d", n, kept)
	}
	if n := w.count(`SELECT count(*) FROM jobs WHERE state = 'succeeded' AND lines >= $1 AND finished_at IS NOT NULL`, total); n != 1 {
		t.Error("the job does not say how much it did")
	}
}
