package federation

import (
	"context"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/owner"
)

// Endings end sessions that were begun with accounts at providers, each with its events and with what hangs on it.
type Endings struct {
	Ender *identity.SessionEnder
	Begun identity.FederatedSessions
}

// end ends up to identity.MaxEnded sessions.
func (e *Endings) end(ctx context.Context, b identity.Begun, why event.SessionEnd) (int, error) {
	return e.Ender.EndBegun(ctx, e.Begun, b, identity.MaxEnded, why)
}

// DisableAndEnd is Disable, and ends everything that was begun with the connection, also if it is disabled already. It returns how
// many sessions that are; a job ends those beyond identity.MaxEnded, which count for nothing meanwhile. ErrNotFound.
func (s *Service) DisableAndEnd(ctx context.Context, id uuid.UUID) (ended int, err error) {
	err = s.change(ctx, id, func(ctx context.Context) (event.Fact, error) {
		if err := owner.Admit(ctx, s.Writes, id); err != nil {
			return nil, err
		}
		changed, err := s.Writes.SetDisabled(ctx, id, true)
		if err != nil {
			return nil, err
		}
		var rest bool
		if ended, rest, err = s.endAll(ctx, id, event.SessionConnectionDisabled); err == nil && rest {
			err = s.Writes.EndLater(ctx, id)
		}
		if err != nil || !changed && ended == 0 {
			return nil, err
		}
		return event.ConnectionDisabled{Sessions: ended}, nil
	})
	return ended, err
}

// endAll ends what was begun with a connection. It returns how many sessions that are, and whether some are open still.
func (s *Service) endAll(ctx context.Context, id uuid.UUID, why event.SessionEnd) (open int, rest bool, err error) {
	if open, err = s.Writes.EndEpoch(ctx, id); err != nil || open == 0 {
		return open, false, err
	}
	ended, err := s.Endings.end(ctx, identity.Begun{Connection: id}, why)
	return open, ended < open, err
}
