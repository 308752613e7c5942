package apikey

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
)

// Remind has it told that a key ends before long: once, whoever finds that how often. Of a key that is over, or gone, nobody is told.
func (s *Service) Remind(ctx context.Context, id uuid.UUID) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := s.Store.TellEnd(ctx, id)
		if err != nil || !first {
			return err
		}
		k, err := s.Store.Find(ctx, id)
		if errors.Is(err, ErrNotFound) { // its user was thrown out: it stays noted, so that it is in nobody's way
			return nil
		}
		if err != nil {
			return err
		}
		return s.append(event.WithActor(ctx, event.Actor{Type: "system"}), &k, event.APIKeyExpiring{User: owner(&k), ExpiresAt: k.ExpiresAt.UTC()})
	})
	if err != nil {
		return fmt.Errorf("remind of API key: %w", err)
	}
	return nil
}
