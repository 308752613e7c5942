package device

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
)

// Devices stores browsers that signed users in.
type Devices interface {
	// List returns those of a user that are known, the one that was used last first.
	List(ctx context.Context, user uuid.UUID) ([]identity.Device, error)
	// Revoke removes one. identity.ErrDeviceUnknown.
	Revoke(ctx context.Context, user, id uuid.UUID) error
	// SessionsOf returns the sessions in which one stood in for the second factor.
	SessionsOf(ctx context.Context, user, id uuid.UUID) ([]uuid.UUID, error)
	// ForgetAll has every one asked for the second factor again, and returns how many were not.
	ForgetAll(ctx context.Context, user uuid.UUID) (int, error)
}

// A Service lists and revokes the browsers of users: for pages, the command line and APIs.
type Service struct {
	Devices Devices
	Ender   *identity.SessionEnder
	Outbox  event.Outbox
	Tx      identity.Transactor
}

// List returns the browsers that are known of a user, the one that was used last first.
func (s *Service) List(ctx context.Context, user uuid.UUID) ([]identity.Device, error) {
	all, err := s.Devices.List(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	return all, nil
}

// Revoke makes a browser an unknown one, and ends the sessions in which it stood in for the second
// factor. identity.ErrDeviceUnknown.
func (s *Service) Revoke(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	ctx = event.WithActor(ctx, actor)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		sessions, err := s.Devices.SessionsOf(ctx, user.ID, id)
		if err != nil {
			return err
		}
		if err := s.Devices.Revoke(ctx, user.ID, id); err != nil {
			return err
		}
		for _, session := range sessions {
			if err := s.Ender.End(ctx, session, event.SessionDeviceRevoked); err != nil {
				return err
			}
		}
		return s.tell(ctx, actor, user, event.DeviceForgotten{DeviceID: id, Reason: event.DeviceRevoked})
	})
	if err != nil && !errors.Is(err, identity.ErrDeviceUnknown) {
		return fmt.Errorf("revoke device: %w", err)
	}
	return err
}

// FactorRemoved has every browser of a user asked for the second factor again, in the transaction
// of ctx: what it was remembered for may have been proved with the factor that is gone.
func (s *Service) FactorRemoved(ctx context.Context, actor event.Actor, user *identity.User) error {
	n, err := s.Devices.ForgetAll(ctx, user.ID)
	if err != nil || n == 0 {
		return err
	}
	return s.tell(ctx, actor, user, event.DeviceForgotten{Reason: event.DeviceFactorRemoved})
}

func (s *Service) tell(ctx context.Context, actor event.Actor, user *identity.User, fact event.Fact) error {
	return s.Outbox.Append(ctx, event.Event{Fact: fact, Outcome: "success", Actor: actor, Subject: user.PublicID()})
}
