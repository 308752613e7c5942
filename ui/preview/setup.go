package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// setup are the pages of an issuer itself.
func (s *sample) setup() []Entry {
	return []Entry{
		{Name: "set-up", View: ui.SetupAdminView{Page: s.page, Rules: short}},
		{Name: "set-up, wrong", View: ui.SetupAdminView{Page: s.page, Rules: short, Password: ui.PasswordShort}},
		{Name: "set-up, taken", View: ui.SetupAdminView{Page: s.page, Rules: short, Problem: ui.SetupTaken}},
		{Name: "set-up, other", View: ui.SetupAdminView{Page: s.page, Rules: short, Problem: ui.SetupOther}},
		{Name: "set-up, done", View: ui.SetupDoneView{Page: s.page, Email: s.user, Issuer: "https://id.example.com/t/system"}},
		{Name: "home, in", View: ui.HomeView{Page: s.page, Discovery: "/.well-known/openid-configuration", User: s.user, SignOut: "/logout"}},
		{Name: "home, out", View: ui.HomeView{Page: s.page, Discovery: "/.well-known/openid-configuration"}},
	}
}

// drawSetup draws the views of this file, nil is of any other.
func drawSetup(view any) templ.Component {
	switch v := view.(type) {
	case ui.SetupAdminView:
		return ui.SetupAdmin(v)
	case ui.SetupDoneView:
		return ui.SetupDone(v)
	case ui.HomeView:
		return ui.Home(v)
	}
	return nil
}
