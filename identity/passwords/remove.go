package passwords

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/tenant"
)

// Removable reports whether a user who holds that can do without a password: by the policy of
// the tenant, and so that they can still sign in. A passkey that does not verify its user is a
// second step only. Codes by mail are a way in where they reach an address that was proved.
func (s *Service) Removable(ctx context.Context, user *identity.User, held *mfa.Held) bool {
	set := &tenant.Must(ctx).Settings
	if held.Alone == 0 || set.MFA.Passkeys == tenant.PasskeysOff {
		return false
	}
	switch set.Password.RemovalNeeds() {
	case tenant.RemovablePasskey:
		return true
	case tenant.RemovableTwoWays:
		return held.Alone > 1 || s.Mails && set.EmailSignIn.On() && user.EmailVerified
	}
	return false
}

// Remove takes the password of the user of a session away, who has proved who they are just now.
// Everything else of the user that there was ends, and the session goes on as after Replace.
// Where there is no password nothing happens. identity.ErrLastWay, identity.ErrNoSession.
func (s *Service) Remove(ctx context.Context, user *identity.User, session *identity.Session, device []byte) (changed Changed, err error) {
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		err := s.remove(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user, session.ID, func(ctx context.Context) error {
			_, err := s.Directory.Sessions.Current(ctx, session.TokenHash)
			return err
		})
		if err != nil {
			return err
		}
		if changed.User, err = s.Directory.Users.ByID(ctx, user.ID); err != nil {
			return err
		}
		return s.goOn(ctx, &changed, session, device)
	})
	if err != nil {
		return Changed{}, fmt.Errorf("remove password: %w", err)
	}
	return changed, nil
}

// RemoveFor is Remove by somebody else. Every session of the user ends.
func (s *Service) RemoveFor(ctx context.Context, actor event.Actor, user *identity.User) error {
	err := s.remove(ctx, actor, user, uuid.Nil, func(context.Context) error { return nil })
	if err != nil {
		return fmt.Errorf("remove password: %w", err)
	}
	return nil
}

// remove takes the password away while something holds. The row of the user is locked, as by
// every change of factors: of two who remove a passkey and the password at once one is refused.
func (s *Service) remove(ctx context.Context, actor event.Actor, user *identity.User, keep uuid.UUID, while func(context.Context) error) error {
	return s.Directory.RemovePassword(ctx, actor, user.ID, keep, func(ctx context.Context) error {
		if err := while(ctx); err != nil {
			return err
		}
		held, err := s.Factors.Of(ctx, user.ID)
		switch {
		case err != nil:
			return err
		case !s.Removable(ctx, user, &held):
			return identity.ErrLastWay
		}
		return nil
	})
}
