package plintotest

import (
	"context"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/federation"
	"plinto/internal/chromium"
	"plinto/internal/secret"
	"plinto/tenant"
)

// A second Plinto is the identity provider, in a real browser: signing in there signs in here; signing out there signs out here, by
// back-channel logout; and signing out here signs out there, and leads back to the application.
func TestFederation_betweenTwoServersInChromium(t *testing.T) {
	t.Parallel()
	here, there := Start(t), Start(t)
	acme := here.NewTenant("acme", "", tenant.Settings{}) // below a path: both servers are at the same host, which shares cookies
	in := tenant.With(context.Background(), acme)
	rp := newSite(t)
	client, _ := here.ClientIn(acme, rp.metadata(), FirstParty)
	of := &federation.Connection{Slug: "plinto"}
	m := web(federation.RedirectURI(acme, of))
	m.PostLogoutRedirectURIs, m.BackchannelLogoutURI = []string{federation.PostLogoutURI(acme, of)}, federation.BackchannelLogoutURI(acme, of)
	upstream, upstreamSecret := there.Client(m, FirstParty)
	there.User("carol@example.com")
	s := here.Store
	connections := &federation.Service{
		Connections: s.Connections, Writes: s.Connections, Vault: federation.NewVault(here.Root), CheckURL: func(string) error { return nil },
		Outbox: s.Outbox, Tx: s.DB, Now: time.Now, Endings: s.Endings(),
	}
	_, err := connections.Create(in, "plinto", federation.Spec{
		Name: "Another Plinto", Issuer: there.Issuer(), ClientID: upstream.ClientID, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain, RPLogout: true,
	}, secret.NewString(upstreamSecret))
	if err != nil {
		t.Fatal(err)
	}
	authorize := acme.Issuer + "/oauth2/authorize?" + url.Values{
		"client_id": {client.ClientID}, "redirect_uri": {rp.URL + "/cb"}, "response_type": {"code"}, "scope": {"openid"},
	}.Encode()

	ctx := chromium.Start(t, 2*time.Minute)
	do := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			at, _ := chromedp.Run(ctx, chromedp.Location())
			t.Fatalf("%s, at %s: %v", what, at, err)
		}
	}
	// shows waits until an element is there, on a page below an address: what is asked while the browser goes on has no answer.
	shows := func(element, address string) {
		t.Helper()
		is := chromedp.Evaluate[bool](`location.href.startsWith(` + quoted(address) + `) && document.querySelector(` + quoted(element) + `) !== null`)
		Eventually(t, element+" of "+address, func() bool {
			there, err := chromedp.Run(ctx, is)
			return err == nil && there
		})
	}
	signIn := func() {
		t.Helper()
		do("beginning", chromedp.Navigate(authorize), chromedp.WaitVisible("#provider-plinto"), chromedp.Click("#provider-plinto"))
		shows("#password", there.Issuer()+"/login")
		do("signing in there", chromedp.SetValue("#username", "carol@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"))
		shows("#rp", rp.URL+"/cb?code=")
	}
	open := func() (n int) {
		t.Helper()
		if err := here.OwnerOf(acme).QueryRow(in, `SELECT count(*) FROM sessions WHERE tenant_id = $1 AND ended_at IS NULL`, acme.ID.String()).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	signIn()
	do("signing out there", chromedp.Navigate(there.Issuer()+"/oauth2/logout"), chromedp.WaitVisible("#logout-yes"), chromedp.Click("#logout-yes"))
	shows("#logged-out", there.Issuer())
	Eventually(t, "the end of the session here", func() bool { return open() == 0 })
	do("asking silently", chromedp.Navigate(authorize+"&prompt=none"))
	shows("#rp", rp.URL+"/cb?error=login_required")

	signIn()
	out := acme.Issuer + "/oauth2/logout?" + url.Values{"client_id": {client.ClientID}, "post_logout_redirect_uri": {rp.URL + "/bye"}, "state": {"x"}}.Encode()
	do("signing out here", chromedp.Navigate(out), chromedp.WaitVisible("#logout-yes"), chromedp.Click("#logout-yes"))
	shows("#logout-yes", there.Issuer()+"/logout")
	do("signing out there too", chromedp.Click("#logout-yes"))
	shows("#rp", rp.URL+"/bye?state=x")
	if n := open(); n != 0 {
		t.Errorf("%d sessions go on here", n)
	}
	var left int
	if err := there.Owner.QueryRow(in, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d sessions go on there (%v)", left, err)
	}
}

// quoted is a text as JavaScript has it.
func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
