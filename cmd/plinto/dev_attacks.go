package main

import (
	"context"
	"net/http"

	"plinto/internal/playground"
	"plinto/ui"
)

// attacks are what the page offers of them, the one that ends the tokens last.
func (p *devPages) attacks(refreshes bool) []ui.PlaygroundTry {
	all := []ui.PlaygroundTry{
		{Value: string(playground.State), Title: "Change the state", Text: "An answer comes back that nobody asked for. Who refuses it is the application."},
		{Value: string(playground.Verifier), Title: "Steal the code", Text: "Redeems a fresh code without its verifier."},
		{Value: string(playground.Tampered), Title: "Change the token", Text: "One character of the access token is another one."},
		{Value: string(playground.Foreign), Title: "Use the token elsewhere", Text: "Sends the access token to another tenant of this installation."},
		{Value: string(playground.Expired), Title: "Use a token that is over", Text: "Gets a token that lives two seconds, uses it, waits until it is over, and uses it again."},
	}
	if refreshes {
		all = append(all, ui.PlaygroundTry{Value: string(playground.Thief), Title: "Steal the refresh token", Text: "Another client of the tenant presents it."})
	}
	return append(all, ui.PlaygroundTry{Value: string(playground.Replay), Title: "Use the code twice", Text: "Redeems the code of this sign-in again. It ends your tokens: sign in anew afterwards."})
}

// attack makes an attack on the sign-in of the browser that asks.
func (p *devPages) attack(w http.ResponseWriter, r *http.Request) error {
	b, form, err := p.named(r)
	if err != nil {
		return err
	}
	if b == nil {
		return p.draw(w, r, "", errNotStarted.Error())
	}
	a := playground.Attack(form.Get("attack"))
	others, err := p.others(r.Context(), b.Client(), a)
	if err != nil {
		return err
	}
	address, err := b.Attack(a, others)
	if b.Tell(err); err != nil || address == "" {
		return back(w, r, keyOf(b.Client()))
	}
	http.Redirect(w, r, address, http.StatusSeeOther) //nolint:gosec // to the issuer of a client of the installation
	return nil
}

// others are whom an attack on a client's sign-in needs besides.
func (p *devPages) others(ctx context.Context, c playground.Client, a playground.Attack) (o playground.Others, err error) {
	all, err := p.tenants.relyingParties(ctx)
	if err != nil {
		return o, err
	}
	for i := range all {
		if all[i].Issuer != c.Issuer && !p.tenants.elsewhere(all[i].of) && o.Issuer == "" {
			o.Issuer = all[i].Issuer
		}
	}
	if a != playground.Expired && a != playground.Thief {
		return o, nil
	}
	of := choose(all, keyOf(c)).of
	brief := p.tenants.briefClient()
	if err := p.tenants.ensure(ctx, of, brief); err != nil {
		return o, err
	}
	o.Client = p.tenants.relyingParty(of, &brief).Client
	o.Client.Secret = p.tenants.ownSecret(of, brief.ClientID)
	return o, nil
}
