package ui

// NotMeView asks who has the link of a mail whether the account is to be secured.
type NotMeView struct {
	Page
	CSRF     string
	Username string // whose account it is
}

// NotMeDoneView says that the account is secured.
type NotMeDoneView struct {
	Page
	Username string
}
