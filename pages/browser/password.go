package browser

import (
	"errors"

	"plinto/internal/password"
	"plinto/ui"
)

// PasswordRules are what pages say about a new password.
var PasswordRules = ui.PasswordRules{Min: password.MinLength, Max: password.MaxLength}

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
	case errors.Is(err, password.ErrUnusable):
		return ui.PasswordUnusable
	}
	return ""
}
