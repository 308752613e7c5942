package storage

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func TestQuery_withoutATenantIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.app.Stat().AcquireCount()
	for name, ask := range map[string]func(context.Context) error{
		"a read":        func(ctx context.Context) error { _, err := w.users.ByID(ctx, uuid.New()); return err },
		"a write":       func(ctx context.Context) error { return w.users.SetPassword(ctx, uuid.New(), "x", 0) },
		"a transaction": func(ctx context.Context) error { return w.ends.End(ctx, uuid.New(), event.SessionLoggedOut) },
		"InTx": func(ctx context.Context) error {
			return w.db.InTx(ctx, func(context.Context) error { t.Error("InTx ran without a tenant"); return nil })
		},
	} {
		if err := ask(context.Background()); !errors.Is(err, tenant.ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", name, err)
		}
	}
	if got := w.app.Stat().AcquireCount(); got != before {
		t.Errorf("%d connections were taken, want none", got-before)
	}
}

// A statement that got past our two doors fails loudly, also on a connection that
// served a tenant a moment ago (the setting is then empty, not absent).
func TestRawPool_seesNothingWithoutATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := w.app.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), `SELECT id FROM users`); sqlState(err) != "42704" {
		t.Errorf("setting never set: %v, want 42704", err)
	}
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), pg.NameTenant, w.tenants[0].ID.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `SELECT id FROM users`); sqlState(err) != "22P02" {
		t.Errorf("setting left behind by a transaction: %v, want 22P02", err)
	}
}

func TestTransaction_mayNotChangeItsTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := w.db.InTx(tenant.With(t.Context(), w.tenants[0]), func(ctx context.Context) error {
		_, err := w.users.ByID(tenant.With(ctx, w.tenants[1]), uuid.New())
		return err
	})
	if !errors.Is(err, pg.ErrOtherTenant) {
		t.Errorf("InTx = %v, want pg.ErrOtherTenant", err)
	}
}

func TestRows_canNeitherBeMovedNorPointedIntoAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := tenant.With(t.Context(), w.tenants[0]), tenant.With(t.Context(), w.tenants[1])
	id := uuid.Must(uuid.NewV7())
	if err := w.users.Create(a, identity.User{ID: id, Email: "alice@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.Exec(a, w.db, `UPDATE users SET tenant_id = $1 WHERE id = $2`, uuid.UUID(w.tenants[1].ID), id); sqlState(err) != "42501" {
		t.Errorf("moving a row: %v, want 42501", err)
	}
	_, err := pg.Exec(b, w.db, `INSERT INTO user_identifiers (canonical, kind, user_id) VALUES ('x', 'email', $1)`, id)
	if sqlState(err) != "23503" {
		t.Errorf("pointing into another tenant: %v, want 23503", err)
	}
	if n, err := pg.Exec(b, w.db, `DELETE FROM users WHERE id = $1`, id); n != 0 || err != nil {
		t.Errorf("deleting another tenant's row: %d rows, %v", n, err)
	}
	// The same email in another tenant tells nothing about this one.
	if err := w.users.Create(b, identity.User{ID: uuid.Must(uuid.NewV7()), Email: "alice@example.com"}, ""); err != nil {
		t.Errorf("the same email in another tenant: %v", err)
	}
}

func TestOpen_refusesRolesThatCouldBypassRowSecurity(t *testing.T) {
	t.Parallel()
	for says, prepare := range map[string]string{
		"is a superuser":           `CREATE ROLE ROLE_NAME LOGIN SUPERUSER`,
		"has BYPASSRLS":            `CREATE ROLE ROLE_NAME LOGIN NOINHERIT BYPASSRLS; GRANT plinto_app, plinto_platform TO ROLE_NAME`,
		"has CREATEROLE":           `CREATE ROLE ROLE_NAME LOGIN NOINHERIT CREATEROLE; GRANT plinto_app, plinto_platform TO ROLE_NAME`,
		"owns tables":              `CREATE ROLE ROLE_NAME LOGIN NOINHERIT; GRANT plinto_app, plinto_platform TO ROLE_NAME; ALTER TABLE users OWNER TO ROLE_NAME`,
		"may create objects":       `CREATE ROLE ROLE_NAME LOGIN NOINHERIT; GRANT plinto_app, plinto_platform TO ROLE_NAME; GRANT CREATE ON SCHEMA public TO ROLE_NAME`,
		"role postgres is a super": `CREATE ROLE ROLE_NAME LOGIN NOINHERIT; GRANT plinto_app, plinto_platform, postgres TO ROLE_NAME`, // which SET ROLE makes it
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			owner := testservice.Database(t, migrated(t))
			conn, err := pgx.Connect(t.Context(), owner)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
			name := "bypass_" + strings.ReplaceAll(uuid.NewString(), "-", "")
			if _, err := conn.Exec(t.Context(), strings.ReplaceAll(prepare, "ROLE_NAME", name)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _, _ = conn.Exec(context.Background(), `DROP OWNED BY `+name+`; DROP ROLE `+name) })
			u, err := url.Parse(owner)
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.User(name)
			if _, err := Open(t.Context(), Config{URL: secret.NewString(u.String())}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("Open = %v, want that it %s", err, says)
			}
		})
	}
}

func TestOpen_refusesAQueueOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]string{
		"lacks 1 migrations, from queue 0": `DELETE FROM river_migration WHERE version = (SELECT max(version) FROM river_migration)`,
		"a newer version applied":          `INSERT INTO river_migration (line, version) VALUES ('main', 1000)`,
	} {
		owner := testservice.Database(t, migrated(t))
		conn, err := pgx.Connect(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.Background()) }()
		if _, err := conn.Exec(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), Config{URL: secret.NewString(owner)}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Open = %v, want %q", err, says)
		}
	}
}

func TestOpen_refusesATableWithoutForcedRowSecurity(t *testing.T) {
	t.Parallel()
	url := testservice.Database(t, migrated(t))
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `ALTER TABLE users NO FORCE ROW LEVEL SECURITY`); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{URL: secret.NewString(url)}); err == nil || !strings.Contains(err.Error(), "not forced on users") {
		t.Errorf("Open = %v", err)
	}
}

func TestErrors_ofTheDriverAreNotShown(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Config{URL: secret.NewString("postgres://plinto:canary-password@127.0.0.1:1/plinto?connect_timeout=1")})
	if err == nil || strings.Contains(err.Error(), "canary-password") {
		t.Errorf("Open = %v", err)
	}
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %q, want unavailable", fault.KindOf(err))
	}
	if f, ok := fault.As(err); ok && strings.Contains(f.Message, "127.0.0.1") {
		t.Errorf("the message for clients names the host: %s", f.Message)
	}
}

func TestTenant_createdElsewhereIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})
	if _, err := here.BySlug(t.Context(), "late"); !errors.Is(err, tenant.ErrUnknown) {
		t.Fatalf("BySlug = %v, want ErrUnknown", err)
	}
	there := newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})
	there.outbox = w.outbox
	service := registry.Service{Tenants: there, Writes: there, Outbox: there, Tx: there}
	if _, err := service.Create(t.Context(), testworld.Tenant("late")); err != nil {
		t.Fatal(err)
	}
	if _, err := here.BySlug(t.Context(), "late"); err != nil {
		t.Errorf("BySlug after another instance created it = %v", err)
	}
}

func TestReady_wantsAClockThatAgreesWithTheDatabases(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migrated(t))
	login := "ready_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := schema.Migrate(t.Context(), owner, &schema.LoginRole{Name: login}); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(login)
	s, err := Open(t.Context(), Config{URL: secret.NewString(u.String())})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for off, ready := range map[time.Duration]bool{0: true, 2 * time.Second: true, 5 * time.Minute: false, -5 * time.Minute: false} {
		s.now = func() time.Time { return time.Now().Add(off) }
		if err := s.Ready(t.Context()); (err == nil) != ready {
			t.Errorf("with a clock that is %v off: %v, want ready %t", off, err, ready)
		}
	}
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Exec(context.Background(), `DROP ROLE `+login) })
	if _, err := conn.Exec(t.Context(), `ALTER ROLE `+login+` SET default_transaction_read_only = on`); err != nil {
		t.Fatal(err)
	}
	s.now = time.Now
	s.system.Pool().Reset()
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "takes no writes") {
		t.Errorf("read-only: %v", err)
	}
}
