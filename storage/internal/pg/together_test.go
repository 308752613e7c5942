package pg

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/internal/fault"
	"plinto/tenant"
)

// addTogether adds a thing as soon as a gate lets it pass, and says which tenant the transaction was told of.
const addTogether = `INSERT INTO things (id, name)
	SELECT $1::uuid, current_setting('plinto.tenant') || ' ' || $2::text FROM (SELECT pass($3)) passed RETURNING name`

// createPass makes what waits at a gate: for the lock where it is told so, and otherwise in a way that no limit of locks ends.
const createPass = `CREATE FUNCTION pass(gate bigint) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		IF gate >= ` + lockedFrom + ` THEN
			PERFORM pg_advisory_xact_lock_shared(gate);
		END IF;
		WHILE NOT pg_try_advisory_xact_lock_shared(gate) LOOP PERFORM pg_sleep(0.002); END LOOP;
	END $$`

// Gates from lockedFrom are waited for as locks are.
const (
	lockedFrom = "100"
	locked     = 100
)

// A gate holds addTogether up.
type gate struct {
	t    *testing.T
	conn *pgx.Conn
	at   int64
}

func (g gate) shut() {
	_, err := g.conn.Exec(g.t.Context(), `SELECT pg_advisory_lock($1)`, g.at)
	must(g.t, err)
}

func (g gate) open() {
	_, err := g.conn.Exec(g.t.Context(), `SELECT pg_advisory_unlock($1)`, g.at)
	must(g.t, err)
}

func gateOf(t *testing.T, db *DB, at int64) gate {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), db.shared.Config().ConnConfig)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	g := gate{t, conn, at}
	g.shut()
	return g
}

// A crowd is of statements that are sent at the same time.
type crowd struct {
	t    *testing.T
	db   *DB
	all  sync.WaitGroup
	mu   sync.Mutex
	told map[string]error // by name; of those that were answered
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{t: t, db: NewDB(database(t)), told: map[string]error{}}
	c.db.lines.patience = time.Hour
	_, err := c.db.shared.Exec(t.Context(), createPass)
	must(t, err)
	return c
}

// send sends a thing that waits at a gate, and returns when it is in line or under way.
func (c *crowd) send(ctx context.Context, name string, id uuid.UUID, at int64) {
	c.t.Helper()
	before := c.there()
	c.start(ctx, name, id, at)
	eventually(c.t, name+" is there", func() bool { return c.there() > before })
}

func (c *crowd) start(ctx context.Context, name string, id uuid.UUID, at int64) {
	c.all.Go(func() {
		names, err := QueryTogether(ctx, c.db, []byte(name), pgx.RowTo[string], addTogether, id, name, at)
		if err == nil && (len(names) != 1 || !strings.HasSuffix(names[0], " "+name)) {
			err = fmt.Errorf("was answered %q", names)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.told[name] = err
	})
}

func (c *crowd) answered(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.told[name]
	return ok
}

// there is how many are under way by themselves, or wait.
func (c *crowd) there() (n int) {
	c.db.lines.mu.Lock()
	defer c.db.lines.mu.Unlock()
	for _, q := range c.db.lines.of {
		n += q.underWay + len(q.waiting)
	}
	return n
}

// first has a transaction under way at a gate, so that whoever comes waits.
func (c *crowd) first(ctx context.Context, at int64) {
	c.t.Helper()
	c.send(ctx, "first", uuid.New(), at)
}

// wants looks at what everybody was told, when all are through; refused is by name.
func (c *crowd) wants(refused map[string]func(error) bool) {
	c.t.Helper()
	c.all.Wait()
	for name, err := range c.told {
		if is := refused[name]; is == nil && err != nil || is != nil && !is(err) {
			c.t.Errorf("%s: %v", name, err)
		}
	}
	eventually(c.t, "every line is gone", func() bool {
		c.db.lines.mu.Lock()
		defer c.db.lines.mu.Unlock()
		return len(c.db.lines.of) == 0
	})
}

// transactions returns names of things by the transaction that added them, in the order in which it did.
func (c *crowd) transactions() []string {
	c.t.Helper()
	rows, err := c.db.shared.Query(c.t.Context(), `SELECT string_agg(substr(name, 38), ', ' ORDER BY ctid) FROM things GROUP BY xmin::text`)
	must(c.t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(c.t, err)
	return found
}

// Those that come while others are under way share one transaction, in the order that their locks want.
func TestTogether_sharesATransaction(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	for _, name := range []string{"c", "a", "b"} {
		c.send(ctx, name, uuid.New(), 1)
	}
	g.open()
	c.wants(nil)
	found := c.transactions()
	if len(found) != 2 || !slices.Contains(found, "a, b, c") {
		t.Errorf("transactions: %q", found)
	}
}

// However many wait, a transaction has a bound.
func TestTogether_hasABound(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	for n := range 2*mostTogether + 1 {
		c.start(ctx, fmt.Sprintf("%04d", n), uuid.New(), 1)
	}
	eventually(t, "those who find no place go beside the first", func() bool { return c.there() == 3+1 })
	g.open()
	c.wants(nil)
	sizes := map[int]int{}
	for _, names := range c.transactions() {
		sizes[1+strings.Count(names, ",")]++
	}
	if sizes[mostTogether] != 2 || sizes[1] != 2 {
		t.Errorf("transactions by size: %v", sizes)
	}
}

// GRP-02: one that is refused takes nobody with it, and is told itself.
func TestTogether_failsAlone(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	taken := uuid.New()
	_, err := c.db.shared.Exec(t.Context(), `INSERT INTO things (id) VALUES ($1)`, taken)
	must(t, err)
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	c.send(ctx, "a", uuid.New(), 1)
	c.send(ctx, "b", taken, 1)
	c.send(ctx, "c\x00", uuid.New(), 1)
	c.send(ctx, "d", uuid.New(), 1)
	g.open()
	said := func(code string) func(error) bool {
		return func(err error) bool {
			var said *pgconn.PgError
			return errors.As(err, &said) && said.Code == code
		}
	}
	c.wants(map[string]func(error) bool{"b": said("23505"), "c\x00": said("22021")})
	if n := things(t, c.db, ctx); n != 1+2+1 {
		t.Errorf("%d things, want two of the four besides those there were", n)
	}
}

// GRP-03: who waits for a lock waits by itself, wherever it was in line.
func TestTogether_waitsForALockAlone(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	held := gateOf(t, c.db, locked)
	c.send(ctx, "held", uuid.New(), locked)
	for _, name := range []string{"a", "b", "c"} {
		at := int64(1)
		if name == "b" {
			at = locked
		}
		c.start(ctx, name, uuid.New(), at)
	}
	eventually(t, "whoever needs no lock was answered", func() bool { return c.answered("a") && c.answered("c") })
	if c.answered("b") || c.answered("held") {
		t.Error("what waits for the lock was answered")
	}
	held.open()
	c.wants(nil)
	if n := things(t, c.db, ctx); n != 1+3 {
		t.Errorf("%d things, want all", n)
	}
}

// GRP-03: a transaction that does not end, as on a connection that nobody answers on, holds up whoever comes for a moment only.
func TestTogether_hasPatience(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	c.db.lines.patience = 500 * time.Millisecond
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	for _, name := range []string{"a", "b", "c"} {
		c.start(ctx, name, uuid.New(), 2)
	}
	eventually(t, "whoever waits was answered", func() bool { return c.answered("a") && c.answered("b") && c.answered("c") })
	if c.answered("first") {
		t.Error("what did not end was answered")
	}
	g.open()
	c.wants(nil)
}

// GRP-02: whoever goes away has gone at once, and takes nobody along: neither before the transaction nor in it.
func TestTogether_letsMembersGo(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	g, second := gateOf(t, c.db, 1), gateOf(t, c.db, 2)
	c.first(ctx, 1)
	early, leaveEarly := context.WithCancel(ctx)
	late, leaveLate := context.WithCancel(ctx)
	c.send(late, "a", uuid.New(), 2) // the first, in whose context nothing else may be
	c.send(early, "b", uuid.New(), 2)
	c.send(ctx, "c", uuid.New(), 2)
	leaveEarly()
	eventually(t, "who leaves before the transaction is told", func() bool { return c.answered("b") })
	g.open()
	eventually(t, "the transaction is under way", func() bool { return c.there() == 1 })
	leaveLate()
	eventually(t, "who leaves in the transaction is told", func() bool { return c.answered("a") })
	if c.answered("c") {
		t.Error("who waits was told before the transaction was over")
	}
	second.open()
	canceled := func(err error) bool { return errors.Is(err, context.Canceled) }
	c.wants(map[string]func(error) bool{"a": canceled, "b": canceled})
	if found := c.transactions(); !slices.Contains(found, "a, c") {
		t.Errorf("transactions: %q", found)
	}
}

// GRP-01: a transaction is of one tenant, of one part of it, and waits for the disk or does not. Nobody waits for another.
func TestTogether_keepsLinesApart(t *testing.T) {
	t.Parallel()
	c, one, other := newCrowd(t), someTenant(), someTenant()
	ctx := tenant.With(t.Context(), one)
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	c.send(ctx, "waits", uuid.New(), 1)
	contexts := map[string]context.Context{
		"other tenant": tenant.With(t.Context(), other), "organization": tenant.Confine(ctx, uuid.New()), "lazily": Lazily(ctx),
	}
	for name, ctx := range contexts {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		names, err := QueryTogether(ctx, c.db, nil, pgx.RowTo[string], addTogether, uuid.New(), name, 2)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		of := one
		if name == "other tenant" {
			of = other
		}
		if names[0] != of.ID.String()+" "+name {
			t.Errorf("%s: its transaction was told of %q", name, names[0])
		}
	}
	g.open()
	c.wants(nil)
}

// Where the connection breaks nobody knows what became of the transaction. All are told so, and nothing is sent twice.
func TestTogether_tellsAllThatItIsNotKnown(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	g, second := gateOf(t, c.db, 1), gateOf(t, c.db, 2)
	c.first(ctx, 1)
	c.send(ctx, "a", uuid.New(), 2)
	c.send(ctx, "b", uuid.New(), 2)
	g.open()
	eventually(t, "the connection that the two share is gone", func() (killed bool) {
		must(t, second.conn.QueryRow(t.Context(), `SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event = 'PgSleep' AND $1`, c.there() == 1).Scan(&killed))
		return killed
	})
	second.open()
	unknown := func(err error) bool { return fault.KindOf(err) == fault.Unavailable }
	c.wants(map[string]func(error) bool{"a": unknown, "b": unknown})
	if n := things(t, c.db, ctx); n != 1 {
		t.Errorf("%d things, want the first", n)
	}
}

// A row that cannot be read is the affair of who reads it; the others were stored and are told so.
func TestTogether_readsEachForItself(t *testing.T) {
	t.Parallel()
	c, ctx := newCrowd(t), tenant.With(t.Context(), someTenant())
	g := gateOf(t, c.db, 1)
	c.first(ctx, 1)
	errRow := errors.New("no such row")
	read := func(name string, row pgx.RowToFunc[string]) error {
		_, err := QueryTogether(ctx, c.db, []byte(name), row, addTogether, uuid.New(), name, int64(1))
		return err
	}
	var failed error
	c.all.Go(func() { failed = read("a", func(pgx.CollectableRow) (string, error) { return "", errRow }) })
	var panicked any
	c.all.Go(func() {
		defer func() { panicked = recover() }()
		_ = read("b", func(pgx.CollectableRow) (string, error) { panic("in a row") })
	})
	eventually(t, "both are there", func() bool { return c.there() == 1+2 })
	c.send(ctx, "c", uuid.New(), 1)
	g.open()
	c.wants(nil)
	if !errors.Is(failed, errRow) || panicked != "in a row" {
		t.Errorf("told %v, panicked with %v", failed, panicked)
	}
	if n := things(t, c.db, ctx); n != 1+3 {
		t.Errorf("%d things, want all", n)
	}
}

// In a transaction of the caller's it is a statement of that.
func TestTogether_joinsATransaction(t *testing.T) {
	t.Parallel()
	db, ctx := newCrowd(t).db, tenant.With(t.Context(), someTenant())
	err := db.InTx(ctx, func(ctx context.Context) error {
		_, err := QueryTogether(ctx, db, nil, pgx.RowTo[string], addTogether, uuid.New(), "a", int64(1))
		must(t, err)
		must(t, ExecTogether(ctx, db, `INSERT INTO things (id) VALUES ($1)`, uuid.New()))
		if n := things(t, db, ctx); n != 2 {
			t.Errorf("%d things in the transaction, want 2", n)
		}
		return errRefused
	})
	if n := things(t, db, ctx); !errors.Is(err, errRefused) || n != 0 {
		t.Errorf("%d things after %v, want none", n, err)
	}
}

// Whatever was answered was stored, for whom it was meant, under all that may happen at once.
func TestTogether_losesNothing(t *testing.T) {
	t.Parallel()
	db := newCrowd(t).db
	tenants := []*tenant.Tenant{someTenant(), someTenant(), someTenant()}
	taken := uuid.New()
	_, err := db.shared.Exec(t.Context(), `INSERT INTO things (id) VALUES ($1)`, taken)
	must(t, err)
	var mu sync.Mutex
	stored := map[uuid.UUID]string{}
	var all sync.WaitGroup
	for worker := range 24 {
		all.Go(func() {
			of := tenants[worker%len(tenants)]
			for n := range 40 {
				ctx, cancel := context.WithCancel(tenant.With(t.Context(), of))
				id, name := uuid.New(), fmt.Sprint(worker, "-", n)
				switch n % 8 {
				case 3:
					id = taken
				case 5:
					go func() { runtime.Gosched(); cancel() }()
				}
				names, err := QueryTogether(ctx, db, []byte(name), pgx.RowTo[string], addTogether, id, name, int64(1))
				cancel()
				if err == nil {
					mu.Lock()
					stored[id] = names[0]
					mu.Unlock()
				} else if id != taken && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
				if want := of.ID.String() + " " + name; err == nil && names[0] != want {
					t.Errorf("told %q, want %q", names, want)
				}
			}
		})
	}
	all.Wait()
	if len(stored) < 24*40*3/4 || stored[taken] != "" {
		t.Errorf("%d were stored", len(stored))
	}
	for id, name := range stored {
		var is string
		must(t, db.shared.QueryRow(t.Context(), `SELECT name FROM things WHERE id = $1`, id).Scan(&is))
		if is != name {
			t.Errorf("%s is %q, want %q", id, is, name)
		}
	}
}
