package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// signIn are the pages on which people say who they are.
func (s *sample) signIn() []Entry {
	return []Entry{
		{Name: "sign-in", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c"}},
		{Name: "sign-in, providers", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Providers: []ui.ProviderButton{{Slug: "work", Name: "Example Work"}, {Slug: "down", Name: "Another provider", Down: true}}}},
		{Name: "sign-in, connecting", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Connecting: "Example Work", ConnectingLabel: s.who}},
		{Name: "sign-in or a code", View: ui.SignInView{Page: s.page, Client: s.client, ByMail: true, SignUp: true}},
		{Name: "sign-in by email", View: ui.SignInView{Page: s.byEmail, Client: s.client}},
		{Name: "sign-in again", View: ui.SignInView{Page: s.page, Username: "alice", Remember: true, Problem: ui.SignInWrong}},
		{Name: "sign-in, effort", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Username: s.who, Effort: s.costly, Recover: true, ByMail: true}},
		{Name: "sign-in, passkeys", View: ui.SignInView{Page: s.page, Client: s.client, Passkey: s.passkeys, SignUp: true, Recover: true}, Scripts: true},
		{Name: "sign-in, by passkey", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Passkey: s.passkeys, Only: ui.SignInPasskey, Organization: "Acme Inc."}, Scripts: true},
		{Name: "sign-in, by password", View: ui.SignInView{Page: s.page, Client: s.client, Only: ui.SignInPassword, Organization: "Acme Inc."}},
		{Name: "sign-in, branded", View: ui.SignInView{Page: s.globex, Client: s.client, Flow: "f", CSRF: "c"}},
		{Name: "sign-in, own logo", View: ui.SignInView{Page: s.globex, Client: ui.Client{Name: "Files"}, Flow: "f", CSRF: "c"}},
		{Name: "sign-in, late", View: ui.SignInView{Page: s.page, Passkey: ui.PasskeyView{Options: "{}", Problem: ui.PasskeyLate}}, Scripts: true},
		{Name: "sign-in, forgotten", View: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", Recover: true}},
		{Name: "sign-in or up", View: ui.SignInView{Page: s.page, Client: s.client, SignUp: true}},
		{Name: "sign-in, confirmed", View: ui.SignInView{Page: s.page, Client: s.client, Username: "alice", ReauthUser: s.user}},
		{Name: "sign-in, throttled", View: ui.SignInView{Page: s.page, Problem: ui.SignInThrottled, RetryAfter: 7}},
		{Name: "sign-in, busy", View: ui.SignInView{Page: s.page, Problem: ui.SignInBusy, RetryAfter: 7}},
		{Name: "sign-in, long", View: ui.SignInView{Page: s.page, Client: s.long, Username: s.who, ReauthUser: s.who, SignUp: true}},
		{Name: "sign-in, first", View: ui.IdentifyView{SignInView: ui.SignInView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", SignUp: true, Passkey: s.passkeys, Providers: []ui.ProviderButton{{Slug: "work", Name: "Example Work"}}}}, Scripts: true},
		{Name: "accounts", View: ui.AccountChooserView{Page: s.page, Client: s.client, Accounts: []ui.Account{{ID: "1", Name: "Alice Example", Identifier: s.user}, {ID: "2", Identifier: "bob@example.com"}}}},
		{Name: "accounts, long", View: ui.AccountChooserView{Page: s.page, Client: s.long, RedirectHost: "127.0.0.1:5555", Accounts: []ui.Account{{ID: "1", Name: s.long.Name, Identifier: s.who}}}},
		{Name: "by mail", View: ui.MailSignInView{RecoverFrame: s.lost, Passkeys: true}},
		{Name: "by mail, effort", View: ui.MailSignInView{RecoverFrame: s.lost, Username: s.who, Effort: s.tooSoon}},
		{Name: "by mail, throttled", View: ui.MailSignInView{RecoverFrame: s.lost, Username: s.who, Problem: ui.RecoverThrottled, RetryAfter: 70}},
		{Name: "by mail, code", View: ui.MailSignInCodeView{RecoverCodeView: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600}}},
		{Name: "by mail, wrong", View: ui.MailSignInCodeView{RecoverCodeView: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600, Again: true, Code: "1234", Problem: ui.RecoverCodeWrong}}},
		{Name: "by mail, link", View: ui.MailSignInLinkView{Page: s.page, Client: s.client, CSRF: "c", Username: s.who}},
		{Name: "by mail, elsewhere", View: ui.MailSignInLinkView{Page: s.page, Elsewhere: true}},
	}
}

// drawSignin draws the views of this file, nil is of any other.
func drawSignin(view any) templ.Component {
	switch v := view.(type) {
	case ui.SignInView:
		return ui.SignIn(v)
	case ui.IdentifyView:
		return ui.Identify(v)
	case ui.AccountChooserView:
		return ui.AccountChooser(v)
	case ui.MailSignInView:
		return ui.MailSignIn(v)
	case ui.MailSignInCodeView:
		return ui.MailSignInCode(v)
	case ui.MailSignInLinkView:
		return ui.MailSignInLink(v)
	}
	return nil
}
