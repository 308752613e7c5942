package plintotest

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/tenant"
)

// A form that was refused is the answer to a POST. Back to it from the app is a page of ours, not the browser's question
// whether to send the form again; and reload sends nothing again.
func TestBack_toAFormThatWasRefusedIsAPageInChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	s.User("alice@example.com")
	rp := newSite(t)
	client, _ := s.Client(rp.metadata(), FirstParty)
	type act = chromedp.Action[chromedp.Void]
	for name, c := range map[string]struct {
		with    url.Values
		way     []act  // to the form
		field   string // of the form
		refused []act
		left    []act // how the user gets to the app
	}{
		"a wrong password": {
			nil, nil, "#password",
			[]act{chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", "wrong"), chromedp.Click("#submit")},
			[]act{chromedp.SetValue("#password", Password), chromedp.Click("#submit")},
		},
		"a wrong code": {
			url.Values{"prompt": {"create"}},
			[]act{chromedp.WaitVisible("#email"), chromedp.SetValue("#email", "new@example.com"), chromedp.Click("#submit")},
			"#code",
			[]act{chromedp.SetValue("#code", "0000 0000"), chromedp.Click("#submit")},
			[]act{chromedp.Click("#cancel")},
		},
	} {
		ctx := chromium.Start(t, time.Minute)
		do := func(what string, steps ...act) {
			t.Helper()
			if err := chromedp.Do(ctx, steps...); err != nil {
				t.Fatalf("%s: %s: %v", name, what, err)
			}
		}
		do("open", chromedp.Navigate(s.AuthorizeURL(client, c.with)))
		do("come to the form", append(c.way, chromedp.WaitVisible(c.field))...)
		do("be refused", append(c.refused, chromedp.WaitVisible("#problem"))...)
		do("reload", chromedp.Reload(), chromedp.WaitVisible(c.field))
		if there(ctx, t, "#problem") {
			t.Errorf("%s: reload sent the form again", name)
		}
		do("be refused again", append(c.refused, chromedp.WaitVisible("#problem"))...)
		do("come to the app", append(c.left, chromedp.WaitVisible("#rp"))...)
		do("go back", chromedp.NavigateBack(), chromedp.WaitVisible("#gone"))
		if at, err := chromedp.Run(ctx, chromedp.Location()); err != nil || !strings.HasPrefix(at, s.Issuer()) || !strings.Contains(at, "?flow=") {
			t.Errorf("%s: Back led to %s, %v", name, at, err)
		}
	}
}

// there reports whether the page has such an element.
func there(ctx context.Context, t *testing.T, selector string) bool {
	t.Helper()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("`+selector+`") !== null`))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
