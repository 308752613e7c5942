package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
)

// Errors of a check.
var (
	ErrCode    = fault.New(fault.Unauthenticated, "device_code", "The code is incorrect or has expired.")
	ErrTooMany = fault.New(fault.TooMany, "device_throttled", "Too many codes were asked for. Try again later.")
)

// Letter is the kind of the mail with the code.
const Letter = "device.code"

// The limits of checks. Eight digits, five tries a mail and thirty wrong codes a day leave who
// knows the password one chance in three million a day.
var (
	limitMails = identity.Limit{Name: "device-mail", Count: 6, Period: time.Hour, Burst: 4}
	limitCode  = identity.Limit{Name: "device-code", Count: 30, Period: 24 * time.Hour, Burst: 10}
	// Browsers that signed the user in before, and are known no more, have both for themselves, all of them together: who never signed in
	// as the user keeps nobody out of them.
	limitMailsBefore = identity.Limit{Name: "device-mail-before", Count: 6, Period: time.Hour, Burst: 4}
	limitCodeBefore  = identity.Limit{Name: "device-code-before", Count: 30, Period: 24 * time.Hour, Burst: 10}
)

var use = &identity.CodeUse{
	Purpose: "device:", Verified: "device-verified:", Context: "one-time/device", Wrong: ErrCode,
	Fact: func(purpose, hash string) event.Fact { return event.DeviceCodeRequested{Purpose: purpose, Hash: hash} },
}

// A Check has people who proved a password in a browser that is new to the account show that they
// read its mail. It makes nobody more than who knows a password: it is no second factor.
type Check struct {
	Mailed    *identity.MailedCodes
	Directory *identity.Directory
	Attempts  identity.Attempts
	Limiter   identity.Limiter
	Outbox    event.Outbox
	Tx        identity.Transactor
	// Mails reports whether the server sends mail.
	Mails bool
}

// Reaches reports whether a user can be asked for a code.
func (c *Check) Reaches(user *identity.User) bool { return c.Mails && user.Email != "" }

// Begin mails a code to a user whom it reaches, and returns what the browser has to keep. lang is
// the language of the pages, for users who have none of their own; before says that the browser signed the
// user in before. ErrTooMany (with RetryAfter).
func (c *Check) Begin(ctx context.Context, user *identity.User, before bool, lang string) (identity.MailedCode, error) {
	limit := limitMails
	if before {
		limit = limitMailsBefore
	}
	if wait := c.Limiter.Take(ctx, limit.Of(user.ID.String())); wait > 0 {
		return identity.MailedCode{}, ErrTooMany.After(wait)
	}
	if user.Profile.Locale != "" {
		lang = user.Profile.Locale
	}
	m := identity.NewMailedCode(user.Email, lang)
	letter := identity.Letter{Kind: Letter, To: user.Email, Code: identity.NewCode(), Lang: lang}
	if err := c.Mailed.Post(ctx, use, &m, letter.Code, user.PublicID(), letter); err != nil {
		return m, fmt.Errorf("mail code: %w", err)
	}
	return m, nil
}

// Verify checks the code of the mail, and returns what uses it up: that belongs into the transaction
// that the proof is for, which fails with ErrCode when somebody else used the code first. The
// address is the user's own by it. ErrCode, also after too many wrong ones. before is as for Begin; clientID is
// whose authorization request it is for, or "".
func (c *Check) Verify(ctx context.Context, user *identity.User, before bool, m identity.MailedCode, code, clientID string) (spend func(context.Context) error, err error) {
	verified, err := c.Mailed.Verify(ctx, use, m, code)
	if err != nil && !errors.Is(err, ErrCode) {
		return nil, err
	}
	good := err == nil && m.Email == user.Email
	// Whoever leaves before the answer is counted all the same.
	limit := limitCode
	if before {
		limit = limitCodeBefore
	}
	stands, err := c.Attempts.Verdict(context.WithoutCancel(ctx), limit, user.ID.String(), good)
	switch {
	case err != nil:
		return nil, fmt.Errorf("count attempt: %w", err)
	case good && stands:
		return func(ctx context.Context) error { return c.spend(ctx, user, &verified) }, nil
	}
	return nil, c.refused(ctx, user, stands, clientID)
}

// refused tells the audit log, and only it, why a code was refused.
func (c *Check) refused(ctx context.Context, user *identity.User, judged bool, clientID string) error {
	reason := "bad_device_code"
	if !judged {
		reason = "throttled"
	}
	err := c.Tx.InTx(ctx, func(ctx context.Context) error {
		return c.Outbox.Append(ctx, event.Event{
			Fact: event.SignInFailed{ClientID: clientID}, Outcome: "failure", Reason: reason,
			Actor: event.Actor{Type: "anonymous"}, Subject: user.PublicID(),
		})
	})
	if err != nil {
		return fmt.Errorf("record refused code: %w", err)
	}
	return ErrCode
}

// spend uses a code up, in the transaction of ctx.
func (c *Check) spend(ctx context.Context, user *identity.User, m *identity.MailedCode) error {
	err := c.Mailed.Spend(ctx, use, m)
	switch {
	case errors.Is(err, identity.ErrLinkUnknown):
		return ErrCode
	case err != nil || user.EmailVerified:
		return err
	}
	_, err = c.Directory.Update(ctx, event.Actor{Type: "user", ID: user.PublicID()}, user.ID, func(u *identity.User) {
		u.EmailVerified = u.EmailVerified || u.Email == m.Email
	})
	return err
}
