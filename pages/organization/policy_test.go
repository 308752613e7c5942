package organization_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

func (w *world) policy(o organization.Organization, p organization.Policy) {
	w.t.Helper()
	_, err := w.UpdateByID(w.In(), o.ID, func(o *organization.Organization) { o.Policy = p })
	w.must(err)
}

// ORG-10: an organization that requires a second factor has its members add one; the others are not asked.
func TestPolicy_requiresASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _ := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme := w.organization("acme", "member")
	w.organization("globex", "member")
	w.policy(acme, organization.Policy{MFA: tenant.MFARequired})
	b := w.Browser()
	p := b.Open(w.request(c, "")).Submit("submit", plintotest.Alice())
	if p = p.Submit("organization-0", nil); p.Left != nil || !strings.HasSuffix(p.URL.Path, "/login/factor/enrol") {
		t.Fatalf("chose the strict one: on %s, left to %v", p.URL, p.Left)
	}
	if p = b.Open(w.request(c, "acme")); p.Left != nil || !strings.HasSuffix(p.URL.Path, "/login/factor/enrol") {
		t.Errorf("named the strict one: on %s, left to %v", p.URL, p.Left)
	}
	if got := b.Silently(w.request(c, "acme")); got != "login_required" {
		t.Errorf("silently: got %q", got)
	}
	w.code(b.Open(w.request(c, "globex")))
}

// ORG-11: where the organization wants shorter sessions its members sign in again, and nobody else.
func TestPolicy_wantsNewerSessions(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, plintotest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	c, _ := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme, idle := w.organization("acme", "member"), w.organization("idle", "member")
	w.organization("globex", "member")
	w.policy(acme, organization.Policy{SessionTTL: tenant.Duration(10 * time.Minute)})
	w.policy(idle, organization.Policy{SessionIdleTTL: tenant.Duration(10 * time.Minute)})
	b := w.Browser()
	w.code(b.Open(w.request(c, "acme")).Submit("submit", plintotest.Alice()))
	for _, name := range []string{"acme", "idle"} {
		w.code(b.Open(w.request(c, name)))
	}
	later.Store(int64(11 * time.Minute))
	for _, name := range []string{"acme", "idle"} {
		if got := b.Silently(w.request(c, name)); got != "login_required" {
			t.Errorf("%s, silently: got %q", name, got)
		}
		p := b.Open(w.request(c, name))
		if p.Doc == nil || p.Doc.Find("#password").Length() != 1 {
			t.Fatalf("%s: not asked again: on %s, left to %v", name, p.URL, p.Left)
		}
	}
	w.code(b.Open(w.request(c, "globex")))
	w.code(b.Open(w.request(c, "acme")).Submit("submit", plintotest.Alice()))
}

// ORG-12: where the organization takes no passwords, who has just signed in by one makes a passkey.
func TestPolicy_takesOneWayToSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Host: "localhost"})
	c, _ := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme := w.organization("acme", "member")
	w.organization("globex", "member")
	w.policy(acme, organization.Policy{SignInMethods: []string{organization.MethodPasskey}})
	b := w.Browser()
	p := b.Open(w.request(c, "")).Submit("submit", plintotest.Alice()).Submit("organization-0", nil)
	if p.Doc == nil || p.URL.Path != "/login/passkey/required" || p.Doc.Find("#password").Length() != 0 || p.Doc.Find("#use-passkey").Length() != 1 || !strings.Contains(p.Doc.Find("#only").Text(), "ACME") {
		t.Fatalf("on %s, left to %v", p.URL, p.Left)
	}
	again := p.Form("cancel", plintotest.Alice())
	again.Path = "/login"
	again.Data.Set("action", "sign-in")
	if p := b.Post("https://"+p.URL.Host+again.Path, again.Data); p.Left != nil || p.Doc.Find("#only").Length() != 1 {
		t.Errorf("a posted password: on %s, left to %v", p.URL, p.Left)
	}
	if p := p.Submit("cancel", nil); p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: %v", p.Left)
	}
	w.code(b.Open(w.request(c, "globex")))
}

// ORG-13: what was granted under a looser policy ends at the next refresh.
func TestPolicy_holdsAtRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, secret := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme := w.organization("acme", "member")
	w.organization("globex", "member")
	b := w.Browser()
	tokens := w.Redeem(c, secret, w.code(b.Open(w.request(c, "acme")).Submit("submit", plintotest.Alice()))).JSON
	other := w.Redeem(c, secret, w.code(b.Open(w.request(c, "globex")))).JSON
	a := w.refresh(c, secret, tokens)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("before: %d %s", a.StatusCode, a.Text)
	}
	w.policy(acme, organization.Policy{MFA: tenant.MFARequired})
	w.refresh(c, secret, a.JSON).Wants(t, http.StatusBadRequest, "invalid_grant")
	w.policy(acme, organization.Policy{})
	w.refresh(c, secret, a.JSON).Wants(t, http.StatusBadRequest, "invalid_grant")
	if a := w.refresh(c, secret, other); a.StatusCode != http.StatusOK {
		t.Errorf("the other organization: %d %s", a.StatusCode, a.Text)
	}
	var reason string
	w.must(w.owner.QueryRow(t.Context(), `SELECT data->>'reason' FROM audit_log WHERE type = 'grant.revoked'`).Scan(&reason))
	if reason != "organization_policy" {
		t.Errorf("the event says %q", reason)
	}
}

// ORG-17: what was granted ends with the age that the organization gives sessions, and a policy holds for access
// tokens at their next introspection.
func TestPolicy_endsWhatIsOlderThanItsSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, secret := w.client(provider.OrganizationRequired, plintotest.FirstParty)
	acme := w.organization("acme", "member")
	b := w.Browser()
	tokens := w.Redeem(c, secret, w.code(b.Open(w.request(c, "acme")).Submit("submit", plintotest.Alice()))).JSON
	active := func() bool {
		token, _ := tokens["access_token"].(string)
		a := w.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token}}, plintotest.As(c, secret))
		return a.JSON["active"] == true
	}
	if !active() {
		t.Fatal("the token is not active")
	}
	w.policy(acme, organization.Policy{MFA: tenant.MFARequired})
	if active() {
		t.Error("a token without the second factor that is asked for is active")
	}
	w.policy(acme, organization.Policy{SessionTTL: tenant.Duration(time.Hour)})
	if !active() {
		t.Error("a token of a new sign-in is not active")
	}
	_, err := w.owner.Exec(t.Context(), `UPDATE grants SET auth_time = auth_time - interval '2 hours'`)
	w.must(err)
	w.policy(acme, organization.Policy{SessionTTL: tenant.Duration(90 * time.Minute)}) // is announced, and so is read again
	if active() {
		t.Error("a token of an old sign-in is active")
	}
	w.refresh(c, secret, tokens).Wants(t, http.StatusBadRequest, "invalid_grant")
}
