package app

import (
	"net/http"

	"github.com/gorilla/mux"

	"plinto/internal/web"
	"plinto/provider/register"
	"plinto/ui"
)

// nameRoute tells the access log which route a request took: a path could hold
// what must not be logged.
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

// routes is every route below an issuer. The first ones are the hot ones: the
// router tries them in order.
func (a *App) routes() http.Handler {
	m := mux.NewRouter()
	m.NotFoundHandler = a.page(a.notFound)
	m.MethodNotAllowedHandler = http.HandlerFunc(web.MethodNotAllowed)
	if a.cfg.AccessLog != nil {
		m.Use(nameRoute)
	}

	m.Path("/oauth2/token").Handler(a.token)
	m.Path("/oauth2/introspect").Handler(a.introspect)
	m.Path("/oauth2/userinfo").Handler(a.userinfo)
	m.Path("/.well-known/jwks.json").Handler(web.PublicCORS(web.JSON(a.keys.ServeJWKS)))
	m.Path("/.well-known/openid-configuration").Handler(web.PublicCORS(a.discovery))
	m.Path("/.well-known/oauth-authorization-server").Handler(web.PublicCORS(a.discovery))
	m.Path("/oauth2/revoke").Handler(a.revoke)
	m.Path("/oauth2/par").Handler(a.par)
	registration := a.registration()
	m.Path(register.Path).Handler(registration)
	m.Path(register.Path + "/{client_id}").Handler(registration)

	// Requests that start at a client's site: cross-origin by nature, and they
	// change nothing by themselves.
	m.Path("/oauth2/authorize").Methods("GET", "HEAD", "POST").Handler(a.page(a.authorize.Begin))
	m.Path("/oauth2/authorize/continue").Methods("GET", "HEAD").Handler(a.page(a.authorize.Continue))
	m.Path("/oauth2/logout").Methods("GET", "HEAD", "POST").Handler(a.page(a.logout.Wish))
	m.Path("/oauth2/session/check").Methods("GET", "HEAD").Handler(a.page(a.session.Show))

	m.Path("/login").Methods("GET", "HEAD").Handler(a.page(a.signin.Show))
	m.Path("/login").Methods("POST").Handler(a.form(a.signin.Submit))
	m.Path("/sign-up").Methods("GET", "HEAD").Handler(a.page(a.signup.Show))
	m.Path("/sign-up").Methods("POST").Handler(a.form(a.signup.Submit))
	m.Path("/sign-up/code").Methods("GET", "HEAD").Handler(a.page(a.signup.ShowCode))
	m.Path("/sign-up/code").Methods("POST").Handler(a.form(a.signup.SubmitCode))
	m.Path("/account").Methods("GET", "HEAD").Handler(a.page(a.signin.Choose))
	m.Path("/account").Methods("POST").Handler(a.form(a.signin.Chosen))
	m.Path("/consent").Methods("GET", "HEAD").Handler(a.page(a.consent.Show))
	m.Path("/consent").Methods("POST").Handler(a.form(a.consent.Submit))
	m.Path("/logout").Methods("GET", "HEAD").Handler(a.page(a.logout.Confirm))
	m.Path("/logout").Methods("POST").Handler(a.form(a.logout.Submit))
	m.Path("/logged-out").Methods("GET", "HEAD").Handler(a.page(a.logout.Done))
	m.Path("/setup").Methods("GET", "HEAD").Handler(a.page(a.setup.Show))
	m.Path("/setup").Methods("POST").Handler(a.form(a.setup.Submit))
	m.Path("/").Methods("GET", "HEAD").Handler(a.page(a.home.Show))

	m.PathPrefix(ui.AssetPrefix).Methods("GET", "HEAD").Handler(ui.Assets())
	return m
}
