package plintotest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/go-jose/go-jose/v4"

	"plinto/internal/chromium"
	"plinto/provider"
)

// Two clients' pages are loaded in frames, then the browser is at the client that asked.
func TestFrontchannelLogout_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	one, two := newSite(t), newSite(t)
	var clients []*provider.Client
	var secrets []string
	for _, rp := range []*site{one, two} {
		m := rp.metadata()
		m.FrontchannelLogoutURI, m.FrontchannelLogoutSessionRequired = rp.URL+"/front", true
		c, secret := s.Client(m, FirstParty)
		clients, secrets = append(clients, c), append(secrets, secret)
	}
	ctx := chromium.Start(t, time.Minute)
	if err := chromedp.Do(ctx,
		chromedp.Navigate(s.AuthorizeURL(clients[0], nil)), chromedp.WaitVisible("#password"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password),
		chromedp.Click("#submit"), chromedp.WaitVisible("#rp")); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	var sids []string
	hint := ""
	for i, c := range clients {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.AuthorizeURL(c, url.Values{"code_challenge": {Challenge}})), chromedp.WaitVisible("#rp")); err != nil {
			t.Fatalf("signing in at client %d: %v", i, err)
		}
		at, err := chromedp.Run(ctx, chromedp.Location())
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		a := s.Redeem(c, secrets[i], u.Query().Get("code"))
		token, _ := a.JSON["id_token"].(string)
		sids = append(sids, sidOf(t, token))
		hint = token
	}
	out := s.Issuer() + "/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {two.URL + "/bye"}, "state": {"x"}}.Encode()
	if err := chromedp.Do(ctx, chromedp.Navigate(out), chromedp.WaitVisible("#rp")); err != nil {
		t.Fatalf("signing out: %v", err)
	}
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil || at != two.URL+"/bye?state=x" {
		t.Errorf("after signing out at %q: %v", at, err)
	}
	for i, rp := range []*site{one, two} {
		select {
		case got := <-rp.front:
			if len(got) != 2 || got.Get("iss") != s.Issuer() || got.Get("sid") != sids[i] {
				t.Errorf("client %d: got %v, want sid %s", i, got, sids[i])
			}
		case <-time.After(10 * time.Second):
			t.Errorf("client %d was not told", i)
		}
	}
}

// sidOf returns the session id in an ID token.
func sidOf(t *testing.T, token string) string {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ SID string }
	if err := json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &claims); err != nil || claims.SID == "" {
		t.Fatalf("no sid: %v", err)
	}
	return claims.SID
}

// asking is a client's page that holds the session iframe.
const asking = `<!DOCTYPE html><title>RP</title><p id="rp">RP</p><p id="said"></p>
<iframe id="op" src="OP/oauth2/session/check" onload="this.setAttribute('data-ready','1')"></iframe>
<script>
window.addEventListener("message", function (e) {
	if (e.origin === "OP") { document.getElementById("said").textContent = e.data; }
});
function ask(text) {
	document.getElementById("said").textContent = "";
	document.getElementById("op").contentWindow.postMessage(text, "OP");
	return true;
}
</script>`

// Session Management 1.0 §3: a frame in the client's page says when the session ended.
func TestSessionIframe_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	rp := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(strings.ReplaceAll(asking, "OP", s.Issuer())))
	}))
	t.Cleanup(rp.Close)
	client, _ := s.Client(web(rp.URL+"/cb"), FirstParty)
	ctx := chromium.Start(t, time.Minute)
	ask := func(text string) string {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(rp.URL+"/page"), chromedp.WaitReady("#op[data-ready]")); err != nil {
			t.Fatalf("opening the client's page: %v", err)
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`ask(`+strconv.Quote(text)+`)`)); err != nil {
			t.Fatalf("asking: %v", err)
		}
		said, err := chromedp.Run(ctx, chromedp.Poll[string](`document.getElementById("said").textContent`, chromedp.WithPollingTimeout(10*time.Second)))
		if err != nil {
			t.Fatalf("no answer to %q: %v", text, err)
		}
		return said
	}
	signIn := chromedp.Navigate(s.AuthorizeURL(client, nil))
	if err := chromedp.Do(ctx, signIn, chromedp.WaitVisible("#password"), chromedp.SetValue("#username", "alice@example.com"),
		chromedp.SetValue("#password", Password), chromedp.Click("#submit"), chromedp.WaitVisible("#rp")); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	// A script of ours may read the cookie, and nobody else's.
	if err := chromedp.Do(ctx, chromedp.Navigate(s.Issuer()+"/")); err != nil {
		t.Fatal(err)
	}
	cookies, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.cookie`))
	if err != nil {
		t.Fatal(err)
	}
	name, browserState, _ := strings.Cut(cookies, "=")
	if name != "__Host-plinto_o" || len(browserState) < 20 || strings.Contains(browserState, ";") {
		t.Fatalf("scripts read the cookies %q", cookies)
	}
	state := provider.SessionState(client.ClientID, rp.URL+"/cb", browserState)
	elsewhere := provider.SessionState(client.ClientID, "https://other.example/cb", browserState)
	for text, want := range map[string]string{
		client.ClientID + " " + state:     "unchanged",
		client.ClientID + " " + elsewhere: "changed",
		"other " + state:                  "changed",
		client.ClientID:                   "error",
		"":                                "error",
		" " + state:                       "error",
		client.ClientID + " nosalt":       "error",
	} {
		if got := ask(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(s.Issuer()+"/oauth2/logout"), chromedp.Click("#logout-yes"), chromedp.WaitVisible("#logged-out")); err != nil {
		t.Fatalf("signing out: %v", err)
	}
	if got := ask(client.ClientID + " " + state); got != "changed" {
		t.Errorf("after signing out: got %q", got)
	}
}
