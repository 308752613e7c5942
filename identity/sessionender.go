package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/tenant"
)

// A SessionEnder ends sessions one by one. Nothing else does, so each end has its event,
// which says why, and applications with back-channel logout are notified.
type SessionEnder struct {
	Sessions Sessions
	Outbox   event.Outbox
	Tx       Transactor
}

// End ends one session and what hangs on it: see Sessions. Ending an ended session is
// not an error.
func (e *SessionEnder) End(ctx context.Context, id uuid.UUID, why event.SessionEnd) error {
	_, err := e.end(ctx, why, func(ctx context.Context) ([]EndedSession, error) { return e.Sessions.End(ctx, id) })
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndOf is End of a session of that user, and reports whether there was one; another's is left alone.
func (e *SessionEnder) EndOf(ctx context.Context, sessions SessionsOfUser, user, id uuid.UUID, why event.SessionEnd) (bool, error) {
	n, err := e.end(ctx, why, func(ctx context.Context) ([]EndedSession, error) { return sessions.EndOf(ctx, user, id) })
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	return n > 0, nil
}

// EndEvicted ends the sessions of a user whose mark has moved in the transaction of ctx, and
// returns how many there were. MaxEnded of them, those that were seen last, have their events
// in that transaction; a job goes on with the others (EndRest).
func (e *SessionEnder) EndEvicted(ctx context.Context, userID uuid.UUID, why event.SessionEnd) (n int, err error) {
	err = e.Tx.InTx(ctx, func(ctx context.Context) error {
		ended, left, err := e.endEvicted(ctx, userID, MaxEnded, why)
		if n = ended + left; err != nil || left == 0 {
			return err
		}
		return e.Sessions.EndLater(ctx, userID, why)
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// EndRest is a step of what EndEvicted has left: it ends EndedStep sessions at most, and returns
// how many it ended and how many are left. The actor is in the event of the act.
func (e *SessionEnder) EndRest(ctx context.Context, userID uuid.UUID, why event.SessionEnd) (ended, left int, err error) {
	ended, left, err = e.endEvicted(event.WithActor(ctx, event.Actor{Type: "system"}), userID, EndedStep, why)
	if err != nil {
		return 0, 0, fmt.Errorf("end other sessions: %w", err)
	}
	return ended, left, nil
}

func (e *SessionEnder) endEvicted(ctx context.Context, userID uuid.UUID, most int, why event.SessionEnd) (n, left int, err error) {
	n, err = e.end(ctx, why, func(ctx context.Context) (ended []EndedSession, err error) {
		ended, left, err = e.Sessions.EndEvicted(ctx, userID, most)
		return ended, err
	})
	return n, left, err
}

// Expirable are sessions whose limits may have passed.
type Expirable interface {
	// EndExpired is Sessions.End of those of the sessions whose idle or absolute limit has
	// passed; the others go on.
	EndExpired(ctx context.Context, ids []uuid.UUID) ([]EndedSession, error)
}

// Expire ends those of the tenant's sessions whose limits have passed, and returns how
// many. Applications are notified when the tenant wants it: most keep sessions of their
// own, which last longer than the browser's at the tenant.
func (e *SessionEnder) Expire(ctx context.Context, sessions Expirable, ids []uuid.UUID) (int, error) {
	notify := tenant.Must(ctx).Settings.ExpiryLogsOut
	n, err := e.end(event.WithActor(ctx, event.Actor{Type: "system"}), event.SessionExpired, func(ctx context.Context) ([]EndedSession, error) {
		ended, err := sessions.EndExpired(ctx, ids)
		for i := range ended {
			if !notify {
				ended[i].Clients = nil
			}
		}
		return ended, err
	})
	if err != nil {
		return 0, fmt.Errorf("expire sessions: %w", err)
	}
	return n, nil
}

func (e *SessionEnder) end(ctx context.Context, why event.SessionEnd, end func(context.Context) ([]EndedSession, error)) (n int, err error) {
	err = e.Tx.InTx(ctx, func(ctx context.Context) error {
		ended, err := end(ctx)
		if err != nil || len(ended) == 0 {
			return err
		}
		n = len(ended)
		return e.Outbox.Append(ctx, endEvents(ctx, why, ended)...)
	})
	return n, err
}

// endEvents are the events of ended sessions: one for each, and one for each client that
// wants to be told, so that one that does not answer is tried again alone.
func endEvents(ctx context.Context, why event.SessionEnd, ended []EndedSession) (all []event.Event) {
	for _, s := range ended {
		user := (&User{ID: s.UserID}).PublicID()
		all = append(all, event.Event{
			Fact: event.SessionEnded{SessionID: s.ID, Reason: why}, Outcome: "success", Subject: user,
			Actor: event.ActorFrom(ctx, event.Actor{Type: "user", ID: user}),
		})
		for _, client := range s.Clients {
			all = append(all, event.Event{
				Fact:    event.LogoutQueued{SessionID: s.ID, ClientID: client},
				Outcome: "success", Actor: event.Actor{Type: "system"}, Subject: user,
			})
		}
	}
	return all
}
