package browser

import (
	"errors"

	"plinto/internal/phc"
	"plinto/ui"
)

// PasswordRules are what pages say about a new password.
var PasswordRules = ui.PasswordRules{Min: phc.MinLength, Max: phc.MaxLength}

// PasswordProblem returns what pages say about a refused password, or "" of an error
// that is about something else.
func PasswordProblem(err error) ui.PasswordProblem {
	switch {
	case errors.Is(err, phc.ErrShort):
		return ui.PasswordShort
	case errors.Is(err, phc.ErrLong):
		return ui.PasswordLong
	case errors.Is(err, phc.ErrCommon):
		return ui.PasswordCommon
	case errors.Is(err, phc.ErrUnusable):
		return ui.PasswordUnusable
	}
	return ""
}
