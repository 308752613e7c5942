package factor_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// silent is the form of the sign-in page in a browser that makes passkeys by itself.
func silent() map[string]string {
	form := plintotest.Alice()
	form["passkeys"] = "1 silent"
	return form
}

// makes is the answer of a browser to the page on which it makes one by itself, with nobody there.
func makes(t *testing.T, k *plintotest.Key, p *plintotest.Page) string {
	t.Helper()
	options, ok := p.Doc.Find("form.passkey-silent").Attr("data-options")
	if !ok {
		t.Fatalf("%s (%d) has the browser make no passkey", p.URL, p.Status)
	}
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	k.Auth.Options.UserHandle = []byte(parsed.UserID)
	return virtualwebauthn.CreateAttestationResponse(k.RP, k.Auth, k.Cred, *parsed)
}

// unattended is an authenticator with nobody before it.
func unattended(t *testing.T) *plintotest.Key {
	t.Helper()
	k := plintotest.NewKey(t)
	k.Auth.Options.UserNotPresent, k.Auth.Options.UserNotVerified = true, true
	return k
}

func (w *world) count(query string) (n int) {
	w.t.Helper()
	if err := w.owner.QueryRow(w.t.Context(), query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

const (
	countPasskeys = `SELECT count(*) FROM passkeys`
	countSilent   = `SELECT count(*) FROM passkeys WHERE silent`
)

func TestSilentPasskey_isMadeAfterAPassword(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	k := unattended(t)
	p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	tab := *p
	p = p.Submit("go-on", map[string]string{"passkey": makes(t, k, p)})
	if c := w.claims(p); !slices.Equal(c.AMR, []string{"pwd"}) {
		t.Errorf("amr %v: nobody was there", c.AMR)
	}
	if n := w.count(countSilent); n != 1 {
		t.Fatalf("%d silent passkeys", n)
	}
	if n := w.count(`SELECT count(*) FROM recovery_codes`); n != 0 {
		t.Errorf("%d recovery codes that nobody was shown", n)
	}
	// The page in another tab does not make a second one.
	tab.Submit("go-on", map[string]string{"passkey": makes(t, unattended(t), &tab)})
	if n := w.count(countPasskeys); n != 1 {
		t.Errorf("%d passkeys", n)
	}
	// It is not asked for beside the password, which goes on to be enough, and no other is made.
	again := w.Browser()
	p = w.at(again.Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	p = w.at(p.Submit("go-on", map[string]string{"passkey": makes(t, unattended(t), p)}), "/login/passkey/new")
	w.claims(p.Submit("later", nil))
	if n := w.count(countPasskeys); n != 1 {
		t.Errorf("%d passkeys after another sign-in", n)
	}
	// It signs in alone, with its user verified.
	k.Auth.Options.UserNotPresent, k.Auth.Options.UserNotVerified = false, false
	if c := w.claims(k.Signs(w.Browser().Open(w.url(nil)))); !slices.Equal(c.AMR, []string{"hwk", "user", "mfa"}) {
		t.Errorf("alone: amr %v", c.AMR)
	}
}

func TestSilentPasskey_leavesTheOfferWhereTheBrowserMakesNone(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	for name, answer := range map[string]func(*plintotest.Page) string{
		"none": func(*plintotest.Page) string { return "" },
		"another origin": func(p *plintotest.Page) string {
			k := unattended(t)
			k.RP.Origin = "https://evil.example"
			return makes(t, k, p)
		},
		"malformed": func(*plintotest.Page) string { return "{" },
	} {
		p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
		p = w.at(p.Submit("go-on", map[string]string{"passkey": answer(p)}), "/login/passkey/new")
		if p.Status != http.StatusOK || p.Doc.Find("#later").Length() != 1 || p.Doc.Find("#problem").Length() != 0 {
			t.Errorf("%s: status %d without an offer", name, p.Status)
		}
		w.claims(p.Submit("later", nil))
	}
	if n := w.count(countPasskeys); n != 0 {
		t.Errorf("%d passkeys", n)
	}
}

// PKY-09: the answer to the silent page, with nobody there, is none to a page that asks a person, and a
// page that asks a person is none to the silent one.
func TestSilentPasskey_countsOnItsPageOnly(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	b := w.Browser()
	p := w.at(b.Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	answer := makes(t, unattended(t), p)
	p = w.at(p.Submit("go-on", nil), "/login/passkey/new")
	if p = w.at(p.Submit("use-passkey", map[string]string{"passkey": answer}), "/login/passkey/new"); p.Status != http.StatusUnauthorized {
		t.Errorf("a silent answer as a person's: %d", p.Status)
	}
	if p = w.at(unattended(t).Makes(p), "/login/passkey/new"); p.Status != http.StatusUnauthorized {
		t.Errorf("nobody present where a person is asked: %d", p.Status)
	}
	// After the page was left, its answers count for nothing.
	b.Post(w.Issuer()+"/login/passkey/new", url.Values{
		"flow": {p.URL.Query().Get("flow")}, "csrf": {p.Doc.Find("[name=csrf]").AttrOr("value", "")}, "action": {"silent"}, "passkey": {answer},
	})
	if n := w.count(countPasskeys); n != 0 {
		t.Errorf("%d passkeys", n)
	}
}

func TestSilentPasskey_isMadeWhereItIsWanted(t *testing.T) {
	t.Parallel()
	for name, mfa := range map[string]tenant.MFA{
		"off": {SilentPasskeys: tenant.SilentOff}, "unoffered": {Passkeys: tenant.PasskeysUnoffered}, "no second factors": {Policy: tenant.MFAOff},
	} {
		w := newPasskeyWorld(t, mfa)
		p := w.Browser().Open(w.url(nil)).Submit("submit", silent())
		if p.Left == nil && p.Doc.Find("form.passkey-silent").Length() != 0 {
			t.Errorf("%s: the browser is to make a passkey", name)
		}
	}
	w := newPasskeyWorld(t, tenant.MFA{})
	b := w.Browser()
	p := w.at(b.Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	w.claims(w.at(p.Submit("go-on", nil), "/login/passkey/new").Submit("later", nil))
	w.claims(b.Open(w.url(url.Values{"prompt": {"login"}})).Submit("submit", silent())) // not after a no
}

// PKY-09: who reads somebody's mail does not stay in by a passkey that nobody sees being made.
func TestSilentPasskey_isNotMadeAfterAReset(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	for _, c := range [][2]string{{"25 hours", "#go-on"}, {"23 hours", "#later"}} { // the mark never goes back
		since, page := c[0], c[1]
		if _, err := w.owner.Exec(t.Context(), `UPDATE users SET not_before = now() - $1::interval`, since); err != nil {
			t.Fatal(err)
		}
		p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
		if p.Doc.Find(page).Length() != 1 {
			t.Errorf("%s after everything ended: no %s", since, page)
		}
	}
}

func TestSilentPasskey_makesRoomForASecondFactor(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	w.claims(p.Submit("go-on", map[string]string{"passkey": makes(t, unattended(t), p)}))
	able := plintotest.Alice()
	able["passkeys"] = "1"
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", able), "/login/passkey/new")
	if strings.Contains(plintotest.PasskeyOptions(t, p), `"excludeCredentials":[{`) {
		t.Error("the browser is told to make none where it made one by itself")
	}
	w.claims(w.at(plintotest.NewKey(t).Makes(p), "/login/factor/codes").Submit("submit", nil))
	if n := w.count(countPasskeys); n != 2 {
		t.Errorf("%d passkeys", n)
	}
	w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
}

func TestSilentPasskey_isMailed(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	w := &world{t: t, owner: storagetest.Owner(t, owner)}
	w.Server = plintotest.Start(t, plintotest.Options{Now: w.now, Host: plintotest.KeyHost, Mail: true, Database: database})
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User("alice@example.com")
	p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", silent()), "/login/passkey/new")
	p.Submit("go-on", map[string]string{"passkey": makes(t, unattended(t), p)})
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == "alice@example.com" && strings.Contains(m.Text, "asskey")
	}, 1)
}

// A browser is remembered beside a passkey as beside a code.
func TestPasskey_remembersTheBrowser(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	k, b := w.hasKey(), w.Browser()
	p := w.at(w.password(b, w.url(nil)), "/login/factor")
	if p.Doc.Find("form.passkey #trust").Length() != 1 {
		t.Fatal("the page of a passkey has no box")
	}
	w.claims(p.Submit("use-passkey", map[string]string{"passkey": k.Answer(p), "trust": "1"}))
	if n := w.count(`SELECT count(*) FROM user_devices WHERE remembered_until > now()`); n != 1 {
		t.Errorf("%d remembered browsers", n)
	}
	w.signOut(b)
	if got := w.claims(w.password(b, w.url(nil))); !slices.Equal(got.AMR, []string{"pwd"}) {
		t.Errorf("amr %v, want pwd alone", got.AMR)
	}
	w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
}
