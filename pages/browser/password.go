package browser

import (
	"context"
	"errors"

	"plinto/internal/password"
	"plinto/tenant"
	"plinto/ui"
)

// PasswordRules are what pages say about a new password of a user who has a second factor,
// or not.
func PasswordRules(ctx context.Context, factor bool) ui.PasswordRules {
	return ui.PasswordRules{Min: tenant.Must(ctx).Settings.PasswordLength(factor), Max: password.MaxLength}
}

// PasswordProblem returns what pages say about a refused password, or "" of an error
// that is about something else.
func PasswordProblem(err error) ui.PasswordProblem {
	switch {
	case errors.Is(err, password.ErrShort):
		return ui.PasswordShort
	case errors.Is(err, password.ErrLong):
		return ui.PasswordLong
	case errors.Is(err, password.ErrCommon):
		return ui.PasswordCommon
	case errors.Is(err, password.ErrWeakWords):
		return ui.PasswordWords
	case errors.Is(err, password.ErrWeakAbout):
		return ui.PasswordAbout
	case errors.Is(err, password.ErrWeakPattern):
		return ui.PasswordPattern
	case errors.Is(err, password.ErrBreached):
		return ui.PasswordBreached
	case errors.Is(err, password.ErrReused):
		return ui.PasswordReused
	case errors.Is(err, password.ErrUnusable):
		return ui.PasswordUnusable
	}
	return ""
}
