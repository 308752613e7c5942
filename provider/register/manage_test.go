package register_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/tenant"
)

// RFC 7592 §2.1.
func TestManage_aClientReadsWhatItRegistered(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"initiate_login_uri":"https://rp.example/login"}`)
	uri, token := own(s, made)
	a := s.Send(http.MethodGet, uri, nil, bearer(token))
	if a.StatusCode != http.StatusOK || a.JSON["initiate_login_uri"] != "https://rp.example/login" || a.Header.Get("Cache-Control") != "no-store" ||
		a.JSON["registration_access_token"] != token || a.JSON["registration_client_uri"] != s.Issuer()+uri || a.JSON["client_id"] != made.JSON["client_id"] {
		t.Errorf("%d %s", a.StatusCode, a.Text)
	}
	if _, shown := a.JSON["client_secret"]; shown {
		t.Error("the secret is shown again")
	}
}

func TestManage_refusesEveryOtherToken(t *testing.T) {
	t.Parallel()
	s := open(t)
	uri, token := own(s, registered(t, s, minimal))
	other, otherToken := own(s, registered(t, s, minimal))
	operators, _ := s.Client(metadataOfOperator)
	elsewhere := s.NewTenant("elsewhere", "", tenant.Settings{})
	for name, send := range map[string]func(method string) plintotest.Answer{
		"none":         func(m string) plintotest.Answer { return s.Send(m, uri, nil) },
		"rubbish":      func(m string) plintotest.Answer { return s.Send(m, uri, nil, bearer("x")) },
		"unknown":      func(m string) plintotest.Answer { return s.Send(m, uri, nil, bearer(secret.Token("plra_"))) },
		"another's":    func(m string) plintotest.Answer { return s.Send(m, uri, nil, bearer(otherToken)) },
		"at another":   func(m string) plintotest.Answer { return s.Send(m, other, nil, bearer(token)) },
		"in the query": func(m string) plintotest.Answer { return s.Send(m, uri+"?access_token="+token, nil) },
		"Basic": func(m string) plintotest.Answer {
			return s.Send(m, uri, nil, plintotest.With("Authorization", "Basic "+token))
		},
		"unknown client": func(m string) plintotest.Answer { return s.Send(m, uri+"x", nil, bearer(token)) },
		"an operator's":  func(m string) plintotest.Answer { return s.Send(m, path+"/"+operators.ClientID, nil, bearer(token)) },
		"another tenant": func(m string) plintotest.Answer { return s.Send(m, elsewhere.Path+uri, nil, bearer(token)) },
		"twice": func(m string) plintotest.Answer {
			return s.Send(m, uri, nil, bearer(token), func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+token) })
		},
		"the initial one": func(m string) plintotest.Answer { return s.Send(m, uri, nil, bearer(secret.Token("plia_"))) },
	} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			a := send(method)
			if a.StatusCode != 401 || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s %s: %d %s", method, name, a.StatusCode, a.Text)
			}
		}
	}
	if a := s.Send(http.MethodGet, uri, nil, bearer(token)); a.StatusCode != http.StatusOK {
		t.Errorf("the client is gone: %d", a.StatusCode)
	}
}

func put(s *plintotest.Server, uri, token string, doc map[string]any) plintotest.Answer {
	text, _ := json.Marshal(doc)
	return s.Send(http.MethodPut, uri, nil, bearer(token), body(string(text)))
}

// RFC 7592 §2.2.
func TestManage_anUpdateReplacesEverything(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"client_name":"App","require_pkce":true}`)
	uri, token := own(s, made)
	id := made.JSON["client_id"]
	a := put(s, uri, token, map[string]any{"client_id": id, "client_secret": made.JSON["client_secret"], "redirect_uris": []string{"https://rp.example/new"}})
	if a.StatusCode != http.StatusOK || a.JSON["client_name"] != nil || a.JSON["client_secret"] != nil || a.JSON["require_pkce"] != true {
		t.Errorf("%d %s", a.StatusCode, a.Text)
	}
	c, err := s.Store.Clients.ByClientID(s.In(), id.(string))
	if err != nil || len(c.Secrets) != 1 || c.RedirectURIs[0] != "https://rp.example/new" {
		t.Errorf("%+v %v", c, err)
	}
	public := put(s, uri, token, map[string]any{"client_id": id, "redirect_uris": []string{"https://rp.example/new"}, "token_endpoint_auth_method": "none"})
	if public.StatusCode != http.StatusOK || public.JSON["client_secret"] != nil {
		t.Errorf("public: %d %s", public.StatusCode, public.Text)
	}
	hmac := put(s, uri, token, map[string]any{"client_id": id, "redirect_uris": []string{"https://rp.example/new"}, "id_token_signed_response_alg": "HS512"})
	if plain, _ := hmac.JSON["client_secret"].(string); hmac.StatusCode != http.StatusOK || len(plain) < 64 || hmac.JSON["client_secret_expires_at"] != float64(0) {
		t.Errorf("with a secret again: %d %s", hmac.StatusCode, hmac.Text)
	}
}

func TestManage_refusesUpdatesThatSayWhatTheServerSays(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := registered(t, s, minimal)
	uri, token := own(s, made)
	good := func(change func(map[string]any)) map[string]any {
		doc := map[string]any{"client_id": made.JSON["client_id"], "redirect_uris": []string{"https://rp.example/cb"}}
		change(doc)
		return doc
	}
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"} {
		put(s, uri, token, good(func(d map[string]any) { d[name] = made.JSON[name] })).Wants(t, 400, "invalid_client_metadata")
	}
	put(s, uri, token, good(func(d map[string]any) { delete(d, "client_id") })).Wants(t, 400, "invalid_client_metadata")
	put(s, uri, token, good(func(d map[string]any) { d["client_id"] = "another" })).Wants(t, 400, "invalid_client_metadata")
	put(s, uri, token, good(func(d map[string]any) { d["client_secret"] = "of my own choice, long enough to be one" })).Wants(t, 400, "invalid_client_metadata")
	put(s, uri, token, good(func(d map[string]any) { d["client_secret"] = nil })).Wants(t, 400, "invalid_client_metadata")
	put(s, uri, token, good(func(d map[string]any) { d["redirect_uris"] = []string{"https://rp.example/#x"} })).Wants(t, 400, "invalid_redirect_uri")
	put(s, uri, token, good(func(d map[string]any) { d["grant_types"] = []string{"client_credentials"} })).Wants(t, 400, "invalid_client_metadata")
	put(s, uri, "x", good(func(map[string]any) {})).Wants(t, 401, "invalid_token")
	if a := s.Send(http.MethodPut, uri, url.Values{"a": {"b"}}, bearer(token)); a.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", a.StatusCode)
	}
}

// An operator who made a client first-party took it over: without consent, its
// redirect URIs are worth too much.
func TestManage_aFirstPartyClientCannotChangeItself(t *testing.T) {
	t.Parallel()
	s := open(t)
	made := registered(t, s, minimal)
	uri, token := own(s, made)
	c, err := s.Store.Clients.ByClientID(s.In(), made.JSON["client_id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Store.Clients.SetFirstParty(s.In(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	put(s, uri, token, map[string]any{"client_id": c.ClientID, "redirect_uris": []string{"https://evil.example/cb"}}).Wants(t, 403, "access_denied")
}

// RFC 7592 §2.3.
func TestManage_aDeletedClientLeavesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.User("alice@example.com")
	made := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"grant_types":["authorization_code","refresh_token"]}`)
	uri, token := own(s, made)
	id, _ := made.JSON["client_id"].(string)
	plain, _ := made.JSON["client_secret"].(string)
	c, err := s.Store.Clients.ByClientID(s.In(), id)
	if err != nil {
		t.Fatal(err)
	}
	firstParty := func(is bool) { // spares the test the consent page
		if _, err := s.Store.Clients.SetFirstParty(s.In(), c.ID, is); err != nil {
			t.Fatal(err)
		}
	}
	firstParty(true)
	tokens := s.Tokens(c, plain, "alice@example.com", "openid offline_access")
	userinfo := func() int {
		return s.Send(http.MethodGet, "/oauth2/userinfo", nil, bearer(tokens["access_token"])).StatusCode
	}
	if status := userinfo(); status != http.StatusOK {
		t.Fatalf("userinfo: %d", status)
	}
	// An operator who made a client first-party took it over.
	s.Send(http.MethodDelete, uri, nil, bearer(token)).Wants(t, 403, "access_denied")
	firstParty(false)
	if a := s.Send(http.MethodDelete, uri, nil, bearer(token)); a.StatusCode != http.StatusNoContent || a.Text != "" {
		t.Fatalf("%d %s", a.StatusCode, a.Text)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		s.Send(method, uri, nil, bearer(token)).Wants(t, 401, "invalid_token")
	}
	put(s, uri, token, map[string]any{"client_id": id}).Wants(t, 401, "invalid_token")
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}
	s.Send(http.MethodPost, "/oauth2/token", refresh, plintotest.As(c, plain)).Wants(t, 401, "invalid_client")
	if status := userinfo(); status != http.StatusUnauthorized {
		t.Errorf("its access token still works: %d", status)
	}
}

func TestRegister_answersOtherMethodsWith405(t *testing.T) {
	t.Parallel()
	s := open(t)
	uri, token := own(s, registered(t, s, minimal))
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if a := s.Send(method, path, nil); a.StatusCode != 405 || a.Header.Get("Allow") != "POST, OPTIONS" {
			t.Errorf("%s: %d %v", method, a.StatusCode, a.Header)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		if a := s.Send(method, uri, nil, bearer(token)); a.StatusCode != 405 || a.Header.Get("Allow") != "GET, PUT, DELETE, OPTIONS" {
			t.Errorf("%s: %d %v", method, a.StatusCode, a.Header)
		}
	}
}

// PAR-10: a registration token writes no client a thousand times, and neither do a
// thousand tokens of one network.
func TestManage_changesAreLimitedPerClientAndNetwork(t *testing.T) {
	t.Parallel()
	s := open(t)
	change := func(uri, token string, id any, n int) plintotest.Answer {
		return put(s, uri, token, map[string]any{"client_id": id, "redirect_uris": []string{fmt.Sprintf("https://rp.example/%d", n)}})
	}
	made := registered(t, s, minimal)
	uri, token := own(s, made)
	n := 0
	var a plintotest.Answer
	for a = change(uri, token, made.JSON["client_id"], n); a.StatusCode == http.StatusOK && n < 100; n++ {
		a = change(uri, token, made.JSON["client_id"], n)
	}
	if a.StatusCode != http.StatusTooManyRequests || a.JSON["error"] != "temporarily_unavailable" || a.Header.Get("Retry-After") == "" {
		t.Errorf("after %d changes: got %d %s, want 429", n, a.StatusCode, a.Text)
	}
	if n < 20 {
		t.Errorf("refused after %d changes, want 30", n)
	}
	second := registered(t, s, minimal)
	uri2, token2 := own(s, second)
	if a := change(uri2, token2, second.JSON["client_id"], 1); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("another client of the network: got %d, want 429", a.StatusCode)
	}
	if a := s.Send(http.MethodGet, uri, nil, bearer(token)); a.StatusCode != http.StatusOK {
		t.Errorf("reading: got %d, want 200", a.StatusCode)
	}
	if a := s.Send(http.MethodDelete, uri, nil, bearer(token)); a.StatusCode != http.StatusNoContent {
		t.Errorf("removing: got %d, want 204", a.StatusCode)
	}
	limit := identity.Limit{Name: "registration-change", Count: 60, Period: time.Hour, Burst: 30}
	if s.Store.Limiter.Wait(s.In(), limit.Of("client "+made.JSON["client_id"].(string))) == 0 { //nolint:forcetypeassert // ours
		t.Error("the client is not counted by itself")
	}
}
