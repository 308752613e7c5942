package ui

import "plinto/internal/paths"

// An EmailProblem is why a form of an address is shown again: a key of the translations.
type EmailProblem string

// The problems.
const (
	EmailWrongCode   EmailProblem = "signup.wrong.code"
	EmailMalformed   EmailProblem = "signup.wrong.email"
	EmailDomain      EmailProblem = "signup.wrong.domain"
	EmailUnreachable EmailProblem = "signup.wrong.unreachable"
	EmailHeld        EmailProblem = "emails.held"
	EmailFull        EmailProblem = "emails.full"
	EmailTaken       EmailProblem = "emails.taken"
	EmailThrottled   EmailProblem = "common.throttled"
)

// An AccountEmail is an address of the user.
type AccountEmail struct {
	ID       string
	Address  string
	Primary  bool
	Verified bool
	Asked    bool // a code was mailed to it that was not entered yet
}

// AccountEmailsView lists addresses.
type AccountEmailsView struct {
	AccountFrame
	Emails  []AccountEmail
	Mails   bool         // mail can be sent
	Wrong   string       // the ID whose code was wrong, or ""
	Problem EmailProblem // with Wrong
}

// AccountEmailAddView adds an address.
type AccountEmailAddView struct {
	AccountFrame
	Email      string
	Problem    EmailProblem
	RetryAfter int // seconds, with EmailThrottled
}

// AccountEmailChangeView asks whether to make an address the main one, or to remove it.
type AccountEmailChangeView struct {
	AccountFrame
	ID, Email string
	Remove    bool
	Problem   EmailProblem
}

func (v AccountEmailChangeView) title() string {
	if v.Remove {
		return "security.remove.of"
	}
	return "emails.make.of"
}

func (v AccountEmailChangeView) says() string {
	if v.Remove {
		return "emails.remove.says"
	}
	return "emails.make.says"
}

func (v AccountEmailChangeView) path() string {
	if v.Remove {
		return paths.AccountEmailRemove
	}
	return paths.AccountEmailPrimary
}
