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
