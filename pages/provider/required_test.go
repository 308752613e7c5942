package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/organization"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// guarded is a world in which Alice has to sign in with the provider, and has a role, so that she says herself that an account there is
// hers.
func guarded(t *testing.T, settings tenant.Settings) *world {
	t.Helper()
	w := newWorld(t, plintotest.Options{Settings: settings})
	alice := w.User("alice@example.com")
	acme := w.customer("acme", organization.Member{UserID: alice.ID, Roles: []string{"member"}})
	w.verifies(acme.ID, "example.com", true)
	w.edit(func(s *federation.Spec) { required(s); s.Organization = acme.ID })
	return w
}

// shows has a browser show the account at the provider, and returns the page that asks who signs in with it.
func (w *world) shows(b *plintotest.Browser) *plintotest.Page {
	w.t.Helper()
	to := identifies(b.Open(w.AuthorizeURL(w.client, nil)), "alice@example.com").Left
	p := b.Open(w.idp.Approve(to, "alice").String())
	if p.Doc == nil || p.Doc.Find("#connecting").Length() != 1 {
		w.t.Fatalf("shown, on %s (%d), left to %v: %s", p.URL, p.Status, p.Left, text(p))
	}
	return p
}

// asksToConnect fails the test unless the page asks whether the account is Alice's and she is not signed in meanwhile.
func (w *world) asksToConnect(b *plintotest.Browser, p *plintotest.Page) *plintotest.Page {
	w.t.Helper()
	if p.Doc == nil || p.Doc.Find("#connect").Length() != 1 {
		w.t.Fatalf("left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
	var sessions int
	must(w.t, w.Owner.QueryRow(w.t.Context(), `SELECT count(*) FROM sessions WHERE tenant_id = $1 AND ended_at IS NULL`, w.Tenant.ID.String()).Scan(&sessions))
	if sessions != 0 || b.SessionCookie() != nil || b.Silently(w.AuthorizeURL(w.client, nil)) != "login_required" {
		w.t.Errorf("there are %d sessions before she says that the account is hers", sessions)
	}
	return p
}

// FED-41: whoever has shown an account of the provider that they have to sign in with has no session before it is theirs: not on the page
// that asks, and not by declining. Then they are led to the provider again, and can go on.
func TestRealm_whoDeclinesToConnectIsNotSignedIn(t *testing.T) {
	t.Parallel()
	w := guarded(t, tenant.Settings{})
	b := w.Browser()
	p := w.asksToConnect(b, w.shows(b).Submit("submit", plintotest.Alice()))
	declined := p.Submit("skip", nil)
	if !leadsToProvider(declined) || b.SessionCookie() != nil || len(w.identities("alice@example.com")) != 0 {
		t.Fatalf("declined: left to %v, on %s (%d): %s", declined.Left, declined.URL, declined.Status, text(declined))
	}
	if again := p.Submit("submit", nil); signedIn(again) || b.SessionCookie() != nil {
		t.Errorf("the page before, posted after she declined: left to %v", again.Left)
	}
	// It is no dead end: the page leads to the provider, and who says yes is signed in, by it.
	to := declined.Submit("provider-idp", nil).Left
	p = b.Open(w.idp.Approve(to, "alice").String())
	if p = w.asksToConnect(b, p.Submit("submit", plintotest.Alice())).Submit("submit", nil); !signedIn(p) {
		t.Fatalf("connected: left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
	var amr string
	var of uuid.UUID
	must(t, w.Owner.QueryRow(t.Context(), `SELECT array_to_string(amr, ' '), identity_id FROM sessions WHERE tenant_id = $1 AND ended_at IS NULL`, w.Tenant.ID.String()).Scan(&amr, &of))
	if held := w.identities("alice@example.com"); amr != "pwd fed" || len(held) != 1 || held[0].ID != of {
		t.Errorf("the session is of %q and %s; held are %+v", amr, of, held)
	}
	must(t, w.service().Disable(w.In(), w.conn.ID))
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "login_required" {
		t.Errorf("the provider is disabled, and single sign-on says %q", got)
	}
}

// FED-41: so it is where a second factor is proved here, too.
func TestRealm_connectsWithASecondFactor(t *testing.T) {
	t.Parallel()
	w := guarded(t, tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}})
	b := w.Browser()
	p := w.shows(b).Submit("submit", plintotest.Alice())
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	typed, err := totp.GenerateCode(secret, time.Now())
	must(t, err)
	p = w.asksToConnect(b, p.Submit("submit", map[string]string{"code": typed, "name": "Phone"}))
	if p = p.Submit("submit", nil); p.Doc == nil || p.Doc.Find("#codes").Length() != 1 {
		t.Fatalf("connected: left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
	if p = p.Submit("submit", nil); !signedIn(p) {
		t.Errorf("left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "" {
		t.Errorf("single sign-on says %q", got)
	}
}

// What is held in the flow counts for nothing once everything of the user was ended, the connection was changed, or the answer of the
// provider is too old.
func TestRealm_whatIsHeldUntilItIsConnectedEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, alice uuid.UUID){
		"signed out everywhere": func(w *world, alice uuid.UUID) {
			must(w.t, w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, alice, uuid.Nil))
		},
		"changed": func(w *world, _ uuid.UUID) { w.edit(func(s *federation.Spec) { s.Name = "Other" }) },
		"too old": func(w *world, _ uuid.UUID) { w.ahead.Add(int64(federation.RoundLife + time.Minute)) },
	} {
		w := guarded(t, tenant.Settings{})
		held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
		must(t, err)
		b := w.Browser()
		p := w.asksToConnect(b, w.shows(b).Submit("submit", plintotest.Alice()))
		end(w, held.User.ID)
		if p = p.Submit("submit", nil); signedIn(p) || b.SessionCookie() != nil || len(w.identities("alice@example.com")) != 0 {
			t.Errorf("%s: left to %v, on %s (%d): %s", name, p.Left, p.URL, p.Status, text(p))
		}
	}
}

// FED-42: a passkey is no way around the provider, on whichever page, and with nothing typed.
func TestRealm_requiredTakesNoPasskey(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Host: plintotest.KeyHost, Database: database, Settings: tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}}}, trusting)
	w.User("alice@example.com")
	key := plintotest.NewKey(t)
	if p := key.Makes(w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice())); p.Doc == nil || p.Doc.Find("#codes").Length() != 1 {
		t.Fatalf("no passkey is made: on %s (%d), left to %v: %s", p.URL, p.Status, p.Left, text(p))
	}
	asks := map[string]func(b *plintotest.Browser) *plintotest.Page{
		"nothing typed": func(b *plintotest.Browser) *plintotest.Page { return key.Signs(b.Open(w.AuthorizeURL(w.client, nil))) },
		"beside the password": func(b *plintotest.Browser) *plintotest.Page {
			return key.Signs(w.local(b, url.Values{"login_hint": {"alice@example.com"}}))
		},
	}
	w.edit(required)
	for name, ask := range asks {
		b := w.Browser()
		if p := ask(b); !leadsToProvider(p) || b.SessionCookie() != nil {
			t.Errorf("%s: left to %v, on %s (%d): %s", name, p.Left, p.URL, p.Status, text(p))
		}
	}
	w.edit(func(s *federation.Spec) { s.SSOExempt = []string{"alice@example.com"} })
	for name, ask := range asks {
		if p := ask(w.Browser()); !signedIn(p) {
			t.Errorf("exempt, %s: left to %v, on %s (%d): %s", name, p.Left, p.URL, p.Status, text(p))
		}
	}
}

// FED-43: a browser that is remembered stands in for a second factor, and not for the provider. A session that was begun before it was
// required goes on, and is not renewed by anything else.
func TestRealm_requiredIsAskedOfRememberedBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}}}, capturing)
	alice := w.User("alice@example.com")
	b := w.Browser()
	p := w.password(b, "alice@example.com", plintotest.Password)
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	code := func() map[string]string {
		w.ahead.Add(int64(31 * time.Second)) // a code counts once
		typed, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(w.ahead.Load())))
		must(t, err)
		return map[string]string{"code": typed, "name": "Phone", "trust": "1"}
	}
	if p = p.Submit("submit", code()).Submit("submit", nil); !signedIn(p) {
		t.Fatalf("no app is added: on %s (%d): %s", p.URL, p.Status, text(p))
	}
	b = w.Browser()
	if p = w.password(b, "alice@example.com", plintotest.Password).Submit("submit", code()); !signedIn(p) {
		t.Fatalf("with the app: on %s (%d): %s", p.URL, p.Status, text(p))
	}
	silently := func() string { return b.Silently(w.AuthorizeURL(w.client, nil)) }
	w.edit(required)
	if got := silently(); got != "" {
		t.Errorf("what was begun before it was required says %q", got)
	}
	again := w.local(b, url.Values{"prompt": {"login"}}).Submit("submit", plintotest.Alice())
	if !leadsToProvider(again) {
		t.Errorf("renewed: left to %v, on %s (%d): %s", again.Left, again.URL, again.Status, text(again))
	}
	w.named(alice.ID, "alice", "username") // which leads nowhere, so that the password is looked at
	session := b.SessionCookie()
	b.Jar.SetCookies(again.URL, []*http.Cookie{{Name: session.Name, Path: "/", Secure: true, MaxAge: -1}})
	if p := w.password(b, "alice", plintotest.Password); p.Status != http.StatusUnauthorized || b.SessionCookie() != nil {
		t.Errorf("remembered: left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
	b.Jar.SetCookies(again.URL, []*http.Cookie{{Name: session.Name, Value: session.Value, Path: "/", Secure: true}})
	if got := silently(); got != "" {
		t.Errorf("the session of before says %q", got)
	}
	must(t, w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, alice.ID, uuid.Nil))
	if got := silently(); got != "login_required" {
		t.Errorf("signed out, single sign-on says %q", got)
	}
	if p := w.password(b, "alice@example.com", plintotest.Password); !leadsToProvider(p) || silently() != "login_required" {
		t.Errorf("by address: left to %v, on %s (%d): %s", p.Left, p.URL, p.Status, text(p))
	}
}

// The gate is asked once in a sign-in.
func TestRealm_requiredCostsOneStatement(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: tracer}, required, func(s *federation.Spec) { s.SSOExempt = []string{"alice@example.com"} })
	w.User("alice@example.com")
	p := w.local(w.Browser(), nil)
	sent, _ := tracer.During(func() {
		if p := p.Submit("submit", plintotest.Alice()); !signedIn(p) {
			t.Errorf("on %s (%d): %s", p.URL, p.Status, text(p))
		}
	})
	asked := 0
	for _, sql := range sent {
		if strings.Contains(sql, "WITH held AS MATERIALIZED (SELECT canonical FROM user_identifiers") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
