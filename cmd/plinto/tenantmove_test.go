package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A movingSite is a site whose tenant is moved, beside another one.
type movingSite struct {
	*site
	owner string    // URL of the superuser
	conn  *pgx.Conn // of the superuser, to the shared database
	id    tenant.ID
}

func newMovingSite(t *testing.T) *movingSite {
	t.Helper()
	server, owner := storagetest.URL(t)
	s := &movingSite{site: newSite(t, server), owner: owner, conn: storagetest.Owner(t, owner)}
	s.env = append(s.env, "PLINTO_MIGRATE_DATABASE_URL="+owner)
	s.ok("tenant", "create", "other")
	var id string
	s.query(&id, `SELECT id::text FROM tenants WHERE slug = 'acme'`)
	var err error
	if s.id, err = tenant.ParseID(id); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if conn, err := pgx.Connect(context.Background(), owner); err == nil {
			_, _ = conn.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, schema.NameOf(s.id)))
			_ = conn.Close(context.Background())
		}
	})
	return s
}

func (s *movingSite) query(to any, sql string, args ...any) {
	s.t.Helper()
	if err := s.conn.QueryRow(s.t.Context(), sql, args...).Scan(to); err != nil {
		s.t.Fatal(err)
	}
}

func (s *movingSite) exec(sql string) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), sql); err != nil {
		s.t.Fatal(err)
	}
}

// isolation is where the registry says that the tenant is.
func (s *movingSite) isolation() (level string) {
	s.t.Helper()
	s.query(&level, `SELECT isolation FROM tenants WHERE slug = 'acme'`)
	return level
}

// answers asks the server for something of a tenant, and fails unless it answers so.
func (s *movingSite) answers(slug, path string, want int) {
	s.t.Helper()
	res := s.get(slug, path)
	if res.StatusCode != want || (res.Header.Get("Retry-After") != "") != (want == http.StatusServiceUnavailable) {
		s.t.Errorf("%s of %s answers %d, Retry-After %q; want %d", path, slug, res.StatusCode, res.Header.Get("Retry-After"), want)
	}
}

// get asks the server for something of a tenant. The body is closed.
func (s *movingSite) get(slug, path string) *http.Response {
	s.t.Helper()
	q, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.address.Load().(string)+"/t/"+slug+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	q.Host = "localhost"
	res, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res
}

// signedIn returns a client with a user who is signed in, and what it holds.
func (s *movingSite) signedIn() (*rp, said) {
	s.t.Helper()
	r := s.rp()
	r.signIn()
	code, err := r.code()
	if err != nil {
		s.t.Fatal(err)
	}
	held, err := r.redeem(code)
	if err != nil || held.status != http.StatusOK {
		s.t.Fatalf("code: %+v, %v", held, err)
	}
	return r, held
}

// ISO-11: what users and clients hold is good after each move. While it lasts, the pages and endpoints of the tenant answer 503
// with Retry-After, and those of others as ever.
func TestTenantMove_keepsWhatUsersAndClientsHold(t *testing.T) {
	t.Parallel()
	s := newMovingSite(t)
	_, address := s.serve()
	s.address.Store(address)
	r, held := s.signedIn()
	for _, level := range []string{"schema", "database", "shared"} {
		move := s.heldUp(level)
		s.answers("acme", "/.well-known/openid-configuration", http.StatusServiceUnavailable)
		s.answers("acme", "/account", http.StatusServiceUnavailable)
		s.answers("acme", "/admin/v1/users", http.StatusServiceUnavailable)
		s.answers("other", "/.well-known/openid-configuration", http.StatusOK)
		if a, err := r.refresh(held.Refresh); err != nil || a.status != http.StatusServiceUnavailable {
			t.Errorf("refresh while it is moved to %s: %d, %v", level, a.status, err)
		}
		move()
		held = s.refreshed(r, held)
		if code, err := r.code(); err != nil || code == "" { // without signing in again
			t.Errorf("the session after the move to %s: %v", level, err)
		}
		if list := s.ok("tenant", "list"); !strings.Contains(list, level) {
			t.Errorf("listed:\n%s", list)
		}
		s.ok("audit", "verify", "--tenant", "acme")
		s.refused(exitFailed, "already", "tenant", "move", "acme", "--to", level)
		s.refused(exitFailed, "has been moved", "tenant", "move", "acme", "--cancel")
		if found, _ := s.diagnose(); !strings.Contains(found["move of acme"].Remedy, "--confirm") {
			t.Errorf("doctor says of the old copy: %+v", found["move of acme"])
		}
		s.ok("tenant", "move", "acme", "--confirm")
	}
	s.refused(exitFailed, "not being moved", "tenant", "move", "acme", "--confirm")
	s.refused(exitUsage, "say one of", "tenant", "move", "acme", "--confirm", "--to", "shared")
}

// heldUp starts a move and returns when the server has heard of it. The move goes on when what it returns is called, which waits for its end.
func (s *movingSite) heldUp(level string) (goOn func()) {
	s.t.Helper()
	from := s.isolation()
	at := s.conn
	if from == "database" {
		at = storagetest.Owner(s.t, strings.Replace(s.conn.Config().ConnString(), "/"+s.conn.Config().Database, "/"+schema.NameOf(s.id), 1))
	}
	hold, err := pgx.Connect(s.t.Context(), strings.Replace(at.Config().ConnString(), at.Config().User+"@", storagetest.LoginRole+"@", 1))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := hold.Exec(s.t.Context(), `BEGIN; SELECT 1`); err != nil { // as of a server
		s.t.Fatal(err)
	}
	p := start(s.t, s.env, "tenant", "move", "acme", "--to", level)
	eventually(s.t, "the move to begin", func() bool { return s.isolation() == "moving" || p.ended() })
	eventually(s.t, "the server to hear of it", func() bool {
		return s.get("acme", "/.well-known/openid-configuration").StatusCode == http.StatusServiceUnavailable || p.ended()
	})
	return func() {
		_ = hold.Close(context.Background())
		if code := p.exit(waitLimit); code != exitOK || s.isolation() != level {
			s.t.Fatalf("move to %s: exit %d, it is %s: %s", level, code, s.isolation(), p.text())
		}
	}
}

// refreshed returns what a client gets for what it holds, when the server has heard that the tenant is somewhere.
func (s *movingSite) refreshed(r *rp, held said) (next said) {
	s.t.Helper()
	eventually(s.t, "the tenant is served", func() bool {
		var err error
		if next, err = r.refresh(held.Refresh); err != nil {
			s.t.Fatal(err)
		}
		return next.status != http.StatusServiceUnavailable
	})
	if next.status != http.StatusOK {
		s.t.Fatalf("refresh: %+v", next)
	}
	return next
}

// crashSteps are where a move is killed: what it does then, as a trigger, and whether the tenant is in the new place by then.
var crashSteps = []struct{ table, at string }{
	{"tenant_moves", "INSERT"}, {"tenant_fences", "INSERT"}, {"clients", "INSERT"}, {"audit_log", "INSERT"}, {"tenant_moves", "UPDATE"},
}

// manyCrashes is from how many on it is killed at every step, and not at every second one.
const manyCrashes = 10

// ISO-11: a move that is killed at any step leaves the tenant in one place, or in none until it goes on or is undone: nothing is lost and
// nothing is there twice.
func TestTenantMove_leavesTheTenantInOnePlaceWhenItIsKilled(t *testing.T) {
	t.Parallel()
	for i, step := range crashSteps {
		if *crashes < manyCrashes && i%2 == 1 {
			continue // make crash kills it there too
		}
		t.Run(step.at+" "+step.table, func(t *testing.T) {
			t.Parallel()
			s := newMovingSite(t)
			from := []string{"schema", "database"}[i/2%2]
			s.ok("tenant", "move", "acme", "--to", from)
			s.ok("tenant", "move", "acme", "--confirm")
			_, address := s.serve()
			s.address.Store(address)
			r, held := s.signedIn()
			killed := 0
			for n := range *crashes {
				if s.killedAt(step.table, step.at) {
					killed++
				}
				if level := s.isolation(); level == "moving" {
					s.answers("acme", "/.well-known/openid-configuration", http.StatusServiceUnavailable)
				} else if level != from {
					t.Fatalf("it is %s", level)
				}
				if n%2 == i%2 && s.isolation() == "moving" {
					s.ok("tenant", "move", "acme", "--cancel")
					held = s.refreshed(r, held)
				}
			}
			if killed == 0 {
				t.Error("no move was killed")
			}
			s.ok("tenant", "move", "acme", "--to", "shared")
			s.refreshed(r, held)
			s.ok("audit", "verify", "--tenant", "acme")
			s.ok("tenant", "move", "acme", "--confirm")
			var users, moves int
			s.query(&users, `SELECT count(*) FROM users WHERE tenant_id = $1`, s.id.String())
			s.query(&moves, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'tenant.moved'`, s.id.String())
			if users != 1 || moves != 2 {
				t.Errorf("%d users and %d moves, want 1 and 2", users, moves)
			}
		})
	}
}

// killedAt starts a move to the shared tables and kills it when it writes to a table there. It reports whether it was in time: a statement waits
// a second at most, and then the move fails and undoes itself.
func (s *movingSite) killedAt(table, at string) bool {
	s.t.Helper()
	const lock = 0x6d6f7665
	s.exec(fmt.Sprintf(`SELECT pg_advisory_lock(%d);
		CREATE OR REPLACE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(%[1]d); RETURN NULL; END $$;
		CREATE TRIGGER hold_up AFTER %s ON %s FOR EACH STATEMENT EXECUTE FUNCTION hold_up()`, lock, at, table))
	p := start(s.t, s.env, "tenant", "move", "acme", "--to", "shared")
	eventually(s.t, "the move to get there", func() bool {
		var waiting bool
		s.query(&waiting, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, lock)
		return waiting || p.ended()
	})
	p.signal(syscall.SIGKILL)
	code := p.exit(waitLimit)
	if code != -1 && code != exitFailed {
		s.t.Fatalf("it was over: exit %d, %s", code, p.text())
	}
	s.exec(fmt.Sprintf(`SELECT pg_advisory_unlock(%d)`, lock))
	eventually(s.t, "its connections to end", func() bool {
		var left int
		s.query(&left, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1`, lock)
		return left == 0
	})
	s.exec(fmt.Sprintf(`DROP TRIGGER hold_up ON %s`, table))
	return code == -1
}

// The same the other way, at any moment, and of the removal of the old copy.
func TestTenantMove_toADatabaseLosesNothingWhenItIsKilled(t *testing.T) {
	t.Parallel()
	s := newMovingSite(t)
	_, address := s.serve()
	s.address.Store(address)
	r, held := s.signedIn()
	for _, command := range [][]string{{"--to", "database"}, {"--confirm"}} {
		args := append([]string{"tenant", "move", "acme"}, command...)
		for range *crashes {
			p := start(t, s.env, args...)
			<-time.After(time.Duration(rand.IntN(2500)) * time.Millisecond) // the moment is any
			p.signal(syscall.SIGKILL)
			p.exit(waitLimit)
		}
		if stdout, stderr, code := s.run(args...); code != exitOK && !strings.Contains(stderr, "already") && !strings.Contains(stderr, "not being moved") {
			t.Fatalf("exit %d: %s%s", code, stdout, stderr)
		}
		held = s.refreshed(r, held)
	}
	if level := s.isolation(); level != "database" {
		t.Errorf("it is %s", level)
	}
	s.ok("audit", "verify", "--tenant", "acme")
	var left int
	s.query(&left, `SELECT count(*) FROM users WHERE tenant_id = $1`, s.id.String())
	if left > 0 {
		t.Errorf("%d users are left in the shared tables", left)
	}
}
