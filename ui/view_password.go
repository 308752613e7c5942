package ui

// A ChangeProblem is why the form for another password is shown again: a key of the
// translations.
type ChangeProblem string

// The problems with neither the new password nor the second factor.
const (
	ChangeWrong     ChangeProblem = "change.wrong" // who is signed in
	ChangeWrongName ChangeProblem = "signin.wrong" // who is not
	ChangeNewDevice ChangeProblem = "change.device"
	ChangeThrottled ChangeProblem = "common.throttled"
	ChangeBusy      ChangeProblem = "common.busy"
)

// ChangePasswordView lets a user change their password.
type ChangePasswordView struct {
	Page
	CSRF          string
	User          string // who is signed in, or ""
	Username      string // typed by who is not
	Factor        bool   // asks for the second factor too
	Rules         PasswordRules
	Problem       ChangeProblem
	FactorProblem FactorProblem
	Password      PasswordProblem
	RetryAfter    int // seconds, with ChangeThrottled and ChangeBusy
}

func (v ChangePasswordView) wrong() bool {
	return v.Problem != "" || v.FactorProblem != "" || v.Password != ""
}

// atCurrent reports whether name or present password are wrong.
func (v ChangePasswordView) atCurrent() bool {
	return v.Problem == ChangeWrong || v.Problem == ChangeWrongName
}

// PasswordChangedView says that the password is another one.
type PasswordChangedView struct {
	Page
	SignedIn bool // the browser still is
}

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
