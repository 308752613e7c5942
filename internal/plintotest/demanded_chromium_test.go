package plintotest

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/organization"
)

// In a real browser: who has no passkey makes one where the organization takes nothing else, and signs in
// with it. A browser without passkeys says so.
func TestDemandedPasskey_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Host: "localhost"})
	user := s.User("alice@example.com")
	orgs := &organization.Service{
		Organizations: s.Store.Organizations, Writes: s.Store.Organizations, Outbox: s.Store.Outbox, Tx: s.Store.DB,
		Roles: &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB},
	}
	acme, err := orgs.Create(s.In(), organization.Organization{Slug: "acme", Name: "Acme"})
	s.must(err)
	s.must(orgs.SetMember(s.In(), acme.ID, organization.Member{UserID: user.ID, Roles: []string{"member"}}))
	_, err = orgs.UpdateByID(s.In(), acme.ID, func(o *organization.Organization) { o.Policy.SignInMethods = []string{organization.MethodPasskey} })
	s.must(err)
	rp := newSite(t)
	client, secret := s.Client(rp.metadata(), FirstParty)
	start := s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}, "prompt": {"login"}, "organization": {"acme"}})
	password := []chromedp.Action[chromedp.Void]{
		chromedp.Navigate(start), chromedp.WaitVisible("#password"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"),
	}
	run := func(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		soon, cancel := context.WithTimeout(ctx, 60*time.Second)
		defer cancel()
		if err := chromedp.Do(soon, steps...); err != nil {
			at, _ := chromedp.Run(ctx, chromedp.Location())
			text, _ := chromedp.Run(ctx, chromedp.Text("body"))
			t.Fatalf("%v, at %s: %s", err, at, text)
		}
	}
	old := chromium.Start(t, 2*time.Minute)
	s.must(chromedp.Do(old, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `delete window.PublicKeyCredential`})
		return err
	})))
	run(old, append(password, chromedp.WaitVisible("#no-passkeys"), chromedp.WaitVisible("#use-another"))...)
	ctx := chromium.Start(t, 2*time.Minute)
	authenticator(ctx, t)
	run(ctx, append(password, chromedp.WaitVisible("#only"), chromedp.WaitVisible(`[data-ceremony=create] #use-passkey`), chromedp.Click("#use-passkey"),
		chromedp.WaitVisible(`[data-ceremony=get] #use-passkey`), chromedp.Click("#use-passkey"),
		chromedp.WaitVisible("#codes"), chromedp.Click("#submit"), chromedp.WaitVisible("#rp"))...)
	at, err := chromedp.Run(ctx, chromedp.Location())
	s.must(err)
	u, err := url.Parse(at)
	s.must(err)
	token, _ := s.Succeeds(s.Redeem(client, secret, u.Query().Get("code"))).JSON["id_token"].(string)
	if got := strings.Join(methods(t, token), " "); got != "hwk user mfa" {
		t.Errorf("amr %s", got)
	}
}
