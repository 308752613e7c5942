package password_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/mailcatcher"
	"plinto/internal/password"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	fresh = "a fresh password of hers"
)

type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	alice  identity.User
}

func newWorld(t *testing.T, change ...func(*plintotest.Options)) *world {
	t.Helper()
	options := plintotest.Options{Mail: true}
	for _, f := range change {
		f(&options)
	}
	w := &world{t: t, Server: plintotest.Start(t, options)}
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

// signedIn is a browser in which Alice is signed in.
func (w *world) signedIn() *plintotest.Browser {
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), alice)
	return b
}

// isSignedIn reports whether somebody is signed in in a browser.
func (w *world) isSignedIn(b *plintotest.Browser) bool {
	return b.Open(w.Issuer()+"/").Doc.Find("#signed-in").Length() == 1
}

// try signs in with a password in another browser, and returns where that leads.
func (w *world) try(password string) *plintotest.Page {
	return w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", map[string]string{"username": alice, "password": password})
}

// enrols gives Alice an authenticator app, and returns her recovery codes.
func (w *world) enrols() []string {
	w.t.Helper()
	factors, err := mfa.New(w.Root, mfa.Service{Forget: w.Devices().FactorRemoved, Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	secret := mfa.NewSecret()
	code, err := totp.GenerateCode(strings.ReplaceAll(mfa.SecretText(secret), " ", ""), time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	enrolment, err := factors.Confirm(&w.alice, secret, code, "Phone")
	if err != nil {
		w.t.Fatal(err)
	}
	codes, err := factors.Enrol(w.In(), enrolment)
	if err != nil {
		w.t.Fatal(err)
	}
	return codes
}

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
	a := w.Send(http.MethodGet, "/.well-known/change-password", nil)
	if a.StatusCode != http.StatusFound || a.Header.Get("Location") != "/password" {
		t.Fatalf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	other := w.NewTenant("by-path", "", tenant.Settings{})
	if p := w.Browser().Open(other.Issuer + "/.well-known/change-password"); p.URL.Path != "/t/by-path/password" || p.Doc.Find("#current").Length() != 1 {
		t.Errorf("of a tenant at a path: at %s", p.URL)
	}
}

// PWD-12, SES-03.
func TestPassword_isChangedByWhoKnowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.signedIn(), w.signedIn()
	stolen := w.Browser()
	at, err := url.Parse(w.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	stolen.Jar.SetCookies(at, secure(b.Jar.Cookies(at)))
	p := b.Open(w.Issuer() + "/password")
	for name, tt := range map[string]struct {
		current, password string
		status            int
	}{
		"without the present one":   {"", fresh, http.StatusUnauthorized},
		"with a wrong one":          {"not hers", fresh, http.StatusUnauthorized},
		"to nothing":                {plintotest.Password, "", http.StatusUnprocessableEntity},
		"to a short one":            {plintotest.Password, "hxq tavern", http.StatusUnprocessableEntity},
		"to the present one":        {plintotest.Password, plintotest.Password, http.StatusUnprocessableEntity},
		"to one of her own address": {plintotest.Password, "alice@example.com2026", http.StatusUnprocessableEntity},
	} {
		if got := p.Submit("submit", map[string]string{"current": tt.current, "password": tt.password}); got.Status != tt.status || got.Doc.Find("#problem").Length() != 1 {
			t.Errorf("%s: %d %q", name, got.Status, got.Doc.Find("main").Text())
		}
	}
	if !w.isSignedIn(other) {
		t.Fatal("a refused change ended a session")
	}
	if p = p.Submit("submit", map[string]string{"current": plintotest.Password, "password": fresh}); p.Status != http.StatusOK || p.Doc.Find("#password-changed").Length() != 1 {
		t.Fatalf("not changed: %d %q", p.Status, p.Doc.Find("main").Text())
	}
	if !w.isSignedIn(b) || w.isSignedIn(other) {
		t.Errorf("signed in here: %v, elsewhere: %v; want only here", w.isSignedIn(b), w.isSignedIn(other))
	}
	if w.isSignedIn(stolen) {
		t.Error("the token from before the change is still good")
	}
	if w.try(plintotest.Password).Left != nil || w.try(fresh).Left == nil {
		t.Error("the password is not the new one")
	}
	w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "Passwor") }, 1)
}

func TestPassword_isChangedWithoutASessionToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.signedIn()
	b := w.Browser()
	p := b.Open(w.Issuer() + "/password")
	unknown := p.Submit("submit", map[string]string{"username": "nobody@example.com", "current": "not hers", "password": fresh})
	wrong := p.Submit("submit", map[string]string{"username": alice, "current": "not hers", "password": fresh})
	if unknown.Status != http.StatusUnauthorized || wrong.Status != unknown.Status || wrong.Doc.Find("#problem").Text() != unknown.Doc.Find("#problem").Text() {
		t.Errorf("unknown name: %d %q; wrong password: %d %q", unknown.Status, unknown.Doc.Find("#problem").Text(), wrong.Status, wrong.Doc.Find("#problem").Text())
	}
	if p = p.Submit("submit", map[string]string{"username": alice, "current": plintotest.Password, "password": fresh}); p.Doc.Find("#password-changed").Length() != 1 {
		t.Fatalf("not changed: %d %q", p.Status, p.Doc.Find("main").Text())
	}
	if w.isSignedIn(b) || w.isSignedIn(other) || w.try(fresh).Left == nil {
		t.Error("want nobody signed in, and the new password")
	}
}

// PWD-12: the password alone is not enough where there is a second factor.
func TestPassword_takesTheSecondFactorOfWhoHasOne(t *testing.T) {
	t.Parallel()
	for name, signedIn := range map[string]bool{"signed in": true, "not signed in": false} {
		w := newWorld(t)
		b := w.Browser()
		if signedIn {
			b = w.signedIn()
		}
		codes := w.enrols()
		p := b.Open(w.Issuer() + "/password")
		fields := map[string]string{"username": alice, "current": plintotest.Password, "password": fresh}
		if p = p.Submit("submit", fields); p.Status != http.StatusUnauthorized || p.Doc.Find("#code").Length() != 1 {
			t.Errorf("%s, no code: %d", name, p.Status)
		}
		fields["code"] = "000000"
		if p = p.Submit("submit", fields); p.Status != http.StatusUnauthorized || p.Doc.Find("#code").Length() != 1 {
			t.Errorf("%s, a wrong code: %d", name, p.Status)
		}
		if fields["code"] = codes[0]; p.Submit("submit", map[string]string{"username": alice, "current": "not hers", "password": fresh, "code": codes[0]}).Status != http.StatusUnauthorized {
			t.Errorf("%s: changed with a code and a wrong password", name)
		}
		fields["password"] = "hxq tavern" // with a second factor that is long enough
		if p = p.Submit("submit", fields); p.Doc.Find("#password-changed").Length() != 1 {
			t.Errorf("%s, with the code: %d %q", name, p.Status, p.Doc.Find("main").Text())
		}
	}
}

// Of many changes at once, by one password, one is made: the others were proved before it.
func TestPassword_isChangedOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const times = 6
	pages := make([]*plintotest.Page, times)
	for i := range pages {
		pages[i] = w.Browser().Open(w.Issuer() + "/password")
	}
	var done atomic.Int32
	var group sync.WaitGroup
	for i, p := range pages {
		group.Go(func() {
			password := fresh + string(rune('a'+i))
			if p.Submit("submit", map[string]string{"username": alice, "current": plintotest.Password, "password": password}).Doc.Find("#password-changed").Length() == 1 {
				done.Add(1)
			}
		})
	}
	if group.Wait(); done.Load() != 1 {
		t.Errorf("%d of %d changed it", done.Load(), times)
	}
}

func TestPassword_guessesAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.Browser().Open(w.Issuer() + "/password")
	for range 10 {
		p.Submit("submit", map[string]string{"username": alice, "current": "not hers", "password": fresh})
	}
	if got := p.Submit("submit", map[string]string{"username": alice, "current": plintotest.Password, "password": fresh}); got.Status == http.StatusOK {
		t.Error("the right password after ten wrong ones changes it")
	}
	if w.try(fresh).Left != nil {
		t.Error("the password is another one")
	}
}

// PWD-26: an old password does not come back, whoever sets it.
func TestPassword_isNoneOfTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.Password.History = 3 })
	now := plintotest.Password
	change := func(to string) *plintotest.Page {
		p := w.Browser().Open(w.Issuer()+"/password").Submit("submit", map[string]string{"username": alice, "current": now, "password": to})
		if p.Status == http.StatusOK {
			now = to
		}
		return p
	}
	for _, step := range []struct {
		to     string
		status int
	}{
		{fresh, 200}, {plintotest.Password, 422}, {fresh + "er", 200}, {plintotest.Password, 422}, {fresh, 422}, {fresh + "est", 200}, {plintotest.Password, 200},
	} {
		if p := change(step.to); p.Status != step.status || step.status == 422 && !strings.Contains(p.Doc.Find("#problem").Text(), "used this password before") {
			t.Errorf("to %q: %d %q", step.to, p.Status, p.Doc.Find("#problem").Text())
		}
	}
	if err := w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, fresh+"est", uuid.Nil); !errors.Is(err, password.ErrReused) {
		t.Errorf("by an operator: %v", err)
	}
}
