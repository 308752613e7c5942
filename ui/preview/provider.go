package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// providers are the pages about identity providers.
func (s *sample) providers() []Entry {
	return []Entry{
		{Name: "realm", View: ui.RealmView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Domain: "acme.example", Username: s.who, Required: true, Providers: []ui.ProviderButton{{Slug: "work", Name: "Example Work"}}, Back: "/login"}},
		{Name: "realm, several", View: ui.RealmView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Domain: "acme.example", Username: s.who, Providers: []ui.ProviderButton{{Slug: "work", Name: "Example Work"}, {Slug: "down", Name: "Another provider", Down: true}}, Back: "/login"}},
		{Name: "realm, none", View: ui.RealmView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Domain: "acme.example", Required: true, Back: "/login"}},
		{Name: "provider problem", View: ui.ProviderProblemView{Page: s.page, Client: s.client, Code: "federation_unavailable", Name: "Example Work", Back: "/login"}},
		{Name: "connect identity", View: ui.ConnectIdentityView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", Provider: "Example Work", Label: s.who, User: s.who}},
	}
}

// drawProvider draws the views of this file, nil is of any other.
func drawProvider(view any) templ.Component {
	switch v := view.(type) {
	case ui.RealmView:
		return ui.Realm(v)
	case ui.ProviderProblemView:
		return ui.ProviderProblem(v)
	case ui.ConnectIdentityView:
		return ui.ConnectIdentity(v)
	}
	return nil
}
