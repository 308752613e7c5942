package pg

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/fault"
	"plinto/internal/testservice"
	"plinto/tenant"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// createFences makes what each transaction asks whether its tenant was moved away.
const createFences = `CREATE TABLE tenant_fences (tenant uuid PRIMARY KEY);
	GRANT SELECT ON tenant_fences TO PUBLIC;
	CREATE FUNCTION tenant_moved() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'moved' USING ERRCODE = 'PL001'; END $$`

// database returns a pool on a database with one table, things, without rows, where every tenant is.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	template := testservice.Template{Name: "things and fences", Migrate: func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, `CREATE TABLE things (id uuid PRIMARY KEY, name text NOT NULL DEFAULT repeat('x', 100)); `+createFences)
		return err
	}}
	config, err := pgxpool.ParseConfig(testservice.Database(t, template))
	must(t, err)
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func someTenant() *tenant.Tenant { return &tenant.Tenant{ID: tenant.ID(uuid.New())} }

func things(t *testing.T, db *DB, ctx context.Context) int {
	t.Helper()
	n, err := One(ctx, db, pgx.RowTo[int], `SELECT count(*)::int FROM things`)
	must(t, err)
	return n
}

func add(ctx context.Context, db *DB) error {
	_, err := Exec(ctx, db, `INSERT INTO things (id) VALUES ($1)`, uuid.New())
	return err
}

var errRefused = fault.New(fault.Invalid, "refused", "No.")

// What is done before a refusal stays only where the refusal says so: a spent code that is
// presented again ends what it brought, and its caller is refused.
func TestInTx_keepsWhatARefusalRecorded(t *testing.T) {
	t.Parallel()
	db, ctx := NewDB(database(t)), tenant.With(t.Context(), someTenant())
	for _, c := range []struct {
		name string
		err  error
		want int
	}{{"refused", errRefused, 0}, {"refused and recorded", errRefused.With(fault.ErrRecorded), 1}, {"done", nil, 2}} {
		err := db.InTx(ctx, func(ctx context.Context) error {
			return errors.Join(add(ctx, db), db.InTx(ctx, func(context.Context) error { return c.err }))
		})
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
		if n := things(t, db, ctx); n != c.want {
			t.Errorf("%s: %d rows, want %d", c.name, n, c.want)
		}
	}
}

// A tenant whose rows are kept elsewhere must not be served from here.
func TestAcquire_knowsWhereTheRowsOfATenantAre(t *testing.T) {
	t.Parallel()
	db := NewDB(database(t))
	for isolation, served := range map[tenant.Isolation]bool{"": true, tenant.Shared: true, tenant.Schema: true, tenant.Database: false, "moon": false} {
		there := someTenant()
		there.Placement.Isolation = isolation
		ctx := tenant.With(t.Context(), there)
		if isolation == tenant.Schema {
			name := SchemaName(there.ID)
			_, err := db.shared.Exec(ctx, `CREATE SCHEMA `+name+`; CREATE TABLE `+name+`.tenant_fences (LIKE tenant_fences);
				CREATE FUNCTION `+name+`.tenant_moved() RETURNS text LANGUAGE sql RETURN NULL`)
			must(t, err)
		}
		_, alone := Exec(ctx, db, `SELECT 1`)
		joined := db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db) })
		for _, err := range []error{alone, joined} {
			if errors.Is(err, ErrPlacement) == served || (err == nil) != served {
				t.Errorf("%q: got %v, want it served: %v", isolation, err, served)
			}
		}
	}
}

// ISO-12: a tenant that is being moved is nowhere, and one that was moved away is not here; whoever took it to be here learns that what it
// knows is old.
func TestNaming_refusesWhoWasMovedAway(t *testing.T) {
	t.Parallel()
	db, stays, moved := NewDB(database(t)), someTenant(), someTenant()
	learned := 0
	db.OnMoved(func() { learned++ })
	_, err := db.shared.Exec(t.Context(), `INSERT INTO tenant_fences VALUES ($1)`, uuid.UUID(moved.ID))
	must(t, err)
	must(t, add(tenant.With(t.Context(), stays), db))
	ctx := tenant.With(t.Context(), moved)
	for n, err := range []error{
		add(ctx, db), db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db) }), db.InTx(Lazily(ctx), func(ctx context.Context) error { return add(ctx, db) }),
		db.InTx(tenant.Confine(ctx, uuid.New()), func(ctx context.Context) error { return add(ctx, db) }),
		db.InTx(Lazily(tenant.Confine(ctx, uuid.New())), func(ctx context.Context) error {
			return ExecLater(ctx, db, AnyNumber, `INSERT INTO things (id) VALUES ($1)`, uuid.New())
		}),
	} {
		if !errors.Is(err, tenant.ErrMoving) || learned != 5 {
			t.Errorf("%d: %v, learned %d times", n, err, learned)
		}
	}
	if n := things(t, db, tenant.With(t.Context(), stays)); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	stays.Placement.Isolation = tenant.Moving
	if err := add(tenant.With(t.Context(), stays), db); !errors.Is(err, tenant.ErrMoving) || learned != 5 {
		t.Errorf("of a tenant that is nowhere: %v", err)
	}
	if _, err := NewSystem(db.shared).At(PlaceOf(stays)).Exec(t.Context(), `SELECT 1`); !errors.Is(err, tenant.ErrMoving) {
		t.Errorf("across tenants, where one is nowhere: %v", err)
	}
}

// Only what says so is lazy: Postgres would tell us nothing otherwise.
func TestLazily_isForItsOwnTransactionsOnly(t *testing.T) {
	t.Parallel()
	db, ctx := NewDB(database(t)), tenant.With(t.Context(), someTenant())
	setting := func(ctx context.Context) (s string) {
		must(t, db.InTx(ctx, func(ctx context.Context) (err error) {
			s, err = One(ctx, db, pgx.RowTo[string], `SHOW synchronous_commit`)
			return err
		}))
		return s
	}
	for range 3 {
		if got := setting(Lazily(ctx)); got != "off" {
			t.Errorf("lazily: synchronous_commit is %s", got)
		}
		if got := setting(ctx); got != "on" {
			t.Errorf("then: synchronous_commit is %s", got)
		}
	}
}

// A tenant whose statements all wait for one row does not hold every connection, and
// another that comes then does not wait behind all that it wants.
func TestPool_isSharedAmongTenants(t *testing.T) {
	t.Parallel()
	const conns = 16
	turns := newTurns(conns, 20*time.Second)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	held := 0
	for {
		if _, err := turns.Enter(gone, "one"); err != nil {
			break
		}
		held++
	}
	if held != conns-conns/8 {
		t.Errorf("one tenant holds %d of %d connections, want %d", held, conns, conns-conns/8)
	}
	for range conns / 8 {
		if _, err := turns.Enter(gone, "other"); err != nil {
			t.Errorf("another tenant: %v", err)
		}
	}
	// And the pool is what goes by them.
	db := NewDB(database(t)).WithTurns(1, time.Millisecond)
	ctx := tenant.With(t.Context(), someTenant())
	leave, err := db.turns.Enter(t.Context(), "other")
	must(t, err)
	once := func() error { return db.InTx(ctx, func(ctx context.Context) error { return add(ctx, db) }) }
	if err := once(); !errors.Is(err, errBusy) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a transaction without a connection: %v", err)
	}
	leave()
	must(t, once())
}

// F-32: a plan that was right for a handful of rows does not outlive them for long.
func TestConnection_plansAnewNowAndThen(t *testing.T) {
	t.Parallel()
	pool := database(t)
	// Autovacuum would have the plan made anew by itself, as ANALYZE does.
	_, err := pool.Exec(t.Context(), `ALTER TABLE things SET (autovacuum_enabled = off)`)
	must(t, err)
	fill := func(n int) {
		_, err := pool.Exec(t.Context(), `INSERT INTO things (id) SELECT gen_random_uuid() FROM generate_series(1, $1::int)`, n)
		must(t, err)
		_, err = pool.Exec(t.Context(), `ANALYZE things`)
		must(t, err)
	}
	fill(1)
	pooled, err := pool.Acquire(t.Context())
	must(t, err)
	defer pooled.Release()
	conn, began := pooled.Conn(), time.Now()
	must(t, replan(t.Context(), pooled, began)) // notes when it began
	for _, sql := range []string{`SET plan_cache_mode = force_generic_plan`, `PREPARE one (uuid) AS SELECT * FROM things WHERE id = $1`} {
		_, err := conn.Exec(t.Context(), sql)
		must(t, err)
	}
	plan := func() string {
		rows, err := conn.Query(t.Context(), `EXPLAIN EXECUTE one('`+uuid.NewString()+`')`, pgx.QueryExecModeSimpleProtocol)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		return strings.Join(lines, "\n")
	}
	if got := plan(); !strings.Contains(got, "Seq Scan") {
		t.Fatalf("of a few rows it reads not all: %s", got)
	}
	_, err = pool.Exec(t.Context(), `INSERT INTO things (id) SELECT gen_random_uuid() FROM generate_series(1, 5000)`)
	must(t, err)
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "Seq Scan"}, {planAgeFirst - time.Millisecond, "Seq Scan"}, {planAgeFirst, "Index Scan"}} {
		must(t, replan(t.Context(), pooled, began.Add(c.after)))
		if got := plan(); !strings.Contains(got, c.want) {
			t.Errorf("after %v: want %s:\n%s", c.after, c.want, got)
		}
	}
	p := conn.PgConn().CustomData()[planAgeKey].(*planAge)
	for range 10 {
		must(t, replan(t.Context(), pooled, p.since.Add(p.limit)))
	}
	if p.limit != planAgeLast {
		t.Errorf("kept for %v at last, want %v", p.limit, planAgeLast)
	}
}

// A page is what Query would find, however many rows it was thought to have.
func TestQueryPage_findsWhatQueryFinds(t *testing.T) {
	t.Parallel()
	db, ctx := NewDB(database(t)), tenant.With(t.Context(), someTenant())
	type row struct {
		N    int
		Text string
	}
	const sql = `SELECT n, 'row ' || n FROM generate_series(1, $1::int) n`
	want, err := Query(ctx, db, pgx.RowToStructByPos[row], sql, 300)
	must(t, err)
	for _, n := range []int{0, 10, 300, 1_000_000} {
		got, err := QueryPage(ctx, db, n, func(to []any, r *row) []any { return append(to, &r.N, &r.Text) }, sql, 300)
		if must(t, err); !slices.Equal(got, want) {
			t.Errorf("a page of %d: %d rows, from %v", n, len(got), got[0])
		}
	}
	if _, err := QueryPage(ctx, db, 1, func(to []any, r *row) []any { return append(to, &r.Text, &r.N) }, sql, 1); err == nil {
		t.Error("rows that do not fit are no error")
	}
}

func BenchmarkText(b *testing.B) {
	own := someTenant()
	own.Placement.Isolation = tenant.Schema
	sql := `WITH used AS (UPDATE refresh_tokens r SET used_at = now() WHERE r.hash = $1 AND r.used_at IS NULL AND EXISTS (
		SELECT FROM grants g CROSS JOIN LATERAL (SELECT * FROM users WHERE id = g.user_id OFFSET 0) u WHERE g.id = r.grant_id) RETURNING r.grant_id)
		INSERT INTO refresh_tokens (hash, grant_id) SELECT $2, grant_id FROM used`
	b.ReportAllocs()
	for b.Loop() {
		_ = PlaceOf(own).Text(sql)
	}
}

func TestText_qualifiesTablesAndNothingElse(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`SELECT u.id FROM users u JOIN grants g ON g.user_id = u.id`: `SELECT u.id FROM s.users u JOIN s.grants g ON g.user_id = u.id`,
		`UPDATE users SET email = 'FROM users' WHERE users.id = $1`:  `UPDATE s.users SET email = 'FROM users' WHERE users.id = $1`,
		`SELECT events FROM webhook_endpoints FOR UPDATE`:            `SELECT events FROM s.webhook_endpoints FOR UPDATE`,
		`SELECT find_users($1, @users)`:                              `SELECT s.find_users($1, @users)`,
		`SELECT nextval('events_seq'), 'events_seq'`:                 `SELECT nextval('s.events_seq'), 'events_seq'`,
		`SELECT 1 -- FROM users`:                                     `SELECT 1 -- FROM users`,
		`SELECT "users" FROM other.users`:                            `SELECT "users" FROM other.users`,
		`SELECT FROM pg_class WHERE oid = 'audit_log'::regclass`:     `SELECT FROM pg_class WHERE oid = 's.audit_log'::regclass`,
		`DELETE FROM grants g USING codes c WHERE 'it''s' = $1`:      `DELETE FROM s.grants g USING s.codes c WHERE 'it''s' = $1`,
	} {
		if got := InSchema("s").Text(sql); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := (Place{}).Text(sql); got != sql {
			t.Errorf("in the shared tables: %s", got)
		}
	}
}
