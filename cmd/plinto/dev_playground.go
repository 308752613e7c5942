package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"plinto/internal/paths"
	"plinto/internal/playground"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/ui"
)

const (
	playgroundCookie = "plinto_playground"
	// mostBrowsers bounds how many playgrounds are kept.
	mostBrowsers = 100
	// playgroundRights are what the page does with the management API.
	playgroundRights = "users:read users:write"
)

var errNotStarted = errors.New("no sign-in was started in this browser")

// browser returns the playground of the browser that asks, or nil.
func (p *devPages) browser(r *http.Request) *playground.Playground {
	id, ok := p.cookies().Read(r, playgroundCookie)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.browsers[id]
}

func (p *devPages) cookies() web.CookieScope {
	return web.CookieScope{Secure: p.public.Scheme == "https"}
}

// begin gives the browser that asks a playground that is c.
func (p *devPages) begin(w http.ResponseWriter, c playground.Client) *playground.Playground {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.browsers) >= mostBrowsers {
		clear(p.browsers)
	}
	id := secret.Token("")
	p.browsers[id] = playground.New(c, p.transport)
	p.cookies().Set(w, playgroundCookie, id, 0)
	return p.browsers[id]
}

func (p *devPages) show(w http.ResponseWriter, r *http.Request) error {
	if !strings.EqualFold(r.Host, p.public.Host) {
		// The issuer sends browsers back to the public URL, where this host's cookie is not.
		http.Redirect(w, r, p.public.String()+r.URL.RequestURI(), http.StatusSeeOther) //nolint:gosec // to our own origin
		return nil
	}
	return p.draw(w, r, p.browser(r), r.URL.Query().Get("client"), "")
}

// draw shows the playground as one of the clients: the wanted one, that of the sign-in
// that is shown, or the first.
func (p *devPages) draw(w http.ResponseWriter, r *http.Request, b *playground.Playground, wanted, problem string) error {
	all, why, err := p.tenants.relyingParties(r.Context())
	if err != nil {
		return err
	}
	v := ui.PlaygroundView{Page: p.page(r), Error: problem}
	if len(all) == 0 {
		if v.Needs, err = p.needs(r, why); err != nil {
			return err
		}
		return web.Render(w, r, http.StatusOK, ui.Playground(v))
	}
	if wanted == "" && b != nil {
		wanted = (&relyingParty{Client: b.Client()}).key()
	}
	current := choose(all, wanted)
	v.Client, v.Scope, v.MayManage = current.key(), current.scope, current.api != ""
	v.Tries = p.tries(current.of)
	for i := range all {
		v.Clients = append(v.Clients, ui.PlaygroundClient{
			Name: all[i].name, Issuer: all[i].Issuer, Current: all[i].key() == v.Client,
			URL: playgroundPath + "?" + url.Values{"client": {all[i].key()}}.Encode(),
		})
	}
	if b != nil {
		v.SignedIn, v.CanRefresh = b.SignedIn()
		v.CanIntrospect = !b.Client().Public()
		if api := b.Client().Issuer + paths.Management; b.TokenFor(api) != "" {
			v.API, v.Token = api, b.TokenFor(api)
		}
		v.Exchanges, v.Outcome = exchanges(b), outcome(b)
	}
	return web.Render(w, r, http.StatusOK, ui.Playground(v))
}

// choose returns the party with that key, or else the first.
func choose(all []relyingParty, key string) *relyingParty {
	for i := range all {
		if all[i].key() == key {
			return &all[i]
		}
	}
	return &all[0]
}

// outcome is what the last sign-in of a playground showed, or nil.
func outcome(b *playground.Playground) *ui.PlaygroundOutcome {
	o := b.Outcome()
	if o == nil {
		return nil
	}
	shown := &ui.PlaygroundOutcome{Title: o.Title}
	for _, l := range o.Lines {
		shown.Lines = append(shown.Lines, ui.PlaygroundLine(l))
	}
	return shown
}

func exchanges(b *playground.Playground) []ui.Exchange {
	var all []ui.Exchange
	for _, s := range b.Steps() {
		x := ui.Exchange{Title: s.Title, Text: s.Text, Request: s.Request, Response: s.Response}
		for _, t := range s.Tokens {
			x.Tokens = append(x.Tokens, ui.Token{Name: t.Name, Header: t.Header, Claims: t.Claims})
		}
		all = append(all, x)
	}
	return all
}

// playgroundClient is what a seed needs for the playground: its two addresses are filled in.
const playgroundClient = `clients:
  - client_id: my-playground
    client_name: Playground
    token_endpoint_auth_method: none
    redirect_uris: [%q]
    post_logout_redirect_uris: [%q]
    grant_types: [authorization_code, refresh_token]
    response_types: [code]
    scope: openid profile email offline_access
`

// needs says which client is missing. What the command makes is a public client: the
// server keeps no secret that the playground could read.
func (p *devPages) needs(r *http.Request, why []string) (*ui.PlaygroundNeeds, error) {
	all, err := p.tenants.list(r.Context())
	if err != nil {
		return nil, err
	}
	back, after := p.public.String()+playgroundCallback, p.public.String()+playgroundPath
	n := &ui.PlaygroundNeeds{Callback: back, Why: why, YAML: fmt.Sprintf(playgroundClient, back, after)}
	for _, t := range all {
		if !p.tenants.elsewhere(t) {
			n.Command = p.command("client", "create", "--tenant", t.Slug, "--type", "spa", "--name", "Playground",
				"--redirect-uri", back, "--post-logout-redirect-uri", after)
			break
		}
	}
	return n, nil
}

func (p *devPages) start(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	all, _, err := p.tenants.relyingParties(r.Context())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return p.draw(w, r, nil, "", "")
	}
	party := choose(all, form.Get("client"))
	b := p.browser(r)
	if b == nil || b.Client() != party.Client {
		b = p.begin(w, party.Client)
	}
	ask := playground.Ask{Scope: strings.TrimSpace(form.Get("scope")), Prompt: form.Get("prompt")}
	if form.Get("api") != "" && party.api != "" {
		ask.Scope, ask.Resource = ask.Scope+" "+playgroundRights, party.api
	}
	wanted(form.Get("try"), &ask)
	address, err := b.Start(ask)
	if err != nil {
		return p.draw(w, r, b, "", err.Error())
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

func (p *devPages) callback(w http.ResponseWriter, r *http.Request) error {
	return p.act(func(b *playground.Playground) error { return b.Callback(r.URL.Query()) })(w, r)
}

// act does something with the sign-in of the browser that asks and shows the steps again:
// by a redirect, so that a reload repeats nothing, or at once with what went wrong.
func (p *devPages) act(do func(*playground.Playground) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		b := p.browser(r)
		if b == nil {
			return p.draw(w, r, nil, "", errNotStarted.Error())
		}
		if err := do(b); err != nil {
			return p.draw(w, r, b, "", err.Error())
		}
		http.Redirect(w, r, playgroundPath, http.StatusSeeOther)
		return nil
	}
}

func (p *devPages) logout(w http.ResponseWriter, r *http.Request) error {
	b := p.browser(r)
	if b == nil {
		return p.draw(w, r, nil, "", errNotStarted.Error())
	}
	http.Redirect(w, r, b.Logout(), http.StatusSeeOther)
	return nil
}
