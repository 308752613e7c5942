package account

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/tenant"
)

// ErrLastFactor reports that nothing would be left of a second step that is required.
var ErrLastFactor = fault.New(fault.Conflict, "last_factor", "A second step is required here. Add another one first.")

// A Service does what users do with their own account.
type Service struct {
	Directory *identity.Directory
	Sessions  identity.SessionsOfUser
	Devices   identity.DeviceWrites
	Ender     *identity.SessionEnder
	Factors   *mfa.Service
	Passkeys  *passkey.Service
	Rows      Rows
	// Otherwise reports whether a user can sign in as things are by what other packages know: an account at an identity
	// provider, or codes by mail. nil: nobody can.
	Otherwise func(ctx context.Context, user *identity.User) (bool, error)
	Tx        identity.Transactor
}

// Rows are those of users.
type Rows interface {
	// Lock has other changes of what signs a user in wait until the transaction of ctx ends. It needs one.
	Lock(ctx context.Context, user uuid.UUID) error
}

// While does something that ends with the session in which it is done, in one transaction: what
// was asked for before everything of the user ended is not done after it. do locks the user's
// row, as every change of factors does. identity.ErrNoSession.
func (s *Service) While(ctx context.Context, session *identity.Session, do func(context.Context) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		_, err := s.Directory.Sessions.Current(ctx, session.TokenHash)
		return err
	})
}

// Ending is While of what may end the session itself: the session is looked at first. do locks the user's row, so that nothing of theirs is
// ended between it and the look at their mark.
func (s *Service) Ending(ctx context.Context, session *identity.Session, do func(context.Context) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Directory.Sessions.Current(ctx, session.TokenHash); err != nil {
			return err
		}
		if err := do(ctx); err != nil {
			return err
		}
		user, err := s.Directory.Users.ByID(ctx, session.UserID)
		if err == nil && !user.NotBefore.Equal(session.Mark) {
			err = identity.ErrNoSession
		}
		return err
	})
}

// KeepsWay returns identity.ErrLastWay where nothing is left that signs a user in as things are: no password, no passkey that does so alone where
// the tenant takes passkeys, and nothing that Otherwise knows. It is asked in the transaction that takes one away, after that, and locks the
// user's row: of two who take one away at once the second sees what the first left.
func (s *Service) KeepsWay(ctx context.Context, user *identity.User) error {
	if err := s.Rows.Lock(ctx, user.ID); err != nil {
		return err
	}
	held, err := s.Factors.Held(ctx, user.ID)
	if err != nil || held.Password || held.Alone > 0 && passkey.Available(tenant.Must(ctx)) {
		return err
	}
	if s.Otherwise == nil {
		return identity.ErrLastWay
	}
	there, err := s.Otherwise(ctx, user)
	if err == nil && !there {
		err = identity.ErrLastWay
	}
	return err
}

// Factors are the second factors of a user.
type Factors struct {
	mfa.Held
	Passkeys []passkey.Passkey
}

// FactorsOf returns the second factors of a user.
func (s *Service) FactorsOf(ctx context.Context, user *identity.User) (f Factors, err error) {
	if f.Held, err = s.Factors.Held(ctx, user.ID); err != nil {
		return f, err
	}
	if f.Held.Passkeys+f.Silent > 0 {
		f.Passkeys, err = s.Passkeys.Of(ctx, user)
	}
	return f, err
}

// A Factor is one of them, as pages name it.
type Factor struct {
	ID      uuid.UUID
	Passkey bool // else an authenticator app
	Name    string
}

// Factor returns one factor of a user by its public id. mfa.ErrFactorUnknown.
func (s *Service) Factor(ctx context.Context, user *identity.User, publicID string) (Factor, error) {
	held, err := s.FactorsOf(ctx, user)
	if err != nil {
		return Factor{}, err
	}
	for i := range held.Passkeys {
		if p := &held.Passkeys[i]; p.PublicID() == publicID {
			return Factor{p.ID, true, p.Name}, nil
		}
	}
	for i := range held.TOTP {
		if f := &held.TOTP[i]; f.PublicID() == publicID {
			return Factor{f.ID, false, f.Name}, nil
		}
	}
	return Factor{}, mfa.ErrFactorUnknown
}

// Rename gives a factor another name. mfa.ErrFactorUnknown.
func (s *Service) Rename(ctx context.Context, user *identity.User, publicID, name string) error {
	if id, err := tid.Parse(passkey.Prefix, publicID); err == nil {
		return known(s.Passkeys.Rename(ctx, user, id, name))
	}
	id, err := tid.Parse(mfa.FactorPrefix, publicID)
	if err != nil {
		return mfa.ErrFactorUnknown
	}
	return s.Factors.Rename(ctx, user, id, name)
}

// known makes the error of an unknown passkey that of any factor.
func known(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return mfa.ErrFactorUnknown
	}
	return err
}

// RemoveFactor removes a factor. mfa.ErrFactorUnknown, identity.ErrLastWay, ErrLastFactor. Of two who
// remove at once the second sees what the first left: the row of the user is locked.
func (s *Service) RemoveFactor(ctx context.Context, user *identity.User, publicID string) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Factors.Held(ctx, user.ID)
		if err != nil {
			return err
		}
		if err := s.remove(ctx, user, publicID); err != nil {
			return err
		}
		held, err := s.Factors.Held(ctx, user.ID)
		if err == nil && held.Alone < before.Alone {
			err = s.KeepsWay(ctx, user)
		}
		if err == nil && !held.Any() && tenant.Must(ctx).Settings.MFA.Requires("") {
			err = ErrLastFactor
		}
		return err
	})
	if err != nil && fault.KindOf(err) == "" {
		err = fmt.Errorf("remove own factor: %w", err)
	}
	return err
}

func (s *Service) remove(ctx context.Context, user *identity.User, publicID string) error {
	actor := event.Actor{Type: "user", ID: user.PublicID()}
	if id, err := tid.Parse(passkey.Prefix, publicID); err == nil {
		return known(s.Passkeys.Remove(ctx, actor, user, id))
	}
	id, err := tid.Parse(mfa.FactorPrefix, publicID)
	if err != nil {
		return mfa.ErrFactorUnknown
	}
	return s.Factors.Remove(ctx, actor, user, id)
}
