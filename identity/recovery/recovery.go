// Package recovery lets people who forgot their password set another one: by a code that is
// mailed to them, and by their second factor if they have one.
package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Errors of a recovery. None tells whether somebody has an account.
var (
	ErrCode    = fault.New(fault.Invalid, "recovery_code", "The code is incorrect or has expired.")
	ErrExpired = fault.New(fault.Invalid, "recovery_expired", "The code has expired. Ask for a new one.")
	ErrTooMany = fault.New(fault.TooMany, "recovery_throttled", "Too many attempts. Try again later.")
)

// Letter is the kind of the mail with the code.
const Letter = "recovery.code"

// The limits of recoveries. Eight digits and five tries a mail leave who guesses one chance in
// twenty million a mail.
var limitMail = identity.MailLimits{
	Address: identity.Limit{Name: "recovery-address", Count: 20, Period: time.Hour, Burst: 10},
	Account: identity.Limit{Name: "recovery-mail", Count: 4, Period: time.Hour, Burst: 3},
	Device:  identity.Limit{Name: "recovery-mail-device", Count: 4, Period: time.Hour, Burst: 3},
	TooMany: ErrTooMany,
}

var use = &identity.CodeUse{
	Purpose: "recovery:", Verified: "recovery-verified:", Context: "one-time/recovery", Wrong: ErrCode,
	Fact: func(purpose, hash string) event.Fact { return event.RecoveryRequested{Purpose: purpose, Hash: hash} },
}

// A Service takes people from a forgotten password to another one. Each step checks in the
// database that the steps before it were taken.
type Service struct {
	Users       identity.Users
	Directory   *identity.Directory
	Starter     *identity.SessionStarter
	Factors     *mfa.Service
	Mailed      *identity.MailedCodes
	EffortLimit identity.EffortLimit // of asking for a mail
	ShadowKey   [32]byte             // keys the counters of names
	Now         func() time.Time
}

// A Request is somebody who forgot their password.
type Request struct {
	Typed   string // an address or user name
	Lang    string // of the pages, for users who have no language of their own
	Address string // the client's
	Device  []byte // hash of the browser's secret, or nil
	Effort  identity.Effort
}

// Begin mails a code to the user whose address or user name was typed, if there is one, and
// returns what the browser has to keep. ErrTooMany (with RetryAfter), *identity.EffortDemanded.
func (s *Service) Begin(ctx context.Context, r Request) (identity.Recovery, error) {
	typed := identity.Typed(r.Typed)
	canonical := identity.Lookup(ctx, typed)
	held, err := limitMail.Admit(ctx, &s.EffortLimit, s.Users, &identity.MailAsk{
		Name: canonical, Key: fmt.Sprintf("%x", secret.MAC(s.ShadowKey, "recovery", canonical)[:16]),
		Address: r.Address, Device: r.Device, Effort: r.Effort,
	})
	if err != nil {
		return identity.Recovery{}, err
	}
	code, err := s.Mailed.PostToNamed(ctx, &held, use, typed, identity.Letter{Kind: Letter, Lang: r.Lang})
	return identity.Recovery{NamedCode: code}, err
}

// Verify checks the code of the mail, and returns the recovery for the browser to keep from
// now on. ErrCode, also after too many wrong ones.
func (s *Service) Verify(ctx context.Context, pending identity.Recovery, code string) (_ identity.Recovery, err error) {
	pending.MailedCode, err = s.Mailed.Verify(ctx, use, pending.MailedCode, code)
	return pending, err
}

// Asks is what the last step asks for besides the password.
type Asks struct {
	Factor bool // a second factor
	// None says that the user has no password, and can sign in without one.
	None bool
}

// User returns whose recovery it is once the code is verified, and what has to be proved besides.
// ErrExpired when the code was used, has expired, or the user was
// disabled or got another password meanwhile.
func (s *Service) User(ctx context.Context, pending *identity.Recovery) (user identity.User, asks Asks, err error) {
	if !pending.Verified() {
		return user, asks, ErrExpired
	}
	err = s.Mailed.StillVerified(ctx, use, &pending.MailedCode)
	if err == nil {
		user, err = s.named(ctx, pending)
	}
	switch {
	case errors.Is(err, identity.ErrLinkUnknown), errors.Is(err, identity.ErrUserNotFound):
		return user, asks, ErrExpired
	case err != nil:
		return user, asks, fmt.Errorf("find user: %w", err)
	case !user.Active() || !secret.Equal(pending.Mark, identity.MailMark(&user)):
		return user, asks, ErrExpired
	}
	held, err := s.Factors.Held(ctx, user.ID)
	set := &tenant.Must(ctx).Settings
	asks.Factor = held.Any() && !set.MFA.Off()
	asks.None = !held.Password && (set.EmailSignIn.On() || held.Alone > 0 && set.MFA.Passkeys != tenant.PasskeysOff)
	return user, asks, err
}

// named returns the user of a recovery while what was typed still names them: an address that was
// removed proves nothing any more. identity.ErrUserNotFound.
func (s *Service) named(ctx context.Context, pending *identity.Recovery) (identity.User, error) {
	held, err := s.Users.Credential(ctx, pending.Email, nil)
	if err == nil && held.User.ID != pending.UserID {
		err = identity.ErrUserNotFound
	}
	return held.User, err
}

// A Finish is what the last step asks for.
type Finish struct {
	Factor   string // code of the second factor, where one is asked for
	Password string
	Device   string // the browser, as mfa.Budget wants it
	ClientID string // whose authorization request it is for, or ""
}

// Finish sets the password and signs the user in. Everything of the user that there was ends;
// factors stay. The codes are spent only with all of that done: a password that is refused costs none. Whether the
// user had the password before is told only to who proved the factor. ErrExpired, the errors of mfa.Service.Prove
// and of the hasher.
func (s *Service) Finish(ctx context.Context, pending *identity.Recovery, f Finish, in identity.Browser) (identity.SignedIn, error) {
	user, asks, err := s.User(ctx, pending)
	if err != nil {
		return identity.SignedIn{}, err
	}
	proof := identity.Proof{AMR: []string{identity.AMRPassword}, At: s.Now(), SecondFactor: asks.Factor}
	if err := s.Directory.Check(ctx, &user, f.Password); err != nil {
		return identity.SignedIn{}, err
	}
	if asks.Factor {
		proved, err := s.Factors.Prove(ctx, mfa.Try{User: &user, Typed: f.Factor, Device: f.Device, ClientID: f.ClientID})
		if err != nil {
			return identity.SignedIn{}, err
		}
		proof.AMR, proof.Spend = append(proof.AMR, proved.AMR...), proved.Spend
	}
	encoded, err := s.Directory.HashChecked(ctx, &user, f.Password)
	if err != nil {
		return identity.SignedIn{}, err
	}
	return s.enter(ctx, pending, &user, encoded, proof, in)
}

// enter spends the codes, sets the password and starts the session: all or nothing.
func (s *Service) enter(ctx context.Context, pending *identity.Recovery, user *identity.User, encoded identity.Hashed, proof identity.Proof,
	in identity.Browser,
) (signedIn identity.SignedIn, err error) {
	err = s.Directory.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Mailed.Spend(ctx, use, &pending.MailedCode); err != nil {
			return err
		}
		if err := s.Directory.SetHashed(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID, encoded, uuid.Nil); err != nil {
			return err
		}
		if err := s.Directory.Writes.NoteReset(ctx, user.ID, true); err != nil {
			return err
		}
		// The mark has moved: the session is made under the new one. The user is locked by now, so
		// their addresses stay what they are.
		if proof.User, err = s.named(ctx, pending); err != nil {
			return err
		}
		if proof.User.Email != user.Email {
			return ErrExpired
		}
		signedIn, err = s.Starter.Start(ctx, proof, in)
		return err
	})
	if errors.Is(err, identity.ErrLinkUnknown) || errors.Is(err, identity.ErrUserNotFound) {
		return identity.SignedIn{}, ErrExpired
	}
	if err != nil {
		return identity.SignedIn{}, fmt.Errorf("set password: %w", err)
	}
	return signedIn, nil
}
