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
	FactorWrong     FactorProblem = "factor.wrong"
	RecoveryWrong   FactorProblem = "factor.wrong.recovery"
	FactorThrottled FactorProblem = "factor.throttled"
	EnrolWrong      FactorProblem = "enrol.wrong"
)

// FactorView asks for a second factor.
type FactorView struct {
	FactorFrame
	Recovery bool // for a recovery code instead of a code of the app
	App      bool // the user has an authenticator app
	Passkey  PasskeyView
	Problem  FactorProblem
	Trust    int  // seconds for which the browser can be remembered; 0: it cannot
	Trusted  bool // the user wants that
}

// typed reports whether the page asks for a code that is typed.
func (v FactorView) typed() bool { return v.App || v.Recovery || v.Problem != "" }

// title and lead say what the page asks for.
func (v FactorView) title() string {
	if v.typed() {
		return "factor.title"
	}
	return "factor.title.passkey"
}

func (v FactorView) lead() string {
	if v.typed() {
		return v.either("factor.lead", "factor.lead.recovery")
	}
	return "factor.lead.passkey"
}

// EnrolView has the user set up an authenticator app.
type EnrolView struct {
	FactorFrame
	URI     string // what the QR code holds
	Secret  string // the same for people who type it
	Passkey PasskeyView
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

// back names where a page for a recovery code leads back to.
func (v FactorView) back() string {
	if v.App {
		return "factor.app"
	}
	return "passkey.use"
}

// why says what can be added.
func (v EnrolView) why() string {
	if v.Passkey.Options != "" {
		return "enrol.why.passkey"
	}
	return "enrol.why"
}
