package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/identity"
	"plinto/internal/jwt"
	"plinto/provider"
)

// OpenID Connect Core 1.0 §2: these claims and no others.
func TestIDToken_saysWhoSignedInAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	out := w.signedIn(p, scopes("openid profile email offline_access"))
	got := w.claims(out.IDToken, "")
	if exp, iat := got["exp"].(float64), got["iat"].(float64); exp-iat != 3600 {
		t.Errorf("lives %v s", exp-iat)
	}
	delete(got, "exp")
	delete(got, "iat")
	want := map[string]any{
		"iss": "https://a.example", "sub": w.user.PublicID(), "aud": "web", "nonce": "n-1", "amr": []any{"pwd"}, "acr": "urn:plinto:acr:password",
		"auth_time": float64(w.session.AuthTime.Unix()), "at_hash": jwt.HalfHash("ES256", out.AccessToken), "sid": provider.SID(w.session.ID, p.ID),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIDToken_isSignedAsTheClientRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := full()
	m.IDTokenSignedAlg = "" // RS256: OpenID Connect Registration 1.0 §2
	for alg, p := range map[string]party{"ES256": w.register("es", full()), "RS256": w.register("rs", m)} {
		out := w.signedIn(p)
		if _, header, err := jwt.Peek(out.IDToken); err != nil || header.Algorithm != alg || header.Type != "JWT" || header.KeyID == "" {
			t.Errorf("%s: ID token %+v, %v", alg, header, err)
		}
		if _, header, err := jwt.Peek(out.AccessToken); err != nil || header.Algorithm != "ES256" || header.Type != "at+jwt" {
			t.Errorf("%s: access token %+v, %v", alg, header, err)
		}
	}
}

func TestIDToken_leavesOutWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.session = w.newSession(w.user, func(s *identity.Session) { s.ACR, s.AMR = "", nil })
	out := w.signedIn(w.register("web", full()), func(r *provider.Request) { r.Nonce = "" })
	claims := w.claims(out.IDToken, "")
	for _, name := range []string{"nonce", "acr", "amr", "azp"} {
		if _, there := claims[name]; there {
			t.Errorf("%s is %v", name, claims[name])
		}
	}
}

// OpenID Connect Core 1.0 §5.5; TOK-19: asking adds, and replaces nothing.
func TestIDToken_addsTheClaimsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	out := w.signedIn(p, func(r *provider.Request) {
		r.Claims = json.RawMessage(`{"id_token":{"email":null,"email_verified":{"essential":true},"sub":{"value":"x"},"exp":null,"made_up":null,"website":null},"userinfo":{"name":null}}`)
	})
	refreshed, err := w.refresh(p, out.RefreshToken)
	must(t, err)
	for _, token := range []string{out.IDToken, refreshed.IDToken} {
		claims := w.claims(token, "")
		if claims["email"] != "alice@example.com" || claims["email_verified"] != true || claims["sub"] != w.user.PublicID() {
			t.Errorf("got %v", claims)
		}
		for _, name := range []string{"made_up", "website", "name"} {
			if _, there := claims[name]; there {
				t.Errorf("%s is there", name)
			}
		}
		if raw, _, _ := jwt.Peek(token); strings.Contains(string(raw), "e+") {
			t.Errorf("numbers lost their form: %s", raw)
		}
	}
}

// Kubernetes and many web applications read the ID token and nothing else.
func TestIDToken_hasTheClaimsOfUserinfoForClientsThatWantThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := full()
	m.ClaimsInIDToken = true
	p := w.register("kubernetes", m)
	out := w.signedIn(p, scopes("openid email offline_access"), func(r *provider.Request) {
		r.Claims = json.RawMessage(`{"userinfo":{"name":null}}`)
	})
	refreshed, err := w.refresh(p, out.RefreshToken)
	must(t, err)
	for _, token := range []string{out.IDToken, refreshed.IDToken} {
		claims := w.claims(token, "")
		if claims["email"] != "alice@example.com" || claims["email_verified"] != true || claims["name"] != "Alice Example" || claims["sub"] != w.user.PublicID() {
			t.Errorf("got %v", claims)
		}
		if _, there := claims["preferred_username"]; there {
			t.Errorf("a claim of a scope that was not granted: %v", claims)
		}
	}
}

// An ID token travels in headers: it must not outgrow them.
func TestIDToken_leavesLongClaimsToUserinfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user.Profile.Picture = "https://example.com/" + strings.Repeat("p", 2000)
	w.user.Profile.Website = "https://example.com/" + strings.Repeat("w", 900)
	w.user.Profile.Address = &identity.Address{Formatted: strings.Repeat("a", 2000)}
	w.user.Version = 1
	must(t, w.store.Users.Update(w.ctx, w.user))
	m := full()
	m.ClaimsInIDToken, m.Scope = true, ""
	out := w.signedIn(w.register("kubernetes", m), scopes("openid profile email address"))
	claims := w.claims(out.IDToken, "")
	if claims["name"] != "Alice Example" || claims["email"] != "alice@example.com" || claims["website"] == nil || claims["picture"] == nil && claims["address"] == nil {
		t.Errorf("got %v", claims)
	}
	if claims["picture"] != nil && claims["address"] != nil || len(out.IDToken) > 8<<10 {
		t.Errorf("an ID token of %d bytes", len(out.IDToken))
	}
}

// RFC 9068 §2.2.1, RFC 8707.
func TestAccessToken_ofAUserNamesTheSignInAndItsAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://orders.example", provider.FormatJWT, "orders:read")
	p := w.register("web", full())
	claims := w.claims(w.signedIn(p, scopes("openid orders:read")).AccessToken, "at+jwt")
	if aud := claims["aud"].([]any); !slices.Equal(aud, []any{"https://orders.example", "https://a.example"}) {
		t.Errorf("aud %v", aud)
	}
	if claims["sub"] != w.user.PublicID() || claims["client_id"] != "web" || claims["scope"] != "openid orders:read" ||
		claims["auth_time"] != float64(w.session.AuthTime.Unix()) || claims["acr"] != "urn:plinto:acr:password" || claims["amr"] == nil {
		t.Errorf("got %v", claims)
	}
	if alone := w.claims(w.signedIn(p, scopes("orders:read")).AccessToken, "at+jwt")["aud"]; !cmp.Equal(alone, []any{"https://orders.example"}) {
		t.Errorf("without openid for %v", alone)
	}
	plain := w.claims(w.signedIn(p, scopes("email")).AccessToken, "at+jwt")["aud"]
	if !cmp.Equal(plain, []any{"https://a.example"}) {
		t.Errorf("for nobody in particular: %v", plain)
	}
	one, err := w.redeem(p, w.code(p, scopes("openid orders:read")), "resource", "https://orders.example")
	must(t, err)
	if one.IDToken == "" {
		t.Error("no ID token")
	}
	_, err = w.redeem(p, w.code(p, scopes("openid orders:read")), "resource", "https://bills.example")
	wants(t, err, "invalid_target")
}
