package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// A moving is an installation with a tenant to move, and another one.
type moving struct {
	*storage.Store
	*registry.Service
	t             *testing.T
	server, owner string
	shared        *pgx.Conn
	acme, other   *tenant.Tenant // as they were made
}

func newMoving(t *testing.T, change ...func(*storage.Config)) *moving {
	t.Helper()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, append(change, func(c *storage.Config) { c.Owner = secret.NewString(owner) })...)
	m := &moving{Store: s, Service: storagetest.Registry(s), t: t, server: server, owner: owner, shared: storagetest.Owner(t, owner)}
	m.acme, m.other = storagetest.Create(t, s, testworld.Tenant("acme")), storagetest.Create(t, s, testworld.Tenant("other"))
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), owner)
		if err == nil {
			_, _ = conn.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, schema.NameOf(m.acme.ID)))
			_ = conn.Close(context.Background())
		}
	})
	return m
}

// to moves acme and returns it as it is read.
func (m *moving) to(level tenant.Isolation) *tenant.Tenant {
	m.t.Helper()
	moved, err := m.Move(m.t.Context(), "acme", tenant.Placement{Isolation: level}, nil)
	if err != nil || moved.Placement.Isolation != level {
		m.t.Fatalf("move to %s: %+v, %v", level, moved, err)
	}
	return moved
}

func (m *moving) confirm() {
	m.t.Helper()
	if _, err := m.ConfirmMove(m.t.Context(), "acme"); err != nil {
		m.t.Fatalf("confirm: %v", err)
	}
}

// put makes a user in a tenant and returns its address.
func (m *moving) put(of *tenant.Tenant) (string, error) {
	email := strings.ReplaceAll(uuid.NewString(), "-", "") + "@example.com"
	return email, m.Users.Create(testworld.In(of), testworld.User(func(u *identity.User) { u.Email = email }), "")
}

// in connects to the tables of a level of acme as the superuser.
func (m *moving) in(level tenant.Isolation) *pgx.Conn {
	m.t.Helper()
	switch level {
	case tenant.Database:
		return inDatabase(m.t, m.owner, m.acme)
	case tenant.Schema:
		conn := storagetest.Owner(m.t, m.owner)
		if _, err := conn.Exec(m.t.Context(), `SELECT set_config('search_path', $1, false)`, schema.NameOf(m.acme.ID)); err != nil {
			m.t.Fatal(err)
		}
		return conn
	default:
		return m.shared
	}
}

const usersOf = `SELECT count(*) FROM users WHERE tenant_id = $1`

// everyWay are the moves between levels, each from where the one before ends.
var everyWay = []tenant.Isolation{tenant.Schema, tenant.Database, tenant.Schema, tenant.Shared, tenant.Database, tenant.Shared}

// ISO-11, ISO-12: everything goes along, every way, and once; the old copy stays until it is confirmed. Whoever still
// takes the tenant to be in the old place neither reads nor writes there.
func TestMove_takesEverythingAlongEveryWay(t *testing.T) {
	t.Parallel()
	m := newMoving(t)
	if _, err := m.put(m.other); err != nil {
		t.Fatal(err)
	}
	at, users := m.acme, 0
	for _, level := range everyWay {
		way := fmt.Sprintf("%s to %s", at.Placement.Isolation, level)
		if _, err := m.put(at); err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		users++
		old := at
		at = m.to(level)
		if n := count(t, m.in(level), usersOf, at.ID); n != users {
			t.Errorf("%s: %d users are there, want %d", way, n, users)
		}
		before := m.in(old.Placement.Isolation)
		if n := count(t, before, usersOf, at.ID); n != users {
			t.Errorf("%s: %d users are in the old copy, want %d", way, n, users)
		}
		// As a process does that was cut off.
		if _, err := m.put(old); !errors.Is(err, tenant.ErrMoving) {
			t.Errorf("%s: wrote in the old place: %v", way, err)
		}
		if _, err := m.Clients.ByID(testworld.In(old), uuid.New()); !errors.Is(err, tenant.ErrMoving) {
			t.Errorf("%s: read in the old place: %v", way, err)
		}
		if n := count(t, before, usersOf, at.ID); n != users {
			t.Errorf("%s: %d users are in the old copy afterwards, want %d", way, n, users)
		}
		if _, err := m.Move(t.Context(), "acme", tenant.Placement{Isolation: old.Placement.Isolation}, nil); !errors.Is(err, registry.ErrUnconfirmed) {
			t.Errorf("%s: moved on before it was confirmed: %v", way, err)
		}
		if err := m.Delete(t.Context(), at); !errors.Is(err, registry.ErrUnconfirmed) {
			t.Errorf("%s: deleted before it was confirmed: %v", way, err)
		}
		m.confirm()
		if _, err := m.put(old); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: wrote in the old place after it was removed: %v", way, err)
		}
		if old.Placement.Isolation == tenant.Shared && count(t, m.shared, usersOf, at.ID) > 0 {
			t.Errorf("%s: rows are left in the shared tables", way)
		}
	}
	if n := count(t, m.shared, usersOf, m.other.ID); n != 1 {
		t.Errorf("the other tenant has %d users, want 1", n)
	}
	if n := count(t, m.shared, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\_%'`) + count(t, m.shared, `SELECT count(*) FROM tenant_moves`); n > 0 {
		t.Errorf("%d things are left", n)
	}
	moves := count(t, m.shared, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'tenant.moved'`, at.ID)
	if moves != len(everyWay) {
		t.Errorf("the audit log has %d moves, want %d", moves, len(everyWay))
	}
}

// ISO-12: a transaction that began before the old place was closed ends first, and what it wrote goes along; one that
// begins later is refused, and so is whoever asks for the tenant anew.
func TestMove_waitsForTransactions(t *testing.T) {
	t.Parallel()
	m := newMoving(t)
	closed, moved := make(chan struct{}), make(chan error, 1)
	err := m.DB.InTx(testworld.In(m.acme), func(ctx context.Context) error {
		if err := m.Users.Create(ctx, testworld.User(), ""); err != nil { // it has begun
			return err
		}
		go func() {
			_, err := m.Move(context.WithoutCancel(ctx), "acme", tenant.Placement{Isolation: tenant.Schema}, nil)
			moved <- err
		}()
		eventually(t, "the old place to be closed", func() bool { return count(t, m.shared, `SELECT count(*) FROM tenant_fences`) == 1 })
		close(closed)
		if _, err := m.put(m.acme); !errors.Is(err, tenant.ErrMoving) {
			t.Errorf("a transaction that begins while it is moved: %v", err)
		}
		if now, err := m.Store.Tenants.Current(ctx, "acme"); err != nil || now.Placement.Isolation != tenant.Moving {
			t.Errorf("it is %+v, %v", now, err)
		}
		eventually(t, "the move to wait, or to be over", func() bool {
			const waits = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%NOT EXISTS (SELECT FROM pg_locks WHERE locktype = ''virtualxid''%'`
			return len(moved) > 0 || count(t, m.shared, waits) > 0
		})
		if len(moved) > 0 {
			t.Error("it was moved under an open transaction")
		}
		return m.Users.Create(ctx, testworld.User(), "")
	})
	<-closed
	if failed := <-moved; err != nil || failed != nil {
		t.Fatalf("the transaction: %v, the move: %v", err, failed)
	}
	if n := count(t, m.in(tenant.Schema), usersOf, m.acme.ID); n != 2 {
		t.Errorf("%d users went along, want 2", n)
	}
}

// ISO-14: a copy that is not what was copied is thrown away, and the tenant is where it was.
func TestMove_refusesACopyThatDiffers(t *testing.T) {
	t.Parallel()
	for table, becomes := range map[string]string{
		"user_identifiers": `RETURN NULL`, "users": `NEW.email := 'x' || NEW.email; RETURN NEW`,
	} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			m := newMoving(t)
			if _, err := m.put(m.acme); err != nil {
				t.Fatal(err)
			}
			at := m.to(tenant.Schema)
			m.confirm()
			_, err := m.shared.Exec(t.Context(), `
				CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+becomes+`; END $$;
				CREATE TRIGGER spoil BEFORE INSERT ON `+table+` FOR EACH ROW EXECUTE FUNCTION spoil()`)
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Move(t.Context(), "acme", tenant.Placement{Isolation: tenant.Shared}, nil)
			if !errors.Is(err, schema.ErrDiffers) {
				t.Fatalf("moved, with %v", err)
			}
			now, err := m.Store.Tenants.Current(t.Context(), "acme")
			if err != nil || now.Placement != at.Placement {
				t.Errorf("it is %+v, %v", now, err)
			}
			if _, err := m.put(now); err != nil {
				t.Errorf("it is not there: %v", err)
			}
			left := count(t, m.shared, usersOf, at.ID) + count(t, m.shared, `SELECT count(*) FROM audit_log WHERE tenant_id = $1`, at.ID) + count(t, m.shared, `SELECT count(*) FROM tenant_moves`)
			if left > 0 {
				t.Errorf("%d rows are left of the copy", left)
			}
		})
	}
}

// What waits in the queue goes along to the queue of another database, and is done once.
func TestMove_jobsGoAlong(t *testing.T) {
	t.Parallel()
	var heard counter
	subscribed := func(c *storage.Config) { c.Subscriptions = []event.Subscription{heard.Subscription()} }
	m := newMoving(t, subscribed, func(c *storage.Config) { c.Workers = false })
	tell := func(of *tenant.Tenant) {
		t.Helper()
		err := m.DB.InTx(testworld.In(of), func(ctx context.Context) error {
			return m.Store.Outbox.Append(ctx, event.Event{Fact: event.TenantUpdated{Fields: []string{"name"}}, Outcome: "success", Subject: "acme"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const waiting = `SELECT count(*) FROM river_job WHERE state = 'available' AND args ->> 'tenant_id' = $1`
	at := m.acme
	for i, level := range []tenant.Isolation{tenant.Database, tenant.Shared, tenant.Schema, tenant.Database} {
		tell(at)
		at = m.to(level)
		if n := count(t, m.in(level), queueAt(level), at.ID.String()); n != i+1 {
			t.Errorf("%d jobs wait after the move to %s, want %d", n, level, i+1)
		}
		m.confirm()
	}
	if n := count(t, m.shared, waiting, at.ID.String()); n > 0 {
		t.Errorf("%d jobs are left in the shared queue", n)
	}
	works := storagetest.Open(t, m.server, subscribed)
	works.Handle(&heard)
	storagetest.Run(t, works)
	eventually(t, "the jobs to be done", func() bool {
		return heard.heard.Load() == 4 && count(t, m.in(tenant.Database), `SELECT count(*) FROM river_job WHERE state = 'completed' AND kind = 'event_delivery'`) == 4
	})
}

// queueAt counts what waits in the queue of a level.
func queueAt(level tenant.Isolation) string {
	if level == tenant.Database {
		return `SELECT count(*) FROM river_job WHERE state = 'available' AND args ->> 'tenant_id' = $1`
	}
	return `SELECT count(*) FROM public.river_job WHERE state = 'available' AND args ->> 'tenant_id' = $1`
}

// ISO-15: what works across tenants neither sees nor changes the old copy.
func TestMove_upkeepLeavesTheOldCopyAlone(t *testing.T) {
	t.Parallel()
	m := newMoving(t)
	for _, of := range []*tenant.Tenant{m.acme, m.other} {
		err := m.DB.InTx(testworld.In(of), func(ctx context.Context) error {
			u := testworld.User()
			if err := m.Users.Create(ctx, u, ""); err != nil {
				return err
			}
			return m.Sessions.Create(ctx, testworld.Session(u, func(s *identity.Session) { s.ExpiresAt = testworld.Now().Add(-48 * time.Hour) }))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	m.to(tenant.Schema)
	platform, err := pgx.Connect(t.Context(), m.server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = platform.Close(context.Background()) }()
	for _, sql := range []string{`SET ROLE plinto_platform`, `DELETE FROM sessions`, `DELETE FROM audit_pending`} {
		if _, err := platform.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const sessions = `SELECT count(*) FROM sessions WHERE tenant_id = $1`
	if kept, gone := count(t, m.shared, sessions, m.acme.ID), count(t, m.shared, sessions, m.other.ID); kept != 1 || gone != 0 {
		t.Errorf("%d sessions are in the old copy, want 1; %d of the other tenant, want 0", kept, gone)
	}
	if n := count(t, platform, `SELECT count(*) FROM audit_trees WHERE tenant_id = $1`, m.acme.ID); n > 0 {
		t.Error("the sealer finds the old copy")
	}
}

// ISO-16: a database by another URL is the same database: nothing in it is removed, and the tenant stays there.
func TestMove_toTheSameDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	m := newMoving(t, func(c *storage.Config) { c.Root = root })
	at := m.to(tenant.Database)
	m.confirm()
	if _, err := m.put(at); err != nil {
		t.Fatal(err)
	}
	again := tenant.Placement{Isolation: tenant.Database, Database: secret.NewString(at.Placement.Database.Reveal() + "?application_name=again")}
	if strings.Contains(at.Placement.Database.Reveal(), "?") {
		again.Database = secret.NewString(at.Placement.Database.Reveal() + "&application_name=again")
	}
	if _, err := m.Move(t.Context(), "acme", again, nil); !errors.Is(err, schema.ErrSameDatabase) {
		t.Errorf("moved to where it is: %v", err)
	}
	now, err := m.Store.Tenants.Current(t.Context(), "acme")
	if err != nil || now.Placement != at.Placement {
		t.Fatalf("it is %+v, %v", now, err)
	}
	if _, err := m.put(now); err != nil || count(t, m.in(tenant.Database), usersOf, at.ID) != 2 {
		t.Errorf("its rows are gone: %v", err)
	}
	// Another one, and back: the one that somebody else made is left empty.
	name := "elsewhere_" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	if _, err := m.shared.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), m.owner)
		if err == nil {
			_, _ = conn.Exec(context.Background(), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
			_ = conn.Close(context.Background())
		}
	})
	url, err := testservice.InDatabase(m.server, name)
	if err != nil {
		t.Fatal(err)
	}
	there := tenant.Placement{Isolation: tenant.Database, Database: secret.NewString(url)}
	for range 2 {
		if _, err := m.Move(t.Context(), "acme", there, nil); err != nil {
			t.Fatal(err)
		}
		m.confirm()
		if back := m.to(tenant.Database); back.Placement != at.Placement {
			t.Errorf("back in %v", back.Placement)
		}
		m.confirm()
	}
	if n := count(t, m.in(tenant.Database), usersOf, at.ID); n != 2 {
		t.Errorf("%d users came back, want 2", n)
	}
	elsewhere, err := testservice.InDatabase(m.owner, name)
	if err != nil {
		t.Fatal(err)
	}
	left := storagetest.Owner(t, elsewhere)
	if n := count(t, left, `SELECT count(*) FROM users`) + count(t, left, `SELECT count(*) FROM tenants`) + count(t, left, `SELECT count(*) FROM audit_log`) + count(t, left, `SELECT count(*) FROM river_job`); n > 0 {
		t.Errorf("%d rows are left in the database of somebody else", n)
	}
}

// ISO-13: the owner of the tables is no superuser, so row-level security binds it: it moves one tenant all the same.
func TestMove_byAnOwnerWhomRowSecurityBinds(t *testing.T) {
	t.Parallel()
	_, super := storagetest.URL(t)
	conn := storagetest.Owner(t, super)
	name := "bound_" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	for _, sql := range []string{`CREATE ROLE ` + name + ` LOGIN CREATEROLE PASSWORD 'bound'`, `CREATE DATABASE ` + name + ` OWNER ` + name} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), super)
		if err == nil {
			_, _ = conn.Exec(context.Background(), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
			_, _ = conn.Exec(context.Background(), `DROP ROLE IF EXISTS `+name)
			_ = conn.Close(context.Background())
		}
	})
	at, err := testservice.InDatabase(super, name)
	if err != nil {
		t.Fatal(err)
	}
	as := func(user, password string) string {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(user)
		if password != "" {
			u.User = url.UserPassword(user, password)
		}
		return u.String()
	}
	owner := as(name, "bound")
	if _, err := schema.Migrate(t.Context(), owner, nil); err != nil {
		t.Fatal(err)
	}
	s := storagetest.Open(t, as(storagetest.LoginRole, ""), func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	m := &moving{Store: s, Service: storagetest.Registry(s), t: t, owner: at, shared: storagetest.Owner(t, at)}
	m.acme, m.other = storagetest.Create(t, s, testworld.Tenant("acme")), storagetest.Create(t, s, testworld.Tenant("other"))
	for _, of := range []*tenant.Tenant{m.acme, m.other, m.other} {
		if _, err := m.put(of); err != nil {
			t.Fatal(err)
		}
	}
	m.to(tenant.Schema)
	if n := count(t, m.in(tenant.Schema), `SELECT count(*) FROM users`); n != 1 {
		t.Errorf("%d users went along, want 1", n)
	}
	m.confirm()
	if n := count(t, m.shared, `SELECT count(*) FROM users`); n != 2 {
		t.Errorf("%d users are left in the shared tables, want those of the other tenant", n)
	}
	m.to(tenant.Shared)
	if n := count(t, m.shared, usersOf, m.acme.ID); n != 1 {
		t.Errorf("%d users came back, want 1", n)
	}
}

// ISO-11: a process whose move another one goes on with does not have the tenant be in the new place, whatever it has copied.
func TestMove_thatWasTakenOverSettlesNothing(t *testing.T) {
	t.Parallel()
	m := newMoving(t)
	mine := registry.Move{Tenant: m.acme.ID, From: m.acme.Placement, To: tenant.Placement{Isolation: tenant.Schema}, Attempt: uuid.New()}
	begin := func() error {
		return m.Store.Tenants.InTx(t.Context(), func(ctx context.Context) error { return m.TenantMoves.Begin(ctx, mine) })
	}
	settle := func(moved bool) error {
		return m.Store.Tenants.InTx(t.Context(), func(ctx context.Context) error { return m.TenantMoves.Settle(ctx, mine, moved) })
	}
	if err := begin(); err != nil {
		t.Fatal(err)
	}
	if err := begin(); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("begun twice: %v", err)
	}
	others := mine
	others.Attempt = uuid.New()
	if err := m.TenantMoves.Take(t.Context(), others); err != nil {
		t.Fatal(err)
	}
	for _, moved := range []bool{true, false} {
		if err := settle(moved); !errors.Is(err, registry.ErrNoMove) {
			t.Errorf("settled (%v) after it was taken over: %v", moved, err)
		}
	}
	for name, err := range map[string]error{
		"copied":  m.TenantMoves.Copy(t.Context(), mine, nil),
		"cleared": m.TenantMoves.Clear(t.Context(), mine),
	} {
		if !errors.Is(err, registry.ErrNoMove) {
			t.Errorf("%s after it was taken over: %v", name, err)
		}
	}
	if err := m.Delete(t.Context(), m.acme); !errors.Is(err, tenant.ErrMoving) {
		t.Errorf("deleted while it is moved: %v", err)
	}
	if _, err := m.Update(t.Context(), "acme", func(t *tenant.Tenant) error { t.Name = "Renamed"; return nil }); err != nil {
		t.Errorf("renamed while it is moved: %v", err)
	}
	if _, err := m.Move(t.Context(), "acme", tenant.Placement{Isolation: tenant.Database}, nil); !errors.Is(err, registry.ErrUnfinished) {
		t.Errorf("moved elsewhere meanwhile: %v", err)
	}
	if _, err := m.ConfirmMove(t.Context(), "acme"); !errors.Is(err, registry.ErrUnfinished) {
		t.Errorf("confirmed before it is over: %v", err)
	}
	back, err := m.CancelMove(t.Context(), "acme")
	if err != nil || back.Placement != m.acme.Placement || back.Name != "Renamed" {
		t.Errorf("cancelled: %+v, %v", back, err)
	}
	if n := count(t, m.shared, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'tenant.updated'`, m.acme.ID); n != 1 {
		t.Errorf("what was decided meanwhile is told %d times, want once", n)
	}
	if _, err := m.put(back); err != nil {
		t.Errorf("it is not where it was: %v", err)
	}
}

// ISO-12: copies from before a tenant had a database of its own, where nobody announces changes, are not used when it is back.
func TestMove_backLeavesNoCopyFromBefore(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	withRoot := func(c *storage.Config) { c.Root = root }
	m := newMoving(t, withRoot)
	serves := storagetest.Open(t, m.server, withRoot)
	heard := make(chan struct{}, 100)
	serves.OnChange("clients", func(tenant.ID) { heard <- struct{}{} }, func() {})
	storagetest.Run(t, serves)
	eventually(t, "changes to be heard", func() bool { return serves.Announced(testworld.In(m.acme)) })
	client := testworld.Client("held", testworld.Web("https://rp.example.com/cb"))
	if err := m.Clients.Create(testworld.In(m.acme), client); err != nil {
		t.Fatal(err)
	}
	eventually(t, "word of the new client", func() bool { return len(heard) > 0 })
	eventually(t, "the client to be held", func() bool {
		_, err := serves.Clients.ByClientID(testworld.In(m.acme), client.ClientID)
		return err == nil && serves.Announced(testworld.In(m.acme))
	})
	m.to(tenant.Database)
	m.confirm()
	if _, err := m.in(tenant.Database).Exec(t.Context(), `DELETE FROM clients`); err != nil {
		t.Fatal(err)
	}
	for len(heard) > 0 {
		<-heard
	}
	m.to(tenant.Shared)
	eventually(t, "the end of copies", func() bool { return len(heard) > 0 })
	if _, err := serves.Clients.ByClientID(testworld.In(m.acme), client.ClientID); fault.KindOf(err) == "" {
		t.Errorf("a client from before is served: %v", err)
	}
}
