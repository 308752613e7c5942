package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/event/audit"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

const (
	trimMax    = 200 // statements of one table and run: the next goes on
	auditEvery = time.Hour
	// auditAhead is how many months have a partition before they begin. Upkeep may fail as
	// long as that, and then rows go to the default partition until it works again.
	auditAhead = 3
)

// AuditRetentionMin is the shortest time to keep the audit log. The database refuses less.
const AuditRetentionMin = 90 * 24 * time.Hour

// sealEvery is how often what was committed is sealed. Readers of the log have it sealed first.
const sealEvery = 10 * time.Second

// placesForgotten is when it is looked again whether tenants have tables of their own, where none had.
const placesForgotten = time.Minute

// newSealer returns what seals the audit log, or nil without a root key.
func newSealer(cfg Config, seals *AuditSeals) (*audit.Sealer, error) {
	if cfg.Root == (secret.Root{}) {
		return nil, nil
	}
	vault, err := audit.NewVault(cfg.Root)
	if err != nil {
		return nil, err
	}
	return &audit.Sealer{Seals: seals, Vault: vault, Now: time.Now, Log: cfg.Log}, nil
}

// sealUpkeep has the audit log sealed again and again, while there is something to seal. Where tenants have tables of
// their own it looks there each time.
func sealUpkeep(sealer *audit.Sealer, tenants *Tenants) queue.Upkeep {
	return queue.Upkeep{Name: "audit_seal", Every: sealEvery, Run: sealer.Run, Due: func(ctx context.Context) bool {
		if places, err := tenants.placesFound(ctx, placesForgotten); err != nil || len(places) > 0 {
			return true
		}
		waiting, err := waitingAt(pg.Repeated(ctx), tenants.System, audit.HeadAfter)
		return err != nil || len(waiting) > 0
	}}
}

// auditUpkeep makes partitions of the audit log ahead of time, and drops those that are
// older than retention; 0 drops none.
func auditUpkeep(system *System, retention time.Duration) queue.Upkeep {
	return queue.Upkeep{Name: "audit_log", Every: auditEvery, Run: func(ctx context.Context) error {
		// First who has rows from before there was sealing: none of them may be dropped.
		err := (&AuditSeals{System: system}).Discover(ctx)
		err = errors.Join(err, alone(ctx, system, `SELECT extend_audit_log($1)`, auditAhead))
		if retention > 0 && err == nil {
			err = trim(ctx, system, retention)
		}
		if err != nil {
			return fmt.Errorf("keep the audit log: %w", err)
		}
		return nil
	}}
}

// trim drops the months that are older than retention, unless one may have a row that is not
// sealed: nobody could tell any more that there was one. The details of what was dropped go
// with it.
func trim(ctx context.Context, system *System, retention time.Duration) error {
	err := alone(ctx, system, `
		SELECT trim_audit_log($1::interval)
		WHERE NOT EXISTS (SELECT FROM audit_pending WHERE occurred_at < now() - $1::interval)
			AND NOT EXISTS (SELECT FROM audit_trees WHERE NOT past_done)`, retention)
	if err != nil {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM audit_details WHERE ctid = ANY(ARRAY(
			SELECT ctid FROM audit_details WHERE occurred_at < least(audit_log_begins(), now() - interval '90 days') LIMIT $1))`,
		`DELETE FROM audit_persons WHERE ctid = ANY(ARRAY(
			SELECT ctid FROM audit_persons WHERE person LIKE 'month:%' AND person < 'month:' || to_char(audit_log_begins() AT TIME ZONE 'UTC', 'YYYY-MM')
			AND audit_log_begins() > '-infinity' LIMIT $1))`,
	} {
		for range trimMax {
			deleted, err := system.Exec(ctx, sql, cleanupBatch)
			if err != nil {
				return err
			}
			if deleted < cleanupBatch {
				break
			}
		}
	}
	return nil
}

// patience lets the statements of a transaction take longer than those of a request.
const patience = `SELECT set_config('statement_timeout', '120s', true)`

// alone runs one statement that may take longer than those of a request.
func alone(ctx context.Context, system *System, sql string, args ...any) error {
	return system.Begin(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, patience); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}
