package ui

// PasswordRules are the lengths of a password, in characters.
type PasswordRules struct {
	Min, Max int
}

// A PasswordProblem is why a new password is refused.
type PasswordProblem string

// The problems of a new password.
const (
	PasswordMissing  PasswordProblem = "password.missing"
	PasswordShort    PasswordProblem = "password.short"
	PasswordLong     PasswordProblem = "password.long"
	PasswordCommon   PasswordProblem = "password.common"
	PasswordWords    PasswordProblem = "password.words"
	PasswordAbout    PasswordProblem = "password.about"
	PasswordPattern  PasswordProblem = "password.pattern"
	PasswordBreached PasswordProblem = "password.breached"
	PasswordReused   PasswordProblem = "password.reused"
	PasswordUnusable PasswordProblem = "password.unusable"
)

// NewPasswordView asks for another password before a sign-in goes on.
type NewPasswordView struct {
	Page
	Client     Client
	Flow, CSRF string
	User       string
	Why        string // what is known of the present one: "breached", "short", "due"
	Rules      PasswordRules
	Password   PasswordProblem
	RetryAfter int // seconds, when it is busy
}

// why says why the present password does not do.
func (v *NewPasswordView) why() string {
	switch v.Why {
	case "breached":
		return v.Locale.T("newpassword.breached")
	case "short":
		return v.Locale.T("newpassword.short")
	}
	return v.Locale.T("newpassword.due")
}
