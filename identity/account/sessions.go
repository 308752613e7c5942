package account

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
)

// MaxSessions is how many sessions a user is shown: those seen last.
const MaxSessions = 50

// SessionsOf returns the live sessions of a user, that seen last first, at most MaxSessions.
func (s *Service) SessionsOf(ctx context.Context, user *identity.User) ([]identity.Session, error) {
	all, err := s.Sessions.Of(ctx, user.ID, MaxSessions)
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	return all, nil
}

// EndSession ends a session of a user. One that is over, or another's, is no error.
func (s *Service) EndSession(ctx context.Context, user *identity.User, id uuid.UUID) error {
	_, err := s.Ender.EndOf(ctx, s.Sessions, user.ID, id, event.SessionEndedByUser)
	return err
}

// EndOthers ends everything of a user that there is but the session that they are in. Its browser,
// whose hash is device (nil for none), stays known; it is asked for the second factor again.
func (s *Service) EndOthers(ctx context.Context, user *identity.User, current *identity.Session, device []byte) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Directory.SignOut(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID, current.ID); err != nil || device == nil {
			return err
		}
		marked, err := s.Directory.Users.ByID(ctx, user.ID)
		if err != nil {
			return err
		}
		return s.Devices.Sight(ctx, identity.Sight(ctx, &marked, device))
	})
	if err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	return nil
}
