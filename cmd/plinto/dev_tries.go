package main

import (
	"strings"

	"plinto/identity/passkey"
	"plinto/internal/paths"
	"plinto/internal/playground"
	"plinto/ui"
)

// What the values of buttons start with: tryACR insists on a context class, wishACR wishes for it.
const (
	tryACR  = "acr "
	wishACR = "wish "
)

// tries are the sign-ins that the playground offers for a tenant, with what will happen.
func (p *devPages) tries(t devTenant) []ui.PlaygroundTry {
	all := []ui.PlaygroundTry{
		{Value: "max_age", Title: "Ask for a fresh sign-in", Text: "Sends max_age=0. You are asked for everything again, and auth_time is new."},
		{Value: "login", Title: "Ask who you are", Text: "Sends prompt=login. The sign-in page comes up although you are signed in."},
	}
	for _, acr := range t.Settings.ACRLevels.Names() {
		all = append(all,
			ui.PlaygroundTry{Value: tryACR + acr, Title: "Step up to " + acr, Text: "Insists on it (claims, essential). Asks only for what your session is missing, or adds a second step where you have none."},
		)
	}
	names := t.Settings.ACRLevels.Names()
	highest := names[len(names)-1]
	all = append(all, ui.PlaygroundTry{Value: wishACR + highest, Title: "Wish for " + highest, Text: "Sends acr_values, which are voluntary: nothing more is asked, and acr says what was reached."})
	return append(all, p.factorTries(t)...)
}

// factorTries are those of each way to sign in. Each begins with the sign-in page.
func (p *devPages) factorTries(t devTenant) []ui.PlaygroundTry {
	security := ui.Link{Title: "Add a passkey in the account pages", URL: t.URL(paths.AccountSecurity)}
	var all []ui.PlaygroundTry
	if passkey.Available(t.Tenant) {
		all = append(all, ui.PlaygroundTry{
			Value: "login passkey", Title: "Passkey", Link: security,
			Text: "Choose “Use a passkey”. One is enough: it counts as two factors. No security key? In Chrome’s developer tools, open More tools, WebAuthn, and turn on the virtual authenticator.",
		})
	}
	if t.Settings.MFA.Off() {
		return all
	}
	app := ui.PlaygroundTry{
		Value: "login totp", Title: "Authenticator app", Link: ui.Link{Title: "Its codes", URL: authenticatorPath},
		Text: "After the password you are asked for a code. Add an app in the account pages first.",
	}
	if name := t.withApp(); name != "" {
		app.Value, app.Text = app.Value+" "+name, "Sign in as "+name+", who has an app: after the password you are asked for its code. “Don’t ask again on this device” has the next sign-in take the password alone; then step up, and only the code is asked for."
	}
	all = append(all, app, ui.PlaygroundTry{
		Value: "login recovery", Title: "Recovery code", Link: ui.Link{Title: "See or replace your codes", URL: t.URL(paths.AccountSecurity)},
		Text: "Where a code is asked for, choose “Use a recovery code”. You get ten with your first second step. Each works once.",
	})
	if t.Settings.EmailSignIn.On() {
		all = append(all, ui.PlaygroundTry{
			Value: "login mail", Title: "Code by mail", Link: ui.Link{Title: "Mail", URL: "/dev/mail"},
			Text: "Enter the address and choose “Email me a sign-in code”. It shows that you read a mailbox, and reaches no level of its own.",
		})
	}
	return all
}

// withApp returns the name of the first user of the seed with an authenticator app, or "".
func (t devTenant) withApp() string {
	if t.declared == nil {
		return ""
	}
	for i := range t.declared.Users {
		if u := &t.declared.Users[i]; len(u.TOTP) > 0 && !u.Disabled {
			if u.Email != "" {
				return u.Email
			}
			return u.Username
		}
	}
	return ""
}

// wanted puts what a button stands for into what is asked.
func wanted(try string, ask *playground.Ask) {
	switch kind, rest, _ := strings.Cut(try, " "); kind {
	case "acr", "wish":
		ask.ACR, ask.Insist = rest, kind == "acr"
	case "max_age":
		ask.MaxAge = "0"
	case "login":
		ask.Prompt = "login"
		if method, who, found := strings.Cut(rest, " "); found && method == "totp" {
			ask.LoginHint = who
		}
	}
}
