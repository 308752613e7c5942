package plintotest

import (
	"context"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

var web = testworld.Web

// A relyingParty is coreos/go-oidc and x/oauth2: a client that we did not write.
type relyingParty struct {
	ctx      context.Context
	provider *oidc.Provider
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func party(t *testing.T, s *Server, c *provider.Client, secret string) relyingParty {
	t.Helper()
	ctx := oidc.ClientContext(context.Background(), s.Server.Client())
	p, err := oidc.NewProvider(ctx, s.Issuer())
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	return relyingParty{
		ctx: ctx, provider: p, verifier: p.Verifier(&oidc.Config{ClientID: c.ClientID}),
		config: oauth2.Config{
			ClientID: c.ClientID, ClientSecret: secret, Endpoint: p.Endpoint(),
			RedirectURL: c.RedirectURIs[0], Scopes: []string{"openid", "profile", "email", "offline_access"},
		},
	}
}

func TestLogin_aRelyingPartySignsAUserIn(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"directly": {}, "through PgBouncer": {Pooled: true}, "through PgBouncer, in a schema": {Pooled: true, Isolation: tenant.Schema},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signsIn(t, Start(t, o))
		})
	}
}

// signsIn has a user sign in at a relying party, which asks who it was and refreshes its tokens.
func signsIn(t *testing.T, s *Server) {
	t.Helper()
	client, secret := s.Client(web("https://rp.example/cb"))
	user := s.User("alice@example.com")
	rp := party(t, s, client, secret)

	verifier := oauth2.GenerateVerifier()
	address := rp.config.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier))
	answer := s.Browser().SignIn(address, "alice@example.com")
	if answer.Get("state") != "state-1" || answer.Get("iss") != s.Issuer() || answer.Get("code") == "" {
		t.Fatalf("answer %v", answer)
	}
	tokens, err := rp.config.Exchange(rp.ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := rp.verifier.Verify(rp.ctx, raw)
	if err != nil {
		t.Fatalf("verify ID token: %v", err)
	}
	if id.Subject != user.PublicID() || id.Nonce != "nonce-1" || id.VerifyAccessToken(tokens.AccessToken) != nil {
		t.Errorf("ID token %+v", id)
	}
	info, err := rp.provider.UserInfo(rp.ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		t.Fatalf("userinfo: %v", err)
	}
	if info.Subject != user.PublicID() || info.Email != "alice@example.com" || !info.EmailVerified {
		t.Errorf("userinfo %+v", info)
	}
	refreshed, err := rp.config.TokenSource(rp.ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	if refreshed.RefreshToken == tokens.RefreshToken || refreshed.AccessToken == tokens.AccessToken {
		t.Error("refreshing did not rotate")
	}
}

func TestLogin_aSecondClientNeedsNoSecondPassword(t *testing.T) {
	t.Parallel()
	s := Start(t)
	first, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	second, _ := s.Client(web("https://rp2.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(first, nil), "alice@example.com")
	p := b.Open(s.AuthorizeURL(second, nil))
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("the session did not do: at %s", p.URL)
	}
}
