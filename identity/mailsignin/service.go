// Package mailsignin has people sign in with a code, or a link, that is mailed to them, instead of a
// password: where the tenant wants that.
package mailsignin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Errors of a sign-in by mail. None tells whether somebody has an account.
var (
	ErrCode    = fault.New(fault.Unauthenticated, "mail_code", "The code is incorrect or has expired.")
	ErrTooMany = fault.New(fault.TooMany, "mail_code_throttled", "Too many attempts. Try again later.")
)

// Letter is the kind of the mail with the code.
const Letter = "sign_in.code"

// The limits of sign-ins by mail. Eight digits, five tries a mail and thirty wrong codes a day leave
// who guesses one chance in three million a day.
var (
	limitMail = identity.MailLimits{
		Address: identity.Limit{Name: "mail-sign-in-address", Count: 60, Period: time.Hour, Burst: 20},
		Account: identity.Limit{Name: "mail-sign-in-mail", Count: 8, Period: time.Hour, Burst: 4},
		Device:  identity.Limit{Name: "mail-sign-in-mail-device", Count: 8, Period: time.Hour, Burst: 4},
		TooMany: ErrTooMany,
	}
	limitCode = identity.Limit{Name: "mail-sign-in-code", Count: 30, Period: 24 * time.Hour, Burst: 10}
	// A browser that is known of the user has codes of its own, as it has mails: whoever types wrong ones keeps nobody out.
	limitCodeDevice = identity.Limit{Name: "mail-sign-in-code-device", Count: 30, Period: 24 * time.Hour, Burst: 10}
)

var use = &identity.CodeUse{
	Purpose: "sign-in:", Verified: "sign-in-verified:", Context: "one-time/sign-in", Wrong: ErrCode, Link: "plsi_",
	Fact: func(purpose, hash string) event.Fact { return event.SignInCodeRequested{Purpose: purpose, Hash: hash} },
}

// useCode is the same without a link: there is no browser in which it could be opened.
var useCode = func() *identity.CodeUse {
	u := *use
	u.Link = ""
	return &u
}()

// LinkWellFormed reports whether text may be the token of a link: whether it is worth keeping.
func LinkWellFormed(text string) bool { return use.LinkWellFormed(text) }

// A Service signs people in by mail.
type Service struct {
	Users       identity.Users
	Directory   *identity.Directory
	Mailed      *identity.MailedCodes
	Attempts    identity.Attempts
	EffortLimit identity.EffortLimit // of asking for a mail
	Outbox      event.Outbox
	Tx          identity.Transactor
	ShadowKey   [32]byte // keys the counters of names
	Now         func() time.Time
	// Mails reports whether the server sends mail.
	Mails bool
}

// Open reports whether people sign in by mail in a tenant.
func (s *Service) Open(t *tenant.Tenant) bool { return s.Mails && t.Settings.EmailSignIn.On() }

// SignsIn reports whether a user can sign in by mail: to an address that was proved.
func (s *Service) SignsIn(ctx context.Context, user *identity.User) bool {
	return user.EmailVerified && s.Open(tenant.Must(ctx))
}

// A Request is somebody who wants a code.
type Request struct {
	Typed   string // an address or user name
	Lang    string // of the pages, for users who have no language of their own
	Address string // the client's
	Flow    string // names the flow, for who opens the link
	Device  []byte // hash of the browser's secret, or nil
	Effort  identity.Effort
	// CodeOnly says that the mail has no link: an application without a browser asks.
	CodeOnly bool
}

// Begin mails code and link to the user whose address or user name was typed, if there is one, and
// returns what the browser has to keep. ErrTooMany (with RetryAfter), *identity.EffortDemanded.
func (s *Service) Begin(ctx context.Context, r Request) (identity.MailSignIn, error) {
	typed := identity.Typed(r.Typed)
	canonical := identity.Lookup(ctx, typed)
	held, err := limitMail.Admit(ctx, &s.EffortLimit, s.Users, &identity.MailAsk{
		Name: canonical, Key: s.key(ctx, canonical), Address: r.Address, Device: r.Device, Effort: r.Effort,
	})
	if err != nil {
		return identity.MailSignIn{}, err
	}
	by := use
	if r.CodeOnly {
		by = useCode
	}
	code, err := s.Mailed.PostToNamed(ctx, &held, by, typed, identity.Letter{Kind: Letter, Lang: r.Lang, Ref: r.Flow})
	return identity.MailSignIn{NamedCode: code}, err
}

func (s *Service) key(ctx context.Context, canonical string) string {
	return fmt.Sprintf("%x", secret.MAC(s.ShadowKey, "mail-sign-in", tenant.Must(ctx).ID.String(), canonical)[:16])
}

// Linked returns the code of a link and the flow that it was mailed for. It changes nothing.
// identity.ErrLinkUnknown.
func (s *Service) Linked(ctx context.Context, token string) (code identity.LinkedCode, err error) {
	linked, stands, err := s.Mailed.Linked(ctx, use, token)
	if err == nil && !stands {
		err = identity.ErrLinkUnknown
	}
	return linked, err
}

// Prove checks the code of the mail. The proof uses it up, in the transaction that it is for, which
// fails with ErrCode when somebody else used it first. device is the hash of the browser's secret, or
// nil; clientID whose authorization request it is for, or "". ErrCode, also after too many wrong ones.
func (s *Service) Prove(ctx context.Context, pending identity.MailSignIn, code string, device []byte, clientID string) (identity.Proof, error) {
	verified, err := s.Mailed.Verify(ctx, use, pending.MailedCode, code)
	if err != nil && !errors.Is(err, ErrCode) {
		return identity.Proof{}, err
	}
	good := err == nil
	held, err := s.Users.Credential(ctx, identity.Lookup(ctx, pending.Email), device)
	if err != nil && !errors.Is(err, identity.ErrUserNotFound) {
		return identity.Proof{}, fmt.Errorf("find user: %w", err)
	}
	// What was typed has to name the user still, who is as they were.
	good = good && err == nil && held.User.ID == pending.UserID && held.User.Active() && secret.Equal(pending.Mark, identity.MailMark(&held.User))
	limit, key := limitCode, s.key(ctx, identity.Lookup(ctx, pending.Email))
	switch {
	case held.Device.Known:
		limit, key = limitCodeDevice, held.DeviceCounter(device)
	case held.User.ID != uuid.Nil: // all names of an account have one. With nothing left of it a code is a wrong one, which tells nothing
		key = held.User.ID.String()
	}
	// Whoever leaves before the answer is counted all the same.
	stands, err := s.Attempts.Verdict(context.WithoutCancel(ctx), limit, key, good)
	switch {
	case err != nil:
		return identity.Proof{}, fmt.Errorf("count attempt: %w", err)
	case !good || !stands:
		return identity.Proof{}, s.refused(ctx, &held.User, stands, clientID)
	}
	return identity.Proof{
		User: held.User, AMR: []string{identity.AMREmail}, At: s.Now(), SecondFactor: held.SecondFactor, Device: held.Device,
		Spend: func(ctx context.Context) error { return s.spend(ctx, &held.User, &verified) },
	}, nil
}

// refused tells the audit log, and only it, why a code was refused.
func (s *Service) refused(ctx context.Context, user *identity.User, judged bool, clientID string) error {
	e := event.Event{Fact: event.SignInFailed{ClientID: clientID}, Outcome: "failure", Reason: "bad_mail_code", Actor: event.Actor{Type: "anonymous"}}
	if user.ID != uuid.Nil {
		e.Subject = user.PublicID()
	}
	if !judged {
		e.Reason = "throttled"
	}
	if err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Outbox.Append(ctx, e) }); err != nil {
		return fmt.Errorf("record refused code: %w", err)
	}
	return ErrCode
}

// spend uses a code up, in the transaction of ctx. The primary address is the user's own by it.
func (s *Service) spend(ctx context.Context, user *identity.User, m *identity.MailedCode) error {
	err := s.Mailed.Spend(ctx, use, m)
	if errors.Is(err, identity.ErrLinkUnknown) {
		return ErrCode
	}
	if err != nil || user.EmailVerified || identity.Mailbox(user, m.Email, identity.Lookup(ctx, m.Email)) != user.Email {
		return err
	}
	email := user.Email
	_, err = s.Directory.Update(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID, func(u *identity.User) {
		u.EmailVerified = u.EmailVerified || u.Email == email
	})
	return err
}
