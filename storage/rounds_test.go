package storage_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/queue"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A dark is a number of databases of tenants that take connections and never answer.
type dark struct {
	ids   []tenant.ID
	dials atomic.Int64
}

// inFront makes databases that do not answer, which come before those of all other tenants.
func inFront(t *testing.T, s *storage.Store, n int) *dark {
	t.Helper()
	d := &dark{}
	address := testservice.Listen(t, func(c net.Conn) {
		d.dials.Add(1)
		_, _ = io.Copy(io.Discard, c)
	})
	for i := range n {
		id := tenant.ID(uuid.UUID{15: byte(i + 1)})
		must(t, storage.AddDatabase(t.Context(), s, id, "postgres://plinto@"+address+"/dark"+id.String()+"?sslmode=disable"))
		d.ids = append(d.ids, id)
	}
	return d
}

// upkeepOf returns the upkeep of a name.
func upkeepOf(t *testing.T, s *storage.Store, cfg storage.Config, name string) queue.Upkeep {
	t.Helper()
	all, err := s.Upkeep(cfg)
	must(t, err)
	i := slices.IndexFunc(all, func(u queue.Upkeep) bool { return u.Name == name })
	return all[i]
}

// withDatabase opens a store that has a tenant with a database of its own.
func withDatabase(t *testing.T) (s *storage.Store, cfg storage.Config, apart *tenant.Tenant, shared, there *pgx.Conn) {
	t.Helper()
	server, owner := storagetest.URL(t)
	cfg.Root, _ = secret.NewRoot()
	cfg.Log = slog.New(slog.DiscardHandler)
	s = storagetest.Open(t, server, func(c *storage.Config) { c.Owner, c.Root = secret.NewString(owner), cfg.Root })
	apart = own(t, s, "apart")
	return s, cfg, apart, storagetest.Owner(t, owner), inDatabase(t, owner, apart)
}

// ENG-04: upkeep comes to the shared tables and to each database that answers, however many before it do not; those are not tried
// again at once, and keep nobody from being told what was decided.
func TestUpkeep_doesNotWaitForDatabasesThatAreAway_ENG_04(t *testing.T) {
	t.Parallel()
	s, cfg, apart, shared, there := withDatabase(t)
	storagetest.Create(t, s, testworld.Tenant("shared"))
	const darks = 8
	d := inFront(t, s, darks)
	storage.SetRounds(s, darks/2, 2*time.Second, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), darks*2*time.Second-time.Second) // one after the other is too slow
	defer cancel()
	if err := upkeepOf(t, s, cfg, "audit_seal").Run(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("databases that do not answer: %v, and the time is over: %v", err, ctx.Err())
	}
	for name, at := range map[string]*pgx.Conn{"shared tables": shared, "the database that answers": there} {
		if n := count(t, at, `SELECT count(*) FROM audit_leaves`); n == 0 {
			t.Errorf("%s: nothing is sealed", name)
		}
	}
	dials := d.dials.Load()
	if dials < darks {
		t.Errorf("%d databases were tried, want %d", dials, darks)
	}
	_, err := there.Exec(t.Context(), `INSERT INTO attempts (tenant_id, key, tat) VALUES ($1, 'x', now() - interval '1 day')`, apart.ID.String())
	must(t, err)
	must(t, upkeepOf(t, s, cfg, "cleanup").Run(t.Context()))
	if n := count(t, there, `SELECT count(*) FROM attempts`); n != 0 {
		t.Error("the database that answers is not cleaned up")
	}
	for _, id := range append(d.ids, apart.ID) {
		_, err := shared.Exec(t.Context(), `INSERT INTO tenant_facts (id, tenant, type, occurred_at, body) VALUES (gen_random_uuid(), $1, 'tenant.disabled', now(), '{"outcome": "success"}')`, uuid.UUID(id))
		must(t, err)
	}
	if err := upkeepOf(t, s, cfg, "tenant_facts").Run(t.Context()); err != nil {
		t.Errorf("databases that are away are not left alone: %v", err)
	}
	if n := count(t, there, `SELECT count(*) FROM audit_log WHERE type = 'tenant.disabled'`); n != 1 {
		t.Errorf("the tenant whose database answers was told %d times", n)
	}
	if n := d.dials.Load(); n != dials {
		t.Errorf("databases that are away were tried %d times more at once", n-dials)
	}
}

// A database that was away is worked on again when it answers.
func TestUpkeep_comesBackToADatabaseThatAnswersAgain(t *testing.T) {
	t.Parallel()
	s, cfg, apart, shared, there := withDatabase(t)
	proxy := testservice.NewProxy(t, net.JoinHostPort(there.Config().Host, strconv.Itoa(int(there.Config().Port))))
	proxy.Silence()
	url, err := storage.SealDatabase(s, apart.ID, "postgres://"+storagetest.LoginRole+"@"+proxy.Address()+"/"+there.Config().Database+"?sslmode=disable")
	must(t, err)
	_, err = shared.Exec(t.Context(), `UPDATE tenant_databases SET url = $2 WHERE id = $1`, apart.ID.String(), url)
	must(t, err)
	storage.SetRounds(s, 1, time.Second, 0)
	_, err = there.Exec(t.Context(), `INSERT INTO attempts (tenant_id, key, tat) VALUES ($1, 'x', now() - interval '1 day')`, apart.ID.String())
	must(t, err)
	clean := upkeepOf(t, s, cfg, "cleanup")
	if _ = clean.Run(t.Context()); count(t, there, `SELECT count(*) FROM attempts`) != 1 {
		t.Error("a database that does not answer is worked on")
	}
	proxy.Answer()
	eventually(t, "the database to be worked on again", func() bool {
		return clean.Run(t.Context()) == nil && count(t, there, `SELECT count(*) FROM attempts`) == 0
	})
}
