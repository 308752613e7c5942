package federation

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
)

// Of returns the identities of a user, oldest first.
func (s *SignIns) Of(ctx context.Context, user uuid.UUID) ([]Identity, error) {
	return s.Identities.Of(ctx, user)
}

// Unlink takes an identity from a user, with the roles that it gave, and ends what was begun with it: all of it counts for nothing at once,
// and a task tells of the sessions beyond identity.MaxEnded. ErrIdentityNotFound.
func (s *SignIns) Unlink(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	actor = event.ActorFrom(ctx, actor)
	return s.Tx.InTx(event.WithActor(ctx, actor), func(ctx context.Context) error {
		gone, err := s.remove(ctx, user, id)
		if err != nil {
			return err
		}
		if _, err = s.came(ctx, gone.Connection, user); err != nil {
			return err // they would be made a member again
		}
		ended, err := s.Endings.end(ctx, identity.Begun{Connection: gone.Connection, Identity: id}, event.SessionIdentityUnlinked)
		if err == nil && ended == identity.MaxEnded {
			err = s.Endings.Begun.EndUnlinkedLater(ctx, user.ID, id) // there may be others
		}
		if err != nil {
			return err
		}
		return s.Outbox.Append(ctx, event.Event{
			Fact:    event.IdentityUnlinked{IdentityID: gone.PublicID(), ConnectionID: tid.Format(Prefix, gone.Connection), Sessions: ended},
			Outcome: "success", Actor: actor, Subject: user.PublicID(),
		})
	})
}

// UnlinkSince takes the identities that a user got since a time from them. It needs a transaction.
func (s *SignIns) UnlinkSince(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error {
	all, err := s.Of(ctx, user.ID)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].CreatedAt.Before(since) {
			continue
		}
		if err := s.Unlink(ctx, actor, user, all[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// remove removes an identity, and tells of the roles that go with it.
func (s *SignIns) remove(ctx context.Context, user *identity.User, id uuid.UUID) (gone Identity, err error) {
	var before Holdings
	if s.Roles != nil {
		if before, err = s.Roles.holds(ctx, user.ID, id); err != nil {
			return gone, err
		}
	}
	if gone, err = s.Identities.Remove(ctx, user.ID, id); err != nil || s.Roles == nil {
		return gone, err
	}
	return gone, s.Roles.tellTaken(ctx, user, before)
}
