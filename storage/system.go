package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// System is the database across tenants, on the platform role, whose policies
// name exactly the tables it may touch. Few are handed one: the tenant registry,
// the queue, upkeep.
type System struct{ pool *pgxpool.Pool }

func systemQuery[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var found []T
	err := patiently(ctx, func(ctx context.Context) (err error) {
		rows, _ := s.pool.Query(ctx, sql, args...) // the error is also in rows
		found, err = pgx.CollectRows(rows, row)
		return err
	})
	return found, unavailable(err)
}

func systemOne[T any](ctx context.Context, s *System, row pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	found, err := systemQuery(ctx, s, row, sql, args...)
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

// InTx runs fn in one transaction, carried by the context it is given. It commits when fn
// returns nil.
func (s *System) InTx(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 4*statementWait)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return fn(context.WithValue(ctx, systemTxKey{}, tx)) })
	return unavailable(err)
}

func systemTx(ctx context.Context) (pgx.Tx, error) {
	tx, ok := ctx.Value(systemTxKey{}).(pgx.Tx)
	if !ok {
		return nil, errNoTransaction
	}
	return tx, nil
}

// systemExec runs a statement in the transaction of ctx and returns how many rows it
// changed.
func systemExec(ctx context.Context, sql string, args ...any) (int64, error) {
	tx, err := systemTx(ctx)
	if err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}
