package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

const authenticatorPath = "/dev/authenticator"

// authenticatorRoutes are the page that stands in for an authenticator app.
func (p *devPages) authenticatorRoutes(handle func(pattern string, h web.Handler)) {
	handle("GET "+authenticatorPath, p.authenticator)
	handle("POST "+authenticatorPath, p.authenticatorCode)
}

// authenticator shows the codes of the users of the seed.
func (p *devPages) authenticator(w http.ResponseWriter, r *http.Request) error {
	v := ui.DevAuthenticatorView{Page: p.page(r)}
	if err := p.tenants.apps(r.Context(), &v); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, ui.DevAuthenticator(v))
}

// apps adds what the apps of the users of the seed show. Whoever is not in the seed is a person, whose
// codes nobody else is to see.
func (d *devTenants) apps(ctx context.Context, v *ui.DevAuthenticatorView) error {
	all, err := d.list(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		ctx := tenant.With(ctx, t.Tenant)
		users := t.users()
		for _, name := range users[:min(len(users), mostUsers)] {
			found, err := d.store.Users.Credential(ctx, name.name, nil)
			switch {
			case errors.Is(err, identity.ErrUserNotFound):
				continue
			case err != nil:
				return fmt.Errorf("find user %s: %w", name.name, err)
			}
			shown, err := d.factors.Showings(ctx, found.User.ID)
			if err != nil {
				return err
			}
			for _, s := range shown {
				v.Apps = append(v.Apps, ui.DevApp{User: name.name, Tenant: t.Name, Name: s.Name, Code: s.Code, Used: s.Used})
				v.Again = int(s.Left.Seconds()) + 1
			}
		}
	}
	return nil
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
