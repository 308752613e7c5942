package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/internal/fair"
	"plinto/tenant"
)

// DB is the database as one tenant sees it. Repositories embed it.
type DB struct {
	pool  *pgxpool.Pool // unexported: there is no other door
	turns *fair.Queue   // for connections, by tenant; see acquire
	// ended is called after a transaction that may have ended tokens.
	ended func(tenant.ID)
}

func newDB(pool *pgxpool.Pool) *DB {
	return &DB{pool: pool, turns: newTurns(int(pool.Config().MaxConns), acquireWait)}
}

// nameTenant tells row-level security whose rows this transaction may see.
const nameTenant = `SELECT set_config('plinto.tenant', $1, true)`

// nameTenantLazily does so for a transaction whose commit waits for no disk.
const nameTenantLazily = `SELECT set_config('plinto.tenant', $1, true), set_config('synchronous_commit', 'off', true)`

var errOtherTenant = errors.New("transaction belongs to another tenant")

type (
	workKey struct{}
	lazyKey struct{}
)

// lazily returns a context whose transactions do not wait until they are on disk: for
// facts that a crash of Postgres may take back.
func lazily(ctx context.Context) context.Context { return context.WithValue(ctx, lazyKey{}, true) }

// naming is how a transaction that begins in ctx names its tenant.
func naming(ctx context.Context) string {
	if lazy, _ := ctx.Value(lazyKey{}).(bool); lazy {
		return nameTenantLazily
	}
	return nameTenant
}

// scope returns the tenant of ctx and the transaction of ctx, or nil. A context
// that changed tenant midway is a bug, not a join.
func scope(ctx context.Context) (tenant.ID, *work, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return tenant.ID{}, nil, err
	}
	w, ok := ctx.Value(workKey{}).(*work)
	if !ok {
		return t.ID, nil, nil
	}
	if w.tenant != t.ID {
		return tenant.ID{}, nil, errOtherTenant
	}
	return t.ID, w, nil
}

// InTx runs fn in one transaction, carried by the context it is given. A nested
// call joins the transaction of ctx. The transaction commits when fn returns nil.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	id, joined, err := scope(ctx)
	if err != nil {
		return err
	}
	if joined != nil {
		return fn(ctx)
	}
	w := &work{db: db, tenant: id, naming: naming(ctx)}
	defer w.close(ctx)
	if err = fn(context.WithValue(ctx, workKey{}, w)); err == nil {
		err = w.commit(ctx)
	}
	// Also after an error: a commit whose answer was lost may have happened.
	if w.ends {
		db.tokensEnded(id)
	}
	for _, f := range w.over {
		f()
	}
	return unavailable(err)
}

// afterwards calls f when the transaction of ctx is over, committed or not.
func (db *DB) afterwards(ctx context.Context, f func()) {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		w.over = append(w.over, f)
	} else {
		f()
	}
}

// tokensEnded lets this instance forget at once what it holds of the tenant's
// tokens; the others hear it from the database.
func (db *DB) tokensEnded(id tenant.ID) {
	if db.ended != nil {
		db.ended(id)
	}
}

// endsTokens notes that what was just done may have ended tokens: it shows when
// the transaction of ctx is over, or now.
func (db *DB) endsTokens(ctx context.Context) {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		w.ends = true
	} else if t, err := tenant.From(ctx); err == nil {
		db.tokensEnded(t.ID)
	}
}

// send sends s in the transaction of ctx, or in one of its own.
func (db *DB) send(ctx context.Context, s statement) error {
	id, w, err := scope(ctx)
	if err != nil {
		return err
	}
	if w != nil {
		return unavailable(w.send(ctx, s))
	}
	return unavailable(db.alone(ctx, id, s))
}

// query runs one statement and collects its rows.
func query[T any](ctx context.Context, db *DB, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	err := db.send(ctx, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, row)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// queryLater is query for the last statement of a transaction, whose rows nobody
// waits for: it is sent with the commit. check sees them when everything has been
// committed, or the error that kept it from being so; InTx returns what check does.
func queryLater[T any](ctx context.Context, check func([]T, error) error, row pgx.RowToFunc[T], sql string, args ...any) error {
	_, w, err := scope(ctx)
	switch {
	case err != nil:
		return err
	case w == nil:
		return errNoTransaction
	case w.done:
		return errDone
	}
	w.waiting = append(w.waiting, func(b *pgx.Batch) {
		b.Queue(sql, args...).Fn = func(answers pgx.BatchResults) error {
			rows, _ := answers.Query() // the error is also in rows
			return check(pgx.CollectRows(rows, row))
		}
	})
	return nil
}

// one is query for a statement that yields exactly one row; pgx.ErrNoRows otherwise.
func one[T any](ctx context.Context, db *DB, row pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	found, err := query(ctx, db, row, sql, args...)
	if err == nil && len(found) != 1 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return found[0], nil
}

// exec runs one statement and returns how many rows it changed.
func exec(ctx context.Context, db *DB, sql string, args ...any) (changed int64, err error) {
	err = db.send(ctx, execution(func(n int64) error {
		changed = n
		return nil
	}, sql, args...))
	return changed, err
}

// execLater is exec for a statement whose answer nobody waits for. In a
// transaction it is sent with what comes next, at the latest with the commit; its
// failure is then InTx's. check sees how many rows it changed, perhaps after the
// commit: it can refuse an answer but undo nothing.
func execLater(ctx context.Context, db *DB, check func(changed int64) error, sql string, args ...any) error {
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

// execLaterOr is execLater for a statement that may fail for a reason of the
// caller's: failed gets the error and returns the one that InTx returns.
func execLaterOr(ctx context.Context, db *DB, failed func(error) error, sql string, args ...any) error {
	_, w, err := scope(ctx)
	if err != nil {
		return err
	}
	s := func(b *pgx.Batch) {
		b.Queue(sql, args...).Fn = func(answers pgx.BatchResults) error {
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
	return func(b *pgx.Batch) {
		b.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error { return check(tag.RowsAffected()) })
	}
}

func anyNumber(int64) error { return nil }
