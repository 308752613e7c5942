package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// A SignUpLinkView is a SignUpAccountView on the page of a link.
type SignUpLinkView ui.SignUpAccountView

// signUp are the pages of new accounts and of new addresses.
func (s *sample) signUp() []Entry {
	return []Entry{
		{Name: "sign-up", View: ui.SignUpView{SignUpFrame: s.up}},
		{Name: "sign-up, effort", View: ui.SignUpView{SignUpFrame: s.up, Email: s.who, Effort: s.costly}},
		{Name: "sign-up, wrong", View: ui.SignUpView{SignUpFrame: s.up, Problem: ui.SignUpThrottled, RetryAfter: 7}},
		{Name: "sign-up, no address", View: ui.SignUpView{SignUpFrame: s.up, Problem: ui.SignUpEmail}},
		{Name: "sign-up code", View: ui.SignUpCodeView{SignUpFrame: s.up, Email: s.user, Life: 900}},
		{Name: "sign-up code, again", View: ui.SignUpCodeView{SignUpFrame: s.up, Email: s.user, Life: 900, Again: true}},
		{Name: "sign-up code, wrong", View: ui.SignUpCodeView{SignUpFrame: s.up, Email: s.user, Life: 900, Code: "1234", Problem: ui.SignUpCodeWrong}},
		{Name: "sign-up account", View: ui.SignUpAccountView{SignUpFrame: s.up, Email: s.user, MaxName: 200, Rules: short}},
		{Name: "sign-up account, wrong", View: ui.SignUpAccountView{SignUpFrame: s.up, Email: s.user, Name: "Ann", Rules: short, Problem: ui.SignUpPassword, Password: ui.PasswordPattern}},
		{Name: "sign-up account, taken", View: ui.SignUpAccountView{SignUpFrame: s.up, Email: s.user, Rules: short, Problem: ui.SignUpTaken}},
		{Name: "sign-up account, login", View: ui.SignUpAccountView{SignUpFrame: s.up, Email: s.user, AskLogin: true, Login: "ann", Rules: short, Problem: ui.SignUpLoginTaken}},
		{Name: "sign-up account, name", View: ui.SignUpAccountView{SignUpFrame: s.up, Email: s.user, MaxName: 200, Rules: short, Problem: ui.SignUpLongName}},
		{Name: "sign-up link", View: SignUpLinkView{SignUpFrame: ui.SignUpFrame{Page: s.page, CSRF: "c"}, Email: s.who, MaxName: 200, Rules: short}},
		{Name: "sign-up link, login", View: SignUpLinkView{SignUpFrame: ui.SignUpFrame{Page: s.page, CSRF: "c"}, Email: s.who, AskLogin: true, Login: "@", Rules: short, Problem: ui.SignUpLogin}},
		{Name: "sign-up link, done", View: ui.SignUpLinkDoneView{Page: s.page, Email: s.who}},
		{Name: "sign-up link, taken", View: ui.SignUpLinkDoneView{Page: s.page, Email: s.who, Taken: true}},
		{Name: "confirm email", View: ui.ConfirmEmailView{Page: s.page, CSRF: "c", Email: s.user, User: s.who}},
		{Name: "confirm email, away", View: ui.ConfirmEmailView{Page: s.page, Email: s.who, State: ui.ConfirmEmailElsewhere}},
		{Name: "confirm email, done", View: ui.ConfirmEmailView{Page: s.page, Email: s.user, User: s.who, State: ui.ConfirmEmailDone}},
		{Name: "confirm email, taken", View: ui.ConfirmEmailView{Page: s.page, Email: s.user, State: ui.ConfirmEmailTaken}},
	}
}

// invitations are the pages of an invitation to an organization, with everything that it can have.
func (s *sample) invitations() (all []Entry) {
	for _, at := range []struct {
		name  string
		state ui.InvitationState
	}{
		{"invitation", ui.InvitationAccept},
		{"invitation, other", ui.InvitationSwitch},
		{"invitation, unproved", ui.InvitationUnproved},
		{"invitation, sign in", ui.InvitationSignIn},
		{"invitation, new", ui.InvitationNew},
		{"invitation, done", ui.InvitationDone},
		{"invitation, accepted", ui.InvitationAccepted},
		{"invitation, revoked", ui.InvitationRevoked},
		{"invitation, expired", ui.InvitationExpired},
		{"invitation, suspended", ui.InvitationSuspended},
	} {
		all = append(all, Entry{Name: at.name, View: ui.InvitationView{
			SignUpAccountView: ui.SignUpAccountView{SignUpFrame: ui.SignUpFrame{Page: s.page, CSRF: "c"}, Email: s.who, MaxName: 200, Rules: short},
			State:             at.state, Organization: "Acme Inc.", Inviter: "Alice Example", Roles: []string{"member", "billing"}, User: "bob@example.com",
			Next: "https://rp.example/login?iss=https%3A%2F%2Fid.example",
		}})
	}
	return all
}

// drawSignup draws the views of this file, nil is of any other.
func drawSignup(view any) templ.Component {
	switch v := view.(type) {
	case ui.SignUpView:
		return ui.SignUp(v)
	case ui.SignUpCodeView:
		return ui.SignUpCode(v)
	case ui.SignUpAccountView:
		return ui.SignUpAccount(v)
	case SignUpLinkView:
		return ui.SignUpLink(ui.SignUpAccountView(v))
	case ui.SignUpLinkDoneView:
		return ui.SignUpLinkDone(v)
	case ui.ConfirmEmailView:
		return ui.ConfirmEmail(v)
	case ui.InvitationView:
		return ui.Invitation(v)
	}
	return nil
}
