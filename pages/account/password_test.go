package account_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/mailcatcher"
	"plinto/internal/password"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// secure are cookies as a jar takes them from the server.
func secure(all []*http.Cookie) []*http.Cookie {
	for _, c := range all {
		c.Path, c.Secure = "/", true
	}
	return all
}

func TestWellKnown_leadsToThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/.well-known/change-password", "/password"} {
		a := w.Send(http.MethodGet, path, nil)
		if a.StatusCode != http.StatusFound || a.Header.Get("Location") != "/account/password" {
			t.Errorf("%s: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	other := w.NewTenant("by-path", "", tenant.Settings{})
	w.UserIn(other, alice)
	p := w.at(w.Browser().Open(other.Issuer+"/.well-known/change-password"), "/t/by-path/login")
	w.at(p.Submit("submit", plintotest.Alice()), "/t/by-path/account/password")
}

func TestWellKnown_namesThePagesForPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Send(http.MethodGet, "/.well-known/passkey-endpoints", nil)
	if a.StatusCode != http.StatusOK || a.JSON["enroll"] != w.Issuer()+"/account/security/passkey" || a.JSON["manage"] != w.Issuer()+"/account/security" {
		t.Errorf("%d %v", a.StatusCode, a.JSON)
	}
	without := newWorld(t, func(o *plintotest.Options) { o.Settings.MFA.Passkeys = tenant.PasskeysOff })
	if a := without.Send(http.MethodGet, "/.well-known/passkey-endpoints", nil); a.StatusCode != http.StatusOK || len(a.JSON) != 0 {
		t.Errorf("without passkeys: %d %v", a.StatusCode, a.JSON)
	}
}

func TestWellKnown_namesTheHostsOfPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) {
		o.Host, o.Settings.MFA.PasskeyHosts = plintotest.KeyHost, []string{"app.example", "other.example:8443"}
	})
	a := w.Send(http.MethodGet, "/.well-known/webauthn", nil)
	want := []any{w.Issuer(), "https://app.example", "https://other.example:8443"}
	if a.StatusCode != http.StatusOK || !reflect.DeepEqual(a.JSON["origins"], want) || len(a.JSON) != 1 ||
		a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("%d %v %v", a.StatusCode, a.JSON, a.Header)
	}
	other := w.NewTenant("by-path", "", tenant.Settings{MFA: tenant.MFA{PasskeyHosts: []string{"path.example"}}})
	if a := w.Send(http.MethodGet, strings.TrimPrefix(other.Issuer, w.Issuer())+"/.well-known/webauthn", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("of a tenant without a host: %d %v", a.StatusCode, a.JSON)
	}
	without := newWorld(t)
	if a := without.Send(http.MethodGet, "/.well-known/webauthn", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("without other hosts: %d %v", a.StatusCode, a.JSON)
	}
}

// PWD-12, SES-03.
func TestPassword_isChangedByWhoJustSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.signedIn(alice), w.signedIn(alice)
	stolen := w.Browser()
	at, err := url.Parse(w.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	stolen.Jar.SetCookies(at, secure(b.Jar.Cookies(at)))
	p := w.open(b, "/account/password")
	for name, typed := range map[string]string{
		"nothing": "", "a short one": "hxq tavern", "the present one": plintotest.Password, "one of her own address": "alice@example.com2026",
	} {
		if got := p.Submit("submit", map[string]string{"password": typed}); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#problem").Length() != 1 {
			t.Errorf("to %s: %d %q", name, got.Status, got.Doc.Find("main").Text())
		}
	}
	if !w.isSignedIn(other) {
		t.Fatal("a refused change ended a session")
	}
	w.told(p.Submit("submit", map[string]string{"password": fresh}), "/account/security")
	if !w.isSignedIn(b) || w.isSignedIn(other) {
		t.Errorf("signed in here: %v, elsewhere: %v; want only here", w.isSignedIn(b), w.isSignedIn(other))
	}
	if w.isSignedIn(stolen) {
		t.Error("the token from before the change is still good")
	}
	if w.tries(plintotest.Password) || !w.tries(fresh) {
		t.Error("the password is not the new one")
	}
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "Passwor")
	}, 1)
}

// With a second factor a shorter one is long enough.
func TestPassword_isShorterBesideASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	set := func() *plintotest.Page {
		return w.open(b, "/account/password").Submit("submit", map[string]string{"password": "hxq tavern"})
	}
	w.at(set(), "/account/password")
	w.addsApp(b)
	w.told(set(), "/account/security")
}

// Of many changes at once one is made: the others were proved before it.
func TestPassword_isChangedOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pages := make([]*plintotest.Page, 6)
	for i := range pages {
		pages[i] = w.open(w.signedIn(alice), "/account/password")
	}
	var done atomic.Int32
	var group sync.WaitGroup
	for i, p := range pages {
		group.Go(func() {
			if p.Submit("submit", map[string]string{"password": fresh + string(rune('a'+i))}).URL.Path == "/account/security" {
				done.Add(1)
			}
		})
	}
	if group.Wait(); done.Load() != 1 {
		t.Errorf("%d of %d changed it", done.Load(), len(pages))
	}
}

// PWD-26: an old password does not come back, whoever sets it.
func TestPassword_isNoneOfTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.Password.History = 3 })
	b := w.signedIn(alice)
	for _, step := range []struct {
		to   string
		done bool
	}{
		{fresh, true}, {plintotest.Password, false}, {fresh + "er", true}, {plintotest.Password, false}, {fresh, false}, {fresh + "est", true}, {plintotest.Password, true},
	} {
		p := w.open(b, "/account/password").Submit("submit", map[string]string{"password": step.to})
		if done := p.URL.Path == "/account/security"; done != step.done || !done && !strings.Contains(p.Doc.Find("#problem").Text(), "used this password before") {
			t.Errorf("to %q: %d %q", step.to, p.Status, p.Doc.Find("#problem").Text())
		}
	}
	if err := w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, fresh+"est", uuid.Nil); !errors.Is(err, password.ErrReused) {
		t.Errorf("by an operator: %v", err)
	}
}
