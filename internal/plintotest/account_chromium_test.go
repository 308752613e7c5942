package plintotest

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

// In a real browser: a passkey is added on the page of the account, renamed, and removed; times
// are in the zone of the browser.
func TestAccount_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Host: "localhost"})
	s.User("alice@example.com")
	ctx := chromium.Start(t, 2*time.Minute)
	run := chromium.Steps(ctx, t, 20*time.Second)
	shows := func(selector, want string) {
		t.Helper()
		if text, err := chromedp.Run(ctx, chromedp.Text(selector)); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s shows %q, want %q (%v)", selector, text, want, err)
		}
	}
	authenticator(ctx, t)
	run("sign in", chromedp.Navigate(s.Issuer()+"/account/security"), chromedp.WaitVisible("#password"), chromedp.WaitVisible("#use-passkey"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"),
		chromedp.WaitVisible("#later"), chromedp.Click("#later"), chromedp.WaitVisible("#add-passkey"))
	run("add", chromedp.Click("#add-passkey"), chromedp.WaitVisible("#use-passkey"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#codes"),
		chromedp.Click("#saved"), chromedp.WaitVisible("a.rename"))
	run("rename", chromedp.Click("a.rename"), chromedp.WaitVisible("#rename-form"), chromedp.SetValue("#name", "My laptop"), chromedp.Click("#submit"),
		chromedp.WaitVisible("#notice"))
	shows(".rows", "My laptop")
	if text, err := chromedp.Run(ctx, chromedp.Text(".rows time")); err != nil || strings.Contains(text, "UTC") {
		t.Errorf("the time is not in the zone of the browser: %q, %v", text, err)
	}
	run("devices", chromedp.Click("#section-devices"), chromedp.WaitVisible("#sessions"))
	shows("#sessions", "This device")
	run("remove", chromedp.Click("#section-security"), chromedp.WaitVisible("a.remove"), chromedp.Click("a.remove"), chromedp.WaitVisible("#remove-form"),
		chromedp.Click("#submit"), chromedp.WaitVisible("#notice"))
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.querySelectorAll("a.remove").length`)); err != nil || n != 0 {
		t.Errorf("%d factors are left, %v", n, err)
	}
}
