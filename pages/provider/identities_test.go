package provider_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"plinto/internal/plintotest"
)

// CAC-17: the copy of a session that is over, which serves pages for its minute, connects no account.
func TestAccountIdentities_areNotConnectedByASessionThatIsOver_CAC_17(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	to := b.Open(w.URL+"/account/identities").Submit("provider-idp", nil).Left
	if to == nil {
		t.Fatal("the button leads nowhere")
	}
	home := func() string { return b.Open(w.URL + "/").Doc.Find("#signed-in").Text() }
	if !strings.Contains(home(), "alice@") { // now there is a copy
		t.Fatal("nobody is signed in")
	}
	if _, err := w.Owner.Exec(t.Context(), `UPDATE sessions SET ended_at = now() WHERE tenant_id = $1`, w.Tenant.ID); err != nil {
		t.Fatal(err) // of which nobody tells Redis, as if the copy had been put back
	}
	if !strings.Contains(home(), "alice@") {
		t.Fatal("the copy is not read: this test shows nothing")
	}
	if p := b.Open(w.idp.Approve(to, "alice").String()); code(p) != "federation_state" || len(w.identities("alice@example.com")) != 0 {
		t.Errorf("answered %q, with %d identities", code(p), len(w.identities("alice@example.com")))
	}
}

// ACT-03: an account at a provider can be the way in that stays, and is not taken away where it is the last one, by two tabs at once either. Whoever
// signed in with it takes it away all the same.
func TestAccountIdentities_theLastWayInStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	other, conn := w.provider("other")
	w.link("alice@example.com", "alice")
	w.conn = conn
	first := w.idp
	w.idp = other
	w.link("alice@example.com", "alice")
	w.idp = first
	held := w.identities("alice@example.com")
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	if _, err := w.Owner.Exec(t.Context(), `UPDATE users SET password_hash = NULL WHERE tenant_id = $1`, w.Tenant.ID); err != nil {
		t.Fatal(err)
	}
	// An app is no way in: it can be added and taken away.
	app := b.Open(w.Issuer() + "/account/security/app")
	typed, err := totp.GenerateCode(strings.ReplaceAll(app.Doc.Find("#secret").Text(), " ", ""), time.Now())
	must(t, err)
	app.Submit("submit", map[string]string{"code": typed})
	remove, _ := b.Open(w.Issuer() + "/account/security").Doc.Find("a.remove").First().Attr("href")
	if p := b.Open("https://"+app.URL.Host+remove).Submit("submit", nil); p.Status != http.StatusOK || p.URL.Path != "/account/security" {
		t.Errorf("an app stays: at %s (%d): %s", p.URL, p.Status, text(p))
	}
	page := b.Open(w.Issuer() + "/account/identities")
	var kept atomic.Int32
	var group sync.WaitGroup
	for i := range held { // at once, in two tabs
		group.Go(func() {
			if page.Submit("unlink-"+held[i].PublicID(), nil).Status == http.StatusConflict {
				kept.Add(1)
			}
		})
	}
	group.Wait()
	if n := len(w.identities("alice@example.com")); n != 1 || kept.Load() != 1 {
		t.Errorf("%d identities are left, %d refusals", n, kept.Load())
	}
}

// Whoever signed in with an account at a provider disconnects it: the session ends with it.
func TestAccountIdentities_areDisconnectedByTheirOwnSession(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{})
	v := w.enters(secret, "")
	page := v.Open(w.Issuer() + "/account/identities")
	p := page.Submit("unlink-"+w.identities("alice@example.com")[0].PublicID(), nil)
	if n := len(w.identities("alice@example.com")); n != 0 || p.URL.Path != "/login" {
		t.Errorf("%d identities are left; at %s: %s", n, p.URL, text(p))
	}
}
