package ui

// A RecoverFrame is what the pages of a recovery share.
type RecoverFrame struct {
	Page
	Client     Client
	Flow, CSRF string
}

// A RecoverProblem is why a form of a recovery is shown again: a key of the translations.
type RecoverProblem string

// The problems.
const (
	RecoverCodeWrong RecoverProblem = "recover.wrong.code"
	RecoverExpired   RecoverProblem = "recover.wrong.expired"
	RecoverThrottled RecoverProblem = "common.throttled"
	RecoverBusy      RecoverProblem = "common.busy"
)

// RecoverView asks who forgot their password.
type RecoverView struct {
	RecoverFrame
	Username   string
	Problem    RecoverProblem
	RetryAfter int // seconds, with RecoverThrottled and RecoverBusy
	Effort     EffortView
}

// RecoverCodeView asks for the code that was mailed.
type RecoverCodeView struct {
	RecoverFrame
	Username   string // as it was typed
	Code       string // same
	Life       int    // seconds that a code is good
	Again      bool   // whether this is not the first code
	Problem    RecoverProblem
	RetryAfter int // seconds, with RecoverThrottled and RecoverBusy
	Effort     EffortView
}

// RecoverPasswordView asks for another password.
type RecoverPasswordView struct {
	RecoverFrame
	Username string // for password managers
	Factor   bool   // asks for the second factor too
	None     bool   // the user has no password, and other ways to sign in
	Rules    PasswordRules
	Password PasswordProblem
	// FactorProblem is what is wrong with the second factor, or "".
	FactorProblem FactorProblem
	Problem       RecoverProblem
	RetryAfter    int // seconds, with RecoverBusy
}

// RecoverLinkView asks who has a link of an operator for another password.
type RecoverLinkView struct {
	Page
	CSRF         string
	Username     string // whose link it is
	ResetFactors bool   // whether the second factors are removed
	Rules        PasswordRules
	Password     PasswordProblem
}

// RecoverLinkDoneView says that the password is set.
type RecoverLinkDoneView struct {
	Page
	Username string
}

// recoverSent is what the page says about the mail, but for the name.
func recoverSent(v RecoverCodeView) string {
	key := "recover.sent"
	if v.Again {
		key = "recover.sent.again"
	}
	return v.Locale.T(key, "duration", v.Locale.Duration(v.Life))
}

// at reports whether the problem is the code's.
func (p RecoverProblem) at() bool { return p == RecoverCodeWrong || p == RecoverExpired }
