package schema

import (
	"context"
	"fmt"
	"slices"

	"plinto/storage/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateQueue applies the queue's own migrations.
func migrateQueue(ctx context.Context, ownerURL string) ([]string, error) {
	config, err := pg.OwnerConfig(ownerURL)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["lock_timeout"] = lockWait
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect for the queue: %w", err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return nil, fmt.Errorf("prepare queue migrations: %w", err)
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return nil, fmt.Errorf("apply queue migrations: %w", err)
	}
	var names []string
	for _, v := range result.Versions {
		names = append(names, queueMigration(v.Version, v.Name))
	}
	return names, nil
}

func queueMigration(version int, name string) string {
	return fmt.Sprintf("queue %03d_%s", version, name)
}

// pendingOfQueue returns the names of the queue's migrations that a database lacks.
func pendingOfQueue(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return nil, fmt.Errorf("read queue migrations: %w", err)
	}
	var done []int
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('river_migration') IS NOT NULL`).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for the queue: %w", err)
	}
	if exists {
		rows, _ := conn.Query(ctx, `SELECT version::int FROM river_migration WHERE line = 'main'`) // the error is also in rows
		if done, err = pgx.CollectRows(rows, pgx.RowTo[int]); err != nil {
			return nil, fmt.Errorf("read migrations of the queue: %w", err)
		}
	}
	var pending []string
	all := migrator.AllVersions()
	for _, v := range all {
		if !slices.Contains(done, v.Version) {
			pending = append(pending, queueMigration(v.Version, v.Name))
		}
	}
	if len(done) > len(all)-len(pending) {
		return nil, fmt.Errorf("%w: its queue has migrations that a newer version applied", ErrSchema)
	}
	return pending, nil
}
