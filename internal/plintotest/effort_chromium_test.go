package plintotest

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

// In a real browser, with and without scripts: who signs in or recovers from a network that failed often makes an
// effort, and goes on.
func TestEffort_inChromium(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64
			s := Start(t, Options{Host: "localhost", Mail: true, Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
			s.User("alice@example.com")
			rp := newSite(t)
			client, _ := s.Client(rp.metadata(), FirstParty)
			start := s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}, "prompt": {"login"}})
			for i := range 9 { // of ten for a name, of which one comes back in a minute
				if status := s.Tries(start, "alice@example.com", "wrong-password"); status != http.StatusUnauthorized {
					t.Fatalf("try %d: status %d", i, status)
				}
			}
			ctx := chromium.Start(t, 2*time.Minute)
			err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
				return err
			}))
			s.must(err)
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
			password := []chromedp.Action[chromedp.Void]{chromedp.SendKeys("#password", Password), chromedp.Click("#submit")}
			run(chromedp.Navigate(start), chromedp.WaitVisible("#username"), chromedp.SendKeys("#username", "alice@example.com"))
			run(append(password, chromedp.WaitVisible("#effort-password"))...)
			if !scripts {
				run(chromedp.WaitVisible("#effort-wait"))
				later.Store(int64(20 * time.Second))
			}
			began := time.Now()
			run(append(password, chromedp.WaitVisible("#rp"))...)
			t.Logf("signed in after %s", time.Since(began))

			lost := s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}, "prompt": {"login"}, "login_hint": {"alice@example.com"}})
			for range 2 { // of the three mails that an address gets at once
				run(chromedp.Navigate(lost), chromedp.WaitVisible("#forgot"), chromedp.Click("#forgot"), chromedp.WaitVisible("#recover-form"),
					chromedp.Click("#submit"), chromedp.WaitVisible("#code"))
			}
			run(chromedp.Click("#again"))
			if !scripts {
				run(chromedp.WaitVisible("#effort-wait"))
				later.Add(int64(20 * time.Second))
				run(chromedp.Click("#again"))
			}
			run(chromedp.WaitVisible("#sent[role=status]"), chromedp.WaitNotPresent("#effort"))
		})
	}
}
