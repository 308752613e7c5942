package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/tid"
	"plinto/provider"
)

func (w *world) own(p party, pairs ...string) (*TokenResponse, error) {
	return w.token(p, append([]string{"grant_type", "client_credentials"}, pairs...)...)
}

// RFC 9068 §2.2; TOK-22: the subject is the client and can be no user.
func TestClientCredentials_givesAnAccessTokenAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://orders.example", provider.FormatJWT, "orders:read", "orders:write")
	out, err := w.own(w.register("job", full()), "scope", "orders:read")
	must(t, err)
	if out.RefreshToken != "" || out.IDToken != "" || out.TokenType != "Bearer" || out.Scope != "orders:read" {
		t.Errorf("got %+v", out)
	}
	got := w.claims(out.AccessToken, "at+jwt")
	for _, variable := range []string{"exp", "iat", "jti"} {
		if got[variable] == nil {
			t.Errorf("no %s", variable)
		}
		delete(got, variable)
	}
	want := map[string]any{
		"iss": "https://a.example", "sub": "job", "client_id": "job", "scope": "orders:read", "aud": []any{"https://orders.example"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if provider.CheckClientID(tid.Format("user", w.user.ID)) == nil {
		t.Error("a client may be called like a user")
	}
}

// TOK-21, F16: scopes are exact, and none is about a user. What cannot be had is left
// out and the answer says so (RFC 6749 §3.3); nothing at all is a refusal.
func TestClientCredentials_givesNoScopesOfUsersAndNoUnknownOnes_F16(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://orders.example", provider.FormatJWT, "orders:read", "orders:write", "admin")
	m := full()
	m.Scope = "openid offline_access email orders:* orders:read *"
	p := w.register("job", m)
	for _, s := range []string{"openid", "offline_access", "profile", "email", "orders:write", "orders:*", "*", "admin", "orders", "ORDERS:READ", "a\tb", "\""} {
		_, err := w.own(p, "scope", s)
		wants(t, err, "invalid_scope")
	}
	for _, s := range []string{"", "orders:read", "orders:read openid", "email unknown orders:read admin"} {
		out, err := w.own(p, "scope", s)
		must(t, err)
		if granted := w.claims(out.AccessToken, "at+jwt")["scope"]; out.Scope != "orders:read" || granted != "orders:read" || out.RefreshToken != "" {
			t.Errorf("of %q: %q, and the token has %q", s, out.Scope, granted)
		}
	}
	m.Profile = provider.ProfileStrict
	strict := w.register("strict", m)
	for s, want := range map[string]string{"": "invalid_scope", "orders:read": "", "orders:read openid": "invalid_scope", "orders:read admin": "invalid_scope"} {
		_, err := w.own(strict, "scope", s)
		wants(t, err, want)
	}
}

// F9: fosite matches audiences by prefix. Here only the normalization of RFC 3986 §6.2
// makes two identifiers one, and the token has the registered one.
func TestClientCredentials_resourcesAreComparedAfterNormalization_F9(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://api.example/v1", provider.FormatJWT, "orders:read")
	w.api("https://bills.example", provider.FormatJWT, "bills:read")
	m := full()
	m.Resources = []string{"https://api.example:443/v1"}
	p := w.register("job", m)
	for _, r := range []string{
		"https://api.example/v1/../admin", "https://u@api.example/v1", "https://api.example/v1?x=1", "https://api.example/v1/", "https://api.example/V1",
		"https://api.example/x/../v1", "https://api.example/v1#", "https://bills.example",
	} {
		_, err := w.own(p, "resource", r)
		wants(t, err, "invalid_target")
	}
	for _, r := range []string{"https://api.example/v1", "https://API.example/v1", "HTTPS://api.example:443/%761"} {
		out, err := w.own(p, "resource", "https://api.example/v1", "resource", r)
		must(t, err)
		if aud := w.claims(out.AccessToken, "at+jwt")["aud"]; !cmp.Equal(aud, []any{"https://api.example/v1"}) || out.Scope != "orders:read" {
			t.Errorf("%s: for %v: %q", r, aud, out.Scope)
		}
	}
	for _, sent := range [][]string{nil, {"resource", ""}} { // a parameter without a value is none (RFC 6749 §3.2)
		out, err := w.own(p, sent...) // bills.example is not the client's: its scope goes
		must(t, err)
		if aud := w.claims(out.AccessToken, "at+jwt")["aud"]; !cmp.Equal(aud, []any{"https://api.example/v1"}) || out.Scope != "orders:read" {
			t.Errorf("%q: for %v: %q", sent, aud, out.Scope)
		}
	}
}

func TestClientCredentials_isForConfidentialClientsThatRegisteredIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := public()
	m.GrantTypes = append(m.GrantTypes, provider.GrantClientCredentials)
	_, err := w.own(w.register("spa", m))
	wants(t, err, "unauthorized_client")
	m = full()
	m.GrantTypes = []string{provider.GrantCode}
	_, err = w.own(w.register("web", m))
	wants(t, err, "unauthorized_client")
}

// F11, F12, F16, TOK-26: grants that are not there are not there.
func TestGrant_unknownTypesAreUnsupported_F11_F12_F16(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	for _, grant := range []string{
		"password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"urn:ietf:params:oauth:grant-type:token-exchange", "authorization_code refresh_token", "AUTHORIZATION_CODE", "x",
	} {
		_, err := w.token(p, "grant_type", grant, "username", "alice", "password", "x", "device_code", "x")
		wants(t, err, "unsupported_grant_type")
	}
	_, err := w.token(p, "scope", "x")
	wants(t, err, "invalid_request")
	for _, grant := range []string{"authorization_code", "refresh_token"} {
		_, err := w.token(p, "grant_type", grant)
		wants(t, err, "invalid_request")
	}
}

func TestAccessToken_livesAsShortAsAnyoneAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://long.example", provider.FormatJWT, "orders:write")
	must(t, w.store.ResourceServers.Put(w.ctx, provider.ResourceServer{
		Identifier: "https://short.example", TokenTTL: 60, Scopes: []provider.Scope{{Name: "orders:read"}},
	}))
	slow := full()
	slow.AccessTokenTTL = 3600
	quick := full()
	quick.AccessTokenTTL = 30
	for _, c := range []struct {
		name  string
		p     party
		scope string
		want  int64
	}{
		{"the tenant's", w.register("a", full()), "orders:write", 900},
		{"the resource server's", w.register("b", full()), "orders:read", 60},
		{"both resource servers'", w.register("c", full()), "orders:read orders:write", 60},
		{"the client's", w.register("d", slow), "orders:write", 3600},
		{"the resource server's before the client's", w.register("e", slow), "orders:read", 60},
		{"the client's before the resource server's", w.register("f", quick), "orders:read", 30},
	} {
		out, err := w.own(c.p, "scope", c.scope)
		must(t, err)
		claims := w.claims(out.AccessToken, "at+jwt")
		if life := claims["exp"].(float64) - claims["iat"].(float64); out.ExpiresIn != c.want || int64(life) != c.want {
			t.Errorf("%s: expires_in %d, exp-iat %v, want %d", c.name, out.ExpiresIn, life, c.want)
		}
	}
}
