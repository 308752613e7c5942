package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/fair"
	"plinto/internal/fault"
	"plinto/internal/freshness"
	"plinto/tenant"
)

// DB is the database as one tenant sees it. Repositories embed it.
type DB struct {
	shared *pgxpool.Pool // unexported: there is no other door
	turns  *fair.Queue   // for connections, by tenant; see acquire
	own    *pools        // of databases that tenants have of their own; nil: there are none
	pooler Pooler        // that shared leads to
	lines  lines         // of statements that share transactions
	// replicas answer what may be a little old; nil: there are none.
	replicas *Replicas
	// ended is called after a transaction that may have ended tokens.
	ended func(tenant.ID)
	// moved is called when a tenant turned out to be elsewhere.
	moved func()
}

// NewDB returns the database behind a pool of the app role.
func NewDB(pool *pgxpool.Pool) *DB {
	return &DB{shared: pool, turns: newTurns(int(pool.Config().MaxConns), acquireWait), lines: lines{patience: patience}}
}

// WithTurns has tenants take turns for at most that many connections, each waiting as
// long at most.
func (db *DB) WithTurns(conns int, wait time.Duration) *DB {
	db.turns = newTurns(conns, wait)
	return db
}

// OnEnded calls f after each transaction that may have ended tokens of a tenant.
func (db *DB) OnEnded(f func(tenant.ID)) { db.ended = f }

// OnMoved calls f when a tenant turned out to be elsewhere than a transaction looked for it: what is known of
// placements is old.
func (db *DB) OnMoved(f func()) { db.moved = f }

// Stat counts connections.
func (db *DB) Stat() *pgxpool.Stat { return db.shared.Stat() }

// Turns says how those who want a connection take turns.
func (db *DB) Turns() fair.Stat { return db.turns.Stat() }

// Pooler is what stands between the database and its connections.
func (db *DB) Pooler() Pooler { return db.pooler }

// Close closes every connection.
func (db *DB) Close() {
	db.shared.Close()
	if db.own != nil {
		db.own.close()
	}
	if db.replicas != nil {
		db.replicas.Close()
	}
}

// ErrOtherTenant reports a context that changed its tenant, or the organization it is confined to, within a
// transaction: a bug.
var ErrOtherTenant = errors.New("transaction belongs to another tenant or organization")

type (
	workKey struct{}
	lazyKey struct{}
)

// Lazily returns a context whose transactions do not wait until they are on disk: for
// facts that a crash of Postgres may take back.
func Lazily(ctx context.Context) context.Context { return context.WithValue(ctx, lazyKey{}, true) }

// scope returns the tenant of ctx and the transaction of ctx, or nil. A context
// that changed tenant midway is a bug, not a join.
func scope(ctx context.Context) (*tenant.Tenant, *work, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, nil, err
	}
	w, ok := ctx.Value(workKey{}).(*work)
	if !ok {
		return t, nil, nil
	}
	if w.tenant.ID != t.ID {
		return nil, nil, ErrOtherTenant
	}
	if w.naming.organization != tenant.Confined(ctx) {
		return nil, nil, ErrOtherTenant
	}
	return t, w, nil
}

// ErrNoTransaction reports a call outside of a transaction that must be part of one, such as
// an event that must be committed with its change.
var ErrNoTransaction = errors.New("called outside a transaction")

// InTx runs fn in one transaction, carried by the context it is given. A nested
// call joins the transaction of ctx. The transaction commits when fn returns nil, or an
// error that is fault.ErrRecorded.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	t, joined, err := scope(ctx)
	if err != nil {
		return err
	}
	if joined != nil {
		return fn(ctx)
	}
	w := &work{db: db, tenant: t, naming: db.namingOf(ctx, t)}
	defer w.close(ctx)
	if err = fn(context.WithValue(ctx, workKey{}, w)); err == nil || errors.Is(err, fault.ErrRecorded) {
		if lost := w.commit(ctx); lost != nil {
			err = lost
		}
	}
	// Also after an error: a commit whose answer was lost may have happened.
	if w.ends {
		db.tokensEnded(t.ID)
	}
	for _, f := range w.over {
		f()
	}
	return Unavailable(err)
}

// Joined reports whether ctx carries a transaction of its tenant.
func Joined(ctx context.Context) (bool, error) {
	_, w, err := scope(ctx)
	return w != nil, err
}

// Afterwards calls f when the transaction of ctx is over, committed or not.
func Afterwards(ctx context.Context, f func()) {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		w.over = append(w.over, f)
	} else {
		f()
	}
}

// Committed calls f when the transaction of ctx was committed, and not when it was not.
func Committed(ctx context.Context, f func()) {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		w.over = append(w.over, func() {
			if w.done {
				f()
			}
		})
	}
}

// tokensEnded makes this instance forget its copies of the tenant's tokens at once; the
// database announces it to the others.
func (db *DB) tokensEnded(id tenant.ID) {
	if db.ended != nil {
		db.ended(id)
	}
}

// EndsTokens notes that what was just done may have ended tokens: it shows when
// the transaction of ctx is over, or now.
func EndsTokens(ctx context.Context, db *DB) {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		w.ends = true
	} else if t, err := tenant.From(ctx); err == nil {
		db.tokensEnded(t.ID)
	}
}

// Tx returns the transaction of ctx as pgx knows it, for a library that sends statements
// of its own, or ErrNoTransaction.
func Tx(ctx context.Context) (pgx.Tx, error) {
	_, w, err := scope(ctx)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, ErrNoTransaction
	}
	return w.tx(ctx)
}

// send sends s in the transaction of ctx, or in one of its own.
func (db *DB) send(ctx context.Context, s statement) error {
	t, w, err := scope(ctx)
	if err != nil {
		return err
	}
	if w != nil {
		return Unavailable(w.send(ctx, s))
	}
	return Unavailable(db.alone(ctx, t, s))
}

// read is send for a statement that may go to a replica where the context says so. In a transaction
// it never does.
func (db *DB) read(ctx context.Context, s statement) error {
	after, display := freshness.Of(ctx)
	if !display || db.replicas == nil {
		return db.send(ctx, s)
	}
	t, w, err := scope(ctx)
	if err != nil {
		return err
	}
	if w == nil && PlaceOf(t).Shares() {
		if answered, err := db.replicas.read(ctx, after, t, s); answered {
			return err
		}
	}
	return db.send(ctx, s)
}

// Query runs one statement and collects its rows.
func Query[T any](ctx context.Context, db *DB, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	err := db.read(ctx, func(b *batch) {
		b.queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, row)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// maxReserved bounds how many rows memory is reserved for before the first is there.
const maxReserved = 1000

// QueryPage is Query for up to n rows of many columns. fields appends where the columns of a row go, and a
// row is read where it stays: pages of a hundred users are mostly what copying them and growing costs.
func QueryPage[T any](ctx context.Context, db *DB, n int, fields func(to []any, row *T) []any, sql string, args ...any) ([]T, error) {
	var found []T
	err := db.read(ctx, func(b *batch) {
		b.queue(sql, args...).Query(func(rows pgx.Rows) error {
			found = make([]T, 0, min(n, maxReserved))
			var to []any
			for rows.Next() {
				var none T
				found = append(found, none)
				to = fields(to[:0], &found[len(found)-1])
				if err := rows.Scan(to...); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// QueryLater is Query for a statement whose rows nobody waits for: it is sent with what
// comes next, at the latest with the commit. check sees the rows, perhaps when everything
// has been committed, or the error that kept it from being so; InTx returns what check does.
func QueryLater[T any](ctx context.Context, check func([]T, error) error, row pgx.RowToFunc[T], sql string, args ...any) error {
	_, w, err := scope(ctx)
	switch {
	case err != nil:
		return err
	case w == nil:
		return ErrNoTransaction
	case w.done:
		return errDone
	}
	w.waiting = append(w.waiting, func(b *batch) {
		b.queue(sql, args...).Fn = func(answers pgx.BatchResults) error {
			rows, _ := answers.Query() // the error is also in rows
			return check(pgx.CollectRows(rows, row))
		}
	})
	return nil
}

// One is Query for a statement that yields exactly one row; pgx.ErrNoRows otherwise.
func One[T any](ctx context.Context, db *DB, row pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	return only(Query(ctx, db, row, sql, args...))
}

// only returns the one row that was found; pgx.ErrNoRows for none, and for several.
func only[T any](found []T, err error) (T, error) {
	if err == nil && len(found) != 1 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return found[0], nil
}

// Exec runs one statement and returns how many rows it changed.
func Exec(ctx context.Context, db *DB, sql string, args ...any) (changed int64, err error) {
	err = db.send(ctx, execution(func(n int64) error {
		changed = n
		return nil
	}, sql, args...))
	return changed, err
}

// ExecLater is exec for a statement whose answer nobody waits for. In a
// transaction it is sent with what comes next, at the latest with the commit; its
// failure is then InTx's. check sees how many rows it changed, perhaps after the
// commit: it can refuse an answer but undo nothing.
func ExecLater(ctx context.Context, db *DB, check func(changed int64) error, sql string, args ...any) error {
	_, w, err := scope(ctx)
	if err != nil {
		return err
	}
	s := execution(check, sql, args...)
	if w == nil {
		return db.send(ctx, s)
	}
	if w.done {
		return errDone
	}
	w.waiting = append(w.waiting, s)
	return nil
}

// ExecLaterOr is execLater for a statement that may fail for a reason of the
// caller's: failed gets the error and returns the one that InTx returns.
func ExecLaterOr(ctx context.Context, db *DB, failed func(error) error, sql string, args ...any) error {
	_, w, err := scope(ctx)
	if err != nil {
		return err
	}
	s := func(b *batch) {
		b.queue(sql, args...).Fn = func(answers pgx.BatchResults) error {
			if _, err := answers.Exec(); err != nil {
				return failed(err)
			}
			return nil
		}
	}
	if w == nil {
		return db.send(ctx, s)
	}
	if w.done {
		return errDone
	}
	w.waiting = append(w.waiting, s)
	return nil
}

func execution(check func(changed int64) error, sql string, args ...any) statement {
	return func(b *batch) {
		b.queue(sql, args...).Exec(func(tag pgconn.CommandTag) error { return check(tag.RowsAffected()) })
	}
}

// AnyNumber is a check of ExecLater that takes any answer.
func AnyNumber(int64) error { return nil }
