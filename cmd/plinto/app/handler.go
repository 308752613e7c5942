package app

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider/browser"
	"plinto/tenant"
	"plinto/ui"
)

// maxBody bounds every request body; forms have a lower limit of their own.
const maxBody = 1 << 20

// Handler returns the whole server.
func (a *App) Handler() http.Handler {
	inner := boundBody(http.HandlerFunc(a.dispatch))
	outer := web.Recover(web.StrictPath(inner))
	if a.cfg.AccessLog != nil {
		outer = web.AccessLog(outer, a.cfg.AccessLog)
	}
	return web.Begin(outer, a.cfg.Public.Scheme == "https")
}

// boundBody limits bodies, where there is one: most requests have none, and the
// limit costs a copy of the request.
func boundBody(next http.Handler) http.Handler {
	bounded := http.MaxBytesHandler(next, maxBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		bounded.ServeHTTP(w, r)
	})
}

// dispatch serves what belongs to no tenant, and hands the rest to the tenant that
// host and path name.
func (a *App) dispatch(w http.ResponseWriter, r *http.Request) {
	if a.health.draining.Load() {
		// The client is told to come by another connection, which a balancer
		// will lead elsewhere, before this one is closed under it.
		w.Header().Set("Connection", "close")
	}
	switch r.URL.Path {
	case "/livez":
		a.health.live(w, r)
		return
	case "/readyz":
		a.health.ready(w, r)
		return
	case "/version":
		a.health.version(w, r)
		return
	}
	if extra := a.extra(r.URL.Path); extra != nil {
		extra.ServeHTTP(w, r)
		return
	}
	t, rest, err := a.resolver.Resolve(r.Context(), r.Host, r.URL.Path)
	if err != nil {
		a.unknown(w, r, err)
		return
	}
	ctx := event.WithOrigin(tenant.With(r.Context(), t), a.origin(r.Context(), r))
	q := r.WithContext(ctx)
	if rest != r.URL.Path {
		q.URL = &url.URL{Path: rest, RawQuery: r.URL.RawQuery}
	}
	a.router.ServeHTTP(w, q)
}

// extra returns the handler of the longest prefix that fits, or nil.
func (a *App) extra(path string) http.Handler {
	var found http.Handler
	longest := 0
	for prefix, h := range a.cfg.Extra {
		if len(prefix) > longest && (path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")) {
			found, longest = h, len(prefix)
		}
	}
	return found
}

// unknown answers a host or path that belongs to no tenant, without a hint which
// ones exist. A developer is told what to do.
func (a *App) unknown(w http.ResponseWriter, r *http.Request, err error) {
	if fault.KindOf(err) != fault.NotFound {
		a.page(func(http.ResponseWriter, *http.Request) error { return err }).ServeHTTP(w, r)
		return
	}
	if a.cfg.Development && r.Method == http.MethodGet && a.loopbackAlias(r.Host) {
		http.Redirect(w, r, a.cfg.Public.String()+r.URL.RequestURI(), http.StatusTemporaryRedirect) //nolint:gosec // to our own origin; the path is absolute, see web.StrictPath
		return
	}
	var hints []string
	if a.cfg.Development {
		hints = []string{
			"This server answers on " + a.cfg.Public.String() + ".",
			"A tenant for this host is made by: plinto tenant create NAME --host " + safeHost(r.Host),
		}
	}
	a.showError(w, r, http.StatusNotFound, "not_found", "Nobody answers here.", hints)
}

// loopbackAlias: 127.0.0.1 and localhost are one machine but two issuers; the
// browser is sent to the one that is the issuer.
func (a *App) loopbackAlias(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return false
	}
	return (name == "127.0.0.1" || name == "localhost") && port == a.cfg.Public.Port() && host != a.cfg.Public.Host
}

func safeHost(host string) string {
	if tenant.CheckHost(strings.ToLower(host)) != nil {
		return "HOST"
	}
	return strings.ToLower(host)
}

// page wraps a handler of pages.
func (a *App) page(h web.Handler) http.Handler {
	return web.Page(func(w http.ResponseWriter, r *http.Request, status int, code, message string) {
		a.showError(w, r, status, code, message, nil)
	})(h)
}

// form wraps a handler of posted forms: another site's are refused.
func (a *App) form(h web.Handler) http.Handler {
	return web.SameSiteForms(a.page(h), a.page(func(http.ResponseWriter, *http.Request) error { return browser.ErrForged }))
}

// flowPage and flowForm are page and form of what an application may open in a window
// of its own: signing in and out.
func (a *App) flowPage(h web.Handler) http.Handler { return web.KeepOpener(a.page(h)) }
func (a *App) flowForm(h web.Handler) http.Handler { return web.KeepOpener(a.form(h)) }

func (a *App) notFound(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
}

// showError draws the error page. An error of the page itself leaves plain text.
func (a *App) showError(w http.ResponseWriter, r *http.Request, status int, code, message string, hints []string) {
	view := ui.ErrorView{Page: a.browser.Page(w, r, nil), Code: code, Message: message, Hints: hints}
	if err := web.Render(w, r, status, ui.Error(view)); err != nil {
		http.Error(w, message, status)
	}
}
