package storage_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/queue"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A deletion is of a tenant with a database of its own, with connections that hold what others wait for.
type deletionRace struct {
	*storage.Store
	t             *testing.T
	acme          *tenant.Tenant
	shared, there *pgx.Conn
	upkeep        queue.Upkeep // that deletes tenants
}

func newDeletionRace(t *testing.T) *deletionRace {
	t.Helper()
	server, owner := storagetest.URL(t)
	var cfg storage.Config
	r := &deletionRace{t: t, Store: storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner); cfg = *c })}
	r.acme = own(t, r.Store, "acme")
	r.shared, r.there = storagetest.Owner(t, owner), inDatabase(t, owner, r.acme)
	all, err := r.Upkeep(cfg)
	must(t, err)
	r.upkeep = all[slices.IndexFunc(all, func(u queue.Upkeep) bool { return u.Name == "tenant_deletion" })]
	return r
}

// holds begins a transaction that does something, and returns what ends it.
func (r *deletionRace) holds(conn *pgx.Conn, do func(pgx.Tx) error) (release func()) {
	r.t.Helper()
	tx, err := conn.Begin(r.t.Context())
	must(r.t, err)
	must(r.t, do(tx))
	return func() { must(r.t, tx.Rollback(context.Background())) }
}

func (r *deletionRace) deletes() {
	r.t.Helper()
	if err := storagetest.Registry(r.Store).Delete(r.t.Context(), r.acme); err != nil {
		r.t.Fatalf("delete: %v", err)
	}
}

// over fails unless nothing of the tenant is left but its log, which says once that it was deleted.
func (r *deletionRace) over() {
	r.t.Helper()
	id := r.acme.ID.String()
	if n := count(r.t, r.shared, `SELECT (SELECT count(*) FROM tenants WHERE id = $1) + (SELECT count(*) FROM tenant_facts WHERE tenant = $1)`, id); n != 0 {
		r.t.Errorf("%d rows of it are in the registry", n)
	}
	if n := count(r.t, r.there, `SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM events)`); n != 0 {
		r.t.Errorf("%d rows are in its database", n)
	}
	if n := count(r.t, r.there, `SELECT count(*) FROM audit_log WHERE type = 'tenant.deleted'`); n != 1 {
		r.t.Errorf("its log says %d times that it was deleted", n)
	}
}

// DEL-09: who deletes a tenant does not wait for whoever queues the job that goes on with deletions, as upkeep does each minute, and
// is not refused for it; nor does upkeep wait for them.
func TestTenantDeletion_waitsForNoJob_DEL_09(t *testing.T) {
	t.Parallel()
	r := newDeletionRace(t)
	release := r.holds(r.shared, func(tx pgx.Tx) error { return storage.QueueDeletion(t.Context(), r.Store, tx) })
	r.deletes()
	release()
	r.over()
}

// DEL-09: a deletion whose request could do no more than begin, as somebody held what it needed, is gone on with at once. The log
// of the tenant says that it was deleted before its rows go, whoever comes first.
func TestTenantDeletion_isToldBeforeItIsDone_DEL_09(t *testing.T) {
	t.Parallel()
	r := newDeletionRace(t)
	release := r.holds(r.there, func(tx pgx.Tx) error { // as who tells the tenant something does
		_, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('tenant_facts ' || $1::text, 0))`, r.acme.ID.String())
		return err
	})
	r.deletes()
	if n := count(t, r.shared, `SELECT count(*) FROM river_job WHERE kind = 'cleanup' AND args ->> 'task' = 'tenant_deletion' AND state = 'available'`); n != 1 {
		t.Errorf("%d jobs go on with it, want 1", n)
	}
	release()
	must(t, r.upkeep.Run(t.Context()))
	r.over()
}

// DEL-09: a request and upkeep that delete one tenant at the same time get into each other's way, and it is deleted and told of once.
func TestTenantDeletion_byTwoAtOnceIsOne_DEL_09(t *testing.T) {
	t.Parallel()
	r := newDeletionRace(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = r.upkeep.Run(context.Background()) // it may find a row held, and comes again
			}
		}
	}()
	r.deletes()
	close(stop)
	<-stopped
	must(t, r.upkeep.Run(t.Context()))
	r.over()
}
