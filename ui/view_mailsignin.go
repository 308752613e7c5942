package ui

// MailSignInView asks who wants a code by mail.
type MailSignInView struct {
	RecoverFrame
	Username   string
	Remember   bool
	Passkeys   bool // the browser says what passkeys it can make
	Problem    RecoverProblem
	RetryAfter int // seconds, with RecoverThrottled and RecoverBusy
	Effort     EffortView
}

// MailSignInCodeView asks for the code that was mailed.
type MailSignInCodeView struct {
	RecoverCodeView
}

// MailSignInLinkView asks who opened the link of such a mail.
type MailSignInLinkView struct {
	Page
	Client    Client
	CSRF      string
	Username  string // as it was typed
	Elsewhere bool   // the sign-in began in another browser, or is over
}
