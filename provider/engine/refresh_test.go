package engine

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

func TestRefresh_rotatesAndSaysTheSameOfTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	first := w.signedIn(p)
	w.later(5 * time.Second)
	second, err := w.refresh(p, first.RefreshToken)
	must(t, err)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("not rotated")
	}
	before, after := w.claims(first.IDToken, ""), w.claims(second.IDToken, "")
	for _, same := range []string{"iss", "sub", "aud", "auth_time", "acr", "sid"} { // OpenID Connect Core 1.0 §12.2
		if before[same] != after[same] {
			t.Errorf("%s changed from %v to %v", same, before[same], after[same])
		}
	}
	if _, there := after["nonce"]; there || before["nonce"] != "n-1" {
		t.Errorf("nonce %v, then %v", before["nonce"], after["nonce"])
	}
	if after["iat"].(float64) < before["iat"].(float64)+4 || w.claims(second.AccessToken, "at+jwt")["iat"] != after["iat"] {
		t.Error("iat is stale")
	}
}

// TOK-03: a client whose answer was lost gets the same successor again.
func TestRefresh_lostAnswerIsGivenAgainWithinGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	first := w.signedIn(p)
	second, err := w.refresh(p, first.RefreshToken)
	must(t, err)
	again, err := w.refresh(p, first.RefreshToken)
	must(t, err)
	if again.RefreshToken != second.RefreshToken || again.AccessToken == second.AccessToken || again.IDToken == "" {
		t.Errorf("got %+v, want the successor %s", again, second.RefreshToken)
	}
	third, err := w.refresh(p, second.RefreshToken)
	must(t, err)
	late, err := w.refresh(p, first.RefreshToken) // its successor is used: the one after that is what is left
	must(t, err)
	if late.RefreshToken != third.RefreshToken {
		t.Errorf("got %s, want the unused one %s", late.RefreshToken, third.RefreshToken)
	}
	_, err = w.refresh(p, third.RefreshToken)
	wants(t, err, "")
}

// TOK-30: what one browser was given, another one cannot use.
func TestRefresh_fromAnotherBrowserEndsTheFamily(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		devices [3]string // of the exchange of the code, of the refresh, of the second one
		again   bool      // the second one is with the same token
		want    string
	}{
		"one browser":               {[3]string{"a", "a", "a"}, false, ""},
		"no browser":                {[3]string{"", "", ""}, false, ""},
		"sometimes a browser":       {[3]string{"a", "", "a"}, false, ""},
		"tabs of one":               {[3]string{"a", "a", "a"}, true, ""},
		"another one goes on":       {[3]string{"a", "a", "b"}, false, "invalid_grant"},
		"another one repeats":       {[3]string{"", "a", "b"}, true, "invalid_grant"},
		"another one after a while": {[3]string{"a", "", "b"}, false, "invalid_grant"},
	} {
		w := newWorld(t)
		p := w.register("spa", public())
		w.device = c.devices[0]
		first := w.signedIn(p)
		w.device = c.devices[1]
		second, err := w.refresh(p, first.RefreshToken)
		must(t, err)
		token := second.RefreshToken
		if c.again {
			token = first.RefreshToken
		}
		w.device = c.devices[2]
		third, err := w.refresh(p, token)
		wants(t, err, c.want)
		w.device = c.devices[1]
		last := second.RefreshToken
		if third != nil {
			last = third.RefreshToken
		}
		_, err = w.refresh(p, last)
		if got := testworld.ErrorCode(err); got != c.want {
			t.Errorf("%s: then the family: %q, want %q", name, got, c.want)
		}
	}
}

func TestRefresh_parallelTabsGetOneSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("spa", public())
	first := w.signedIn(p)
	var mu sync.Mutex
	got := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, err := w.refresh(p, first.RefreshToken)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			got[out.RefreshToken]++
		})
	}
	all.Wait()
	if len(got) != 1 {
		t.Errorf("%d successors", len(got))
	}
}

// TOK-01.
func TestRefresh_reuseAfterGraceRevokesTheFamily(t *testing.T) {
	t.Parallel()
	for _, grace := range []time.Duration{time.Nanosecond, 0} {
		w := newWorld(t, tenant.Settings{RefreshGrace: new(tenant.Duration(grace))})
		p := w.register("web", full())
		first := w.signedIn(p)
		second, err := w.refresh(p, first.RefreshToken)
		must(t, err)
		_, err = w.refresh(p, first.RefreshToken)
		wants(t, err, "invalid_grant")
		_, err = w.refresh(p, second.RefreshToken)
		wants(t, err, "invalid_grant")
		if _, err := w.tokens.InspectAccess(w.ctx, second.AccessToken); err == nil {
			t.Errorf("the access token is still active with a grace of %v", grace)
		}
	}
}

// TOK-04, F7.
func TestRefresh_byAnotherClientLeavesTheFamilyAlone_F7(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c1, c2 := w.register("c1", full()), w.register("c2", full())
	first := w.signedIn(c1)
	second, err := w.refresh(c1, first.RefreshToken)
	must(t, err)
	for _, stolen := range []string{first.RefreshToken, second.RefreshToken} {
		_, err := w.refresh(c2, stolen)
		wants(t, err, "invalid_grant")
		_, err = w.refresh(c2, stolen, "resource", "https://api.example")
		wants(t, err, "invalid_grant")
	}
	_, err = w.refresh(c1, second.RefreshToken)
	wants(t, err, "")
}

func TestRefresh_narrowsScopesAndNeverWidens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	first := w.signedIn(p, scopes("openid email offline_access"))
	for _, wide := range []string{"openid profile", "OPENID", "made:up"} {
		_, err := w.refresh(p, first.RefreshToken, "scope", wide)
		wants(t, err, "invalid_scope")
	}
	narrow, err := w.refresh(p, first.RefreshToken, "scope", "email") // refusing rotated nothing
	must(t, err)
	if narrow.Scope != "email" || narrow.IDToken != "" {
		t.Errorf("got %+v", narrow)
	}
	whole, err := w.refresh(p, narrow.RefreshToken) // narrowing is for one token (RFC 6749 §6)
	must(t, err)
	if whole.Scope != "openid email offline_access" {
		t.Errorf("got %q", whole.Scope)
	}
}

// Libraries renew with the scope that they once asked for (Authlib and requests-oauthlib do), and are answered by the
// rule of the authorization request: what the client may not have is left out, unless it is strict.
func TestRefresh_leavesOutWhatTheAuthorizationRequestDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := full()
	m.Scope = "openid email offline_access"
	p := w.register("web", m)
	token := w.signedIn(p, scopes("openid email offline_access")).RefreshToken
	for _, wide := range []string{"openid email offline_access groups", "groups email", "email profile"} {
		got, err := w.refresh(p, token, "scope", wide)
		must(t, err)
		want := "openid email offline_access"
		if !strings.HasPrefix(wide, "openid") {
			want = "email"
		}
		if got.Scope != want || w.claims(got.AccessToken, "at+jwt")["scope"] != want {
			t.Errorf("%q: got %q, want %q", wide, got.Scope, want)
		}
		token = got.RefreshToken
	}
	w.change(p, func(m *provider.Metadata) { m.Profile = provider.ProfileStrict })
	_, err := w.refresh(p, token, "scope", "openid email offline_access groups")
	wants(t, err, "invalid_scope")
	w.change(p, func(m *provider.Metadata) { m.Profile, m.Scope = "", "email offline_access" })
	_, err = w.refresh(p, token, "scope", "openid email")
	wants(t, err, "invalid_scope") // the client would wait for an ID token
	_, err = w.refresh(p, token)
	wants(t, err, "") // nothing was used up
}

// TOK-06, RFC 8707 §2.2.
func TestRefresh_narrowsResourcesAndNeverWidens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api("https://orders.example", provider.FormatJWT, "orders:read", "orders:write")
	w.api("https://bills.example", provider.FormatJWT, "bills:read")
	w.api("https://other.example", provider.FormatJWT)
	p := w.register("web", full())
	first := w.signedIn(p, scopes("offline_access orders:read bills:read"), func(r *provider.Request) {
		r.Resources = []string{"https://orders.example", "https://bills.example"}
	})
	for _, wide := range []string{"https://other.example", "https://orders.example/x", "https://orders.example/../admin", "made up"} {
		_, err := w.refresh(p, first.RefreshToken, "resource", wide)
		wants(t, err, "invalid_target")
	}
	narrow, err := w.refresh(p, first.RefreshToken, "resource", "https://BILLS.example/")
	must(t, err)
	claims := w.claims(narrow.AccessToken, "at+jwt")
	if aud := claims["aud"].([]any); len(aud) != 1 || aud[0] != "https://bills.example" || claims["scope"] != "offline_access bills:read" || narrow.Scope != "offline_access bills:read" {
		t.Errorf("got %v", claims)
	}
	if out, err := w.refresh(p, narrow.RefreshToken); err != nil || len(w.claims(out.AccessToken, "at+jwt")["aud"].([]any)) != 2 {
		t.Errorf("the next one is not whole: %v", err)
	}
}

func TestRefresh_needsOfflineAccessAndTheGrantType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if out := w.signedIn(w.register("web", full()), scopes("openid")); out.RefreshToken != "" {
		t.Error("a refresh token without offline_access")
	}
	m := full()
	m.GrantTypes = []string{provider.GrantCode}
	p := w.register("once", m)
	if out := w.signedIn(p); out.RefreshToken != "" {
		t.Error("a refresh token without the grant type")
	}
	_, err := w.refresh(p, "plrt_x")
	wants(t, err, "unauthorized_client")
}

// TOK-08, TOK-12: a grant keeps nothing alive that was taken from its client since.
func TestRefresh_losesWhatItsClientLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	first := w.signedIn(p, scopes("openid email offline_access"), func(r *provider.Request) {
		r.Claims = json.RawMessage(`{"id_token":{"email":null,"phone_number":null}}`)
	})
	if _, told := w.claims(first.IDToken, "")["email"]; !told {
		t.Fatal("control: the address is not in the ID token")
	}
	may := func(scope string) {
		w.change(p, func(m *provider.Metadata) { m.Scope = scope })
	}
	may("openid offline_access")
	_, err := w.refresh(p, first.RefreshToken, "scope", "email")
	wants(t, err, "invalid_scope")
	second, err := w.refresh(p, first.RefreshToken)
	must(t, err)
	if second.Scope != "openid offline_access" || w.claims(second.AccessToken, "at+jwt")["scope"] != "openid offline_access" {
		t.Errorf("the new token still has %q", second.Scope)
	}
	if address, told := w.claims(second.IDToken, "")["email"]; told {
		t.Errorf("the new ID token still tells %v: the claims parameter asked for it", address)
	}
	may("openid email")
	_, err = w.refresh(p, second.RefreshToken)
	wants(t, err, "invalid_grant")
	may("openid email offline_access") // nothing was used up
	_, err = w.refresh(p, second.RefreshToken)
	wants(t, err, "")
}

// TOK-07.
func TestRefresh_endsWithTheUserAndTheGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	revoked, disabled := w.signedIn(p), w.signedIn(p)
	must(t, w.tokens.Revoke(w.ctx, p.Client, revoked.RefreshToken))
	_, err := w.refresh(p, revoked.RefreshToken)
	wants(t, err, "invalid_grant")
	must(t, w.ender.End(w.ctx, w.session.ID, event.SessionLoggedOut))
	disabled, err = w.refresh(p, disabled.RefreshToken) // offline access outlives the session
	must(t, err)
	w.disable(w.user)
	_, err = w.refresh(p, disabled.RefreshToken)
	wants(t, err, "invalid_grant")
}
