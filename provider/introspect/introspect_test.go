package introspect_test

import (
	"net/http"
	"net/url"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
)

const path = "/oauth2/introspect"

func metadata(change ...func(*provider.Metadata)) provider.Metadata {
	m := provider.Metadata{
		TokenEndpointAuthMethod: provider.AuthBasic, RedirectURIs: []string{"https://rp.example/cb"}, IDTokenSignedAlg: "ES256",
		GrantTypes:    []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials},
		ResponseTypes: []string{"code"}, Scope: "openid offline_access orders bills",
	}
	for _, f := range change {
		f(&m)
	}
	return m
}

func about(token string) url.Values { return url.Values{"token": {token}} }

// RFC 7662 §2.2 and §4; F3, TOK-16, TOK-17.
func TestIntrospect_tellsTheClientAndTheAudienceAndNobodyElse_F3(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	for id, format := range map[string]provider.TokenFormat{"orders": provider.FormatJWT, "bills": provider.FormatOpaque} {
		err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://" + id + ".example", Format: format, Scopes: []provider.Scope{{Name: id}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	c1, secret1 := s.Client(metadata(), plintotest.FirstParty)
	c2, secret2 := s.Client(metadata())
	user := s.User("alice@example.com")
	for _, id := range []string{"orders", "bills"} {
		api, apiSecret := s.Client(metadata(func(m *provider.Metadata) { m.Resources = []string{"https://" + id + ".example"} }))
		token := s.Tokens(c1, secret1, "alice@example.com", "openid "+id)["access_token"]
		for name, a := range map[string]plintotest.Answer{
			"the client": s.Send(http.MethodPost, path, about(token), plintotest.As(c1, secret1)),
			"the API":    s.Send(http.MethodPost, path, about(token), plintotest.As(api, apiSecret)),
		} {
			j := a.JSON
			aud, _ := j["aud"].([]any)
			if a.StatusCode != http.StatusOK || j["active"] != true || j["sub"] != user.PublicID() || j["client_id"] != c1.ClientID || j["iss"] != s.Issuer() ||
				j["scope"] != "openid "+id || j["token_type"] != "Bearer" || len(aud) != 2 || aud[0] != "https://"+id+".example" {
				t.Errorf("%s, %s: %s", id, name, a.Text)
			}
			if exp, iat := j["exp"].(float64), j["iat"].(float64); exp-iat < 899 || exp-iat > 901 || j["jti"] == nil || j["auth_time"] == nil || j["acr"] == nil {
				t.Errorf("%s, %s: %s", id, name, a.Text)
			}
			if a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %s: %v", id, name, a.Header)
			}
		}
		a := s.Send(http.MethodPost, path, about(token), plintotest.As(c2, secret2), plintotest.With("Accept", "application/token-introspection+jwt"))
		if a.StatusCode != http.StatusOK || a.Text != `{"active":false}` {
			t.Errorf("%s, another client: %d %s", id, a.StatusCode, a.Text)
		}
	}
}

func TestIntrospect_refreshTokensAreTheClientsAlone(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c1, secret1 := s.Client(metadata(), plintotest.FirstParty)
	c2, secret2 := s.Client(metadata())
	user := s.User("alice@example.com")
	token := s.Tokens(c1, secret1, "alice@example.com", "openid offline_access")["refresh_token"]
	a := s.Send(http.MethodPost, path, about(token), plintotest.As(c1, secret1))
	if a.JSON["active"] != true || a.JSON["sub"] != user.PublicID() || a.JSON["scope"] != "openid offline_access" || a.JSON["exp"].(float64) < 1 {
		t.Errorf("its client: %s", a.Text)
	}
	for _, token := range []string{token, "plrt_x", "x", "a.b.c", "plat_x"} {
		if a := s.Send(http.MethodPost, path, about(token), plintotest.As(c2, secret2)); a.StatusCode != http.StatusOK || a.Text != `{"active":false}` {
			t.Errorf("another client, %.6s: %d %s", token, a.StatusCode, a.Text)
		}
	}
}

func TestIntrospect_isForClientsThatProveThemselves(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(), plintotest.FirstParty)
	spa, _ := s.Client(metadata(func(m *provider.Metadata) {
		m.TokenEndpointAuthMethod, m.GrantTypes = provider.AuthNone, []string{provider.GrantCode}
	}))
	s.User("alice@example.com")
	token := s.Tokens(c, secret, "alice@example.com", "openid")["access_token"]
	form := about(token)
	for name, a := range map[string]plintotest.Answer{
		"nobody":          s.Send(http.MethodPost, path, form),
		"the bearer":      s.Send(http.MethodPost, path, form, plintotest.With("Authorization", "Bearer "+token)),
		"a wrong secret":  s.Send(http.MethodPost, path, form, plintotest.As(c, "x")),
		"a public client": s.Send(http.MethodPost, path, url.Values{"token": {token}, "client_id": {spa.ClientID}}),
	} {
		if a.StatusCode != http.StatusUnauthorized || a.JSON["error"] != "invalid_client" || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s %v", name, a.StatusCode, a.Text, a.Header)
		}
	}
	s.Send(http.MethodPost, path, url.Values{"x": {"y"}}, plintotest.As(c, secret)).Wants(t, 400, "invalid_request")
	s.Send(http.MethodPost, path, url.Values{"token": {token, token}}, plintotest.As(c, secret)).Wants(t, 400, "invalid_request")
	if a := s.Send(http.MethodGet, path+"?token="+token, nil, plintotest.As(c, secret)); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.StatusCode)
	}
}
