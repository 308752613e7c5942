package engine

import (
	"testing"

	"github.com/google/uuid"

	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
)

// What a request may cost Postgres, once clients, resource servers and keys are in
// memory (docs/performance.md).
func TestStatements_areFewAndStayFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	w.api("https://jwt.example", provider.FormatJWT, "orders:read")
	w.api("https://opaque.example", provider.FormatOpaque, "bills:read")
	refreshed := w.signedIn(p)
	exchanged, opaque := w.code(p), w.code(p, scopes("openid offline_access bills:read"))
	w.settle()
	try := func(_ any, err error) {
		t.Helper()
		must(t, err)
	}
	for _, c := range []struct {
		name string
		most int
		do   func()
	}{
		{"client_credentials, JWT", 0, func() { try(w.own(p, "scope", "orders:read")) }},
		{"client_credentials, opaque", 1, func() { try(w.own(p, "scope", "bills:read")) }},
		{"authorize", 2, func() { try(w.tryCode(p)) }}, // one is the event
		{"code exchange, JWT", 1, func() { try(w.redeem(p, exchanged)) }},
		{"code exchange, opaque", 2, func() { try(w.redeem(p, opaque)) }},
		{"refresh", 1, func() { out, err := w.refresh(p, refreshed.RefreshToken); try(out, err); refreshed = out }},
		{"refresh with resource", 2, func() {
			_, err := w.refresh(p, refreshed.RefreshToken, "resource", "https://jwt.example")
			wants(t, err, "invalid_target")
		}},
		{"wrong secret", 0, func() {
			_, err := w.own(party{Client: p.Client, Secret: "wrong"})
			wants(t, err, "invalid_client")
		}},
		{"malformed code", 0, func() {
			_, err := w.redeem(p, "plac_x")
			wants(t, err, "invalid_grant")
		}},
	} {
		if c.most == 0 {
			c.do() // warms what is kept in memory
		}
		if n := w.counted.Count(c.do); n > c.most {
			t.Errorf("%s: %d statements, want at most %d", c.name, n, c.most)
		}
	}
}

// Tokens for an organization cost no statement more than others.
func TestStatements_forAnOrganizationAreNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	o := organization.Organization{ID: uuid.New(), Slug: "acme", Name: "Acme"}
	must(t, w.store.Organizations.Create(w.ctx, o))
	_, err := w.store.Organizations.SetMember(w.ctx, o.ID, organization.Member{UserID: w.user.ID, Roles: []string{"owner"}})
	must(t, err)
	code := func() string {
		answer, err := w.Authorize(w.ctx, AuthorizeInput{
			Client: p.Client, Session: w.session, FlowID: uuid.Must(uuid.NewV7()), Organization: provider.Membership{ID: o.ID},
			Request: &provider.Request{
				ClientID: p.ClientID, RedirectURI: testworld.Callback, RedirectURISent: true, ResponseType: "code",
				Scopes: []string{"openid", "offline_access"}, Challenge: challenge(verifier),
			},
		})
		must(t, err)
		return answer.Get("code")
	}
	w.signedIn(p) // makes the keys
	first := code()
	w.settle()
	_, err = w.redeem(p, "plac_x") // warms what is kept in memory
	wants(t, err, "invalid_grant")
	var out *TokenResponse
	for _, c := range []struct {
		name string
		most int
		do   func()
	}{
		{"authorize", 2, func() { code() }}, // one is the event
		{"code exchange", 1, func() { out, err = w.redeem(p, first); must(t, err) }},
		{"refresh", 1, func() { out, err = w.refresh(p, out.RefreshToken); must(t, err) }},
	} {
		if n := w.counted.Count(c.do); n > c.most {
			t.Errorf("%s: %d statements, want at most %d", c.name, n, c.most)
		}
	}
	if got := w.claims(out.AccessToken, "at+jwt")["org_slug"]; got != "acme" {
		t.Errorf("the token is for %v", got)
	}
}

// A chain of refreshes costs the same at its end as at its beginning.
func TestStatements_refreshIsFlatOverAChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	out := w.signedIn(p)
	w.settle()
	n := w.counted.Count(func() {
		for range 50 {
			var err error
			out, err = w.refresh(p, out.RefreshToken)
			must(t, err)
		}
	})
	if n > 50+2 { // clients and resource servers may be read again
		t.Errorf("%d statements for 50 refreshes", n)
	}
}

func TestSessionsOfPublicClientsNeedNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("spa", public())
	out := w.signedIn(p)
	if out, err := w.refresh(p, out.RefreshToken); err != nil || out.IDToken == "" {
		t.Errorf("got %+v, %v", out, err)
	}
	if _, err := w.token(party{Client: &provider.Client{ClientID: "spa2", Metadata: public()}}, "grant_type", "refresh_token", "refresh_token", out.RefreshToken); testworld.ErrorCode(err) != "invalid_client" {
		t.Errorf("got %v", err)
	}
}
