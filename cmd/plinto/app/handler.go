package app

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"plinto/admin"
	"plinto/event"
	"plinto/internal/logs"
	"plinto/internal/web"
	"plinto/tenant"
)

// maxBody bounds every request body; forms have a lower limit of their own.
const maxBody = 1 << 20

// Handler returns the whole server.
func (a *App) Handler() http.Handler {
	inner := boundBody(http.HandlerFunc(a.dispatch))
	observers := []func(*http.Request, web.Answer){a.metrics.observe}
	var within []func(context.Context, *http.Request) context.Context
	if a.cfg.Traces != nil {
		within, observers = append(within, a.traced), append(observers, endSpan)
	}
	if a.cfg.AccessLog != nil {
		observers = append(observers, web.AccessLog(a.cfg.AccessLog))
	}
	outer := web.Observe(web.Recover(web.StrictPath(inner)), observers...)
	return web.Begin(outer, a.public.Scheme == "https", within...)
}

// boundBody limits bodies, where there is one: most requests have none, and the
// limit costs a copy of the request.
func boundBody(next http.Handler) http.Handler {
	bounded, imports := http.MaxBytesHandler(next, maxBody), http.MaxBytesHandler(next, admin.MaxImport)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		if isUpload(r.URL.Path) {
			imports.ServeHTTP(w, r)
			return
		}
		bounded.ServeHTTP(w, r)
	})
}

// dispatch serves what belongs to no tenant, and hands the rest to the tenant that
// host and path name.
func (a *App) dispatch(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		// Ask the client to open another connection, which a load balancer sends to
		// another instance, before this one is closed.
		w.Header().Set("Connection", "close")
	}
	if h := a.router.outside[r.URL.Path]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	if extra := a.extra(r.URL.Path); extra != nil {
		a.serveExtra(w, r, extra)
		return
	}
	if isAsset(r.URL.Path) {
		// Before the tenant is known: error pages without one have styles too.
		a.assets.ServeHTTP(w, r)
		return
	}
	t, rest, err := a.resolver.Resolve(r.Context(), r.Host, r.URL.Path)
	if err != nil {
		a.unknown(w, r, err)
		return
	}
	logs.Note(r.Context(), logs.Tenant, t.Slug)
	ctx := event.WithOrigin(tenant.With(r.Context(), t), a.origin(r.Context(), r))
	ctx, done, err := a.admit(ctx, r, rest, t)
	q := r.WithContext(ctx)
	if rest != r.URL.Path {
		q.URL = &url.URL{Path: rest, RawQuery: r.URL.RawQuery}
	}
	if err != nil {
		a.refuse(w, q, err)
		return
	}
	defer done()
	a.router.ServeHTTP(w, q)
	a.takeTrail(q, t)
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
