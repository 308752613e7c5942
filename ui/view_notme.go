package ui

// NotMeView asks who has the link of a mail whether the account is to be secured.
type NotMeView struct {
	Page
	CSRF     string
	Username string // whose account it is
	Factor   bool   // the mail is about a new second step
}

// NotMeDoneView says that the account is secured.
type NotMeDoneView struct {
	Page
	Username string
}

// keep says what becomes of second steps.
func (v NotMeView) keep() string {
	if v.Factor {
		return "notme.added"
	}
	return "notme.keep"
}
