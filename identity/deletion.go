package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/event"
)

// ScheduleDeletion ends everything of the user that there is, and has the account deleted after
// the grace unless it is kept: it returns when that is. A time that is set already stays.
func (d *Directory) ScheduleDeletion(ctx context.Context, actor event.Actor, id uuid.UUID, grace time.Duration) (at time.Time, err error) {
	err = d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		var changed bool
		if at, changed, err = d.Deletions.ScheduleDeletion(ctx, id, grace); err != nil || !changed {
			return nil, err
		}
		ended, err := d.evict(ctx, id, uuid.Nil, event.SessionUserDeleted)
		return event.UserDeletionScheduled{DeleteAt: at.UTC().Truncate(time.Second), Sessions: ended}, err
	})
	return at, err
}

// Keep takes back that an account is to be deleted. What ended by that stays dead.
func (d *Directory) Keep(ctx context.Context, actor event.Actor, id uuid.UUID) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		changed, err := d.Deletions.CancelDeletion(ctx, id)
		if err != nil || !changed {
			return nil, err
		}
		return event.UserDeletionCancelled{}, nil
	})
}

// DeleteDue is Delete of a user whose time has come. Of who keeps the account at the same
// moment and of this, one wins: both lock the user's row.
func (d *Directory) DeleteDue(ctx context.Context, id uuid.UUID) error {
	return d.change(ctx, event.Actor{Type: "system"}, id, func(ctx context.Context) (event.Fact, error) {
		due, err := d.Deletions.DeletionDue(ctx, id)
		if err != nil || !due {
			return nil, err
		}
		return d.remove(ctx, id)
	})
}
