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

// ErrNewDevice reports that the password is right, and the browser is new to the account: whoever
// has no more than a password must sign in there first, which takes a look at the mail.
var ErrNewDevice = fault.New(fault.Unauthenticated, "password_new_device", "Sign in in this browser first, then change your password.")

// A Service changes passwords for their users. An operator has identity.Directory.
type Service struct {
	Proofs    *identity.PasswordProof
	Directory *identity.Directory
	Factors   *mfa.Service
	Devices   identity.DeviceWrites
	Mails     bool // the server sends mail
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

// Change sets another password. The errors of identity.PasswordProof.Prove, ErrFactor, ErrNewDevice and those
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
			try.Device = identity.DeviceKey(c.Try.Device)
		}
		proved, err := s.Factors.Prove(ctx, try)
		if err != nil {
			return Changed{}, err
		}
		spend = proved.Spend
	} else if c.Session == nil && proof.TakesLook(tenant.Must(ctx).Settings.Devices, s.Mails) {
		return Changed{}, ErrNewDevice
	}
	if same(c.Try.Password, c.Password) {
		return Changed{}, password.ErrReused
	}
	encoded, err := s.Directory.Hash(ctx, &proof.User, c.Password)
	if err != nil {
		return Changed{}, err
	}
	return s.set(ctx, &proof.User, encoded, change{c.Session, c.Try.Device, spend})
}

// Replace sets another password for the user of a session who has just signed in and has to set
// one. device is the hash of the browser's secret, or nil. password.ErrReused when it is the present one, identity.ErrRefused when everything of the
// user's ended meanwhile, and the errors of identity.Directory.Hash.
func (s *Service) Replace(ctx context.Context, user *identity.User, session *identity.Session, typed string, device []byte) (Changed, error) {
	if err := s.Directory.CheckUnused(ctx, user.ID, typed, 1); err != nil {
		return Changed{}, err
	}
	encoded, err := s.Directory.Hash(ctx, user, typed)
	if err != nil {
		return Changed{}, err
	}
	return s.set(ctx, user, encoded, change{session, device, func(context.Context) error { return nil }})
}

// same reports whether two passwords are one, however they were typed.
func same(one, other string) bool {
	a, errA := password.Normalize(one)
	b, errB := password.Normalize(other)
	return errA == nil && errB == nil && a == b
}

// A change is what goes with a new password.
type change struct {
	session *identity.Session // of the browser, or nil
	device  []byte            // same, its hash
	spend   func(context.Context) error
}

// set stores the password and lets the session go on under another token, in a browser that stays
// known: all or nothing. A proof from before somebody else ended everything of the user sets
// nothing.
func (s *Service) set(ctx context.Context, user *identity.User, encoded identity.Hashed, c change) (changed Changed, err error) {
	keep := uuid.Nil
	if c.session != nil && c.session.UserID == user.ID {
		keep = c.session.ID
	}
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := c.spend(ctx); err != nil {
			return err
		}
		if err = s.Directory.ReplaceHashed(ctx, user, encoded, keep); err != nil {
			return err
		}
		if changed.User, err = s.Directory.Users.ByID(ctx, user.ID); err != nil || keep == uuid.Nil {
			return err
		}
		return s.goOn(ctx, &changed, c)
	})
	if err != nil {
		return Changed{}, fmt.Errorf("change password: %w", err)
	}
	return changed, nil
}

// goOn lets the session go on. The second factor is asked for again in its browser.
func (s *Service) goOn(ctx context.Context, changed *Changed, c change) error {
	next := *c.session
	changed.Session, changed.Token = &next, secret.Token(identity.SessionPrefix)
	next.TokenHash = identity.SessionHash(tenant.Must(ctx).ID, changed.Token)
	next.Mark, next.RotatedAt, next.SeenAt, next.PasswordState = changed.User.NotBefore, s.Now(), s.Now(), ""
	next.WaivedBy = uuid.Nil
	if c.device != nil {
		if err := s.Devices.Sight(ctx, identity.Sight(ctx, &changed.User, c.device)); err != nil {
			return err
		}
	}
	return s.Directory.Sessions.Renew(ctx, c.session.TokenHash, next)
}
