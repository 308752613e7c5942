package main

import (
	"net/http"
	"net/url"
	"time"

	"plinto/internal/paths"
	"plinto/internal/playground"
	"plinto/internal/web"
	"plinto/ui"
)

// draw shows the playground as one of the clients: the wanted one, that of the sign-in that was begun last, or
// the first.
func (p *devPages) draw(w http.ResponseWriter, r *http.Request, wanted, problem string) error {
	all, err := p.tenants.relyingParties(r.Context())
	if err != nil {
		return err
	}
	mine := p.browser(r)
	if last := find(mine, ""); wanted == "" && last != nil {
		wanted = keyOf(last.Client())
	}
	current := choose(all, wanted)
	v := ui.PlaygroundView{
		Page: p.page(r), Error: problem, Client: current.key(), Scope: current.scope, MayManage: current.api != "",
		AsksSecret: current.asksSecret, Tries: p.tries(current.of),
	}
	for i := range all {
		v.Clients = append(v.Clients, shownClient(&all[i], v.Client))
	}
	if b := find(mine, v.Client); b != nil {
		v.KnowsSecret = b.Client().Secret != ""
		p.fill(&v, b)
	}
	return web.Render(w, r, http.StatusOK, ui.Playground(v))
}

func shownClient(p *relyingParty, current string) ui.PlaygroundClient {
	c := ui.PlaygroundClient{
		Name: p.name, Issuer: p.Issuer, Key: p.key(), Current: p.key() == current, Usable: p.usable(), Adoptable: p.adoptable(), Why: p.why,
		URL: playgroundPath + "?" + url.Values{"client": {p.key()}}.Encode(),
	}
	if p.own {
		c.Why = "plinto dev makes this client when you use it. It is in no export."
	}
	return c
}

// fill shows the sign-in of a browser.
func (p *devPages) fill(v *ui.PlaygroundView, b *playground.Playground) {
	v.SignedIn, v.CanRefresh = b.SignedIn()
	v.CanIntrospect = !b.Client().Public()
	if api := b.Client().Issuer + paths.Management; b.TokenFor(api) != "" {
		v.API, v.Token = api, b.TokenFor(api)
	}
	if v.Error == "" {
		v.Error = b.Problem()
	}
	if v.SignedIn {
		v.Attacks = p.attacks(v.CanRefresh)
	}
	v.Exchanges, v.Outcome = exchanges(b, time.Now()), outcome(b)
}

// choose returns the party with that key, or else the first. There is always one: that of the operators.
func choose(all []relyingParty, key string) *relyingParty {
	for i := range all {
		if all[i].key() == key && all[i].usable() {
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
	return &ui.PlaygroundOutcome{Title: o.Title, Lines: lines(o.Lines)}
}

func lines(all []playground.Line) (shown []ui.PlaygroundLine) {
	for _, l := range all {
		shown = append(shown, ui.PlaygroundLine(l))
	}
	return shown
}

// exchanges are the steps, the newest first.
func exchanges(b *playground.Playground, now time.Time) []ui.Exchange {
	steps := b.Steps()
	all := make([]ui.Exchange, len(steps))
	for i, s := range steps {
		x := ui.Exchange{
			Number: i + 1, Title: s.Title, Text: s.Text, Request: s.Request, Response: s.Response, Curl: s.Curl, Spent: s.Spent, Verdict: s.Verdict, Held: s.Held,
		}
		for _, t := range s.Tokens {
			x.Tokens = append(x.Tokens, ui.Token{Name: t.Name, Header: t.Header, Claims: t.Claims, Lines: lines(t.Explain(now))})
		}
		all[len(all)-1-i] = x
	}
	return all
}
