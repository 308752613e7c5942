package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
)

// ScheduleDeletion implements identity.UserDeletions.
func (s *Users) ScheduleDeletion(ctx context.Context, id uuid.UUID, grace time.Duration) (at time.Time, changed bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		set, err := pg.Query(ctx, s.DB, pgx.RowTo[time.Time], `
			UPDATE users SET delete_at = now() + $2::interval, updated_at = now() WHERE id = $1 AND delete_at IS NULL RETURNING delete_at`, id, grace)
		if err == nil && len(set) == 1 {
			at, changed = set[0], true
			return s.forget(ctx, id)
		}
		if err != nil {
			return err
		}
		at, err = pg.One(ctx, s.DB, pgx.RowTo[time.Time], `SELECT delete_at FROM users WHERE id = $1 AND delete_at IS NOT NULL`, id)
		return pg.Absent(err, identity.ErrUserNotFound)
	})
	return at, changed, pg.Wrap("schedule deletion", err)
}

// CancelDeletion implements identity.UserDeletions.
func (s *Users) CancelDeletion(ctx context.Context, id uuid.UUID) (bool, error) {
	return switched(ctx, s.versioned, "cancel deletion", id, func(ctx context.Context) (int64, error) {
		return pg.Exec(ctx, s.DB, `UPDATE users SET delete_at = NULL, updated_at = now() WHERE id = $1 AND delete_at IS NOT NULL`, id)
	})
}

// DeletionDue implements identity.UserDeletions.
func (s *Users) DeletionDue(ctx context.Context, id uuid.UUID) (bool, error) {
	found, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT id FROM users WHERE id = $1 AND delete_at <= now() FOR UPDATE`, id)
	return len(found) == 1, pg.Wrap("find due deletion", err)
}

const (
	deletionEvery = 10 * time.Minute
	deletionMax   = 500 // accounts of one run: the next goes on
)

// A deletion deletes accounts whose time has come.
type deletion struct {
	system    *System
	tenants   *Tenants
	directory *identity.Directory
}

func (d *deletion) upkeep() queue.Upkeep {
	return queue.Upkeep{Name: "account_deletion", Every: deletionEvery, Run: d.run}
}

// run deletes one account after the other. One that cannot be deleted leaves the others to be.
func (d *deletion) run(ctx context.Context) error {
	return eachDue(ctx, d.tenants, func(ctx context.Context, without []uuid.UUID) ([]due, error) {
		found, err := pg.SystemQuery(ctx, d.system, pgx.RowToStructByPos[due], `
			SELECT tenant_id, id, tenant_id FROM users WHERE delete_at <= now() AND tenant_id <> ALL($2) ORDER BY delete_at, id LIMIT $1`, deletionMax, without)
		return found, pg.Wrap("find due deletions", err)
	}, func(ctx context.Context, user due) error {
		if err := d.directory.DeleteDue(ctx, user.ID); err != nil {
			return fmt.Errorf("delete user %s: %w", user.ID, err)
		}
		return nil
	})
}
