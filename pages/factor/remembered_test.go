package factor_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/event"
	"plinto/identity/mfa"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// remembers has Alice add an app in one browser, and another one remembered. It returns that,
// signed out.
func (w *world) remembers() (*plintotest.Browser, string) {
	w.t.Helper()
	secret, _ := w.enrols(w.Browser())
	w.later()
	b := w.Browser()
	p := w.at(w.password(b, w.url(nil)), "/login/factor")
	if p.Doc.Find("#trust").Length() != 1 {
		w.t.Fatal("the page offers to remember nothing")
	}
	w.claims(p.Submit("submit", map[string]string{"code": w.code(secret), "trust": "1"}))
	w.signOut(b)
	return b, secret
}

// signOut ends the session of a browser, which keeps its other cookies.
func (w *world) signOut(b *plintotest.Browser) {
	w.t.Helper()
	at, err := url.Parse(w.Issuer())
	if err != nil {
		w.t.Fatal(err)
	}
	if c := b.SessionCookie(); c != nil {
		b.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Path: "/", Secure: true, MaxAge: -1}})
	}
}

// A browser that was remembered is asked for the password alone, and amr says no more, whatever
// tenants require of everybody; others are asked for the factor.
func TestRemembered_isNotAskedForTheFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b, _ := w.remembers()
	got := w.claims(w.password(b, w.url(nil)))
	if !slices.Equal(got.AMR, []string{"pwd"}) || got.ACR != "one" {
		t.Errorf("amr %v, acr %q; want pwd alone", got.AMR, got.ACR)
	}
	if got := b.Silently(w.url(nil)); got != "" {
		t.Errorf("the next request: %q", got)
	}
	w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	all, err := w.Devices().List(w.In(), w.alice.ID)
	if err != nil || len(all) != 2 || all[0].RememberedUntil.IsZero() || !all[1].RememberedUntil.IsZero() {
		t.Errorf("devices %+v, %v; want one that is remembered and one that is known", all, err)
	}
}

// DVC-08: what asks for more than a sign-in as such gets the factor, with a session of a
// remembered browser and without.
func TestRemembered_isNoStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b, _ := w.remembers()
	strict, _ := w.Client(testworld.Web("https://strict.example/cb"), plintotest.FirstParty)
	settings := w.Tenant.Settings
	settings.MFA.RequiredFor = []string{strict.ClientID}
	settings.ACRLevels = append(slices.Clip(settings.ACRLevels), tenant.ACRLevel{ACR: "three", AMR: []string{"pwd", "hwk"}})
	if _, err := w.Registry().Update(w.In(), w.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings = settings; return nil }); err != nil {
		t.Fatal(err)
	}
	demands := map[string]string{
		"acr":                 w.url(url.Values{"acr_values": {"two"}}),
		"an essential acr":    w.url(url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"values":["two"]}}}`}}),
		"an acr of passkeys":  w.url(url.Values{"acr_values": {"three"}}),
		"max_age":             w.url(url.Values{"max_age": {"3600"}}),
		"prompt=login":        w.url(url.Values{"prompt": {"login"}}),
		"a client that wants": w.AuthorizeURL(strict, nil),
	}
	for name, address := range demands {
		w.at(w.password(b, address), "/login/factor")
		if b.SessionCookie() != nil {
			t.Errorf("%s: there is a session", name)
		}
	}
	w.claims(w.password(b, w.url(nil)))
	for name, address := range demands {
		if p := b.Open(address); name == "prompt=login" {
			w.at(p.Submit("submit", plintotest.Alice()), "/login/factor")
		} else {
			w.at(p, "/login/factor")
		}
	}
}

// DVC-09: a browser that is revoked is unknown, and the sessions end in which it stood in for the
// factor.
func TestRemembered_endsWhenItIsRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b, secret := w.remembers()
	w.claims(w.password(b, w.url(nil)))
	other := w.Browser()
	w.later()
	w.claims(w.password(other, w.url(nil)).Submit("submit", map[string]string{"code": w.code(secret)}))
	all, err := w.Devices().List(w.In(), w.alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.RememberedUntil.IsZero() {
			continue
		}
		if err := w.Devices().Revoke(w.In(), event.Actor{Type: "operator"}, &w.alice, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Silently(w.url(nil)); got != "login_required" {
		t.Errorf("its session: %q, want login_required", got)
	}
	if got := other.Silently(w.url(nil)); got != "" {
		t.Errorf("another browser's session: %q", got)
	}
	w.signOut(b)
	w.at(w.password(b, w.url(nil)), "/login/factor")
}

// DVC-09: removing a factor has every browser asked again; so does a setting.
func TestRemembered_endsWithTheFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b, secret := w.remembers()
	service, err := mfa.New(w.Root, mfa.Service{
		Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now, Forget: w.Devices().FactorRemoved,
	})
	if err != nil {
		t.Fatal(err)
	}
	more := mfa.NewSecret()
	e, err := service.Confirm(&w.alice, more, w.code(strings.ReplaceAll(mfa.SecretText(more), " ", "")), "Tablet")
	if err == nil {
		_, err = service.Enrol(w.In(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.claims(w.password(b, w.url(nil)))
	w.signOut(b)
	held, err := service.Held(w.In(), w.alice.ID)
	if err != nil || len(held.TOTP) != 2 {
		t.Fatal(held, err)
	}
	if err := service.Remove(w.In(), event.Actor{Type: "operator"}, &w.alice, held.TOTP[1].ID); err != nil {
		t.Fatal(err)
	}
	p := w.at(w.password(b, w.url(nil)), "/login/factor")
	w.later()
	w.claims(p.Submit("submit", map[string]string{"code": w.code(secret), "trust": "1"}))
	w.signOut(b)
	settings := w.Tenant.Settings
	settings.Devices.Remember = tenant.RememberOff
	if _, err := w.Registry().Update(w.In(), w.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings = settings; return nil }); err != nil {
		t.Fatal(err)
	}
	if p := w.at(w.password(b, w.url(nil)), "/login/factor"); p.Doc.Find("#trust").Length() != 0 {
		t.Error("the page offers to remember the browser where the tenant has that off")
	}
}

// A password that is changed ends what was remembered, in the browser in which it is changed too.
func TestRemembered_endsWithThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b, secret := w.remembers()
	w.claims(w.password(b, w.url(nil)))
	w.later()
	const fresh = "another password of hers"
	// Where the account is changed the factor is asked for, in a browser that is remembered too.
	p := w.at(b.Open(w.Issuer()+"/account/password"), "/login/factor").Submit("submit", map[string]string{"code": w.code(secret)})
	w.at(w.at(p, "/account/password").Submit("submit", map[string]string{"password": fresh}), "/account/security")
	w.signOut(b)
	w.at(b.Open(w.url(nil)).Submit("submit", map[string]string{"username": w.alice.Email, "password": fresh}), "/login/factor")
}
