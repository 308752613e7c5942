package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// leaving are the pages that end a session, or lead on to an application or an identity provider.
func (s *sample) leaving() []Entry {
	return []Entry{
		{Name: "logout", View: ui.LogoutConfirmView{Page: s.page, ClientName: "Shop"}},
		{Name: "logout, long", View: ui.LogoutConfirmView{Page: s.page, ClientName: s.long.Name}},
		{Name: "logout of all", View: ui.LogoutConfirmView{Page: s.page}},
		{Name: "logged out", View: ui.SignedOutView{Page: s.page}},
		{Name: "logged out, explained", View: ui.SignedOutView{Page: s.page, ClientName: "Shop", Explanation: &ui.Explanation{
			Problem:  "The post_logout_redirect_uri is not one that the client demo-web has registered, so the user stays here. Every byte counts.",
			Compared: ui.Compare("http://127.0.0.1:5555", []string{"http://127.0.0.1:5555/"}),
			Command:  "plinto client update demo-web --tenant demo --post-logout-redirect-uri http://127.0.0.1:5555/ --post-logout-redirect-uri http://127.0.0.1:5555",
		}}},
		{Name: "logged out, on", View: ui.SignedOutView{Page: s.page, ClientName: "Shop", Continue: "com.example.shop:/out?state=x"}},
		{Name: "logged out everywhere", View: ui.SignedOutView{
			Page: s.page, ClientName: "Shop", Continue: "https://rp.example/out",
			Frames: []string{"https://a.example/out?iss=i&sid=s", "https://b.example/out"},
		}},
		{Name: "logged out, back", View: ui.SignedOutView{Page: s.page, ClientName: "Shop", Return: "https://rp.example/"}},
		{Name: "form post", View: ui.FormPostView{Page: s.page, Action: "https://rp.example/cb", Fields: []ui.Field{{Name: "code", Value: "x"}}}},
		{Name: "form post, provider", View: ui.FormPostView{Page: s.page, Action: "https://idp.example/saml/sso", Fields: []ui.Field{{Name: "SAMLRequest", Value: "PHNhbWxwOkF1dGhuUmVxdWVzdC8+"}, {Name: "RelayState", Value: "x"}}}},
		{Name: "onward", View: ui.OnwardView{Page: s.page, Target: "https://rp.example/cb?code=x&state=y"}},
		{Name: "leave", View: ui.LeaveView{Page: s.page, Client: s.client, Host: "rp.example", Code: "login_required", Continue: "https://rp.example/cb?error=login_required"}},
		{Name: "leave, by form", View: ui.LeaveView{Page: s.page, Client: s.client, Host: "rp.example", Code: "access_denied", Action: "https://rp.example/cb", Fields: []ui.Field{{Name: "error", Value: "access_denied"}}}},
	}
}

// drawLeave draws the views of this file, nil is of any other.
func drawLeave(view any) templ.Component {
	switch v := view.(type) {
	case ui.LogoutConfirmView:
		return ui.LogoutConfirm(v)
	case ui.SignedOutView:
		return ui.SignedOut(v)
	case ui.FormPostView:
		return ui.FormPost(v)
	case ui.OnwardView:
		return ui.Onward(v)
	case ui.LeaveView:
		return ui.Leave(v)
	}
	return nil
}
