package passwords

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A Service changes passwords for their users. An operator has identity.Directory.
type Service struct {
	Directory *identity.Directory
	Devices   identity.DeviceWrites
	Factors   mfa.Factors
	Mails     bool // the server sends mail
	Now       func() time.Time
}

// A Changed is a password that was changed. Everything of the user that there was has ended but
// the session, whose token is another one.
type Changed struct {
	User    identity.User
	Session *identity.Session
	Token   string
}

// Replace sets another password for the user of a session, who has proved who they are just now.
// device is the hash of the browser's secret, or nil. password.ErrReused when it is the present
// one, identity.ErrRefused or identity.ErrNoSession when everything of the user's ended
// meanwhile, and the errors of identity.Directory.Hash.
func (s *Service) Replace(ctx context.Context, user *identity.User, session *identity.Session, typed string, device []byte) (Changed, error) {
	if err := s.Directory.CheckUnused(ctx, user.ID, typed, 1); err != nil {
		return Changed{}, err
	}
	encoded, err := s.Directory.Hash(ctx, user, typed)
	if err != nil {
		return Changed{}, err
	}
	return s.set(ctx, user, encoded, session, device)
}

// set stores the password and lets the session go on under another token, in a browser that stays
// known: all or nothing. A proof from before somebody else ended everything of the user sets
// nothing.
func (s *Service) set(ctx context.Context, user *identity.User, encoded identity.Hashed, session *identity.Session, device []byte) (changed Changed, err error) {
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err = s.Directory.ReplaceHashed(ctx, user, encoded, session.ID); err != nil {
			return err
		}
		if changed.User, err = s.Directory.Users.ByID(ctx, user.ID); err != nil {
			return err
		}
		return s.goOn(ctx, &changed, session, device)
	})
	if err != nil {
		return Changed{}, fmt.Errorf("change password: %w", err)
	}
	return changed, nil
}

// goOn lets the session go on. The second factor is asked for again in its browser.
func (s *Service) goOn(ctx context.Context, changed *Changed, session *identity.Session, device []byte) error {
	next := *session
	changed.Session, changed.Token = &next, secret.Token(identity.SessionPrefix)
	next.TokenHash = identity.SessionHash(tenant.Must(ctx).ID, changed.Token)
	next.Mark, next.RotatedAt, next.SeenAt, next.PasswordState = changed.User.NotBefore, s.Now(), s.Now(), ""
	next.WaivedBy = uuid.Nil
	if device != nil {
		if err := s.Devices.Sight(ctx, identity.Sight(ctx, &changed.User, device)); err != nil {
			return err
		}
	}
	return s.Directory.Sessions.Renew(ctx, session.TokenHash, next)
}
