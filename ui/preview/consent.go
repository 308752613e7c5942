package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// consent are the pages that ask what an application may do, and for which organization.
func (s *sample) consent() []Entry {
	return []Entry{
		{Name: "consent", View: ui.ConsentView{Page: s.page, Client: s.client, User: s.user, RedirectHost: "rp.example", Scopes: []ui.Scope{{Name: "openid"}, {Name: "orders:read", Description: "Read your orders"}}}},
		{Name: "consent, nobody's app", View: ui.ConsentView{Page: s.page, Client: s.nobodys, User: s.user, RedirectHost: "rp.example", Scopes: s.many[:6]}},
		{Name: "consent, long", View: ui.ConsentView{Page: s.page, Client: s.long, User: s.who, RedirectHost: "a-very-long-host-name.that-nobody-can-read.apps.example.com:8443", Scopes: s.many}},
		{Name: "consent for APIs", View: ui.ConsentView{
			Page: s.page, Client: s.client, User: s.user, RedirectHost: "rp.example", Shown: "d", Changed: true, Scopes: []ui.Scope{{Name: "openid"}},
			Resources: []ui.Resource{
				{Name: "Orders", Identifier: "https://api.example.com/orders", Scopes: []ui.Scope{{Name: "orders:read", Description: "Read your orders"}, {Name: "orders:write"}}},
				{Identifier: "https://a-very-long-host-name.that-nobody-can-read.apis.example.com/v1/all/of/it"},
			},
		}},
		{Name: "organizations", View: ui.OrganizationChooserView{Page: s.page, Client: s.client, User: s.who, Organizations: []ui.Organization{{ID: "1", Name: "Acme"}, {ID: "2", Name: s.long.Name}, {ID: "3", Name: "Old", Suspended: true}}}},
		{Name: "organizations, optional", View: ui.OrganizationChooserView{Page: s.page, Client: s.client, User: s.who, Without: true, Organizations: []ui.Organization{{ID: "1", Name: "Acme"}}}},
		{Name: "organizations, none", View: ui.OrganizationChooserView{Page: s.page, Client: s.client, User: s.who}},
		{Name: "organizations, suspended", View: ui.OrganizationChooserView{Page: s.page, Client: s.client, User: s.who, Organizations: []ui.Organization{{ID: "3", Name: "Old", Suspended: true}}}},
	}
}

// drawConsent draws the views of this file, nil is of any other.
func drawConsent(view any) templ.Component {
	switch v := view.(type) {
	case ui.ConsentView:
		return ui.Consent(v)
	case ui.OrganizationChooserView:
		return ui.OrganizationChooser(v)
	}
	return nil
}
