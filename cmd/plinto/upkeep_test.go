package main

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// The process that has upkeep done is killed. Another one has it done, in the shared tables and in the database of a tenant, once
// the queue has noticed: sessions whose limits have passed by then are told of.
func TestServers_goOnWithUpkeepWhenItsLeaderIsKilled_MPR_07(t *testing.T) {
	t.Parallel()
	database, ownerURL := storagetest.URL(t)
	shared := storagetest.Owner(t, ownerURL)
	s := newSite(t, database)
	s.env = append(s.env, "PLINTO_MIGRATE_DATABASE_URL="+ownerURL)
	s.ok("tenant", "create", "apart", "--isolation", "database")
	s.ok("user", "create", "bob@example.com", "--tenant", "apart")
	places := map[string]*pgx.Conn{"the shared tables": shared, "the database of a tenant": s.databaseOf(shared, ownerURL, "apart")}
	leader := func() (id string) {
		if err := shared.QueryRow(t.Context(), `SELECT coalesce(max(leader_id), '') FROM river_leader WHERE expires_at > now()`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, _ := s.serve()
	eventually(t, "the first one leads", func() bool { return leader() != "" })
	killed := leader()
	s.serve()
	first.signal(syscall.SIGKILL)
	first.exit(waitLimit)
	for place, conn := range places {
		if _, err := conn.Exec(t.Context(), `INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
			SELECT tenant_id, gen_random_uuid(), '\x01', id, now(), '1 hour', now() FROM users`); err != nil {
			t.Fatalf("%s: %v", place, err)
		}
	}
	eventually(t, "another one leads", func() bool { now := leader(); return now != "" && now != killed })
	for place, conn := range places {
		eventually(t, "sessions end in "+place, func() bool {
			var told, open int
			if err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND data ->> 'reason' = 'expired'),
				(SELECT count(*) FROM sessions WHERE ended_at IS NULL)`).Scan(&told, &open); err != nil {
				t.Fatal(err)
			}
			return told > 0 && open == 0
		})
	}
}

// databaseOf connects, as a superuser, to the database that a tenant has, which goes with the test.
func (s *site) databaseOf(shared *pgx.Conn, owner, slug string) *pgx.Conn {
	s.t.Helper()
	var text string
	if err := shared.QueryRow(s.t.Context(), `SELECT id::text FROM tenants WHERE slug = $1`, slug).Scan(&text); err != nil {
		s.t.Fatal(err)
	}
	id, err := tenant.ParseID(text)
	if err != nil {
		s.t.Fatal(err)
	}
	name := schema.NameOf(id)
	s.t.Cleanup(func() {
		if conn, err := pgx.Connect(context.Background(), owner); err == nil {
			_, _ = conn.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, name))
			_ = conn.Close(context.Background())
		}
	})
	config := shared.Config().Copy()
	config.Database = strings.Trim(name, `"`)
	conn, err := pgx.ConnectConfig(s.t.Context(), config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
