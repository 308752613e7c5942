package plintotest

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/provider"
)

// opening is a page of another site that signs its user in by a pop-up, as libraries
// of single-page applications do; returning is where the pop-up comes back to.
var (
	opening = template.Must(template.New("").Parse(`<!DOCTYPE html><title>App</title><button id="sign-in">Sign in</button><p id="out"></p><script>
document.getElementById("sign-in").onclick = function () { window.open({{.}}, "sign-in", "width=500,height=700"); };
addEventListener("message", function (e) { if (e.origin === location.origin) document.getElementById("out").textContent = e.data; });
</script>`))
	returning = `<!DOCTYPE html><title>back</title><p id="back">back</p><script>
if (window.opener) { window.opener.postMessage(location.search, location.origin); window.close(); }
</script>`
)

// A pop-up that went through our pages still has the window that opened it, on
// another origin, and hands it the answer.
func TestPopUp_comesBackToItsOpenerInChromium(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.User("alice@example.com")
	var client *provider.Client
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/cb" {
			_, _ = w.Write([]byte(returning))
			return
		}
		if err := opening.Execute(w, s.AuthorizeURL(client, nil)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(site.Close)
	home := strings.Replace(site.URL, "127.0.0.1", "localhost", 1) // another site than the issuer's
	client, _ = s.Client(web(home + "/cb"))
	ctx := chromium.Start(t, time.Minute)
	if err := chromedp.Do(ctx, chromedp.Navigate(home+"/")); err != nil {
		t.Fatal(err)
	}
	opened := chromedp.WaitNewTarget(ctx, func(i *target.Info) bool { return strings.HasPrefix(i.URL, s.Issuer()) })
	if err := chromedp.Do(ctx, chromedp.Click("#sign-in")); err != nil {
		t.Fatal(err)
	}
	pop, leave := chromedp.NewContext(ctx, chromedp.WithTargetID(<-opened))
	t.Cleanup(leave)
	err := chromedp.Do(pop, chromedp.WaitVisible("#password"), chromedp.SetValue("#username", "alice@example.com"),
		chromedp.SetValue("#password", Password), chromedp.Click("#submit"), chromedp.WaitVisible("#allow"))
	if err != nil {
		t.Fatalf("signing in: %v", err)
	}
	if kept, err := chromedp.Run(pop, chromedp.Evaluate[bool](`window.opener !== null`)); err != nil || !kept {
		t.Errorf("the consent page lost its opener: %t, %v", kept, err)
	}
	_ = chromedp.Do(pop, chromedp.Click("#allow")) // the window closes while that is answered
	got, err := chromedp.Run(ctx, chromedp.Poll[string](`document.getElementById("out").textContent`, chromedp.WithPollingTimeout(20*time.Second)))
	if err != nil || !strings.Contains(got, "code=") || !strings.Contains(got, "state=s") {
		t.Errorf("the application heard %q, %v", got, err)
	}
}

// A browser without Sec-Fetch-Site, such as WebKit before 16.4, says by Origin where a
// Form comes from: the referrer policy of our pages lets it. What it may not post is
// answered by a page of ours.
func TestForms_ofBrowsersWithoutSecFetchSite(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	for origin, want := range map[string]int{
		s.Issuer(): http.StatusSeeOther, "": http.StatusSeeOther,
		"null": http.StatusForbidden, "https://rp.test": http.StatusForbidden,
	} {
		page := s.Browser().Open(s.AuthorizeURL(client, nil))
		if page.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("the form says %q, so such a browser posts it from the origin null", page.Header.Get("Referrer-Policy"))
		}
		f := page.Form("submit", Alice())
		change := []func(*http.Request){f.Browser.Cookies}
		if origin != "" {
			change = append(change, With("Origin", origin))
		}
		a := s.Send(http.MethodPost, f.Path, f.Data, change...)
		if a.StatusCode != want {
			t.Errorf("Origin %q: %d %.200s", origin, a.StatusCode, a.Text)
		}
		if want == http.StatusForbidden && (!strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || !strings.Contains(a.Text, `id="error-code">forged_form`)) {
			t.Errorf("Origin %q: no page of ours: %s %.200s", origin, a.Header.Get("Content-Type"), a.Text)
		}
	}
}
