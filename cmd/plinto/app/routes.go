package app

import (
	"net/http"

	"github.com/gorilla/mux"

	"plinto/internal/web"
	"plinto/provider/register"
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

// routes is every route below an issuer.
func (a *App) routes() http.Handler {
	m := &router{mux.NewRouter(), map[string]http.Handler{}}
	m.NotFoundHandler = http.HandlerFunc(a.notFound)
	m.MethodNotAllowedHandler = http.HandlerFunc(web.MethodNotAllowed)
	m.Use(nameRoute)

	m.always("/oauth2/token", a.token)
	m.always("/oauth2/introspect", a.introspect)
	m.always("/oauth2/userinfo", a.userinfo)
	m.always("/.well-known/jwks.json", web.PublicCORS(web.JSON(a.keys.ServeJWKS)))
	m.always("/.well-known/openid-configuration", web.PublicCORS(a.discovery))
	m.always("/.well-known/oauth-authorization-server", web.PublicCORS(a.discovery))
	m.always("/oauth2/revoke", a.revoke)
	m.always("/oauth2/par", a.par)
	registration := a.registration()
	m.Path(register.Path).Handler(registration)
	m.Path(register.Path + "/{client_id}").Handler(registration)

	// Requests that start at a client's site: cross-origin by nature, and they
	// change nothing by themselves.
	m.Path("/oauth2/authorize").Methods("GET", "HEAD", "POST").Handler(a.flowPage(a.authorize.Begin))
	m.Path("/oauth2/authorize/continue").Methods("GET", "HEAD").Handler(a.flowPage(a.authorize.Continue))
	m.Path("/oauth2/logout").Methods("GET", "HEAD", "POST").Handler(a.flowPage(a.logout.Wish))
	m.Path("/oauth2/session/check").Methods("GET", "HEAD").Handler(a.page(a.session.Show))

	m.Path("/login").Methods("GET", "HEAD").Handler(a.flowPage(a.signin.Show))
	m.Path("/login").Methods("POST").Handler(a.flowForm(a.signin.Submit))
	m.Path("/sign-up").Methods("GET", "HEAD").Handler(a.flowPage(a.signup.Show))
	m.Path("/sign-up").Methods("POST").Handler(a.flowForm(a.signup.Submit))
	m.Path("/sign-up/code").Methods("GET", "HEAD").Handler(a.flowPage(a.signup.ShowCode))
	m.Path("/sign-up/code").Methods("POST").Handler(a.flowForm(a.signup.SubmitCode))
	m.Path("/sign-up/account").Methods("GET", "HEAD").Handler(a.flowPage(a.signup.ShowAccount))
	m.Path("/sign-up/account").Methods("POST").Handler(a.flowForm(a.signup.SubmitAccount))
	m.Path("/account").Methods("GET", "HEAD").Handler(a.flowPage(a.signin.Choose))
	m.Path("/account").Methods("POST").Handler(a.flowForm(a.signin.Chosen))
	m.Path("/consent").Methods("GET", "HEAD").Handler(a.flowPage(a.consent.Show))
	m.Path("/consent").Methods("POST").Handler(a.flowForm(a.consent.Submit))
	m.Path("/logout").Methods("GET", "HEAD").Handler(a.flowPage(a.logout.Confirm))
	m.Path("/logout").Methods("POST").Handler(a.flowForm(a.logout.Submit))
	m.Path("/logged-out").Methods("GET", "HEAD").Handler(a.flowPage(a.logout.Done))
	m.Path("/setup").Methods("GET", "HEAD").Handler(a.page(a.setup.Show))
	m.Path("/setup").Methods("POST").Handler(a.form(a.setup.Submit))
	m.Path("/").Methods("GET", "HEAD").Handler(a.page(a.home.Show))
	return m
}
