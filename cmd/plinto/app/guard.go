package app

import (
	"net/http"
	"strings"

	"plinto/internal/web"
	"plinto/tenant"
)

// serveExtra serves pages that belong to no tenant, on hosts of this installation only.
//
// They ask nobody to sign in: what protects them is that the server listens on this
// machine. A page of another site gets around that with a name of its own that resolves
// to 127.0.0.1 after the browser has loaded it (DNS rebinding): to the browser the
// development pages are then of the same origin. The Host header still has that name.
func (a *App) serveExtra(w http.ResponseWriter, r *http.Request, pages http.Handler) {
	if !a.isOurs(r) {
		a.misdirected(w, r)
		return
	}
	pages.ServeHTTP(w, r)
}

// misdirected says where the page is. It holds nothing that a page of another site could use.
func (a *App) misdirected(w http.ResponseWriter, r *http.Request) {
	message := "This page is not on this host. Open " + a.public.String() + r.URL.Path + " instead."
	if err := a.browser.ErrorPage(w, r, http.StatusMisdirectedRequest, tenant.ErrUnknown.Code, message); err != nil {
		http.Error(w, message, http.StatusMisdirectedRequest)
	}
}

// isOurs reports whether r came to a host of this installation: that of the public URL,
// a name of this machine, or a tenant's.
func (p *parts) isOurs(r *http.Request) bool {
	if strings.EqualFold(r.Host, p.public.Host) || web.IsLoopback(r.Host) {
		return true
	}
	_, _, err := p.resolver.Resolve(r.Context(), r.Host, "/")
	return err == nil
}
