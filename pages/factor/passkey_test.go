package factor_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// newPasskeyWorld is a world at a host that can have passkeys.
func newPasskeyWorld(t *testing.T, mfa tenant.MFA) *world {
	t.Helper()
	w := &world{t: t}
	database, owner := storagetest.URL(t)
	w.owner = storagetest.Owner(t, owner)
	w.Server = plintotest.Start(t, plintotest.Options{Now: w.now, Host: plintotest.KeyHost, Settings: tenant.Settings{MFA: mfa}, Database: database})
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User("alice@example.com")
	return w
}

// hasKey gives Alice a passkey where one is required.
func (w *world) hasKey() *plintotest.Key {
	w.t.Helper()
	k := plintotest.NewKey(w.t)
	p := w.at(k.Makes(w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")), "/login/factor/codes")
	if p.Doc.Find("#codes li").Length() != 10 {
		w.t.Fatal("no recovery codes with the first passkey")
	}
	w.claims(p.Submit("submit", nil))
	return k
}

func TestPasskey_isAddedWhereAFactorIsRequiredAndAskedForFromThenOn(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	if p.Doc.Find("#code").Length() != 0 || p.Doc.Find("#use-recovery").Length() != 1 {
		t.Error("a code is asked for of who has no app")
	}
	if accepted := p.Doc.Find("form.passkey").AttrOr("data-accepted", ""); !strings.Contains(accepted, base64.RawURLEncoding.EncodeToString(k.Cred.ID)) {
		t.Errorf("the browser is told of %q", accepted)
	}
	if c := w.claims(k.Signs(p)); !slices.Equal(c.AMR, []string{"pwd", "hwk", "user", "mfa"}) {
		t.Errorf("amr %v", c.AMR)
	}
}

func TestPasskey_signsInAlone(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	p := w.Browser().Open(w.url(nil))
	if got := p.Doc.Find("#username").AttrOr("autocomplete", ""); got != "username webauthn" {
		t.Errorf("autocomplete %q", got)
	}
	if c := w.claims(k.Signs(p)); !slices.Equal(c.AMR, []string{"hwk", "user", "mfa"}) {
		t.Errorf("amr %v", c.AMR)
	}
	synced := plintotest.NewKey(t)
	synced.Auth.Options.BackupEligible, synced.Auth.Options.BackupState = true, true
	w.alice = w.User("bob@example.com")
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password}), "/login/factor/enrol")
	w.claims(w.at(synced.Makes(p), "/login/factor/codes").Submit("submit", nil))
	if c := w.claims(synced.Signs(w.Browser().Open(w.url(nil)))); !slices.Equal(c.AMR, []string{"swk", "user", "mfa"}) {
		t.Errorf("of a synced one: amr %v", c.AMR)
	}
}

// PKY-01..03: what is not an answer to this page, by a passkey of this tenant, signs nobody in.
func TestPasskey_answersToSomethingElseCountForNothing(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	elsewhere := w.Browser().Open(w.url(nil))
	for name, c := range map[string]struct {
		change func(*plintotest.Key)
		answer func(k *plintotest.Key, p *plintotest.Page) string
		status int
	}{
		"another origin":     {change: func(k *plintotest.Key) { k.RP.Origin = "https://example.com.evil.example" }},
		"another port":       {change: func(k *plintotest.Key) { k.RP.Origin = "https://example.com:8443" }},
		"another RP ID":      {change: func(k *plintotest.Key) { k.RP.ID = "evil.example" }},
		"nobody present":     {change: func(k *plintotest.Key) { k.Auth.Options.UserNotPresent = true }},
		"user not verified":  {change: func(k *plintotest.Key) { k.Auth.Options.UserNotVerified = true }},
		"another user":       {change: func(k *plintotest.Key) { k.Auth.Options.UserHandle = make([]byte, 16) }},
		"another key":        {change: func(k *plintotest.Key) { k.Cred.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2).Key }},
		"unknown credential": {change: func(k *plintotest.Key) { k.Cred.ID = []byte("0123456789abcdef") }},
		"backup without eligibility": {change: func(k *plintotest.Key) {
			k.Auth.Options.BackupState = true
		}},
		"the page of another browser": {answer: func(k *plintotest.Key, _ *plintotest.Page) string { return k.Answer(elsewhere) }},
		"malformed":                   {answer: func(*plintotest.Key, *plintotest.Page) string { return `{"id":"x","response":[]}` }},
		"no JSON":                     {answer: func(*plintotest.Key, *plintotest.Page) string { return strings.Repeat("{", 2000) }},
		"tampered": {answer: func(k *plintotest.Key, p *plintotest.Page) string {
			return strings.Replace(k.Answer(p), `"signature":"`, `"signature":"AAAA`, 1)
		}},
	} {
		other := *k
		if c.change != nil {
			c.change(&other)
		}
		b := w.Browser()
		p := b.Open(w.url(nil))
		answer := ""
		if c.answer != nil {
			answer = c.answer(&other, p)
		} else {
			answer = other.Answer(p)
		}
		p = w.at(p.Submit("use-passkey", map[string]string{"passkey": answer}), "/login/passkey")
		if p.Status != http.StatusUnauthorized || p.Doc.Find("#problem").Length() != 1 || b.SessionCookie() != nil {
			t.Errorf("%s: status %d", name, p.Status)
		}
		if told := p.Doc.Find("form.passkey").AttrOr("data-unknown", ""); (told != "") != (name == "unknown credential") {
			t.Errorf("%s: the browser is told %q", name, told)
		}
		w.claims(k.Signs(p)) // and the page works on
	}
}

func TestPasskey_answersComeInTime(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	p := w.Browser().Open(w.url(nil))
	answer := k.Answer(p)
	w.ahead.Add(int64(11 * time.Minute))
	p = w.at(p.Submit("use-passkey", map[string]string{"passkey": answer}), "/login/passkey")
	if p.Status != http.StatusBadRequest || p.Doc.Find("#problem").Length() != 1 {
		t.Errorf("late: %d", p.Status)
	}
	w.claims(k.Signs(p))
}

// PKY-04: an answer counts once, also at the same time.
func TestPasskey_anAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	b := w.Browser()
	p := b.Open(w.url(nil))
	answer, saved := k.Answer(p), b.Client.Jar
	var in atomic.Int32
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if p.Submit("use-passkey", map[string]string{"passkey": answer}).Left != nil {
				in.Add(1)
			}
		})
	}
	if group.Wait(); in.Load() != 1 {
		t.Errorf("%d sign-ins with one answer", in.Load())
	}
	b.Client.Jar = saved
	if p = p.Submit("use-passkey", map[string]string{"passkey": answer}); p.Left != nil && p.Left.Query().Get("code") != "" && in.Load() != 1 {
		t.Error("an answer signed in again")
	}
}

// PKY-05: the second factor is a passkey of who gave the password.
func TestPasskey_ofAnotherUserIsNoSecondFactor(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	alices := w.hasKey()
	w.User("bob@example.com")
	bobs := plintotest.NewKey(t)
	bob := map[string]string{"username": "bob@example.com", "password": plintotest.Password}
	p := w.at(w.Browser().Open(w.url(nil)).Submit("submit", bob), "/login/factor/enrol")
	w.claims(w.at(bobs.Makes(p), "/login/factor/codes").Submit("submit", nil))
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", bob), "/login/factor")
	p = w.at(alices.Signs(p), "/login/factor/passkey")
	if p.Status != http.StatusUnauthorized || p.Doc.Find("form.passkey").AttrOr("data-unknown", "") != "" {
		t.Errorf("Alice's passkey for Bob: %d", p.Status)
	}
	// An answer to the sign-in page is none to this one, and the reverse.
	login := w.Browser().Open(w.url(nil))
	if p = w.at(p.Submit("use-passkey", map[string]string{"passkey": bobs.Answer(login)}), "/login/factor/passkey"); p.Status != http.StatusUnauthorized {
		t.Errorf("an answer to another page: %d", p.Status)
	}
	bobs.Auth.Options.UserNotVerified = true // beside a password the possession is enough
	w.claims(bobs.Signs(p))
}

func TestPasskey_countsForNothingAfterTheUserIsDisabled(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	p := w.Browser().Open(w.url(nil))
	w.Disable(w.alice)
	if p = w.at(k.Signs(p), "/login/passkey"); p.Status != http.StatusUnauthorized {
		t.Errorf("status %d", p.Status)
	}
}

// PKY-06: a counter that falls keeps nobody out, and is told.
func TestPasskey_aCounterThatFallsIsTold(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	k := w.hasKey()
	fell := func() (n int) {
		if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'passkey.counter_fell'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	k.Cred.Counter = 10
	w.claims(k.Signs(w.Browser().Open(w.url(nil))))
	if fell() != 0 {
		t.Error("a counter that rises was told")
	}
	k.Cred.Counter = 3
	w.claims(k.Signs(w.Browser().Open(w.url(nil))))
	w.claims(k.Signs(w.Browser().Open(w.url(nil))))
	if n := fell(); n != 2 {
		t.Errorf("told %d times, want 2: the highest counter stays", n)
	}
}

// PKY-07: who has a second factor adds another by a page of sign-in only after using it.
func TestPasskey_isAddedOnceByWhoHasThePasswordOnly(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	theirs := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
	w.hasKey()
	if p := plintotest.NewKey(t).Makes(theirs); p.Left != nil || p.URL.Path != "/login/factor" {
		t.Errorf("another passkey was added: at %s, left to %v", p.URL, p.Left)
	}
}

// The same passkey is not added twice, nor is one for another host.
func TestPasskey_isMadeForThisPage(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
	for name, change := range map[string]func(*plintotest.Key){
		"another origin": func(k *plintotest.Key) { k.RP.Origin = "https://evil.example" },
		"another RP ID":  func(k *plintotest.Key) { k.RP.ID = "evil.example" },
		"nobody present": func(k *plintotest.Key) { k.Auth.Options.UserNotPresent = true },
	} {
		k := plintotest.NewKey(t)
		change(k)
		if p = w.at(k.Makes(p), "/login/factor/enrol/passkey"); p.Status != http.StatusUnauthorized || p.Doc.Find("#problem").Length() != 1 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	k := plintotest.NewKey(t)
	w.claims(w.at(k.Makes(p), "/login/factor/codes").Submit("submit", nil))
	w.User("bob@example.com")
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password}), "/login/factor/enrol")
	if p = w.at(k.Makes(p), "/login/factor/enrol/passkey"); p.Status != http.StatusConflict {
		t.Errorf("a passkey of another user: %d", p.Status)
	}
}

func TestPasskey_isOfferedAfterAPassword(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, tenant.MFA{})
	able := plintotest.Alice()
	able["passkeys"] = "1"
	b := w.Browser()
	w.claims(w.password(b, w.url(nil))) // the browser cannot make one
	again := w.url(url.Values{"prompt": {"login"}})
	p := w.at(b.Open(again).Submit("submit", able), "/login/passkey/new")
	w.claims(p.Submit("later", nil))
	w.claims(b.Open(again).Submit("submit", able)) // not again for a while
	w.claims(b.Open(w.url(nil)))
	k := plintotest.NewKey(t)
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", able), "/login/passkey/new")
	tab := *p
	p = w.at(k.Makes(p), "/login/factor/codes")
	if c := w.claims(p.Submit("submit", nil)); !slices.Equal(c.AMR, []string{"pwd", "hwk", "user", "mfa"}) {
		t.Errorf("amr %v", c.AMR)
	}
	plintotest.NewKey(t).Makes(&tab)
	var passkeys int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM passkeys`).Scan(&passkeys); err != nil || passkeys != 1 {
		t.Errorf("%d passkeys (%v), want that of the first tab", passkeys, err)
	}
	w.claims(k.Signs(w.Browser().Open(w.url(nil))))
}

// Whatever address of a step is opened or posted to out of order leads to where the flow is.
func TestPasskey_pagesComeInOrder(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	w.hasKey()
	for _, at := range []string{"/login", "/login/factor"} {
		b := w.Browser()
		p := b.Open(w.url(nil))
		if at != "/login" {
			p = p.Submit("submit", plintotest.Alice())
		}
		w.at(p, at)
		flow, csrf := p.URL.Query().Get("flow"), p.Doc.Find("[name=csrf]").AttrOr("value", "")
		for _, path := range []string{"/login/passkey/new", "/login/factor/passkey", "/login/factor/enrol/passkey"} {
			if got := b.Open(w.Issuer() + path + "?flow=" + flow); got.Left != nil || got.URL.Path != at {
				t.Errorf("at %s, GET %s leads to %s", at, path, got.URL)
			}
			got := b.Post(w.Issuer()+path, url.Values{"flow": {flow}, "csrf": {csrf}, "passkey": {"{}"}, "action": {"later"}})
			if ok := got.Left == nil && (got.URL.Path == at || got.URL.Path == path && got.Status == http.StatusUnauthorized); !ok {
				t.Errorf("at %s, POST %s leads to %s", at, path, got.URL)
			}
		}
	}
}

// PWD-40: whoever finds a browser in the middle of a sign-in adds no passkey and no app of theirs, once the password was proved more than
// five minutes ago. Its user shows it again, on the same way.
func TestEnrol_takesAProofOfJustNow(t *testing.T) {
	t.Parallel()
	long := func(w *world) { w.ahead.Add(int64(provider.EnrolWithin + time.Minute)) }
	able := plintotest.Alice()
	able["passkeys"] = "1"
	w := newPasskeyWorld(t, tenant.MFA{})
	b := w.Browser()
	p := w.at(b.Open(w.url(nil)).Submit("submit", able), "/login/passkey/new")
	long(w)
	w.claims(plintotest.NewKey(t).Makes(p))
	var passkeys int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM passkeys`).Scan(&passkeys); err != nil || passkeys != 0 {
		t.Errorf("%d passkeys are made where one was only offered, %v", passkeys, err)
	}
	w = newWorld(t, tenant.MFA{Policy: tenant.MFARequired})
	b = w.Browser()
	p = w.at(w.password(b, w.url(nil)), "/login/factor/enrol")
	address, secret := p.URL.String(), w.secretOf(p)
	long(w)
	w.at(p.Submit("submit", map[string]string{"code": w.code(secret), "name": "Phone"}), "/login")
	again := w.at(w.at(b.Open(address), "/login").Submit("submit", plintotest.Alice()), "/login/factor/enrol")
	fresh := w.secretOf(again)
	if fresh == secret {
		t.Error("the secret is the one that was shown before")
	}
	w.at(again.Submit("submit", map[string]string{"code": w.code(fresh), "name": "Phone"}), "/login/factor/codes")
}
