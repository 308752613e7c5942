package main

import (
	"net/http"
	"strings"
	"time"

	"plinto/identity/mfa"
	"plinto/internal/web"
	"plinto/ui"
)

const authenticatorPath = "/dev/authenticator"

// authenticatorRoutes are the page that stands in for an authenticator app.
func (p *devPages) authenticatorRoutes(handle func(pattern string, h web.Handler)) {
	handle("GET "+authenticatorPath, p.authenticator)
	handle("POST "+authenticatorPath, p.authenticatorCode)
}

func (p *devPages) authenticator(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, ui.DevAuthenticator(ui.DevAuthenticatorView{Page: p.page(r)}))
}

// authenticatorCode shows the code of a key. The key comes in a form, and stays in the page.
func (p *devPages) authenticatorCode(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	v := ui.DevAuthenticatorView{Page: p.page(r), Key: strings.TrimSpace(form.Get("key"))}
	code, left, err := mfa.CodeOf(v.Key, time.Now())
	if err != nil {
		v.Problem = true
		return web.Render(w, r, http.StatusUnprocessableEntity, ui.DevAuthenticator(v))
	}
	v.Code, v.Left = code, int(left.Seconds())
	return web.Render(w, r, http.StatusOK, ui.DevAuthenticator(v))
}
