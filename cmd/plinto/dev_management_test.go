package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

// managedSeed is ownSeed with a client of south that may call the management API, and a user who may.
func managedSeed() string {
	return strings.NewReplacer(
		"scope: openid profile offline_access\n", "scope: openid profile offline_access users:read users:write\n        first_party: true\n        resources: [\"http://SOUTH/admin/v1\"]\n",
		`{username: sam, password: "a passphrase of sam!"}`, `{username: sam, password: "a passphrase of sam!", roles: [helper]}`,
		"    host: SOUTH\n", "    host: SOUTH\n    roles: [{key: helper, permissions: [\"users:read\", \"users:write\"]}]\n",
	).Replace(ownSeed)
}

// The page of the playground calls the management API of another origin with a user's token: it lists
// users, creates one, and shows what was refused.
func TestDev_playgroundCallsTheManagementAPIInChromium(t *testing.T) {
	t.Parallel()
	d := startOwn(t, managedSeed())
	page := d.visit().open(d.base + playgroundPath)
	address := d.base + attribute(page, "#clients a", "href")
	ctx := chromium.Start(t, 2*time.Minute)
	answer := func(does, want string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", does, err)
		}
		soon(t, does, func() bool {
			got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("management-answer").textContent`))
			return err == nil && strings.Contains(got, want)
		})
	}
	if err := chromedp.Do(ctx,
		chromedp.Navigate(address), chromedp.Click("#api"), chromedp.Click("#start"),
		chromedp.WaitVisible("#username"), chromedp.SendKeys("#username", "sam"), chromedp.SendKeys("#password", "a passphrase of sam!"), chromedp.Click("#submit"),
		chromedp.WaitVisible("#management-list"),
	); err != nil {
		t.Fatal(err)
	}
	origins, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.origin + " " + new URL(document.getElementById("management").dataset.api).origin`))
	if own, api, _ := strings.Cut(origins, " "); err != nil || own == api || !strings.HasPrefix(api, "http://south.localhost:") {
		t.Errorf("the origins are %q, %v: want two", origins, err)
	}
	answer("users are listed", `"username": "sam"`, chromedp.Click("#management-list"))
	answer("a user is created", `"email": "new@example.com"`, chromedp.Click("#management-make"))
	answer("the problem is shown", `"code": "email_taken"`, chromedp.Click("#management-make"))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("management-answer").textContent`))
	if err != nil || !strings.Contains(got, "409 application/problem+json") || !strings.Contains(got, "request_id") {
		t.Errorf("the answer is %q, %v", got, err)
	}
}
