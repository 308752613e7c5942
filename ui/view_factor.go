package ui

// A FactorFrame is what the pages of second factors share.
type FactorFrame struct {
	Page
	Client     Client
	Flow, CSRF string
	User       string // how the user recognises themselves
}

// A FactorProblem is why a form of a second factor is shown again: a key of the
// translations.
type FactorProblem string

// The problems.
const (
	FactorMissing   FactorProblem = "factor.missing"
	FactorWrong     FactorProblem = "factor.wrong"
	RecoveryWrong   FactorProblem = "factor.wrong.recovery"
	FactorThrottled FactorProblem = "factor.throttled"
	EnrolWrong      FactorProblem = "enrol.wrong"
)

// FactorView asks for a second factor.
type FactorView struct {
	FactorFrame
	Recovery bool // for a recovery code instead of a code of the app
	Problem  FactorProblem
}

// EnrolView has the user set up an authenticator app.
type EnrolView struct {
	FactorFrame
	URI     string // what the QR code holds
	Secret  string // the same for people who type it
	Problem FactorProblem
}

// RecoveryCodesView shows new recovery codes, once.
type RecoveryCodesView struct {
	Page
	Action     string // path that the form is posted to
	Flow, CSRF string
	Codes      []string
}

// either returns what the page has for a code of the app, or for a recovery code.
func (v FactorView) either(app, recovery string) string {
	if v.Recovery {
		return recovery
	}
	return app
}
