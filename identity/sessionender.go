package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
)

// A SessionEnder ends sessions one by one, for whatever reason. Nothing else does, so each
// end has its event, and applications with back-channel logout are notified. Sessions that
// run out, and those beyond MaxEnded, which the user's mark ends, have no event.
type SessionEnder struct {
	Sessions Sessions
	Outbox   event.Outbox
	Tx       Transactor
}

// End ends one session and what hangs on it: see Sessions. Ending an ended session is
// not an error.
func (e *SessionEnder) End(ctx context.Context, id uuid.UUID) error {
	_, err := e.end(ctx, func(ctx context.Context) ([]EndedSession, error) { return e.Sessions.End(ctx, id) })
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndAll ends the sessions of a user but keep (uuid.Nil for none), at most MaxEnded, and
// returns how many it ended.
func (e *SessionEnder) EndAll(ctx context.Context, userID, keep uuid.UUID) (int, error) {
	n, err := e.end(ctx, func(ctx context.Context) ([]EndedSession, error) { return e.Sessions.EndAll(ctx, userID, keep) })
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

func (e *SessionEnder) end(ctx context.Context, end func(context.Context) ([]EndedSession, error)) (n int, err error) {
	err = e.Tx.InTx(ctx, func(ctx context.Context) error {
		ended, err := end(ctx)
		if err != nil || len(ended) == 0 {
			return err
		}
		n = len(ended)
		return e.Outbox.Append(ctx, endEvents(ctx, ended)...)
	})
	return n, err
}

// endEvents are the events of ended sessions: one for each, and one for each client that
// wants to be told, so that one that does not answer is tried again alone.
func endEvents(ctx context.Context, ended []EndedSession) (all []event.Event) {
	for _, s := range ended {
		user := (&User{ID: s.UserID}).PublicID()
		all = append(all, event.Event{
			Fact: event.SessionEnded{SessionID: s.ID}, Outcome: "success", Subject: user,
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
