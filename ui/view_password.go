package ui

// NewPasswordView asks for another password before a sign-in goes on.
type NewPasswordView struct {
	Page
	Client     Client
	Flow, CSRF string
	User       string
	Breached   bool // the present one has leaked
	Rules      PasswordRules
	Password   PasswordProblem
	RetryAfter int // seconds, when it is busy
}
