package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/storage/queue"
)

const (
	auditEvery = time.Hour
	// auditAhead is how many months have a partition before they begin. Upkeep may fail as
	// long as that, and then rows go to the default partition until it works again.
	auditAhead = 3
)

// AuditRetentionMin is the shortest time to keep the audit log. The database refuses less.
const AuditRetentionMin = 90 * 24 * time.Hour

// auditUpkeep makes partitions of the audit log ahead of time, and drops those that are
// older than retention; 0 drops none.
func auditUpkeep(platform *pgxpool.Pool, retention time.Duration) queue.Upkeep {
	return queue.Upkeep{Name: "audit_log", Every: auditEvery, Run: func(ctx context.Context) error {
		err := alone(ctx, platform, `SELECT extend_audit_log($1)`, auditAhead)
		if retention > 0 {
			err = errors.Join(err, alone(ctx, platform, `SELECT trim_audit_log($1)`, retention))
		}
		if err != nil {
			return fmt.Errorf("keep the audit log: %w", err)
		}
		return nil
	}}
}

// alone runs one statement that may take longer than those of a request.
func alone(ctx context.Context, platform *pgxpool.Pool, sql string, args ...any) error {
	return pgx.BeginFunc(ctx, platform, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '120s', true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}
