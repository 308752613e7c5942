package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plinto/internal/playground"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/tenant"
)

const (
	playgroundCookie = "plinto_playground"
	// mostBrowsers bounds how many playgrounds are kept, mostParties those of a browser.
	mostBrowsers = 100
	mostParties  = 16
)

// rightsAt are what the page does with the management API of a tenant: of the operators' it lists tenants too.
func rightsAt(t devTenant) string {
	if t.Slug == tenant.SystemSlug {
		return "users:read users:write tenants:read"
	}
	return "users:read users:write"
}

var (
	errNotStarted = errors.New("no sign-in was started in this browser")
	errNoSecret   = errors.New("Enter the client’s secret: it is not in the seed.") //nolint:revive,staticcheck // a sentence of the page
)

// playgroundRoutes are the page, and what its buttons do.
func (p *devPages) playgroundRoutes(handle func(pattern string, h web.Handler)) {
	handle("GET "+playgroundPath, p.show)
	handle("GET "+playgroundCallback, p.callback)
	handle("POST "+playgroundPath+"/start", p.start)
	handle("POST "+playgroundPath+"/logout", p.logout)
	handle("POST "+playgroundPath+"/adopt", p.adopt)
	handle("POST "+playgroundPath+"/attack", p.attack)
	for name, do := range map[string]func(*playground.Playground) error{
		"userinfo": (*playground.Playground).Userinfo, "refresh": (*playground.Playground).Refresh,
		"introspect": (*playground.Playground).Introspect, "revoke": (*playground.Playground).Revoke,
	} {
		handle("POST "+playgroundPath+"/"+name, p.act(do))
	}
}

// A devBrowser has a playground for each client that it was, so that two tabs do not end each other's sign-ins.
type devBrowser struct{ parties []*playground.Playground } // the one that was used last is the last

// browser returns the playgrounds of the browser that asks.
func (p *devPages) browser(r *http.Request) []*playground.Playground {
	id, ok := p.cookies().Read(r, playgroundCookie)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if b := p.browsers[id]; b != nil {
		return slices.Clone(b.parties)
	}
	return nil
}

// find returns the playground that a browser has as a client, the one used last for "", or nil.
func find(all []*playground.Playground, key string) *playground.Playground {
	for _, b := range slices.Backward(all) {
		if key == "" || keyOf(b.Client()) == key {
			return b
		}
	}
	return nil
}

func (p *devPages) cookies() web.CookieScope {
	return web.CookieScope{Secure: p.public.Scheme == "https"}
}

// begin gives the browser that asks a playground that is c, the one that it has or a new one.
func (p *devPages) begin(w http.ResponseWriter, r *http.Request, c playground.Client) *playground.Playground {
	id, known := p.cookies().Read(r, playgroundCookie)
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.browsers[id]
	if !known || b == nil {
		if len(p.browsers) >= mostBrowsers {
			clear(p.browsers)
		}
		id, b = secret.Token(""), new(devBrowser)
		p.browsers[id] = b
		p.cookies().Set(w, playgroundCookie, id, 0)
	}
	found := find(b.parties, keyOf(c))
	b.parties = slices.DeleteFunc(b.parties, func(other *playground.Playground) bool { return other == found })
	if found == nil || found.Client() != c {
		found = playground.New(c, p.transport)
	}
	if b.parties = append(b.parties, found); len(b.parties) > mostParties {
		b.parties = slices.Delete(b.parties, 0, 1)
	}
	return found
}

func (p *devPages) show(w http.ResponseWriter, r *http.Request) error {
	if !strings.EqualFold(r.Host, p.public.Host) {
		// The issuer sends browsers back to the public URL, where this host's cookie is not.
		http.Redirect(w, r, p.public.String()+r.URL.RequestURI(), http.StatusSeeOther) //nolint:gosec // to our own origin
		return nil
	}
	return p.draw(w, r, r.URL.Query().Get("client"), "")
}

// back shows the playground as a client, by a redirect, so that a reload and Back repeat nothing.
func back(w http.ResponseWriter, r *http.Request, key string) error {
	http.Redirect(w, r, playgroundPath+"?"+url.Values{"client": {key}}.Encode()+"#results", http.StatusSeeOther)
	return nil
}

func (p *devPages) start(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	all, err := p.tenants.relyingParties(r.Context())
	if err != nil {
		return err
	}
	party := choose(all, form.Get("client"))
	c := party.Client
	if party.asksSecret {
		if c.Secret = form.Get("secret"); c.Secret == "" {
			if before := find(p.browser(r), party.key()); before != nil {
				c.Secret = before.Client().Secret
			}
		}
		if c.Secret == "" {
			return p.draw(w, r, party.key(), errNoSecret.Error())
		}
	}
	if party.own {
		if err := p.ensureOwn(r.Context(), party.of); err != nil {
			return err
		}
	}
	b := p.begin(w, r, c)
	ask := playground.Ask{Scope: strings.TrimSpace(form.Get("scope")), Prompt: form.Get("prompt")}
	if form.Get("api") != "" && party.api != "" {
		ask.Scope, ask.Resource = ask.Scope+" "+rightsAt(party.of), party.api
	}
	wanted(form.Get("try"), &ask)
	address, err := b.Start(ask)
	if b.Tell(err); err != nil {
		return back(w, r, party.key())
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// ensureOwn makes the playground's client in a tenant.
func (p *devPages) ensureOwn(ctx context.Context, t devTenant) error {
	c, err := p.tenants.ownClient(tenant.With(ctx, t.Tenant), t)
	if err != nil {
		return err
	}
	return p.tenants.ensure(ctx, t, c)
}

func (p *devPages) callback(w http.ResponseWriter, r *http.Request) error {
	all := p.browser(r)
	b := find(all, "")
	for _, one := range all {
		if one.Awaits(r.URL.Query().Get("state")) {
			b = one
		}
	}
	if b == nil {
		return p.draw(w, r, "", errNotStarted.Error())
	}
	b.Tell(b.Callback(r.URL.Query()))
	return back(w, r, keyOf(b.Client()))
}

// named returns the playground that a form is of: of the client that it names, or the one used last.
func (p *devPages) named(r *http.Request) (*playground.Playground, web.Form, error) {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return nil, nil, err
	}
	return find(p.browser(r), form.Get("client")), form, nil
}

// act does something with the sign-in of the browser that asks and shows the steps again.
func (p *devPages) act(do func(*playground.Playground) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, _, err := p.named(r)
		if err != nil {
			return err
		}
		if b == nil {
			return p.draw(w, r, "", errNotStarted.Error())
		}
		b.Tell(do(b))
		return back(w, r, keyOf(b.Client()))
	}
}

func (p *devPages) logout(w http.ResponseWriter, r *http.Request) error {
	b, _, err := p.named(r)
	if err != nil {
		return err
	}
	if b == nil {
		return p.draw(w, r, "", errNotStarted.Error())
	}
	b.Tell(nil)
	http.Redirect(w, r, b.Logout(), http.StatusSeeOther) //nolint:gosec // to the issuer of a client of the installation
	return nil
}

// adopt has a client of the seed lead to the playground.
func (p *devPages) adopt(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	all, err := p.tenants.relyingParties(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		if party := &all[i]; party.key() == form.Get("client") && party.adoptable() {
			if err := p.tenants.adopt(r.Context(), party); err != nil {
				return p.draw(w, r, "", err.Error())
			}
		}
	}
	return back(w, r, form.Get("client"))
}
