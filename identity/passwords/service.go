package passwords

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/tenant"
)

// ErrFactor reports that the password is right, and the second factor is missing.
var ErrFactor = fault.New(fault.Unauthenticated, "factor_missing", "Enter the code of your second step too.")

// A Service changes passwords for their users. An operator has identity.Directory.
type Service struct {
	Proofs    *identity.PasswordProof
	Directory *identity.Directory
	Factors   *mfa.Service
	Now       func() time.Time
}

// A Change is a new password with what proves who sets it.
type Change struct {
	// Try has the present password.
	Try      identity.Attempt
	Factor   string // code of the second factor, of who has one
	Password string // the new one
	// Session is the browser's, or nil. It goes on if it is the user's.
	Session *identity.Session
}

// A Changed is a password that was changed. Everything of the user that there was has ended but
// the session, whose token is another one; nil: there was none.
type Changed struct {
	User    identity.User
	Session *identity.Session
	Token   string
}

// Change sets another password. The errors of identity.PasswordProof.Prove, ErrFactor and those
// of mfa.Service.Prove, and those of identity.Directory.Hash.
func (s *Service) Change(ctx context.Context, c Change) (Changed, error) {
	proof, err := s.Proofs.Prove(ctx, c.Try)
	if err != nil {
		return Changed{}, err
	}
	spend := func(context.Context) error { return nil }
	if proof.SecondFactor && !tenant.Must(ctx).Settings.MFA.Off() {
		if c.Factor == "" {
			return Changed{}, ErrFactor
		}
		try := mfa.Try{User: &proof.User, Typed: c.Factor}
		if c.Try.KnownFor != nil && c.Try.KnownFor(proof.User.ID) {
			try.Device = c.Try.Device
		}
		proved, err := s.Factors.Prove(ctx, try)
		if err != nil {
			return Changed{}, err
		}
		spend = proved.Spend
	}
	if same(c.Try.Password, c.Password) {
		return Changed{}, password.ErrReused
	}
	encoded, err := s.Directory.Hash(ctx, &proof.User, c.Password)
	if err != nil {
		return Changed{}, err
	}
	return s.set(ctx, &proof.User, encoded, c.Session, spend)
}

// Replace sets another password for the user of a session who has just signed in and has to set
// one. password.ErrReused when it is the present one, identity.ErrRefused when everything of the
// user's ended meanwhile, and the errors of identity.Directory.Hash.
func (s *Service) Replace(ctx context.Context, user *identity.User, session *identity.Session, typed string) (Changed, error) {
	if err := s.Directory.CheckUnused(ctx, user.ID, typed, 1); err != nil {
		return Changed{}, err
	}
	encoded, err := s.Directory.Hash(ctx, user, typed)
	if err != nil {
		return Changed{}, err
	}
	return s.set(ctx, user, encoded, session, func(context.Context) error { return nil })
}

// same reports whether two passwords are one, however they were typed.
func same(one, other string) bool {
	a, errA := password.Normalize(one)
	b, errB := password.Normalize(other)
	return errA == nil && errB == nil && a == b
}

// set stores the password and lets the session go on under another token: all or nothing. A
// proof from before somebody else ended everything of the user sets nothing.
func (s *Service) set(ctx context.Context, user *identity.User, encoded identity.Hashed, session *identity.Session, spend func(context.Context) error) (changed Changed, err error) {
	keep := uuid.Nil
	if session != nil && session.UserID == user.ID {
		keep = session.ID
	}
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := spend(ctx); err != nil {
			return err
		}
		if err = s.Directory.ReplaceHashed(ctx, user, encoded, keep); err != nil {
			return err
		}
		if changed.User, err = s.Directory.Users.ByID(ctx, user.ID); err != nil || keep == uuid.Nil {
			return err
		}
		next := *session
		changed.Session, changed.Token = &next, secret.Token(identity.SessionPrefix)
		next.TokenHash = identity.SessionHash(tenant.Must(ctx).ID, changed.Token)
		next.Mark, next.RotatedAt, next.SeenAt, next.PasswordState = changed.User.NotBefore, s.Now(), s.Now(), ""
		return s.Directory.Sessions.Renew(ctx, session.TokenHash, next)
	})
	if err != nil {
		return Changed{}, fmt.Errorf("change password: %w", err)
	}
	return changed, nil
}
