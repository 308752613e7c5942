package ui

// ConfirmEmailView asks who has the link of a mail whether an address is to be added.
type ConfirmEmailView struct {
	Page
	CSRF        string
	Email, User string
	State       ConfirmEmailState
}

// A ConfirmEmailState is what can become of a link.
type ConfirmEmailState int

// The states.
const (
	ConfirmEmailAsk       ConfirmEmailState = iota
	ConfirmEmailElsewhere                   // the user is not signed in to this browser
	ConfirmEmailDone
	ConfirmEmailTaken // another account proved the address first
)

func (v ConfirmEmailView) title() string {
	switch v.State {
	case ConfirmEmailDone:
		return "email.confirm.done"
	case ConfirmEmailTaken:
		return "email.confirm.taken"
	default:
		return "email.confirm.title"
	}
}

func (v ConfirmEmailView) text() string {
	switch v.State {
	case ConfirmEmailDone:
		return v.Locale.T("email.confirm.next", "email", v.Email, "user", v.User)
	case ConfirmEmailTaken:
		return v.Locale.T("email.confirm.other", "email", v.Email)
	case ConfirmEmailElsewhere:
		return v.Locale.T("email.confirm.elsewhere", "email", v.Email)
	default:
		return v.Locale.T("email.confirm.text", "email", v.Email, "user", v.User)
	}
}

// SignUpLinkDoneView says to who has a link that there is an account.
type SignUpLinkDoneView struct {
	Page
	Email string
	Taken bool // there was one before
}

func (v SignUpLinkDoneView) title() string {
	if v.Taken {
		return "signup.link.taken"
	}
	return "signup.link.done"
}

func (v SignUpLinkDoneView) text() string {
	if v.Taken {
		return v.Locale.T("signup.link.taken.next", "user", v.Email)
	}
	return v.Locale.T("signup.link.next", "user", v.Email)
}
