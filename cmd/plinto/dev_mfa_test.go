package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

const mia = "mia@example.com"

// The README's way, in a browser with the virtual authenticator of its developer tools: sign in, step up
// with an authenticator app whose codes /dev/authenticator shows, make a passkey, sign in with it.
func TestDev_showsSecondStepsInChromium(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	ctx := chromium.Start(t, 4*time.Minute)
	run := chromium.Steps(ctx, t, 60*time.Second)
	shows := func(selector string, want ...string) {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Text(selector))
		for _, w := range want {
			if err != nil || !strings.Contains(text, w) {
				t.Fatalf("%s shows %q, %v: want %q", selector, text, err, w)
			}
		}
	}
	try := func(value string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(`button[name="try"][value="` + value + `"]`)
	}

	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lasts as long as ctx
		t.Fatal(err)
	}
	run("sign in", chromedp.Navigate(d.base+playgroundPath), chromedp.Click("#start"),
		chromedp.WaitVisible("#password"), chromedp.SetValue("#username", demoUser), chromedp.SetValue("#password", demoPassword), chromedp.Click("#submit"),
		chromedp.WaitVisible("#allow"), chromedp.Click("#allow"), chromedp.WaitVisible("#outcome"))
	shows("#outcome", "You signed in with a password", "urn:plinto:demo:password")

	run("step up", try(tryACR+"urn:plinto:demo:two-factors"), chromedp.WaitReady("#secret"))
	key, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("secret").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	code := d.visit().open(d.base+authenticatorPath).click("submit", map[string]string{"key": key}).Find("#code").Text()
	run("add the app", chromedp.SetValue("#code", code), chromedp.Click("#submit"), chromedp.WaitVisible("#codes"), chromedp.Click("#submit"), chromedp.WaitVisible("#outcome"))
	shows("#outcome", "a password and a code", "urn:plinto:demo:two-factors", "Plinto would have refused less")
	run("the codes of the seed", chromedp.Navigate(d.base+authenticatorPath), chromedp.WaitVisible("#apps"))
	shows("#apps", demoUser, mia, "Demo phone")

	run("make a passkey", withAuthenticator(), chromedp.Navigate(d.base+"/account/security/passkey"), chromedp.WaitVisible("#use-passkey"),
		chromedp.Click("#use-passkey"), chromedp.WaitVisible("#add-passkey"))
	run("sign in with it", chromedp.Navigate(d.base+playgroundPath), try("login passkey"), chromedp.WaitVisible("#use-passkey"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#outcome"))
	shows("#outcome", "You signed in with a passkey", "urn:plinto:demo:passkey", "hwk: a passkey that cannot leave its device")
}

// withAuthenticator gives the browser the virtual authenticator that its developer tools have.
func withAuthenticator() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		return err
	})
}

// Without JavaScript: Mia signs in with the code of the seed, the code is shown as used then, and an answer
// that is loaded again says what to do.
func TestDev_showsTheCodesOfTheSeed(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	page := v.open(d.base+playgroundPath).click("start", nil).click("submit", map[string]string{"username": mia, "password": demoPassword})
	shown := v.open(d.base + authenticatorPath)
	code := shown.Find("#apps li").FilterFunction(hasText(mia)).Find("code").Text()
	if link := attribute(shown, "#again", "href"); link != authenticatorPath || len(code) != len("123 456") {
		t.Fatalf("the code is %q, the next one at %q", code, link)
	}
	if page = page.click("submit", map[string]string{"code": code}); page.Find("#allow").Length() == 1 {
		page = page.click("allow", nil)
	}
	if got := page.Find("#outcome").Text(); !strings.Contains(got, "You signed in with a password and a code") {
		t.Errorf("the outcome is %q at %s", got, page.at)
	}
	if left := v.open(d.base + authenticatorPath).Find("#apps li").FilterFunction(hasText(mia)); left.Find("code").Text() == code && left.Find("strong").Length() != 1 {
		t.Errorf("a used code is shown as %q", left.Text())
	}
	if again := v.open(d.base + playgroundPath + "/callback?state=x"); !strings.Contains(again.Find("#problem").Text(), "Start a new one below") {
		t.Errorf("an answer that nobody waits for: %d %q", again.status, again.Find("#problem").Text())
	}
}

// What the users of other tenants hold is theirs, whatever they are called.
func TestDev_showsNoCodesOfTenantsThatAreNotTheSeeds(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	const other = `tenants:
  - slug: other
    name: Somebody else
    users:
      - {email: mia@example.com, password: "a passphrase of this mia", totp: [{name: Theirs, secret: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ}]}
`
	d.terminal().ok("apply", "-f", writeFile(t, filepath.Join(t.TempDir(), "other.yaml"), other))
	v := d.visit()
	eventually(t, "the tenant answers", func() bool { return d.issuerAt(v, d.base+"/t/other") != "" })
	page := v.open(d.base + authenticatorPath)
	if got := page.Find("#apps").Text(); page.status != http.StatusOK || !strings.Contains(got, "Demo phone") || strings.Contains(got, "Theirs") {
		t.Errorf("%d: shown are %q", page.status, got)
	}
}

// hasText selects elements with a text in them.
func hasText(text string) func(int, *goquery.Selection) bool {
	return func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), text) }
}
