package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/queue"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A counter counts what a subscriber hears.
type counter struct{ heard atomic.Int64 }

func (*counter) Subscription() event.Subscription {
	return event.Subscription{Name: "counter", Types: []event.Fact{event.TenantUpdated{}}}
}

func (c *counter) Handle(context.Context, event.Event) error {
	c.heard.Add(1)
	return nil
}

// own makes a tenant with a database of its own.
func own(t *testing.T, s *storage.Store, slug string) *tenant.Tenant {
	t.Helper()
	return storagetest.Create(t, s, testworld.Tenant(slug, func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Database }))
}

// inDatabase connects to a tenant's database as its owner.
func inDatabase(t *testing.T, owner string, of *tenant.Tenant) *pgx.Conn {
	t.Helper()
	at, err := testservice.InDatabase(owner, schema.NameOf(of.ID))
	if err != nil {
		t.Fatal(err)
	}
	return storagetest.Owner(t, at)
}

func count(t *testing.T, conn *pgx.Conn, sql string, args ...any) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is decided about a tenant stands in its own database, once, also when that was away at the time; and
// who wants to hear of it does.
func TestDatabase_hearsWhatWasDecidedAboutItsTenant(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	var heard counter
	s := storagetest.Open(t, server, func(c *storage.Config) {
		c.Owner, c.Subscriptions = secret.NewString(owner), []event.Subscription{heard.Subscription()}
	})
	s.Handle(&heard)
	acme := own(t, s, "acme")
	there, shared := inDatabase(t, owner, acme), storagetest.Owner(t, owner)
	rename := func(name string) {
		t.Helper()
		if _, err := storagetest.Registry(s).Update(t.Context(), "acme", func(t *tenant.Tenant) error { t.Name = name; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	updates := func() int { return count(t, there, `SELECT count(*) FROM audit_log WHERE type = 'tenant.updated'`) }
	if rename("One"); updates() != 1 {
		t.Errorf("%d changes are in the audit log of the tenant, want 1", updates())
	}
	if _, err := shared.Exec(t.Context(), fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS false`, schema.NameOf(acme.ID))); err != nil {
		t.Fatal(err)
	}
	if _, err := shared.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2 AND usename = $3`,
		schema.NameOf(acme.ID), there.PgConn().PID(), storagetest.LoginRole); err != nil {
		t.Fatal(err)
	}
	if rename("Two"); updates() != 1 || count(t, shared, `SELECT count(*) FROM tenant_facts`) != 1 {
		t.Errorf("while its database is away: %d changes there, %d wait", updates(), count(t, shared, `SELECT count(*) FROM tenant_facts`))
	}
	if _, err := shared.Exec(t.Context(), fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS true`, schema.NameOf(acme.ID))); err != nil {
		t.Fatal(err)
	}
	storagetest.Run(t, s) // upkeep tells it
	eventually(t, "the change to be told", func() bool {
		return updates() == 2 && count(t, shared, `SELECT count(*) FROM tenant_facts`) == 0 && heard.heard.Load() == 2
	})
	if n := count(t, shared, `SELECT count(*) FROM audit_log WHERE tenant_id = $1`, acme.ID.String()); n > 0 {
		t.Errorf("%d rows of its audit log are in the shared database", n)
	}
}

// ISO-07: what is wrong with row-level security or tables of one database is found before it is worked with.
func TestDatabase_thatIsNotRightIsNotWorkedWith(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	for slug, breaks := range map[string]string{
		"open": `ALTER TABLE clients NO FORCE ROW LEVEL SECURITY`, "old": `DELETE FROM schema_migrations WHERE name LIKE '0040%'`,
	} {
		acme := own(t, s, slug)
		if _, err := inDatabase(t, owner, acme).Exec(t.Context(), breaks); err != nil {
			t.Fatal(err)
		}
		again := storagetest.Open(t, server)
		if _, err := again.Clients.ByID(testworld.In(acme), uuid.New()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: worked with, and answered %v", slug, err)
		}
	}
}

// Deleting a tenant empties its database, but for the audit log, which says who did it.
func TestDatabase_isEmptiedWithItsTenant(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	acme := own(t, s, "acme")
	there := inDatabase(t, owner, acme)
	if err := storagetest.Registry(s).Delete(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	if n := count(t, there, `SELECT count(*) FROM tenants`); n > 0 {
		t.Error("its rows are left")
	}
	if n := count(t, there, `SELECT count(*) FROM audit_log WHERE type = 'tenant.deleted'`); n != 1 {
		t.Errorf("the audit log says %d times that it was deleted", n)
	}
}

// A tenant that is refused leaves no database.
func TestDatabase_ofARefusedTenantIsGone(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	own(t, s, "acme")
	again := testworld.Tenant("acme", func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Database })
	if _, err := storagetest.Registry(s).Create(t.Context(), again); !errors.Is(err, tenant.ErrSlugTaken) {
		t.Fatalf("a slug that is taken: %v", err)
	}
	if n := count(t, storagetest.Owner(t, owner), `SELECT count(*) FROM pg_database WHERE datname = $1`, schema.NameOf(again.ID)); n > 0 {
		t.Error("its database is there")
	}
}

// Jobs that a command queued in a tenant's database are worked at by the servers, of which it is none.
func TestDatabase_jobsOfCommandsAreWorkedAtAtOnce(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	var heard counter
	subscribed := func(c *storage.Config) { c.Subscriptions = []event.Subscription{heard.Subscription()} }
	works := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) }, subscribed)
	works.Handle(&heard)
	acme := own(t, works, "acme")
	storagetest.Run(t, works)
	command := storagetest.Open(t, server, func(c *storage.Config) { c.Workers = false }, subscribed)
	const jobs = 20
	for range jobs {
		err := command.DB.InTx(testworld.In(acme), func(ctx context.Context) error {
			return command.Outbox.Append(ctx, event.Event{Fact: event.TenantUpdated{Fields: []string{"name"}}, Outcome: "success", Subject: "acme"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the jobs to be worked off", func() bool { return heard.heard.Load() == jobs })
	there := inDatabase(t, owner, acme)
	eventually(t, "the jobs to be completed", func() bool {
		return count(t, there, `SELECT count(*) FROM river_job WHERE state = 'completed'`) == jobs
	})
	if n := count(t, storagetest.Owner(t, owner), `SELECT count(*) FROM river_job WHERE kind = 'event_delivery'`); n > 0 {
		t.Errorf("%d jobs are in the shared queue", n)
	}
}

// BAK-11: a job in the database of one tenant that names another one, as whoever runs that database may put there, is not done.
func TestDatabase_hasNoJobsForOtherTenants_BAK_11(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	var heard counter
	s := storagetest.Open(t, server, func(c *storage.Config) {
		c.Owner, c.Subscriptions = secret.NewString(owner), []event.Subscription{heard.Subscription()}
	})
	s.Handle(&heard)
	acted := make(chan string, 10)
	s.Do(queue.Task{Name: "act", Run: func(ctx context.Context, _ uuid.UUID) error {
		acted <- tenant.Must(ctx).Slug
		return nil
	}})
	acme, victim := own(t, s, "acme"), storagetest.Create(t, s, testworld.Tenant("victim"))
	there, shared := inDatabase(t, owner, acme), storagetest.Owner(t, owner)
	if _, err := storagetest.Registry(s).Update(t.Context(), "victim", func(t *tenant.Tenant) error { t.Name = "Victim"; return nil }); err != nil {
		t.Fatal(err)
	}
	var told uuid.UUID // what is told of once
	if err := shared.QueryRow(t.Context(), `SELECT id FROM events WHERE tenant_id = $1 AND type = 'tenant.updated'`, uuid.UUID(victim.ID)).Scan(&told); err != nil {
		t.Fatal(err)
	}
	for _, of := range []*tenant.Tenant{victim, acme} {
		_, err := there.Exec(t.Context(), `
			INSERT INTO river_job (kind, queue, max_attempts, args) VALUES ('task', 'task', 1, jsonb_build_object('tenant_id', $1::text, 'task', 'act', 'of', gen_random_uuid())),
				('event_delivery', 'default', 1, jsonb_build_object('tenant_id', $1::text, 'event_id', $2::text, 'subscriber', 'counter'))`, of.ID.String(), told.String())
		if err != nil {
			t.Fatal(err)
		}
	}
	storagetest.Run(t, s)
	eventually(t, "all jobs to be over", func() bool {
		return heard.heard.Load() > 0 && count(t, there, `SELECT count(*) FROM river_job WHERE finalized_at IS NULL`) == 0
	})
	if n := count(t, there, `SELECT count(*) FROM river_job WHERE state = 'cancelled' AND args ->> 'tenant_id' = $1`, victim.ID.String()); n != 2 || heard.heard.Load() != 1 {
		t.Errorf("%d jobs of the other tenant were cancelled, want 2, and it was told of %d times, want once", n, heard.heard.Load())
	}
	close(acted)
	var of []string
	for slug := range acted {
		of = append(of, slug)
	}
	if !slices.Equal(of, []string{"acme"}) {
		t.Errorf("something was done for %q, want acme alone", of)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

// What waits for a tenant that is gone with its database goes too, and is in no other's way; what waits for one that is there stays.
func TestFacts_ofTenantsThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	gone, here, log := uuid.New(), storagetest.Create(t, s, testworld.Tenant("here")), own(t, s, "log")
	shared := storagetest.Owner(t, owner)
	wait := func(of uuid.UUID) {
		t.Helper()
		_, err := shared.Exec(t.Context(), `INSERT INTO tenant_facts (id, tenant, type, occurred_at, body) VALUES ($1, $2, 'tenant.disabled', now(), '{"outcome": 1}')`, uuid.New(), of)
		must(t, err)
	}
	for _, of := range []uuid.UUID{gone, gone, uuid.UUID(here.ID), uuid.UUID(log.ID)} {
		wait(of)
	}
	must(t, storagetest.Registry(s).Delete(t.Context(), log)) // its log stays in its database
	must(t, storage.TellFacts(t.Context(), s, tenant.ID(gone), here.ID, log.ID))
	if n := count(t, shared, `SELECT count(*) FROM tenant_facts WHERE tenant = $1`, gone); n != 0 {
		t.Errorf("%d facts wait for nobody", n)
	}
	for name, of := range map[string]tenant.ID{"is there": here.ID, "left its log": log.ID} {
		if n := count(t, shared, `SELECT count(*) FROM tenant_facts WHERE tenant = $1`, uuid.UUID(of)); n != 1 {
			t.Errorf("%d facts, none of which can be read, wait for a tenant that %s, want 1", n, name)
		}
	}
}
