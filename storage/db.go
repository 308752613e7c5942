package storage

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/tenant"
)

// DB is the database as one tenant sees it. Repositories embed it.
type DB struct {
	pool  *pgxpool.Pool // unexported: there is no other door
	turns chan struct{} // one for each connection that is in use; see acquire
	// ended is called after a transaction that may have ended tokens.
	ended func(tenant.ID)
}

func newDB(pool *pgxpool.Pool) *DB {
	return &DB{pool: pool, turns: make(chan struct{}, pool.Config().MaxConns)}
}

// nameTenant tells row-level security whose rows this transaction may see.
const nameTenant = `SELECT set_config('plinto.tenant', $1, true)`

var errOtherTenant = errors.New("transaction belongs to another tenant")

type txKey struct{}

// A scopedTx is a transaction together with the tenant it was opened for.
type scopedTx struct {
	pgx.Tx
	tenant tenant.ID
	ends   *bool // set when the transaction may end tokens
}

// scope returns the tenant of ctx and the transaction of ctx, or nil. A context
// that changed tenant midway is a bug, not a join.
func scope(ctx context.Context) (tenant.ID, pgx.Tx, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return tenant.ID{}, nil, err
	}
	tx, ok := ctx.Value(txKey{}).(scopedTx)
	if !ok {
		return t.ID, nil, nil
	}
	if tx.tenant != t.ID {
		return tenant.ID{}, nil, errOtherTenant
	}
	return t.ID, tx.Tx, nil
}

// InTx runs fn in one transaction, carried by the context it is given. A nested
// call joins the transaction of ctx. The transaction commits when fn returns nil.
func (db *DB) InTx(ctx context.Context, fn func(context.Context) error) error {
	id, tx, err := scope(ctx)
	if err != nil {
		return err
	}
	if tx != nil {
		return fn(ctx)
	}
	ends := false
	err = db.transact(ctx, id, func(tx pgx.Tx) error {
		return fn(context.WithValue(ctx, txKey{}, scopedTx{tx, id, &ends}))
	})
	// Also after an error: a commit whose answer was lost may have happened.
	if ends {
		db.tokensEnded(id)
	}
	return unavailable(err)
}

// transact runs fn in a transaction of its own and commits it when fn returns nil.
func (db *DB) transact(ctx context.Context, id tenant.ID, fn func(pgx.Tx) error) error {
	conn, err := db.acquire(ctx)
	if err != nil {
		return err
	}
	defer db.release(conn)
	// The tenant is a parsed UUID, so the literal cannot be anything else; it
	// saves the round trip that naming it separately would cost.
	begin := pgx.TxOptions{BeginQuery: `BEGIN; SELECT set_config('plinto.tenant', '` + id.String() + `', true)`}
	var tx pgx.Tx
	err = patiently(ctx, func(ctx context.Context) (err error) {
		tx, err = conn.BeginTx(ctx, begin)
		return err
	})
	if err != nil {
		return err
	}
	// After a commit it does nothing. A connection that cannot roll back is closed.
	defer func() { _ = patiently(context.WithoutCancel(ctx), tx.Rollback) }()
	if err := fn(tx); err != nil {
		return err
	}
	return patiently(ctx, tx.Commit)
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
	if tx, ok := ctx.Value(txKey{}).(scopedTx); ok {
		*tx.ends = true
	} else if t, err := tenant.From(ctx); err == nil {
		db.tokensEnded(t.ID)
	}
}

// query runs one statement and collects its rows. Outside a transaction the
// tenant is named in the same round trip: the batch is one implicit transaction.
func query[T any](ctx context.Context, db *DB, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	id, tx, err := scope(ctx)
	if err != nil {
		return nil, err
	}
	var found []T
	if tx != nil {
		err := patiently(ctx, func(ctx context.Context) (err error) {
			rows, _ := tx.Query(ctx, sql, args...) // the error is also in rows
			found, err = pgx.CollectRows(rows, row)
			return err
		})
		return found, unavailable(err)
	}
	var batch pgx.Batch
	batch.Queue(nameTenant, id.String())
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, row)
		return err
	})
	if err := db.send(ctx, &batch); err != nil {
		return nil, unavailable(err)
	}
	return found, nil
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
func exec(ctx context.Context, db *DB, sql string, args ...any) (int64, error) {
	id, tx, err := scope(ctx)
	if err != nil {
		return 0, err
	}
	var changed int64
	if tx != nil {
		err := patiently(ctx, func(ctx context.Context) error {
			tag, err := tx.Exec(ctx, sql, args...)
			changed = tag.RowsAffected()
			return err
		})
		return changed, unavailable(err)
	}
	var batch pgx.Batch
	batch.Queue(nameTenant, id.String())
	batch.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		changed = tag.RowsAffected()
		return nil
	})
	if err := db.send(ctx, &batch); err != nil {
		return 0, unavailable(err)
	}
	return changed, nil
}
