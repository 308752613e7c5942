package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// Flows that an earlier version began find the page on which an account is chosen.
func TestAccount_flowsOfEarlierVersionsChooseThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	p := w.at(b.Open(w.AuthorizeURL(w.client, url.Values{"prompt": {"select_account"}})), "/login/account")
	old := w.open(b, "/account?"+p.URL.RawQuery)
	if old.Doc.Find("#account-0").Length() != 1 {
		t.Fatalf("at %s: %q", old.URL, old.Doc.Find("h1").Text())
	}
	form := old.Form("account-0", nil)
	if got := b.Post(w.Issuer()+"/account", form.Data); got.Left == nil || got.Left.Query().Get("code") == "" {
		t.Errorf("the form of earlier versions leads to %s, %v", got.URL, got.Left)
	}
}

// No application is the account pages, and no address of a flow leads anywhere else.
func TestAccount_cannotBeAskedForFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	for _, redirect := range []string{w.Issuer() + "/account", "https://evil.example/"} {
		p := b.Open(w.Issuer() + "/oauth2/authorize?" + url.Values{
			"client_id": {provider.AccountPages}, "response_type": {"code"}, "redirect_uri": {redirect}, "state": {"//evil.example"},
		}.Encode())
		if p.Status != http.StatusBadRequest || p.Left != nil {
			t.Errorf("%d, left to %v", p.Status, p.Left)
		}
	}
	w.Client(testworld.Web("https://rp.example/cb"))
	if problem := provider.CheckClientID(provider.AccountPages); problem == nil {
		t.Error("a client can have the id of the account pages")
	}
	if p := w.open(w.Browser(), "/account//evil.example"); p.Status < 400 || p.Left != nil {
		t.Errorf("%d", p.Status)
	}
}

func TestProfile_isWhatApplicationsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	p := w.open(b, "/account/profile")
	before := p.Doc.Find("#nickname").AttrOr("value", "")
	p = w.told(p.Submit("submit", map[string]string{"name": " Alice  <i>Example</i> ", "given_name": "", "locale": "fr"}), "/account/profile")
	if got := p.Doc.Find("#name").AttrOr("value", ""); got != "Alice <i>Example</i>" {
		t.Errorf("name %q", got)
	}
	if got := p.Doc.Find("#nickname").AttrOr("value", ""); got != before {
		t.Errorf("nickname %q, was %q", got, before)
	}
	user, err := w.Store.Users.ByID(w.In(), w.alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := w.alice.Profile
	want.Name, want.GivenName, want.Locale = "Alice <i>Example</i>", "", "fr"
	if got := user.Profile; got.Name != want.Name || got.GivenName != "" || got.Locale != "fr" || got.Birthdate != want.Birthdate || *got.Address != *want.Address || user.Email != w.alice.Email {
		t.Errorf("%+v", got)
	}
	for name, value := range map[string]string{"name": strings.Repeat("a", 201), "nickname": "a\u202eb"} {
		if p := p.Submit("submit", map[string]string{name: value}); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#problem").Length() != 1 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if p := p.Submit("submit", map[string]string{"locale": "xx-evil"}); p.URL.Path != "/account/profile" || p.Doc.Find("#locale option[selected]").AttrOr("value", "?") != "" {
		t.Error("a language that there is not")
	}
}

// ACT-06: sessions of others are not there.
func TestDevices_areListedAndSignedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.signedIn(alice), w.signedIn(alice)
	bob := w.signedIn(w.User("bob@example.com").Email)
	p := w.open(here, "/account/devices")
	if n := p.Doc.Find("#sessions li").Length(); n != 2 || p.Doc.Find("#sessions .badge").Length() != 1 || p.Doc.Find("button.end").Length() != 1 {
		t.Fatalf("%d sessions: %q", n, p.Doc.Find("#sessions").Text())
	}
	id := p.Doc.Find("#sessions [name=id]").AttrOr("value", "")
	csrf := w.open(bob, "/account/devices").Doc.Find("[name=csrf]").First().AttrOr("value", "")
	w.at(bob.Post(w.Issuer()+"/account/devices", url.Values{"csrf": {csrf}, "id": {id}, "action": {"end"}}), "/account/devices")
	if !w.isSignedIn(there) {
		t.Fatal("Bob ended a session of Alice")
	}
	mine := p.Doc.Find("[name=csrf]").First().AttrOr("value", "")
	p = here.Post(w.Issuer()+"/account/devices", url.Values{"csrf": {mine}, "id": {id}, "action": {"end"}})
	w.told(p, "/account/devices")
	if w.isSignedIn(there) || !w.isSignedIn(here) || !w.isSignedIn(bob) {
		t.Error("not that session ended, or others")
	}
	for _, id := range []string{id, "", "x", "00000000-0000-0000-0000-000000000000"} {
		w.at(here.Post(w.Issuer()+"/account/devices", url.Values{"csrf": {mine}, "id": {id}}), "/account/devices")
	}
}

// The browser in which everything else is ended is not asked for a code the next time.
func TestDevices_thisBrowserStaysKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.Devices.Check = tenant.CheckOn })
	b := w.Browser()
	signIn := func(b *plintotest.Browser) *plintotest.Page {
		return w.open(b, "/account").Submit("submit", plintotest.Alice())
	}
	w.at(w.at(signIn(b), "/login/device").Verify(plintotest.CodeOf(t, w.Mailed(alice, 1))), "/account")
	w.told(w.open(b, "/account/devices").Submit("end-others", nil), "/account/devices")
	w.open(b, "/").Submit("sign-out", nil)
	w.at(signIn(b), "/account")
}

// ACT-07: everything else ends, what applications hold too.
func TestDevices_everythingElseEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.signedIn(alice), w.signedIn(alice)
	offline := w.Tokens(w.client, w.secret, alice, "openid offline_access")
	p := w.open(here, "/account/devices").Submit("end-others", nil)
	if n := w.told(p, "/account/devices").Doc.Find("#sessions li").Length(); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	if w.isSignedIn(there) || !w.isSignedIn(here) {
		t.Error("want to be signed in only here")
	}
	if a := w.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {offline["refresh_token"]}, "client_id": {w.client.ClientID}, "client_secret": {w.secret},
	}); a.StatusCode != http.StatusBadRequest {
		t.Errorf("an offline token of before: %d", a.StatusCode)
	}
	if p := here.Open(w.AuthorizeURL(w.client, nil)); p.Left == nil {
		t.Errorf("the session that is left serves nothing: %s", p.URL)
	}
}

// ACT-14: a session that was left open, or stolen, signs nobody else out.
func TestDevices_areSignedOutByWhoJustProvedWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.signedIn(alice), w.signedIn(alice)
	list := w.open(here, "/account/devices")
	w.later(6 * time.Minute)
	p := w.at(list.Submit("end-others", nil), "/login")
	if !w.isSignedIn(there) {
		t.Fatal("signed out by an old proof")
	}
	// Back on the list, they are told to choose again.
	p = w.told(p.Submit("submit", plintotest.Alice()), "/account/devices")
	w.told(p.Submit("end-others", nil), "/account/devices")
	if w.isSignedIn(there) {
		t.Error("not signed out by who chose it again")
	}
}

func TestApps_areListedAndTakenAwayAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.API("https://api.example.com", "Orders", "orders:read")
	m := testworld.Web("https://third.example/cb")
	m.ClientName, m.Scope = "Third Party", "openid offline_access orders:read"
	third, secret := w.Client(m)
	b := w.signedIn(alice)
	if w.open(b, "/account/apps").Doc.Find("#no-apps").Length() != 1 {
		t.Error("there are apps")
	}
	b.SignIn(w.AuthorizeURL(w.client, nil), alice) // the tenant's own, without a consent
	code := b.SignIn(w.AuthorizeURL(third, url.Values{"scope": {"openid offline_access orders:read"}, "resource": {"https://api.example.com"}, "code_challenge": {testworld.Challenge}, "prompt": {"consent"}}), alice).Get("code")
	tokens := w.Succeeds(w.Redeem(third, secret, code)).JSON
	p := w.open(b, "/account/apps")
	if n := p.Doc.Find("#apps > li").Length(); n != 2 {
		t.Fatalf("%d apps: %q", n, p.Doc.Find("#apps").Text())
	}
	row := p.Doc.Find("#apps > li").First() // granted last
	if text := row.Text(); !strings.Contains(text, "Third Party") || !strings.Contains(text, "third.example") || !strings.Contains(text, "orders:read") || row.Find(".badge").Length() != 1 {
		t.Errorf("%q", text)
	}
	bob := w.signedIn(w.User("bob@example.com").Email)
	form := url.Values{"id": {row.Find("[name=id]").AttrOr("value", "")}, "csrf": {w.open(bob, "/account/apps").Doc.Find("[name=csrf]").First().AttrOr("value", "")}}
	w.at(bob.Post(w.Issuer()+"/account/apps", form), "/account/apps")
	refresh := func() int {
		a := w.Send(http.MethodPost, "/oauth2/token", url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}, "client_id": {third.ClientID}, "client_secret": {secret},
		})
		if a.StatusCode == http.StatusOK {
			tokens = a.JSON
		}
		return a.StatusCode
	}
	if got := refresh(); got != http.StatusOK {
		t.Fatalf("Bob took away the access of Alice's app: %d", got)
	}
	form.Set("csrf", p.Doc.Find("[name=csrf]").First().AttrOr("value", ""))
	p = w.told(b.Post(w.Issuer()+"/account/apps", form), "/account/apps")
	if n := p.Doc.Find("#apps > li").Length(); n != 1 || refresh() != http.StatusBadRequest {
		t.Errorf("%d apps are left, or the app still has access", n)
	}
	if p := b.Open(w.AuthorizeURL(third, url.Values{"scope": {"openid offline_access orders:read"}, "resource": {"https://api.example.com"}, "code_challenge": {testworld.Challenge}})); p.Left != nil || p.URL.Path != "/consent" {
		t.Errorf("the app is not asked about again: %s", p.URL)
	}
}

func TestActivity_isTheUsersOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tries("not hers")
	b := w.signedIn(alice)
	bob := w.User("bob@example.com")
	w.signedIn(bob.Email)
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, bob.ID, [16]byte{}); err != nil {
		t.Fatal(err)
	}
	p := w.open(b, "/account/activity")
	var seen []string
	for _, li := range p.Doc.Find("#activity li").EachIter() {
		seen = append(seen, li.Find(".name").Text())
	}
	if got := strings.Join(seen, "|"); got != "You signed in|A sign-in failed|Your account was created" {
		t.Errorf("%q", got)
	}
	if text := p.Doc.Find("#activity li").First().Text(); !strings.Contains(text, "127.0.0.1") {
		t.Errorf("no address: %q", text)
	}
	if text := p.Doc.Find("#activity li").Last().Text(); !strings.Contains(text, "By an administrator") {
		t.Errorf("who made the account: %q", text)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'audit.read'`); n != 0 {
		t.Errorf("looking at one's own account is recorded %d times", n)
	}
}

func TestActivity_hasPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	p := w.open(b, "/account/profile")
	for i := range 35 {
		p = w.told(p.Submit("submit", map[string]string{"nickname": strings.Repeat("n", i+1)}), "/account/profile")
	}
	total := 0
	for p = w.open(b, "/account/activity"); ; p = w.open(b, p.Doc.Find("#older").AttrOr("href", "")) {
		total += p.Doc.Find("#activity li").Length()
		if p.Doc.Find("#older").Length() == 0 {
			break
		}
	}
	if total != 37 {
		t.Errorf("%d entries, want 37", total)
	}
	for _, before := range []string{"x", "'", "9999-99-99"} {
		w.at(w.open(b, "/account/activity?before="+before), "/account/activity")
	}
	w.later(91 * 24 * time.Hour)
	b = w.signedIn(alice)
	if n := w.open(b, "/account/activity").Doc.Find("#activity li").Length(); n != 0 {
		t.Errorf("%d entries from more than 90 days ago", n)
	}
}

// A form that another site sends changes nothing.
func TestAccount_refusesFormsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	for _, path := range []string{"/account/profile", "/account/password", "/account/security/app", "/account/security/codes", "/account/security/rename", "/account/security/remove", "/account/security/passkey", "/account/devices", "/account/apps", "/account/delete"} {
		for _, csrf := range []string{"", "x", plintotest.Password} {
			if p := b.Post(w.Issuer()+path, url.Values{"csrf": {csrf}, "password": {fresh}}); p.Status != http.StatusForbidden {
				t.Errorf("%s with %q: %d", path, csrf, p.Status)
			}
		}
	}
}
