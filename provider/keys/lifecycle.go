package keys

import (
	"context"
	"fmt"

	"plinto/event"
	"plinto/provider"
	"plinto/tenant"
)

// Rotate makes the next key of alg the signing one at once, or a new one if there is
// none; the old one stays published until its last token has expired.
func (s *Service) Rotate(ctx context.Context, alg string) error {
	fresh, err := s.generate(ctx, alg, provider.KeyActive)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		moved, err := s.Keys.Activate(ctx, alg, "", s.Now().Add(retireFor))
		if err != nil {
			return err
		}
		if len(moved.Active) == 0 {
			created, err := s.Keys.Create(ctx, fresh)
			if err != nil {
				return err
			}
			if created { // else somebody else just made the first one
				moved.Active = []string{fresh.KID}
			}
		}
		return s.Outbox.Append(ctx, movedEvents(ctx, alg, moved)...)
	})
	if err != nil {
		return fmt.Errorf("rotate %s key: %w", alg, err)
	}
	s.Drop(tenant.Must(ctx).ID)
	return nil
}

// activate makes a published key the signing one, unless another instance has.
func (s *Service) activate(ctx context.Context, k *provider.SigningKey) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		moved, err := s.Keys.Activate(ctx, k.Alg, k.KID, s.Now().Add(retireFor))
		if err != nil || len(moved.Active) == 0 {
			return err
		}
		return s.Outbox.Append(ctx, movedEvents(ctx, k.Alg, moved)...)
	})
	if err != nil {
		return fmt.Errorf("activate %s key: %w", k.Alg, err)
	}
	return nil
}

// create makes and stores a key, unless there is one of that alg and state.
func (s *Service) create(ctx context.Context, alg string, state provider.KeyState) (created bool, err error) {
	k, err := s.generate(ctx, alg, state)
	if err != nil {
		return false, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		created, err = s.Keys.Create(ctx, k)
		if err != nil || !created {
			return err
		}
		return s.Outbox.Append(ctx, keyEvent(ctx, event.KeyCreated{Alg: k.Alg}, k.KID))
	})
	if err != nil {
		return false, fmt.Errorf("store %s key: %w", alg, err)
	}
	return created, nil
}

// movedEvents are the events of keys whose state changed.
func movedEvents(ctx context.Context, alg string, moved provider.MovedKeys) (all []event.Event) {
	for _, kid := range moved.Retired {
		all = append(all, keyEvent(ctx, event.KeyRetired{Alg: alg}, kid))
	}
	for _, kid := range moved.Active {
		all = append(all, keyEvent(ctx, event.KeyActivated{Alg: alg}, kid))
	}
	return all
}

func keyEvent(ctx context.Context, fact event.Fact, kid string) event.Event {
	return event.Event{Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "system"}), Subject: kid}
}
