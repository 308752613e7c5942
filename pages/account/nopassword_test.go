package account_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

const noPassword = "/account/password/remove"

func TestNoPassword_isForWhoHasAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, b := w.signedIn(alice), w.signedIn(alice)
	if w.open(b, "/account/security").Doc.Find("#remove-password").Length() != 0 {
		t.Error("the password can be removed although nothing else is there")
	}
	k := plintotest.NewKey(t)
	k.Makes(w.open(b, "/account/security/passkey"))
	if w.open(b, "/account/security").Doc.Find("#remove-password").Length() != 1 {
		t.Fatal("the password cannot be removed")
	}
	p, tab := w.at(w.open(b, noPassword), noPassword), w.open(b, noPassword)
	w.told(p.Submit("submit", nil), "/account/security")
	w.at(tab.Submit("submit", nil), "/account/security") // posted again, in another tab
	w.at(w.open(b, noPassword), "/account/security")     // and Back
	if w.tries(plintotest.Password) || w.isSignedIn(other) || !w.isSignedIn(b) {
		t.Error("the password still signs in, another browser stays signed in, or this one does not")
	}
	removes := links(w.open(b, "/account/security"), "remove")
	if got := w.open(b, removes[0]).Submit("submit", nil); got.Status != http.StatusConflict {
		t.Errorf("the last way in is removed: %d", got.Status)
	}
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "Passwort wurde entfernt") && strings.Contains(m.Text, "/not-me")
	}, 1)
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'password.removed'`); n != 1 {
		t.Errorf("%d events", n)
	}
	w.at(w.open(b, "/account/activity"), "/account/activity")
	in := w.Browser()
	w.at(k.Signs(w.open(in, "/account")), "/account")
	w.told(w.open(in, "/account/password").Submit("submit", map[string]string{"password": fresh}), "/account/security")
	if w.count(`SELECT count(*) FROM users WHERE password_hash IS NOT NULL`) != 1 {
		t.Error("no password can be set again")
	}
}

// ACT-13: what is left signs the user in by itself, and as the tenant wants it.
func TestNoPassword_leavesAWayIn(t *testing.T) {
	t.Parallel()
	policy := func(p string) func(*plintotest.Options) {
		return func(o *plintotest.Options) { o.Settings.Password.Removable = p }
	}
	byMail := func(o *plintotest.Options) { o.Settings.EmailSignIn = tenant.EmailSignInOn }
	off := func(o *plintotest.Options) { o.Settings.MFA.Passkeys = tenant.PasskeysOff }
	type keys struct{ good, weak int } // that verify their user, and that do not
	for name, tt := range map[string]struct {
		change  []func(*plintotest.Options)
		keys    keys
		allowed bool
	}{
		"nothing":                       {nil, keys{}, false},
		"a second step only":            {nil, keys{weak: 1}, false},
		"a passkey":                     {nil, keys{good: 1}, true},
		"passwords stay":                {[]func(*plintotest.Options){policy(tenant.RemovableOff)}, keys{good: 2}, false},
		"two ways, one passkey":         {[]func(*plintotest.Options){policy(tenant.RemovableTwoWays)}, keys{good: 1, weak: 1}, false},
		"two ways, two passkeys":        {[]func(*plintotest.Options){policy(tenant.RemovableTwoWays)}, keys{good: 2}, true},
		"two ways, a passkey and mails": {[]func(*plintotest.Options){policy(tenant.RemovableTwoWays), byMail}, keys{good: 1}, true},
		"two ways, mails alone":         {[]func(*plintotest.Options){policy(tenant.RemovableTwoWays), byMail}, keys{}, false},
		"no passkeys any more":          {[]func(*plintotest.Options){off}, keys{good: 1}, false},
	} {
		w := newWorld(t, tt.change...)
		b := w.signedIn(alice)
		for _, verified := range []struct {
			is bool
			n  int
		}{{true, tt.keys.good}, {false, tt.keys.weak}} {
			for range verified.n {
				w.hasKey(verified.is)
			}
		}
		if _, err := w.owner.Exec(t.Context(), `UPDATE sessions SET amr = '{pwd,hwk,user,mfa}'`); err != nil {
			t.Fatal(err)
		}
		offered := w.open(b, "/account/security").Doc.Find("#remove-password").Length() == 1
		p := b.Post(w.Issuer()+noPassword, map[string][]string{"csrf": {w.open(b, "/account/devices").Doc.Find("[name=csrf]").First().AttrOr("value", "")}})
		gone := w.count(`SELECT count(*) FROM users WHERE password_hash IS NULL`) == 1
		if offered != tt.allowed || gone != tt.allowed || !tt.allowed && p.Status != http.StatusConflict {
			t.Errorf("%s: offered %v, removed %v, status %d at %s; want %v", name, offered, gone, p.Status, p.URL, tt.allowed)
		}
	}
}

// hasKey stores a passkey of Alice's.
func (w *world) hasKey(verified bool) {
	w.t.Helper()
	_, err := w.owner.Exec(w.t.Context(), `
		INSERT INTO passkeys (tenant_id, id, user_id, credential_id, public_key, aaguid, sign_count, transports, backup_eligible, backed_up, user_verified, name)
		SELECT $1, gen_random_uuid(), $2, uuid_send(gen_random_uuid()), '\x00', gen_random_uuid(), 0, '{}', false, false, $3, 'Key'`, w.Tenant.ID, w.alice.ID, verified)
	if err != nil {
		w.t.Fatal(err)
	}
}

// A key that does not verify its user becomes a way in of its own once it does.
func TestNoPassword_knowsWhatAKeyDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, k := w.signedIn(alice), plintotest.NewKey(t)
	k.Auth.Options.UserNotVerified = true
	k.Makes(w.open(b, "/account/security/passkey"))
	if got := w.open(b, noPassword); got.Status != http.StatusConflict {
		t.Errorf("a key that signs in nobody alone is taken: %d", got.Status)
	}
	k.Auth.Options.UserNotVerified = false
	in := w.Browser()
	w.at(k.Signs(w.open(in, "/account")), "/account")
	if got := w.open(in, noPassword); got.Status != http.StatusOK {
		t.Errorf("once it has verified its user: %d", got.Status)
	}
}

// ACT-13: of a passkey and the password that are removed at once, one stays.
func TestNoPassword_isRemovedAsTheLastPasskeyIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	plintotest.NewKey(t).Makes(w.open(b, "/account/security/passkey"))
	forms := []*plintotest.Page{w.open(b, noPassword), w.open(b, links(w.open(b, "/account/security"), "remove")[0])}
	var group sync.WaitGroup
	for _, p := range forms {
		group.Go(func() { p.Submit("submit", nil) })
	}
	group.Wait()
	if n := w.count(`SELECT (SELECT count(*) FROM passkeys) + (SELECT count(*) FROM users WHERE password_hash IS NOT NULL)`); n != 1 {
		t.Errorf("%d ways in are left", n)
	}
}

// A recovery says that there is no password, and makes none that nobody asked for.
func TestNoPassword_recoveryLeadsToOtherWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, k := w.signedIn(alice), plintotest.NewKey(t)
	k.Makes(w.open(b, "/account/security/passkey"))
	w.told(w.open(b, noPassword).Submit("submit", nil), "/account/security")

	lost := w.Browser()
	link, _ := w.open(lost, "/account").Doc.Find("#forgot").Attr("href")
	p := lost.Open("https://"+plintotest.KeyHost+link).Submit("submit", map[string]string{"username": alice})
	mailed := plintotest.CodeOf(t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && plintotest.HasCode(m) }, 1))
	p = w.at(p.Submit("submit", map[string]string{"code": mailed}), "/recover/password")
	if p.Doc.Find("#no-password").Length() != 1 {
		t.Error("the page does not say that there is no password")
	}
	back, _ := p.Doc.Find("#back-to-sign-in").Attr("href")
	w.at(k.Signs(lost.Open("https://"+plintotest.KeyHost+back)), "/account")
	if n := w.count(`SELECT count(*) FROM users WHERE password_hash IS NOT NULL`); n != 0 {
		t.Error("there is a password that nobody set")
	}
	if got := p.Submit("submit", map[string]string{"password": fresh}); got.Left != nil || got.URL.Path == "/account" {
		t.Errorf("a password without the second factor: %s", got.URL)
	}
}
