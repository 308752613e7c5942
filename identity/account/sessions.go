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
	return s.Ender.EndOf(ctx, s.Sessions, user.ID, id, event.SessionEndedByUser)
}

// EndOthers ends everything of a user that there is but the session that they are in.
func (s *Service) EndOthers(ctx context.Context, user *identity.User, current *identity.Session) error {
	return s.Directory.SignOut(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID, current.ID)
}
