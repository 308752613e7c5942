package plintotest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/provider"
	"plinto/tenant"
)

// asksKey is a page of another host that asks for a passkey of the tenant's.
const asksKey = `navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(%s)})
	.then(c => JSON.stringify(c.toJSON()), e => "refused: " + e.name)`

// In a real browser: a passkey of the tenant's host signs in on its other hosts, which the browser reads from the
// tenant's host, and on no other.
func TestRelatedOrigins_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Host: KeyHost, Settings: tenant.Settings{MFA: tenant.MFA{PasskeyHosts: []string{"shop.test"}}}})
	s.User("alice@example.com")
	rp := newSite(t)
	client, _ := s.Client(rp.metadata(), FirstParty)
	app, _ := s.Client(provider.Metadata{
		ApplicationType: provider.ApplicationNative, TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}, Scope: "openid",
	}, FirstParty, func(c *provider.Client) { c.DirectSignIn = true })
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!DOCTYPE html><p id=app>App</p>"))
	}))
	t.Cleanup(other.Close)
	ctx := chromium.Start(t, 2*time.Minute, chromedp.Flag("host-resolver-rules",
		fmt.Sprintf("MAP %s:443 %s, MAP *.test:443 %s", KeyHost, s.Listener.Addr(), other.Listener.Addr())))
	authenticator(ctx, t)
	run := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		soon, cancel := context.WithTimeout(ctx, 60*time.Second)
		defer cancel()
		if err := chromedp.Do(soon, steps...); err != nil {
			at, _ := chromedp.Run(ctx, chromedp.Location())
			text, _ := chromedp.Run(ctx, chromedp.Text("body"))
			t.Fatalf("%v, at %s: %s", err, at, text)
		}
	}
	run(chromedp.Navigate(s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}})), chromedp.WaitVisible("#password"), chromedp.WaitVisible("#use-passkey"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"),
		chromedp.WaitVisible("#later"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#codes"), chromedp.Click("#submit"), chromedp.WaitVisible("#rp"))
	request := url.Values{
		"client_id": {app.ClientID}, "response_type": {"code"}, "scope": {"openid"}, "code_challenge_method": {"S256"}, "code_challenge": {Challenge},
	}
	for _, c := range []struct {
		host, refused string // as the browser says
	}{{"shop.test", ""}, {"evil.test", "refused: SecurityError"}} {
		asked := s.Send(http.MethodPost, "/oauth2/challenge", request)
		options, err := json.Marshal(asked.JSON["passkey"])
		s.must(err)
		run(chromedp.Navigate("https://"+c.host+"/"), chromedp.WaitVisible("#app"))
		answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(asksKey, options), chromedp.EvalAwaitPromise))
		s.must(err)
		session, _ := asked.JSON["auth_session"].(string)
		got := s.Send(http.MethodPost, "/oauth2/challenge", url.Values{"client_id": {app.ClientID}, "auth_session": {session}, "passkey": {answer}})
		if (got.JSON["authorization_code"] != nil) != (c.refused == "") || c.refused != "" && answer != c.refused {
			t.Errorf("%s: the browser said %s, the server %s", c.host, answer, got.Text)
		}
	}
}
