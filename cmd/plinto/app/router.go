package app

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"plinto/internal/paths"
	"plinto/internal/web"
)

// A router leads requests to the areas. It finds what programs call by its whole path,
// and what browsers open by patterns.
type router struct {
	whole    map[string]http.Handler
	patterns *mux.Router
	outside  map[string]http.Handler // belongs to no issuer
	prefixes map[string]http.Handler // by the first two segments of a path
	browsers map[string]bool         // what pages are at

	mounting string            // the area
	owners   map[string]string // path → area
	problems []error
}

// newRouter mounts areas. It fails when two of them claim a path.
func newRouter(notFound http.HandlerFunc) *router {
	r := &router{
		whole: map[string]http.Handler{}, patterns: mux.NewRouter(), outside: map[string]http.Handler{}, prefixes: map[string]http.Handler{},
		browsers: map[string]bool{}, owners: map[string]string{},
	}
	r.patterns.NotFoundHandler = notFound
	r.patterns.MethodNotAllowedHandler = http.HandlerFunc(r.methodNotAllowed)
	r.patterns.Use(nameRoute)
	return r
}

// mount adds the routes of an area.
func (r *router) mount(name string, a area) {
	r.mounting = name
	a.mount(r)
}

// err says which paths cannot be served because two areas claim them.
func (r *router) err() error { return errors.Join(r.problems...) }

// claim records which area serves a path. Within an area the first matching route wins.
// Areas have no order, so a path must not match routes of two areas.
func (r *router) claim(path string) {
	for other, owner := range r.owners {
		if owner != r.mounting && overlap(path, other) {
			r.problems = append(r.problems, fmt.Errorf("%s of %s is %s of %s too", path, r.mounting, other, owner))
		}
	}
	r.owners[path] = r.mounting
}

// overlap reports whether a path fits both patterns.
func overlap(a, b string) bool {
	one, two := strings.Split(a, "/"), strings.Split(b, "/")
	return slices.EqualFunc(one, two, func(a, b string) bool {
		return a == b || strings.HasPrefix(a, "{") && b != "" || strings.HasPrefix(b, "{") && a != ""
	})
}

// call adds what programs call: every method of a path, or of a pattern.
func (r *router) call(path string, h http.Handler) {
	r.claim(path)
	if strings.Contains(path, "{") {
		r.patterns.Path(path).Handler(h)
		return
	}
	if r.whole[path] != nil {
		r.problems = append(r.problems, fmt.Errorf("%s has two handlers", path))
	}
	r.whole[path] = h
}

// below adds what programs call at and below a path of two segments. The handler has routes of its own.
func (r *router) below(path string, h http.Handler) {
	r.claim(path)
	r.prefixes[path] = h
}

// firstTwo returns the first two segments of a path: of "/a/b/c" "/a/b".
func firstTwo(path string) string {
	at := 0
	for range 2 {
		next := strings.IndexByte(path[at+1:], '/')
		if next < 0 {
			return path
		}
		at += 1 + next
	}
	return path[:at]
}

// page adds what browsers open by GET, or by other methods besides.
func (r *router) page(path string, h http.Handler, methods ...string) {
	r.claim(path)
	r.browsers[path] = true
	r.patterns.Path(path).Methods(append(methods, http.MethodGet, http.MethodHead)...).Handler(h)
}

// form adds what is posted to a page.
func (r *router) form(path string, h http.Handler) {
	r.claim(path)
	r.patterns.Path(path).Methods(http.MethodPost).Handler(h)
}

// always adds what is answered on every host, whether or not it is an issuer's.
func (r *router) always(path string, h http.HandlerFunc) {
	r.claim(path)
	r.outside[path] = h
}

// ServeHTTP implements http.Handler, for paths below an issuer.
func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if h, ok := r.whole[req.URL.Path]; ok {
		web.SetRoute(req, req.URL.Path)
		h.ServeHTTP(w, req)
		return
	}
	if h, ok := r.prefixes[firstTwo(req.URL.Path)]; ok {
		web.SetRoute(req, firstTwo(req.URL.Path))
		h.ServeHTTP(w, req)
		return
	}
	r.patterns.ServeHTTP(w, req)
}

// ofPages are the methods that patterns are asked for.
var ofPages = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// methodNotAllowed answers 405 with the methods that a pattern has for the path (RFC 9110 §15.5.6).
func (r *router) methodNotAllowed(w http.ResponseWriter, req *http.Request) {
	var allowed []string
	for _, method := range ofPages {
		other := *req
		other.Method = method
		if match := (mux.RouteMatch{}); r.patterns.Match(&other, &match) && match.MatchErr == nil {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	web.MethodNotAllowed(w, req)
}

// nameRoute tells log and metrics which route a request took: a path could hold what
// must not be logged, and there are any number of them.
func nameRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			if template, err := route.GetPathTemplate(); err == nil {
				web.SetRoute(r, template)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isAPI reports whether a path below an issuer is called by programs, which want JSON.
func (r *router) isAPI(path string) bool {
	return r.prefixes[firstTwo(path)] != nil || path == paths.DirectSignIn || strings.HasPrefix(path, "/.well-known/") || strings.HasPrefix(path, "/oauth2/") && !r.browsers[path]
}

// paths returns the path of every route, sorted.
func (r *router) paths() []string { return slices.Sorted(maps.Keys(r.owners)) }

// Routes returns the path of every route; {name} stands for one segment. All but those of
// health are below an issuer.
func (a *App) Routes() []string { return a.router.paths() }
