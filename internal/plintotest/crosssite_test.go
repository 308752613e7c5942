package plintotest

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/provider"
)

// posting is a page of another site that posts an authorization request.
var posting = template.Must(template.New("").Parse(`<!DOCTYPE html><title>RP</title><form id="ask" method="post" action="{{.Action}}">
{{range $name, $values := .Request}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">{{end}}{{end}}<button id="go">Go</button></form>`))

// OpenID Connect Core 1.0 §3.1.2.1: the authorization endpoint takes POST. A form of
// another site comes without our SameSite cookies, in a real browser; the user who is
// signed in must not notice.
func TestAuthorize_postedByAnotherSiteInChromium(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	var client *provider.Client
	arrived := make(chan url.Values, 4)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/cb":
			_ = r.ParseForm()
			arrived <- r.Form
			_, _ = w.Write([]byte(`<!DOCTYPE html><title>back</title><p id="back">back</p>`))
		case "/page":
			request, err := url.Parse(s.AuthorizeURL(client, url.Values{"response_mode": {r.URL.Query().Get("mode")}}))
			if err != nil {
				t.Error(err)
				return
			}
			if err := posting.Execute(w, map[string]any{"Action": s.Issuer() + "/oauth2/authorize", "Request": request.Query()}); err != nil {
				t.Error(err)
			}
		}
	}))
	t.Cleanup(site.Close)
	// The issuer is at 127.0.0.1: localhost is another site.
	home := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
	client, _ = s.Client(web(home+"/cb"), FirstParty)
	ctx := chromium.Start(t, time.Minute)
	post := func(mode string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(home+"/page?mode="+mode), chromedp.Click("#go")); err != nil {
			t.Fatalf("posting: %v", err)
		}
	}
	post("")
	if err := chromedp.Do(ctx, chromedp.WaitVisible("#password"), chromedp.SetValue("#username", "alice@example.com"),
		chromedp.SetValue("#password", Password), chromedp.Click("#submit"), chromedp.WaitVisible("#back")); err != nil {
		t.Fatalf("signing in: %v", err)
	}
	if got := <-arrived; got.Get("code") == "" || got.Get("state") != "s" {
		t.Errorf("the first answer: %v", got)
	}
	for _, mode := range []string{"query", "form_post"} { // again: the session is known, and nothing is asked
		post(mode)
		if err := chromedp.Do(ctx, chromedp.WaitVisible("#back")); err != nil {
			t.Fatalf("%s: who is signed in is asked again: %v", mode, err)
		}
		if got := <-arrived; got.Get("code") == "" || got.Get("iss") != s.Issuer() {
			t.Errorf("%s: %v", mode, got)
		}
	}
}
