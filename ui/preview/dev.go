package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// development are the pages under /dev, which are English and on development servers alone.
func (s *sample) development() []Entry {
	const issuer = "https://id.example.com"
	return []Entry{
		{Name: "dev home", View: ui.DevHomeView{
			Page: s.page, Seed: "seed.yaml", Links: []ui.Link{{Title: "Playground", URL: "/dev/playground", Text: "sign in and see every request and answer"}}, Tenants: []ui.DevTenant{
				{Name: "Acme", Issuer: issuer, Discovery: issuer + "/d", Users: []ui.DevUser{{Name: s.user, Password: "correct horse battery staple"}, {Name: s.who}}, More: 3},
				{Name: "Globex", Issuer: "https://globex.example", Problem: "It answers on globex.example only."},
			},
			Operators: []ui.Link{{Title: "Management API", URL: "/r", Text: "its reference"}}, Login: "plinto login " + issuer, Waits: true,
		}},
		{Name: "dev home, empty", View: ui.DevHomeView{Page: s.page, Seed: "seed.yaml"}},
		{Name: "authenticator", View: ui.DevAuthenticatorView{Page: s.page}},
		{Name: "authenticator, apps", View: ui.DevAuthenticatorView{Page: s.page, Again: 9, Apps: []ui.DevApp{
			{User: s.user, Tenant: "Acme", Name: "Phone", Code: "123 456"}, {User: s.who, Tenant: "Acme", Code: "654 321", Used: true},
		}}},
		{Name: "authenticator, code", View: ui.DevAuthenticatorView{Page: s.page, Key: "JBSW Y3DP", Code: "123 456", Left: 12}},
		{Name: "authenticator, wrong", View: ui.DevAuthenticatorView{Page: s.page, Key: "?", Problem: true}},
		{Name: "mails", View: ui.MailListView{Page: s.page, Mails: []ui.Mail{{ID: "1", To: s.user, Subject: "New sign-in to Acme", Time: "2026-11-29T04:05:06Z"}}}},
		{Name: "no mails", View: ui.MailListView{Page: s.page}},
		{Name: "mail previews", View: ui.MailPreviewsView{
			Page: s.page, Tenant: "Acme", Query: "?tenant=acme", Languages: ui.Locales(), Tenants: []ui.Link{{Title: "Acme", URL: "/a"}, {Title: "Globex", URL: "/b"}},
			Kinds: []ui.MailKind{{Kind: "password.changed", Subject: "Your Acme password was changed"}, {Kind: "recovery.code", Subject: "1234 5678 is your Acme code"}},
		}},
		{Name: "mail previews of nobody", View: ui.MailPreviewsView{Page: s.page}},
		{Name: "mail", View: ui.MailView{Page: s.page, Mail: ui.Mail{
			From: "Plinto", To: s.user, ReplyTo: "help@acme.example", Subject: "New sign-in to Acme", Text: "Somebody signed in.", HTML: "<b>Somebody</b> signed in.", Drawn: "/dev/mail/1/html",
		}}},
		{Name: "mail, text alone", View: ui.MailView{Page: s.page, Mail: ui.Mail{From: "Plinto", To: s.user, Subject: "New sign-in to Acme", Text: "See " + issuer + "/account."}}},
		{Name: "playground", View: s.playground(issuer)},
		{Name: "playground, attack that worked", View: ui.PlaygroundView{
			Page: s.page, Clients: []ui.PlaygroundClient{
				{Name: "Demo web app", Issuer: issuer, Current: true, Usable: true}, {Name: "Shop", Key: "a", Issuer: issuer, Adoptable: true}, {Name: "Old", Issuer: issuer, Why: "is disabled"},
			},
			AsksSecret: true, KnowsSecret: true, Exchanges: []ui.Exchange{{Number: 1, Title: "Attack: a code is sent twice", Verdict: "Not refused"}},
		}},
		{Name: "dev, not found", View: ui.DevMissingView{Page: s.page}},
		{Name: "preview", View: ui.PreviewView{
			Page: s.page, Mails: "/dev/mail/preview", Omitted: 3,
			Choices: []ui.PreviewChoice{
				{Name: "group", Title: "Pages", One: true, Options: []ui.PreviewOption{{Value: "", Title: "All"}, {Value: "Sign-in", Title: "Sign-in", Chosen: true}}},
				{Name: "lang", Title: "Language", Options: []ui.PreviewOption{{Value: "en", Title: "English", Chosen: true}, {Value: "ar", Title: "العربية"}}},
			},
			Rows: []ui.PreviewRow{{Group: "Sign-in", Title: "sign-in", Frames: []ui.PreviewFrame{
				{Title: "English, dark, 390 pixels, Berry", URL: "/dev/preview/sign-in?lang=en", Width: "390", Height: "844"},
				{Title: "English, dark, 1280 pixels, Berry", URL: "/dev/preview/sign-in?lang=en", Width: "1280", Height: "900"},
			}}},
		}},
	}
}

func (s *sample) playground(issuer string) ui.PlaygroundView {
	return ui.PlaygroundView{
		Page: s.page, Client: "k", Scope: "openid profile email",
		Clients: []ui.PlaygroundClient{
			{Name: "Demo web app", Issuer: issuer, Current: true, Usable: true}, {Name: "Demo single-page app", Issuer: issuer, URL: "/d", Usable: true, Why: "has no secret"},
		},
		SignedIn: true, CanRefresh: true, CanIntrospect: true, MayManage: true, API: issuer + "/admin/v1", Token: "t", Error: "The token was refused.",
		Tries:   []ui.PlaygroundTry{{Value: "login", Title: "Sign in again", Text: "prompt=login", Link: ui.Link{Title: "Read on", URL: "/m"}}, {Value: "max_age", Title: "Not too long ago", Text: "max_age=60"}},
		Attacks: []ui.PlaygroundTry{{Value: "replay", Title: "A code twice", Text: "as somebody who has seen it"}},
		Outcome: &ui.PlaygroundOutcome{Title: "You signed in with a password", Lines: []ui.PlaygroundLine{{Claim: "acr", Value: "urn:plinto:demo:password", Text: "Reached."}}},
		Exchanges: []ui.Exchange{
			{Number: 2, Title: "Attack: a code is sent twice", Text: "It is refused.", Request: "POST /oauth2/token", Response: "400 Bad Request", Verdict: "Refused", Held: true, Curl: "curl -i " + issuer + "/oauth2/token"},
			{Number: 1, Title: "Token request", Request: "POST /oauth2/token", Response: "200 OK", Curl: "curl " + issuer + "/oauth2/token", Spent: true, Tokens: []ui.Token{
				{Name: "ID token", Header: "{}", Claims: "{}", Lines: []ui.PlaygroundLine{{Claim: "iss", Value: issuer, Text: "Who issued it."}, {Claim: "x", Value: "1"}}},
			}},
		},
	}
}

// drawDev draws the views of this file, nil is of any other.
func drawDev(view any) templ.Component {
	switch v := view.(type) {
	case ui.DevHomeView:
		return ui.DevHome(v)
	case ui.DevAuthenticatorView:
		return ui.DevAuthenticator(v)
	case ui.MailListView:
		return ui.MailList(v)
	case ui.MailPreviewsView:
		return ui.MailPreviews(v)
	case ui.MailView:
		return ui.MailMessage(v)
	case ui.PlaygroundView:
		return ui.Playground(v)
	case ui.PreviewView:
		return ui.Preview(v)
	case ui.DevMissingView:
		return ui.DevMissing(v)
	}
	return nil
}
