package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// System is the database across tenants, on the platform role, whose policies
// name exactly the tables it may touch. Few are handed one: the tenant registry,
// the queue, upkeep.
type System struct {
	pool  *pgxpool.Pool
	place Place
}

// NewSystem returns the database behind a pool of the platform role.
func NewSystem(pool *pgxpool.Pool) *System { return &System{pool: pool} }

// At is s with the tables of a place.
func (s *System) At(p Place) *System { return &System{s.pool, p} }

// Pool is for what brings statements of its own: the queue, the listener.
func (s *System) Pool() *pgxpool.Pool { return s.pool }

// Close closes every connection.
func (s *System) Close() { s.pool.Close() }

// SystemQuery runs one statement, in the transaction of ctx if it has one, and collects its rows.
func SystemQuery[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	err := WithTimeout(ctx, func(ctx context.Context) (err error) {
		query := s.pool.Query
		if tx, err := SystemTx(ctx); err == nil {
			query = tx.Query
		}
		rows, _ := query(ctx, s.place.Text(sql), args...) // the error is also in rows
		found, err = pgx.CollectRows(rows, row)
		return err
	})
	return found, Unavailable(s.place.unready(err))
}

// SystemOne is SystemQuery for a statement that yields exactly one row; pgx.ErrNoRows
// otherwise.
func SystemOne[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	found, err := SystemQuery(ctx, s, row, sql, args...)
	if err == nil && len(found) != 1 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return found[0], nil
}

type systemTxKey struct{}

// InTx runs fn in one transaction, carried by the context it is given. A nested call joins the
// transaction of ctx. It commits when fn returns nil.
func (s *System) InTx(ctx context.Context, fn func(context.Context) error) error {
	if _, err := SystemTx(ctx); err == nil {
		return fn(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*statementWait)
	defer cancel()
	err := s.Begin(ctx, func(tx pgx.Tx) error { return fn(context.WithValue(ctx, systemTxKey{}, tx)) })
	return Unavailable(err)
}

// Begin runs fn in one transaction that takes as long as it takes. It commits when fn returns nil.
func (s *System) Begin(ctx context.Context, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return fn(s.place.tx(tx)) })
}

// Exec runs one statement that takes as long as it takes, and returns how many rows it changed.
func (s *System) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := s.pool.Exec(ctx, s.place.Text(sql), args...)
	return tag.RowsAffected(), err
}

// SystemTx returns the transaction of System.InTx, or ErrNoTransaction.
func SystemTx(ctx context.Context) (pgx.Tx, error) {
	tx, ok := ctx.Value(systemTxKey{}).(pgx.Tx)
	if !ok {
		return nil, ErrNoTransaction
	}
	return tx, nil
}

// SystemTxAt is SystemTx with the tables of another place.
func SystemTxAt(ctx context.Context, p Place) (pgx.Tx, error) {
	tx, err := SystemTx(ctx)
	if err != nil {
		return nil, err
	}
	if placed, ok := tx.(placedTx); ok {
		tx = placed.Tx
	}
	return p.tx(tx), nil
}

// SystemExec runs a statement in the transaction of ctx and returns how many rows it
// changed.
func SystemExec(ctx context.Context, sql string, args ...any) (int64, error) {
	tx, err := SystemTx(ctx)
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}
