package challenge_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

func TestPassword_signsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
	if fmt.Sprint(asked.JSON["methods"]) != "[password]" || asked.StatusCode != http.StatusBadRequest {
		t.Errorf("got %s", asked.Text)
	}
	wrong := w.posts(w.next(asked, url.Values{"username": {alice}, "password": {"not it"}}), "insufficient_authorization sign_in incorrect_credentials")
	unknown := w.posts(w.next(asked, url.Values{"username": {"nobody@example.com"}, "password": {"not it"}}), "insufficient_authorization sign_in incorrect_credentials")
	if wrong.JSON["error_description"] != unknown.JSON["error_description"] || wrong.StatusCode != unknown.StatusCode {
		t.Errorf("an unknown name is told: %s, %s", wrong.Text, unknown.Text)
	}
	done := w.posts(w.next(wrong, password()), "")
	claims := w.redeems(done)
	if claims["sub"] != w.alice.PublicID() || fmt.Sprint(claims["amr"]) != "[pwd]" {
		t.Errorf("claims %v", claims)
	}
	w.text(done, "device_token")
	// All of it at once, and by JSON.
	w.redeems(w.posts(w.request(password()), ""))
	body := fmt.Sprintf(`{"client_id":%q,"scope":"openid","code_challenge":%q,"code_challenge_method":"S256","max_age":60,"username":%q,"password":%q}`,
		w.app.ClientID, plintotest.Challenge, alice, plintotest.Password)
	a := sendJSON(w, body)
	w.answers(a, "")
	w.redeems(a)
}

func sendJSON(w *world, body string) plintotest.Answer {
	return w.Send(http.MethodPost, "/auth/signin", nil, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", "application/json")
	})
}

// countsOnce sends a form several times at once, and fails the test unless one of them gives a code.
func (w *world) countsOnce(form url.Values) {
	w.t.Helper()
	var codes atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			a := w.Send(http.MethodPost, path, form)
			if a.JSON["authorization_code"] != nil {
				codes.Add(1)
			} else if a.JSON["problem"] != "incorrect_code" {
				w.t.Errorf("got %d %s", a.StatusCode, a.Text)
			}
		})
	}
	all.Wait()
	if n := codes.Load(); n != 1 {
		w.t.Errorf("%d codes", n)
	}
}

// A code of an app gives one sign-in, however often it is sent with an auth_session.
func TestSecondFactor_countsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: required()})
	shows := w.enrols()
	form := w.next(w.posts(w.request(password()), "insufficient_authorization factor"), url.Values{"code": {shows()}})
	w.countsOnce(form)
}

// With the auth_session of an earlier sign-in only what is missing is asked for.
func TestAuthSession_isLikeASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: tenant.Settings{ACRLevels: tenant.ACRLevels{
		{ACR: "one", AMR: []string{"pwd"}}, {ACR: "two", AMR: []string{"pwd", "otp", "mfa"}},
	}}})
	w.Change(w.app, func(c *provider.Client) { c.DefaultACRValues = []string{"one"} })
	done := w.posts(w.request(password()), "")
	w.redeems(done)
	again := w.posts(with(w.request(nil), w.next(done, nil)), "")
	w.redeems(again)
	w.posts(with(w.request(url.Values{"prompt": {"login"}}), w.next(done, nil)), "insufficient_authorization sign_in")
	w.posts(with(w.request(url.Values{"prompt": {"none"}}), w.next(done, nil)), "")
	w.posts(w.request(url.Values{"prompt": {"none"}}), "login_required")
	// It ends with the session.
	w.signOut()
	w.posts(with(w.request(nil), w.next(done, nil)), "insufficient_authorization sign_in")
}

func TestSecondFactor_isAskedForAndSteppedUpTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: required()})
	shows := w.enrols()
	asked := w.posts(w.request(password()), "insufficient_authorization factor")
	if fmt.Sprint(asked.JSON["methods"]) != "[totp recovery_code]" {
		t.Errorf("got %s", asked.Text)
	}
	wrong := w.posts(w.next(asked, url.Values{"code": {"000000"}}), "insufficient_authorization factor incorrect_code")
	done := w.posts(w.next(wrong, url.Values{"code": {shows()}}), "")
	if claims := w.redeems(done); fmt.Sprint(claims["amr"]) != "[pwd otp mfa]" {
		t.Errorf("claims %v", claims)
	}
	// The code was used: an older auth_session does not make it good again.
	w.posts(w.next(asked, url.Values{"code": {shows()}}), "insufficient_authorization factor incorrect_code")
}

// Another password ends what was proved under the one before.
func TestFirstProof_endsWithThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: required()})
	shows := w.enrols()
	asked := w.posts(w.request(password()), "insufficient_authorization factor")
	w.signOut()
	w.posts(w.next(asked, url.Values{"code": {shows()}}), "insufficient_authorization sign_in")
}

func TestNewDevice_isAskedForACodeByMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true, Settings: tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOn}}})
	asked := w.posts(w.request(password()), "insufficient_authorization device")
	if asked.JSON["sent_to"] != alice {
		t.Errorf("got %s", asked.Text)
	}
	first := w.code(1)
	again := w.posts(w.next(asked, url.Values{"resend": {"true"}}), "insufficient_authorization device")
	w.posts(w.next(again, url.Values{"code": {first}}), "insufficient_authorization device incorrect_code")
	done := w.posts(w.next(again, url.Values{"code": {w.code(2)}}), "")
	w.redeems(done)
	w.posts(w.request(password()), "insufficient_authorization device")
	// The app shows what it kept: it is known from now on.
	w.redeems(w.posts(w.request(with(password(), url.Values{"device_token": {w.text(done, "device_token")}})), ""))
}

func TestPasskey_signsInAlone(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{
		Host: plintotest.KeyHost, Database: database, Settings: tenant.Settings{MFA: tenant.MFA{PasskeyHosts: []string{"app.example"}}},
	})
	web, _ := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
	}, plintotest.FirstParty)
	p := w.Browser().Open(w.AuthorizeURL(web, nil)).Submit("submit", map[string]string{"username": alice, "password": plintotest.Password, "passkeys": "1"})
	key := plintotest.NewKey(t)
	key.Makes(p)
	asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
	answer := signed(t, key, asked)
	done := w.posts(w.next(asked, url.Values{"passkey": {answer}}), "")
	if claims := w.redeems(done); !strings.Contains(fmt.Sprint(claims["amr"]), "mfa") {
		t.Errorf("claims %v", claims)
	}
	w.signedElsewhere(key, web)
	// An answer to one auth_session is none to another.
	other := w.posts(w.request(nil), "insufficient_authorization sign_in")
	w.posts(w.next(other, url.Values{"passkey": {answer}}), "insufficient_authorization sign_in passkey_refused")
	w.posts(w.next(other, url.Values{"passkey": {"{}"}}), "insufficient_authorization sign_in passkey_refused")
	// After the password it is the second factor.
	asked = w.posts(w.request(password()), "insufficient_authorization factor")
	w.redeems(w.posts(w.next(asked, url.Values{"passkey": {signed(t, key, asked)}}), ""))
}

// signedElsewhere checks where an app asks for a passkey: on the hosts of the tenant. Its own pages are on
// one of them.
func (w *world) signedElsewhere(key *plintotest.Key, web *provider.Client) {
	w.t.Helper()
	defer func(own string) { key.RP.Origin = own }(key.RP.Origin)
	key.RP.Origin = "https://app.example"
	asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
	w.redeems(w.posts(w.next(asked, url.Values{"passkey": {signed(w.t, key, asked)}}), ""))
	if p := key.Signs(w.Browser().Open(w.AuthorizeURL(web, nil))); p.Status != http.StatusUnauthorized {
		w.t.Errorf("on a page of this server, from another host: %d", p.Status)
	}
	key.RP.Origin = "https://app.example.evil.example"
	asked = w.posts(w.request(nil), "insufficient_authorization sign_in")
	w.posts(w.next(asked, url.Values{"passkey": {signed(w.t, key, asked)}}), "insufficient_authorization sign_in passkey_refused")
}

func signed(t *testing.T, key *plintotest.Key, asked plintotest.Answer) string {
	t.Helper()
	options, err := json.Marshal(asked.JSON["passkey"])
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	key.Cred.Counter++
	return virtualwebauthn.CreateAssertionResponse(key.RP, key.Auth, key.Cred, *parsed)
}

// What needs a page is done in a browser, from the start.
func TestRedirectToWeb_leadsToTheSamePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: required()})
	a := w.posts(w.request(password()), "redirect_to_web enrol")
	p := w.Browser().Open(w.Issuer() + "/oauth2/authorize?" + url.Values{"client_id": {w.app.ClientID}, "request_uri": {w.text(a, "request_uri")}}.Encode())
	if p.URL.Path != "/login" || a.JSON["expires_in"] != float64(60) {
		t.Errorf("at %s, %s", p.URL, a.Text)
	}
	w.posts(w.request(url.Values{"prompt": {"consent"}, "username": {alice}, "password": {plintotest.Password}}), "redirect_to_web enrol")
	w.app, _ = w.Client(native(), direct, func(c *provider.Client) { c.RedirectURIs = append(c.RedirectURIs, "com.example.app:/other") })
	if a := w.posts(w.request(password()), "redirect_to_web enrol"); a.JSON["request_uri"] != nil {
		t.Errorf("a request_uri that leads nowhere known: %s", a.Text)
	}
}

func TestClients_haveToBeAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	for name, change := range map[string]func(*provider.Client){
		"not first-party": func(c *provider.Client) { c.DirectSignIn = true },
		"not allowed":     func(c *provider.Client) { c.FirstParty = true },
	} {
		c, _ := w.Client(native(), change)
		form := w.request(password())
		form.Set("client_id", c.ClientID)
		if a := w.Send(http.MethodPost, path, form); a.JSON["error"] != "unauthorized_client" || a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	secretive, secret := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
	}, direct)
	form := w.request(password())
	form.Set("client_id", secretive.ClientID)
	if a := w.Send(http.MethodPost, path, form); a.StatusCode != http.StatusUnauthorized || a.JSON["error"] != "invalid_client" {
		t.Errorf("without its secret: %d %s", a.StatusCode, a.Text)
	}
	form.Del("client_id")
	if a := w.Send(http.MethodPost, path, form, plintotest.As(secretive, secret)); a.JSON["authorization_code"] == nil {
		t.Errorf("with its secret: %d %s", a.StatusCode, a.Text)
	}
}

func TestAuthSession_isBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
	done := w.posts(w.request(password()), "")
	other, _ := w.Client(native(), direct)
	for name, a := range map[string]plintotest.Answer{"a flow": asked, "a session": done} {
		form := w.next(a, password())
		form.Set("client_id", other.ClientID)
		if got := w.Send(http.MethodPost, path, form); got.JSON["error"] != "invalid_session" {
			t.Errorf("%s at another client: %d %s", name, got.StatusCode, got.Text)
		}
	}
	bent := w.next(asked, password())
	session := []byte(bent.Get("auth_session"))
	session[40] ^= 1 // another letter or digit of base64url, mostly; else it is malformed, which is as good
	bent.Set("auth_session", string(session))
	w.posts(bent, "invalid_session")
	w.ahead.Add(int64(provider.FlowTTL + time.Minute))
	w.posts(w.next(asked, password()), "invalid_session")
}

func TestRequests_thatAreMalformed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	for name, change := range map[string]url.Values{
		"invalid_request":           {"code_challenge": {"short"}},
		"unsupported_response_type": {"response_type": {"id_token"}},
	} {
		w.posts(w.request(change), name)
	}
	w.posts(w.request(url.Values{"redirect_uri": {"https://evil.example/"}}), "invalid_request")
	form := w.request(nil)
	form.Del("code_challenge")
	form.Del("code_challenge_method")
	w.posts(form, "invalid_request")
	if a := w.Send(http.MethodGet, path, nil); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.StatusCode)
	}
	// A page of another origin gets no permission to read the answer.
	if a := w.Send(http.MethodPost, path, w.request(nil), plintotest.With("Origin", "https://rp.example")); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("readable from %s", a.Header.Get("Access-Control-Allow-Origin"))
	}
	for _, body := range []string{`{`, `[]`, `{"client_id":"a","client_id":"b"}`, `{"scope":["openid"]}`, `{"username":"a\u0000"}`, ``} {
		if a := sendJSON(w, body); a.StatusCode != http.StatusBadRequest || a.JSON["error"] == nil {
			t.Errorf("%s: %d %s", body, a.StatusCode, a.Text)
		}
	}
}

func TestDiscovery_namesTheEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	a := w.Send(http.MethodGet, "/.well-known/oauth-authorization-server", nil)
	if a.JSON["authorization_challenge_endpoint"] != w.Issuer()+path {
		t.Errorf("got %v", a.JSON["authorization_challenge_endpoint"])
	}
}

// Who is in several organizations says which one it is for.
func TestOrganization_isAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.app, _ = w.Client(native(), direct, func(c *provider.Client) { c.Organization = provider.OrganizationRequired })
	for _, slug := range []string{"north", "south"} {
		w.join(slug)
	}
	asked := w.posts(w.request(password()), "insufficient_authorization organization")
	all, _ := asked.JSON["organizations"].([]any)
	if len(all) != 2 {
		t.Fatalf("got %s", asked.Text)
	}
	wrong := w.posts(w.next(asked, url.Values{"organization_id": {"org_00000000000000000000000000"}}), "insufficient_authorization organization organization_refused")
	south, _ := all[1].(map[string]any)
	done := w.posts(w.next(wrong, url.Values{"organization_id": {fmt.Sprint(south["id"])}}), "")
	if claims := w.redeems(done); claims["org_id"] != south["id"] {
		t.Errorf("claims %v, chosen %v", claims, south)
	}
}
