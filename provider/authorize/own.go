package authorize

import (
	"net/http"

	"plinto/dispatch"
	"plinto/internal/paths"
	"plinto/pages/browser"
	"plinto/provider"
	"plinto/tenant"
)

// An opened is the answer of a flow in which somebody signed in to a page of their account: the
// page, and nothing is issued.
type opened struct {
	browser *browser.Browser
	page    string // path below the issuer, with its query
}

// Send implements dispatch.Answer.
func (o *opened) Send(w http.ResponseWriter, r *http.Request) error {
	return o.browser.Redirect(w, r, tenant.Must(r.Context()).Path+o.page)
}

// own returns the answer of a flow of the account pages, or nil for that of a client. Who
// cancels is led to the start page.
func (p *Responder) own(flow *provider.Flow, refused bool) dispatch.Answer {
	switch {
	case flow.Request.ClientID != provider.AccountPages:
		return nil
	case refused:
		return &opened{p.Browser, paths.Home}
	}
	return &opened{p.Browser, flow.Request.State}
}
