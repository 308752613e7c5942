package schema

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// pooled opens a database through a PgBouncer, and past it as direct says.
func pooled(t *testing.T, through, direct string, pooler pg.Pooler) (*pg.DB, *pg.System) {
	t.Helper()
	db, system, err := pg.Open(t.Context(), pg.Options{URL: through, Pooler: pooler, Direct: direct})
	must(t, err)
	t.Cleanup(func() { db.Close(); system.Close() })
	return db, system
}

// as is a URL with another user, and no password.
func as(t *testing.T, at, role string) string {
	t.Helper()
	u, err := url.Parse(at)
	must(t, err)
	u.User = url.User(role)
	return u.String()
}

func TestCheckPooler_findsWhatATransactionCannotMend(t *testing.T) {
	t.Parallel()
	owner, other := testservice.Database(t, migratedWithLogin(t)), testservice.Database(t, migratedWithLogin(t))
	direct := as(t, owner, "plinto_server")
	through := as(t, testservice.ThroughPgBouncer(t, owner), "plinto_server")

	db, system := pooled(t, through, direct, pg.Transaction)
	found, err := CheckPooler(t.Context(), db, system)
	must(t, err)
	if len(found) > 0 {
		t.Errorf("of one that is right: %v", found)
	}
	_, elsewhere := pooled(t, through, as(t, other, "plinto_server"), pg.Transaction)
	refuses(t, db, elsewhere, "lead to different databases")

	conn, err := pgx.Connect(t.Context(), owner)
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `REVOKE USAGE ON SCHEMA public FROM PUBLIC`)
	must(t, err)
	refuses(t, db, system, "may not use the schema public")
	_, err = conn.Exec(t.Context(), `ALTER DATABASE `+shownDatabase(t, conn)+` SET default_transaction_isolation = 'repeatable read'; GRANT USAGE ON SCHEMA public TO PUBLIC`)
	must(t, err)
	again, system := pooled(t, as(t, newBouncer(t, owner), "plinto_server"), direct, pg.Transaction)
	refuses(t, again, system, "transactions through the pooler are repeatable read")
}

func newBouncer(t *testing.T, database string) string {
	t.Helper()
	through, err := testservice.NewPgBouncer(t, database).URL(database)
	must(t, err)
	return through
}

func refuses(t *testing.T, db *pg.DB, system *pg.System, cause string) {
	t.Helper()
	found, err := CheckPooler(t.Context(), db, system)
	must(t, err)
	finding(t, found, cause)
}

// A server whose URL leads to a pooler and that was not told is refused at its start, whether the
// pooler refuses what it asks for or drops it.
func TestCheck_noticesAPoolerNobodyTold(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migratedWithLogin(t))
	_, system := pooled(t, as(t, testservice.ThroughPgBouncer(t, owner), "plinto_server"), "", "")
	_, err := Check(t.Context(), system)
	finding(t, Explain(err, "PLINTO_DATABASE_URL"), "as a pooler such as PgBouncer")

	deaf := testservice.NewPgBouncer(t, owner, "ignore_startup_parameters = role,row_security,jit,IntervalStyle,idle_session_timeout,"+
		"default_transaction_isolation,statement_timeout,lock_timeout,idle_in_transaction_session_timeout")
	through, err := deaf.URL(owner)
	must(t, err)
	_, system = pooled(t, as(t, through, "plinto_server"), "", "")
	found, err := Check(t.Context(), system)
	must(t, err)
	finding(t, found, "a pooler may have dropped it")
}

// What a transaction sees of the settings is the same as without a pooler, and nothing of it is left
// in a session that the next one gets.
func TestPooler_givesTransactionsTheSameSettings(t *testing.T) {
	t.Parallel()
	owner := testservice.Database(t, migratedWithLogin(t))
	ask := `SELECT name || '=' || setting FROM pg_settings WHERE name IN ('role', 'row_security', 'statement_timeout', 'lock_timeout', 'TimeZone', 'DateStyle', 'IntervalStyle',
		'jit', 'client_encoding', 'standard_conforming_strings', 'idle_in_transaction_session_timeout', 'default_transaction_isolation', 'transaction_isolation', 'synchronous_commit') ORDER BY 1`
	ctx := tenant.With(t.Context(), &tenant.Tenant{})
	plain, _ := pooled(t, as(t, owner, "plinto_server"), "", "")
	want, err := pg.Query(ctx, plain, pgx.RowTo[string], ask)
	must(t, err)
	through := as(t, newBouncer(t, owner), "plinto_server")
	db, _ := pooled(t, through, as(t, owner, "plinto_server"), pg.Transaction)
	for name, ctx := range map[string]context.Context{"waiting": ctx, "lazy": pg.Lazily(ctx)} {
		got, err := pg.Query(ctx, db, pgx.RowTo[string], ask)
		must(t, err)
		for i := range want {
			lazily := name == "lazy" && want[i] == "synchronous_commit=on" && got[i] == "synchronous_commit=off"
			if got[i] != want[i] && !lazily {
				t.Errorf("%s: %s, want %s", name, got[i], want[i])
			}
		}
	}
	stranger, err := pgx.Connect(t.Context(), through)
	must(t, err)
	defer stranger.Close(context.Background())
	var role, named string
	must(t, stranger.QueryRow(t.Context(), `SELECT current_setting('role'), coalesce(current_setting('plinto.tenant', true), '')`, pgx.QueryExecModeSimpleProtocol).Scan(&role, &named))
	if role != "none" || named != "" {
		t.Errorf("the next session is of role %q and tenant %q", role, named)
	}
	if _, err := stranger.Exec(t.Context(), `SELECT FROM users`); err == nil {
		t.Error("a transaction that names neither tenant nor role reads users")
	}
}

// migratedWithLogin is migrated, with the role that servers of tests log in as.
func migratedWithLogin(t *testing.T) testservice.Template {
	t.Helper()
	hash, err := Hash()
	must(t, err)
	return testservice.Template{Name: "login" + hash, Migrate: func(ctx context.Context, url string) error {
		_, err := Migrate(ctx, url, &LoginRole{Name: "plinto_server"})
		return err
	}}
}

// finding fails the test unless one of those found is of a cause.
func finding(t *testing.T, found []Finding, cause string) {
	t.Helper()
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Fatal && strings.Contains(f.Cause, cause) && f.Remedy != "" }) {
		t.Errorf("found %v, want one that says %q", found, cause)
	}
}
