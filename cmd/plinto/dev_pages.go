package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"plinto/internal/mailcatcher"
	"plinto/internal/playground"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider/browser"
	"plinto/ui"
)

// devPages are the pages under /dev, which only plinto dev has.
type devPages struct {
	public *url.URL
	mails  *mailcatcher.Catcher

	mu       sync.Mutex
	browsers map[string]*playground.Playground
}

const (
	playgroundCookie = "plinto_playground"
	// mostBrowsers bounds how many playgrounds are kept.
	mostBrowsers = 100
)

func newDevPages(public *url.URL, mails *mailcatcher.Catcher) *devPages {
	return &devPages{public: public, mails: mails, browsers: map[string]*playground.Playground{}}
}

// routes returns the pages by path.
func (p *devPages) routes() map[string]http.Handler {
	m := http.NewServeMux()
	handle := func(pattern string, h web.Handler) { m.Handle(pattern, web.JSON(h)) }
	handle("GET /dev", p.home)
	handle("GET /dev/{$}", p.home)
	handle("GET /dev/mail", p.mailList)
	handle("GET /dev/mail.json", p.mailJSON)
	handle("GET /dev/mail/{id}", p.mail)
	handle("GET /dev/playground", p.show)
	handle("GET /dev/playground/callback", p.callback)
	handle("POST /dev/playground/start", p.start)
	handle("POST /dev/playground/logout", p.logout)
	for name, do := range map[string]func(*playground.Playground) error{
		"userinfo": (*playground.Playground).Userinfo, "refresh": (*playground.Playground).Refresh,
		"introspect": (*playground.Playground).Introspect, "revoke": (*playground.Playground).Revoke,
	} {
		handle("POST /dev/playground/"+name, func(w http.ResponseWriter, r *http.Request) error {
			return p.done(w, r, do(p.browser(w, r)))
		})
	}
	forged := web.JSON(func(http.ResponseWriter, *http.Request) error { return browser.ErrForged })
	return map[string]http.Handler{"/dev": web.SameSiteForms(m, forged)}
}

func (p *devPages) page(r *http.Request) ui.Page { return ui.Page{Nonce: web.Nonce(r.Context())} }

func (p *devPages) home(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, ui.DevHome(ui.DevHomeView{
		Page: p.page(r), User: demoUser, Password: demoPassword,
		Links: []ui.Link{
			{Title: "Playground", URL: "/dev/playground", Text: "sign in and see every request and answer"},
			{Title: "Mail", URL: "/dev/mail", Text: "what would have been sent"},
			{Title: "Discovery", URL: "/.well-known/openid-configuration", Text: "what this issuer can do"},
			{Title: "Issuer", URL: "/", Text: p.public.String()},
		},
	}))
}

func view(m mailcatcher.Mail) ui.Mail {
	return ui.Mail{ID: m.ID, From: "Plinto", To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Time: m.At.Format(time.RFC3339)}
}

func (p *devPages) mailList(w http.ResponseWriter, r *http.Request) error {
	v := ui.MailListView{Page: p.page(r)}
	for _, m := range p.mails.All() {
		v.Mails = append(v.Mails, view(m))
	}
	return web.Render(w, r, http.StatusOK, ui.MailList(v))
}

func (p *devPages) mailJSON(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(p.mails.All())
}

func (p *devPages) mail(w http.ResponseWriter, r *http.Request) error {
	m, ok := p.mails.Find(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return nil
	}
	return web.Render(w, r, http.StatusOK, ui.MailMessage(ui.MailView{Page: p.page(r), Mail: view(m)}))
}

// browser returns the playground of the browser that asks.
func (p *devPages) browser(w http.ResponseWriter, r *http.Request) *playground.Playground {
	cookies := web.CookieScope{Secure: p.public.Scheme == "https"}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := cookies.Read(r, playgroundCookie); ok && p.browsers[id] != nil {
		return p.browsers[id]
	}
	if len(p.browsers) >= mostBrowsers {
		clear(p.browsers)
	}
	id := secret.Token("")
	base := p.public.String()
	p.browsers[id] = playground.New(playground.Client{
		Issuer: base, ID: "playground", Secret: "playground-secret-0123456789abcdef",
		RedirectURL: base + "/dev/playground/callback", AfterLogoutURL: base + "/dev/playground",
	}, nil)
	cookies.Set(w, playgroundCookie, id, 0)
	return p.browsers[id]
}

func (p *devPages) show(w http.ResponseWriter, r *http.Request) error {
	return p.draw(w, r, p.browser(w, r), "")
}

func (p *devPages) draw(w http.ResponseWriter, r *http.Request, b *playground.Playground, problem string) error {
	v := ui.PlaygroundView{
		Page: p.page(r), Issuer: p.public.String(), ClientID: "playground",
		Scope: "openid profile email offline_access orders:read", Error: problem,
	}
	v.SignedIn, v.CanRefresh = b.SignedIn()
	for _, s := range b.Steps() {
		x := ui.Exchange{Title: s.Title, Text: s.Text, Request: s.Request, Response: s.Response}
		for _, t := range s.Tokens {
			x.Tokens = append(x.Tokens, ui.Token{Name: t.Name, Header: t.Header, Claims: t.Claims})
		}
		v.Exchanges = append(v.Exchanges, x)
	}
	return web.Render(w, r, http.StatusOK, ui.Playground(v))
}

func (p *devPages) start(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	b := p.browser(w, r)
	address, err := b.Start(strings.TrimSpace(form.Get("scope")), form.Get("prompt"))
	if err != nil {
		return p.draw(w, r, b, err.Error())
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

func (p *devPages) callback(w http.ResponseWriter, r *http.Request) error {
	b := p.browser(w, r)
	return p.done(w, r, b.Callback(r.URL.Query()))
}

// done shows the steps again: by a redirect, so that a reload repeats nothing, or
// at once with what went wrong.
func (p *devPages) done(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil {
		return p.draw(w, r, p.browser(w, r), err.Error())
	}
	http.Redirect(w, r, "/dev/playground", http.StatusSeeOther)
	return nil
}

func (p *devPages) logout(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, p.browser(w, r).Logout(), http.StatusSeeOther)
	return nil
}
