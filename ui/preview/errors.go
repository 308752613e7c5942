package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// errors are the pages of what cannot go on.
func (s *sample) errors() []Entry {
	return []Entry{
		{Name: "error", View: ui.ErrorView{Page: s.page, Status: 400, Code: "invalid_redirect_uri", Message: "The redirect_uri is not one that the client has registered."}},
		{Name: "error, ours", View: ui.ErrorView{Page: s.page, Status: 500, Code: "server_error", Message: "The request could not be answered."}},
		{Name: "error, explained", View: ui.ErrorView{Page: s.page, Status: 400, Code: "invalid_redirect_uri", Explanation: &ui.Explanation{
			Problem:  "The redirect_uri is not one that the client demo-web has registered. Every byte counts.",
			Compared: ui.Compare("http://127.0.0.1:5555/callback/", []string{"https://app.example.com/cb", "http://127.0.0.1:5555/callback"}),
			Steps:    []string{"Either send what is registered, or, if the address is your app's, register it as well."},
			Command:  "plinto client update demo-web --tenant demo --redirect-uri http://127.0.0.1:5555/callback --redirect-uri http://127.0.0.1:5555/callback/",
			Sent:     []ui.Field{{Name: "client_id", Value: "demo-web"}, {Name: "redirect_uri", Value: "http://127.0.0.1:5555/callback/"}},
		}}},
		{Name: "error, ways on", View: ui.ErrorView{Page: s.page, Status: 400, Code: "invalid_redirect_uri", Message: "The redirect_uri is not one that the client has registered.", Client: "Shop", Return: "https://rp.example/start", Home: "/"}},
		{Name: "gone", View: ui.GoneView{Page: s.page, Reason: ui.GoneExpired, Home: "/"}},
		{Name: "gone, again", View: ui.GoneView{Page: s.page, Reason: ui.GoneExpired, Client: "Shop", Return: "https://rp.example/", Again: "/oauth2/authorize/continue?flow=x", Home: "/"}},
		{Name: "gone, signed in", View: ui.GoneView{Page: s.page, Reason: ui.GoneSignedIn, User: s.who, Client: s.long.Name, Return: "https://a-very-long-host-name.that-nobody-can-read.apps.example.com:8443/", Home: "/"}},
		{Name: "gone, no cookies", View: ui.GoneView{Page: s.page, Reason: ui.GoneCookies, Client: "Shop", Return: "https://rp.example/", Home: "/"}},
		{Name: "gone, a bookmark", View: ui.GoneView{Page: s.page, Reason: ui.GoneNothing, Home: "/"}},
	}
}

// drawErrors draws the views of this file, nil is of any other.
func drawErrors(view any) templ.Component {
	switch v := view.(type) {
	case ui.ErrorView:
		return ui.Error(v)
	case ui.GoneView:
		return ui.Gone(v)
	}
	return nil
}
