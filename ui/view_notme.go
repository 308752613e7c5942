package ui

// NotMeView asks who has the link of a mail whether the account is to be secured.
type NotMeView struct {
	Page
	CSRF     string
	Username string // whose account it is
	Factor   bool   // the mail is about a new second step
	Codes    bool   // it is about new recovery codes
	Identity bool   // it is about an account elsewhere, which is disconnected
	Emails   bool   // it is about addresses, which go back to what they were
}

// NotMeDoneView says that the account is secured.
type NotMeDoneView struct {
	Page
	Username string
}

// keep says what becomes of second steps, or of addresses.
func (v NotMeView) keep() string {
	switch {
	case v.Factor:
		return "notme.added"
	case v.Codes:
		return "notme.codes"
	case v.Identity:
		return "notme.identity"
	case v.Emails:
		return "notme.emails"
	}
	return "notme.keep"
}
