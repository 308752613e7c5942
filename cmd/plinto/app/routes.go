package app

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"plinto/internal/paths"
	"plinto/internal/web"
)

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

// A router finds what clients call all the time by its whole path, and everything
// else by patterns.
type router struct {
	*mux.Router
	whole map[string]http.Handler
}

// always adds a route for every method that has no variables.
func (r *router) always(path string, h http.Handler) { r.whole[path] = h }

// ServeHTTP implements http.Handler.
func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if h, ok := r.whole[req.URL.Path]; ok {
		web.SetRoute(req, req.URL.Path)
		h.ServeHTTP(w, req)
		return
	}
	r.Router.ServeHTTP(w, req)
}

// paths returns the path of every route, sorted.
func (r *router) paths() []string {
	found := slices.Collect(maps.Keys(r.whole))
	_ = r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		found = append(found, path)
		return err // every route has a path
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// Routes returns the path of every route below an issuer; {name} stands for a segment.
func (a *App) Routes() []string { return a.router.paths() }

// routes is every route below an issuer.
func (a *App) routes() *router {
	m := &router{mux.NewRouter(), map[string]http.Handler{}}
	m.NotFoundHandler = http.HandlerFunc(a.notFound)
	m.MethodNotAllowedHandler = http.HandlerFunc(web.MethodNotAllowed)
	m.Use(nameRoute)

	m.always(paths.Token, a.token)
	m.always(paths.Introspect, a.introspect)
	m.always(paths.UserInfo, a.userinfo)
	m.always(paths.JWKS, web.PublicCORS(web.JSON(a.keys.ServeJWKS)))
	m.always(paths.OpenIDConfiguration, web.PublicCORS(a.discovery))
	m.always(paths.AuthorizationServer, web.PublicCORS(a.discovery))
	m.always(paths.Revoke, a.revoke)
	m.always(paths.PAR, a.par)
	registration := a.registration()
	m.Path(paths.Register).Handler(registration)
	m.Path(paths.Register + "/{client_id}").Handler(registration)

	// Requests that start at a client's site: cross-origin by nature, and they
	// change nothing by themselves.
	m.Path(paths.Authorize).Methods("GET", "HEAD", "POST").Handler(a.flowPage(a.authorize.Begin))
	m.Path(paths.Continue).Methods("GET", "HEAD").Handler(a.flowPage(a.authorize.Continue))
	m.Path(paths.EndSession).Methods("GET", "HEAD", "POST").Handler(a.flowPage(a.logout.Begin))
	m.Path(paths.CheckSession).Methods("GET", "HEAD").Handler(a.page(a.session.Show))

	m.Path(paths.Login).Methods("GET", "HEAD").Handler(a.flowPage(a.browser.View(a.signin.View)))
	m.Path(paths.Login).Methods("POST").Handler(a.flowForm(a.browser.Submit(a.signin.Submit)))
	m.Path(paths.SignUp).Methods("GET", "HEAD").Handler(a.flowPage(a.signup.WhereOpen(a.browser.View(a.signup.View))))
	m.Path(paths.SignUp).Methods("POST").Handler(a.flowForm(a.signup.WhereOpen(a.browser.Submit(a.signup.Submit))))
	m.Path(paths.SignUpCode).Methods("GET", "HEAD").Handler(a.flowPage(a.signup.WhereOpen(a.browser.View(a.signup.ViewCode))))
	m.Path(paths.SignUpCode).Methods("POST").Handler(a.flowForm(a.signup.WhereOpen(a.browser.Submit(a.signup.SubmitCode))))
	m.Path(paths.SignUpAccount).Methods("GET", "HEAD").Handler(a.flowPage(a.signup.WhereOpen(a.browser.View(a.signup.ViewAccount))))
	m.Path(paths.SignUpAccount).Methods("POST").Handler(a.flowForm(a.signup.WhereOpen(a.browser.Submit(a.signup.SubmitAccount))))
	m.Path(paths.Account).Methods("GET", "HEAD").Handler(a.flowPage(a.browser.View(a.signin.ViewAccounts)))
	m.Path(paths.Account).Methods("POST").Handler(a.flowForm(a.browser.Submit(a.signin.SubmitAccount)))
	m.Path(paths.Consent).Methods("GET", "HEAD").Handler(a.flowPage(a.browser.View(a.consent.View)))
	m.Path(paths.Consent).Methods("POST").Handler(a.flowForm(a.browser.Submit(a.consent.Submit)))
	m.Path(paths.Logout).Methods("GET", "HEAD").Handler(a.flowPage(a.logout.Confirm))
	m.Path(paths.Logout).Methods("POST").Handler(a.flowForm(a.logout.Submit))
	m.Path(paths.LoggedOut).Methods("GET", "HEAD").Handler(a.flowPage(a.logout.Done))
	m.Path(paths.Setup).Methods("GET", "HEAD").Handler(a.page(a.setup.Show))
	m.Path(paths.Setup).Methods("POST").Handler(a.form(a.setup.Submit))
	m.Path("/").Methods("GET", "HEAD").Handler(a.page(a.home.Show))
	return m
}
