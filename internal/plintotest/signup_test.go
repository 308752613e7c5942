package plintotest

import (
	"slices"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plinto/tenant"
)

const newcomer = "new@example.com"

func TestSignUp_aRelyingPartyHasAnAccountMade(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, secret := s.Client(web("https://rp.example/cb"))
	rp := party(t, s, client, secret)
	var meta struct {
		Prompts []string `json:"prompt_values_supported"`
	}
	if err := rp.provider.Claims(&meta); err != nil || !slices.Contains(meta.Prompts, "create") {
		t.Errorf("prompt_values_supported %v, %v: want create among them", meta.Prompts, err)
	}
	verifier := oauth2.GenerateVerifier()
	address := rp.config.AuthCodeURL("st", oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "create"), oauth2.SetAuthURLParam("login_hint", newcomer))
	b := s.Browser()
	p := b.Open(address)
	if got := p.Doc.Find("#email").AttrOr("value", ""); got != newcomer {
		t.Errorf("the form starts with %q, want the login_hint", got)
	}
	p = p.Submit("submit", nil)
	p = p.Finish(CodeOf(t, s.Mailed(newcomer, 1)))
	if p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Fatalf("not asked for consent: %s (%d)", p.URL, p.Status)
	}
	p = p.Submit("allow", nil)
	if p.Left == nil || p.Left.Query().Get("state") != "st" {
		t.Fatalf("not back at the client: %v", p.Left)
	}
	tokens, err := rp.config.Exchange(rp.ctx, p.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := rp.verifier.Verify(rp.ctx, raw)
	if err != nil || id.Nonce != "n" {
		t.Fatalf("ID token: %v", err)
	}
	info, err := rp.provider.UserInfo(rp.ctx, oauth2.StaticTokenSource(tokens))
	if err != nil || info.Subject != id.Subject || info.Email != newcomer || !info.EmailVerified {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	// And from now on by password, in any browser.
	if answer := s.Browser().SignIn(s.AuthorizeURL(client, nil), newcomer); answer.Get("code") == "" {
		t.Errorf("signing in with the new account: %v", answer)
	}
}
