package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/federation"
	"plinto/internal/chromium"
	"plinto/internal/plintotest"
)

// In a real browser: an address leads to the provider and back, and going back to the first page works; other people get to the
// password, also through what a password manager fills.
func TestRealm_inChromium(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, required)
	w.User("alice@example.com")
	w.User("bob@other.example")
	ctx := chromium.Start(t, 2*time.Minute)
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
	value := func(script string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	login := w.AuthorizeURL(w.client, nil)
	if err := chromedp.Do(ctx, chromedp.Navigate(login)); err != nil {
		t.Fatal(err)
	}
	run(chromedp.WaitVisible("#username"))
	if got := value(`(p => [getComputedStyle(p).opacity, p.getClientRects().length > 0, p.tabIndex, document.activeElement.id].join())(document.querySelector("input[type=password]"))`); got != "0,true,-1,username" {
		t.Errorf("the hidden password is %s", got)
	}
	// To the password, back, and to the provider.
	run(chromedp.SetValue("#username", "bob@other.example"), chromedp.Click("#submit"), chromedp.WaitVisible("#password"))
	if got := value(`document.getElementById("username").value + " " + location.pathname + " " + document.activeElement.id`); got != "bob@other.example /login/local password" {
		t.Errorf("the second page: %s", got)
	}
	run(chromedp.NavigateBack(), chromedp.WaitVisible("#local"), chromedp.SetValue("#username", "alice@example.com"), chromedp.Click("#submit"), chromedp.WaitVisible("#deny"))
	run(chromedp.Click("#deny"), chromedp.WaitVisible("#back"), chromedp.Click("#back"), chromedp.WaitVisible("#local"))
	// A password is answered with the way to the provider, which leads to the application.
	run(chromedp.Click("#local"), chromedp.WaitVisible("#password"), chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", "whatever"),
		chromedp.Click("#submit"), chromedp.WaitVisible("#realm"), chromedp.Click("#provider-idp"), chromedp.WaitVisible("#as-alice"))
	// Without that: by what a password manager filled in.
	w.edit(func(s *federation.Spec) { s.SSO = federation.SSOOffered })
	run(chromedp.Navigate(login), chromedp.WaitVisible("#username"), chromedp.SetValue("#username", "bob@other.example"),
		chromedp.SetValue("input[type=password]", "wrong"), chromedp.Click("#submit"), chromedp.WaitVisible("#problem"), chromedp.WaitVisible("#password"))
}
