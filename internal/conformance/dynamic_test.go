package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/keys"
	"plinto/tenant"
)

// open lets everybody register, as the suite does it: all from one address.
var open = tenant.Settings{AllowImplicit: true, Registration: tenant.Registration{Mode: tenant.RegistrationOpen, PerHour: 10_000, MaxClients: 10_000}}

// registration is what the suite sends: no scope, and the key it authenticates with.
func registration(responseTypes []string, change map[string]any) map[string]any {
	m := map[string]any{
		"client_name": "Conformance", "redirect_uris": []string{callback}, "grant_types": []string{"authorization_code"},
		"response_types": responseTypes, "contacts": []string{"certification@oidf.example"},
		"token_endpoint_auth_method": "client_secret_basic", "post_logout_redirect_uris": []string{"https://rp.example/post_logout"},
		"jwks": json.RawMessage(publish(rsaKey(), "", "sig")),
	}
	if strings.Contains(strings.Join(responseTypes, " "), "token") {
		m["grant_types"] = []string{"authorization_code", "implicit"}
		if !strings.Contains(strings.Join(responseTypes, " "), "code") {
			m["grant_types"] = []string{"implicit"}
		}
	}
	for name, value := range change {
		m[name] = value
	}
	return m
}

// post registers a client over the wire, with an initial access token if there is one.
func post(t *testing.T, s *plintotest.Server, metadata map[string]any, initial ...string) plintotest.Answer {
	t.Helper()
	body, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.Issuer()+"/oauth2/register", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, token := range initial {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.Server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := plintotest.Answer{Response: res}
	if err := json.NewDecoder(res.Body).Decode(&a.JSON); err != nil {
		t.Fatalf("registration: %d %v", res.StatusCode, err)
	}
	return a
}

// registered registers a client as the suite does, and deletes it afterwards.
func registered(t *testing.T, s *plintotest.Server, metadata map[string]any, initial ...string) *rp {
	t.Helper()
	a := post(t, s, metadata, initial...)
	if a.StatusCode != http.StatusCreated {
		t.Fatalf("registration: %d %v", a.StatusCode, a.JSON)
	}
	secret, _ := a.JSON["client_secret"].(string)
	if _, expires := a.JSON["client_secret_expires_at"]; secret != "" && !expires {
		t.Error("client_secret without client_secret_expires_at")
	}
	manage, token := a.JSON["registration_client_uri"], a.JSON["registration_access_token"]
	if uri, _ := manage.(string); !strings.HasPrefix(uri, "https://") || token == nil {
		t.Errorf("registration_client_uri %v, registration_access_token %v", manage, token)
	}
	t.Cleanup(func() {
		path := strings.TrimPrefix(manage.(string), s.Issuer())
		if gone := s.Send(http.MethodDelete, path, nil, plintotest.With("Authorization", "Bearer "+token.(string))); gone.StatusCode != http.StatusNoContent {
			t.Errorf("delete: %d %s", gone.StatusCode, gone.Text)
		}
	})
	c, err := s.Store.Clients.ByClientID(s.In(), a.JSON["client_id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return &rp{t: t, s: s, c: c, secret: secret, browser: s.Browser()}
}

// dynamic registers what a module asks of newRP.
func dynamic(t *testing.T, s *plintotest.Server, responseType string, change ...func(*provider.Metadata)) *rp {
	t.Helper()
	m := provider.Metadata{TokenEndpointAuthMethod: provider.AuthBasic, GrantTypes: []string{provider.GrantCode}}
	for _, f := range change {
		f(&m)
	}
	sent := registration([]string{responseType}, map[string]any{"token_endpoint_auth_method": m.TokenEndpointAuthMethod})
	if len(m.GrantTypes) > 1 {
		sent["grant_types"] = append(sent["grant_types"].([]string), m.GrantTypes[1:]...)
	}
	return registered(t, s, sent)
}

// The modules of the dynamic plan that are about registration.
func TestDynamicPlan_registration(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	s.User(buffy)
	wants := func(t *testing.T, change map[string]any, codes ...string) {
		t.Helper()
		a := post(t, s, registration([]string{"code"}, change))
		code, _ := a.JSON["error"].(string)
		if a.StatusCode != http.StatusBadRequest || !strings.Contains(strings.Join(codes, " "), code) || code == "" {
			t.Errorf("%v: %d %v", change, a.StatusCode, a.JSON)
		}
	}
	page := func(t *testing.T, r *rp, change url.Values) *plintotest.Page {
		t.Helper()
		return r.browser.Open(s.Issuer() + "/oauth2/authorize?" + r.request("code", change).Encode())
	}
	t.Run("oidcc-redirect-uri-regfrag", func(t *testing.T) {
		wants(t, map[string]any{"redirect_uris": []string{callback + "#foobar"}}, "invalid_redirect_uri", "invalid_client_metadata")
	})
	t.Run("oidcc-redirect-uri-query-OK", func(t *testing.T) {
		r := registered(t, s, registration([]string{"code"}, map[string]any{"redirect_uris": []string{callback + "?foo=bar"}}))
		a := r.authorize("code", url.Values{"redirect_uri": {callback + "?foo=bar"}})
		if a.Get("foo") != "bar" || a.Get("code") == "" {
			t.Errorf("answer %v", a.Values)
		}
	})
	for name, sent := range map[string]string{"mismatch": callback + "?bar=foo", "added": callback + "?foo=bar&x=1"} {
		t.Run("oidcc-redirect-uri-query-"+name, func(t *testing.T) {
			r := registered(t, s, registration([]string{"code"}, map[string]any{"redirect_uris": []string{callback + "?foo=bar"}}))
			if p := page(t, r, url.Values{"redirect_uri": {sent}}); p.Left != nil || p.Status != http.StatusBadRequest {
				t.Errorf("%d, left to %v", p.Status, p.Left)
			}
		})
	}
	t.Run("oidcc-ensure-redirect-uri-in-authorization-request", func(t *testing.T) {
		r := registered(t, s, registration([]string{"code"}, map[string]any{"redirect_uris": []string{callback, callback + "2"}}))
		if p := page(t, r, url.Values{"redirect_uri": nil}); p.Left != nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Doc.Text(), "Error") {
			t.Errorf("%d, left to %v", p.Status, p.Left)
		}
	})
	for name, want := range map[string]struct{ member, uri, find string }{
		"policy": {"policy_uri", "https://rp.example/policy", "#policy"},
		"tos":    {"tos_uri", "https://rp.example/tos", "#tos"},
	} {
		t.Run("oidcc-registration-"+name+"-uri", func(t *testing.T) {
			r := registered(t, s, registration([]string{"code"}, map[string]any{want.member: want.uri}))
			if p := page(t, r, nil); p.Doc.Find(want.find).Length() != 1 {
				t.Errorf("no %s on the sign-in page", want.find)
			}
		})
	}
	t.Run("oidcc-registration-logo-uri", func(t *testing.T) {
		logo := registration([]string{"code"}, map[string]any{"logo_uri": "https://rp.example/logo.png"})
		if p := page(t, registered(t, s, logo), nil); p.Doc.Find("img").Length() != 0 {
			t.Error("the logo of a client that nobody vouches for is loaded")
		}
		token := secret.Token(provider.InitialTokenPrefix)
		err := s.Store.InitialTokens.Issue(s.In(), provider.InitialToken{
			ID: uuid.Must(uuid.NewV7()), Name: "suite", Hash: provider.InitialTokenHash(s.Tenant.ID, token), UsesLeft: 1, ExpiresAt: time.Now().Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		if p := page(t, registered(t, s, logo, token), nil); p.Doc.Find("#client-logo").Length() != 1 {
			t.Error("no logo of a client that an initial access token vouches for")
		}
	})
	t.Run("oidcc-registration-sector-uri", func(t *testing.T) {
		sector := sectorDocument(t, callback)
		r := registered(t, s, registration([]string{"code"}, map[string]any{"subject_type": "pairwise", "sector_identifier_uri": sector}))
		tokens := r.tokens(r.authorize("code", nil).Get("code"))
		if sub := r.idToken(tokens["id_token"])["sub"].(string); strings.HasPrefix(sub, "user_") {
			t.Errorf("sub %s is not pairwise", sub)
		}
	})
	t.Run("oidcc-registration-sector-bad", func(t *testing.T) {
		wants(t, map[string]any{"subject_type": "pairwise", "sector_identifier_uri": sectorDocument(t, "https://elsewhere.example/")}, "invalid_client_metadata")
	})
	t.Run("oidcc-3rd_party-init-login", func(t *testing.T) {
		r := post(t, s, registration([]string{"code"}, map[string]any{"initiate_login_uri": "https://rp.example/initiate"}))
		read := s.Send(http.MethodGet, strings.TrimPrefix(r.JSON["registration_client_uri"].(string), s.Issuer()), nil,
			plintotest.With("Authorization", "Bearer "+r.JSON["registration_access_token"].(string)))
		if r.JSON["initiate_login_uri"] != "https://rp.example/initiate" || read.JSON["initiate_login_uri"] != "https://rp.example/initiate" {
			t.Errorf("%v, %v", r.JSON["initiate_login_uri"], read.JSON["initiate_login_uri"])
		}
	})
	t.Run("oidcc-3rd_party-init-login-nohttps", func(t *testing.T) {
		wants(t, map[string]any{"initiate_login_uri": "http://rp.example/initiate"}, "invalid_client_metadata")
	})
	t.Run("oidcc-idtoken-rs256", func(t *testing.T) {
		r := registered(t, s, registration([]string{"code"}, map[string]any{"id_token_signed_response_alg": "RS256"}))
		tokens := r.tokens(r.authorize("code", nil).Get("code"))
		if h := header(t, tokens["id_token"]); h["alg"] != "RS256" {
			t.Errorf("header %v", h)
		}
	})
	t.Run("oidcc-server-rotate-keys", func(t *testing.T) {
		before := jwks(t, s)
		// As an operator does it, from another process.
		elsewhere := &keys.Service{Keys: s.Store.Keys, Outbox: s.Store.Outbox, Tx: s.Store.DB, Root: s.Root, Now: time.Now}
		if err := elsewhere.Rotate(s.In(), "RS256"); err != nil {
			t.Fatal(err)
		}
		after := jwks(t, s)
		for deadline := time.Now().Add(10 * time.Second); len(after.Keys) <= len(before.Keys) && time.Now().Before(deadline); {
			after = jwks(t, s)
		}
		for _, key := range before.Keys {
			if len(after.Key(key.KeyID)) == 0 {
				t.Errorf("key %s is gone", key.KeyID)
			}
		}
		if len(after.Keys) <= len(before.Keys) {
			t.Errorf("%d keys, then %d", len(before.Keys), len(after.Keys))
		}
	})
}

// sectorDocument serves a sector identifier document.
func sectorDocument(t *testing.T, uris ...string) string {
	t.Helper()
	body, err := json.Marshal(uris)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	t.Cleanup(site.Close)
	return site.URL + "/sector.json"
}
