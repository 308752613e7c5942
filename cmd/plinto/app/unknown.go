package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
	"plinto/ui"
)

// isAsset reports whether a path is one of the pages' styles and scripts, on any host
// and below any issuer.
func isAsset(path string) bool {
	if _, rest, ok := tenant.SplitPath(path); ok {
		path = rest
	}
	return strings.HasPrefix(path, ui.AssetPrefix)
}

// unknown answers a host or path that belongs to no tenant, without a hint which
// ones exist; and every request while tenants cannot be read. A developer is told what
// to do.
func (a *App) unknown(w http.ResponseWriter, r *http.Request, err error) {
	slug, rest, ok := tenant.SplitPath(r.URL.Path)
	if !ok {
		rest = r.URL.Path
	}
	if errors.Is(err, tenant.ErrUnknown) {
		a.takeStranger(r, slug)
	}
	switch {
	case a.cfg.Development && r.Method == http.MethodGet && a.loopbackAlias(r.Host) && fault.KindOf(err) == fault.NotFound:
		http.Redirect(w, r, a.public.String()+r.URL.RequestURI(), http.StatusTemporaryRedirect) //nolint:gosec // to our own origin; the path is absolute, see web.StrictPath
	case a.router.isAPI(rest):
		answerAPI(err).ServeHTTP(w, r)
	case fault.KindOf(err) == fault.NotFound:
		a.unknownPage(w, r, slug)
	default:
		a.drawn(func(http.ResponseWriter, *http.Request) error { return err }).ServeHTTP(w, r)
	}
}

// answerAPI answers err as an OAuth error. Pages of any origin may read it: it holds no
// user's data.
func answerAPI(err error) http.Handler {
	return web.PublicCORS(web.OAuth(func(http.ResponseWriter, *http.Request) error { return err }))
}

// notFound answers a path below an issuer that leads nowhere.
func (a *App) notFound(w http.ResponseWriter, r *http.Request) {
	err := fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
	a.refuse(w, r, err)
}

func (a *App) unknownPage(w http.ResponseWriter, r *http.Request, slug string) {
	const message = "No tenant answers at this address."
	if t, _, err := a.resolver.Resolve(r.Context(), r.Host, "/"); err == nil && t.Path == "" {
		r = r.WithContext(tenant.With(r.Context(), t)) // the host is somebody's, the path below it is nobody's
	}
	err := a.browser.Explain(w, r, "", http.StatusNotFound, tenant.ErrUnknown.Code, message, func(context.Context) *ui.Explanation {
		return a.explainUnknown(r, slug)
	})
	if err != nil {
		http.Error(w, message, http.StatusNotFound)
	}
}

// explainUnknown tells a developer how a tenant gets to answer there. On a host that is
// not ours a page of another site may read along (see serveExtra): the command names
// neither the program's path nor the data directory there.
func (a *App) explainUnknown(r *http.Request, slug string) *ui.Explanation {
	command, where := a.browser.Command, ""
	if !a.isOurs(r) {
		command, where = new(browser.Browser).Command, " Run it in the directory that plinto dev keeps its data in."
	}
	if slug != "" && tenant.CheckSlug(slug) == nil {
		return &ui.Explanation{
			Problem: fmt.Sprintf("There is no tenant %s, or it answers on a host of its own.", slug),
			Steps:   []string{"plinto tenant list shows where each tenant answers."},
			Command: command("tenant", "create", slug),
		}
	}
	host := r.Host
	e := &ui.Explanation{
		Problem: fmt.Sprintf("No tenant answers on the host %s.", host),
		Steps:   []string{"This server's own address is " + a.public.String() + "."},
	}
	if host = strings.ToLower(host); tenant.CheckHost(host) == nil {
		e.Steps = append(e.Steps, "A tenant answers on a host when it is created with it. The first name in the command is its slug: any will do."+where)
		e.Command = command("tenant", "create", "example", "--host", host)
	}
	return e
}

// loopbackAlias: 127.0.0.1 and localhost are one machine but two issuers; the
// browser is sent to the one that is the issuer.
func (a *App) loopbackAlias(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	return (name == "127.0.0.1" || name == "localhost") && port == a.public.Port() && host != a.public.Host
}
