package schema

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/ddl"
	"plinto/migrations"
)

// lockStep is how long to wait before a lock is tried for again.
const lockStep = 50 * time.Millisecond

// lockMigrations keeps two migrators of a schema apart until the connection ends; "" is that of the shared tables. It tries again and
// again rather than to wait in Postgres: a statement that waits has a snapshot, which CREATE INDEX CONCURRENTLY waits for, and who
// makes that index has the lock.
func lockMigrations(ctx context.Context, conn *pgx.Conn, schema string) error {
	again := time.NewTicker(lockStep)
	defer again.Stop()
	for {
		var locked bool
		err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(CASE WHEN $1 = '' THEN $2 ELSE hashtextextended($1, $2) END)`, schema, int64(migrationLock)).Scan(&locked)
		if err != nil {
			return fmt.Errorf("take migration lock: %w", err)
		}
		if locked {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("take migration lock: %w", ctx.Err())
		}
	}
}

// lockWait is how long whatever else a migrator does waits for a lock: everybody else would queue behind it.
const lockWait = "2s"

// concurrentWait is how long a statement that is a transaction of its own waits for locks and for transactions that began before: nobody
// queues behind it meanwhile. A copy by pg_dump may take longer; then the migration is run again when that is over.
const concurrentWait = "5min"

// applyAlone runs the statements of a migration one by one, each a transaction of its own. A migrator that was killed may have run
// some of them, so each can be run again; an index that it left half made is dropped first.
func applyAlone(ctx context.Context, conn *pgx.Conn, m migration) error {
	if _, err := conn.Exec(ctx, `SET lock_timeout = '`+concurrentWait+`'`); err != nil {
		return err
	}
	for _, s := range ddl.Statements(m.sql) {
		if index := s.ConcurrentIndex(); index != "" {
			if err := dropInvalid(ctx, conn, index); err != nil {
				return err
			}
		}
		if _, err := conn.Exec(ctx, s.Text); err != nil {
			return fmt.Errorf("line %d: %w", s.Line, err)
		}
	}
	if _, err := conn.Exec(ctx, `SET lock_timeout = '`+lockWait+`'`); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, noteMigration, m.name, m.sum, migrations.RunsFrom)
	return err
}

// dropInvalid drops an index that was not made to its end. IF NOT EXISTS would take it for one that is there, and no query uses it.
func dropInvalid(ctx context.Context, conn *pgx.Conn, index string) error {
	var invalid bool
	err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relname = $1 AND c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid)`, index).Scan(&invalid)
	if err != nil || !invalid {
		return err
	}
	_, err = conn.Exec(ctx, `DROP INDEX CONCURRENTLY IF EXISTS `+pgx.Identifier{index}.Sanitize())
	return err
}

// atOnce is a migration of ddl.OwnTransactions for tables that nobody uses yet, in the transaction that any other has.
func atOnce(sql string) string {
	var all []string
	for _, s := range ddl.Statements(sql) {
		all = append(all, s.AtOnce())
	}
	return strings.Join(all, ";\n")
}
