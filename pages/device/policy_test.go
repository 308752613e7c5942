package device_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// The address of who never verified it is verified by the code.
func TestDevice_theCodeVerifiesTheAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unverified, err := w.Directory().Update(w.In(), event.Actor{Type: "operator"}, w.alice.ID, func(u *identity.User) { u.EmailVerified = false })
	if err != nil || unverified.EmailVerified {
		t.Fatal(unverified, err)
	}
	w.knows(w.Browser(), 1)
	if u, err := w.Store.Users.ByID(w.In(), w.alice.ID); err != nil || !u.EmailVerified {
		t.Errorf("verified %v, %v", u.EmailVerified, err)
	}
}

// Whom no mail reaches is told so, or let in where the tenant says so.
func TestDevice_whomNoMailReachesGoesByThePolicy(t *testing.T) {
	t.Parallel()
	for _, mail := range []bool{true, false} {
		for policy, in := range map[string]bool{"": false, tenant.UnreachableRefuse: false, tenant.UnreachableAllow: true} {
			w := newWorld(t, func(o *plintotest.Options) { o.Mail, o.Settings.Devices.Unreachable = mail, policy })
			name := alice
			if mail {
				name = w.Make(identity.User{Username: "carol"}).Username
			}
			p := w.Browser().Open(w.url()).Submit("submit", map[string]string{"username": name, "password": plintotest.Password})
			if in != signedIn(p) || !in && w.at(p, page).Doc.Find("#unreachable").Length() != 1 {
				t.Errorf("mail %v, policy %q: at %s, left to %v", mail, policy, p.URL, p.Left)
			}
		}
	}
}

// Browsers that signed users in before there were rows go on being known, until all that the user
// has is ended.
func TestDevice_browsersFromBeforeAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	w.knows(b, 1)
	w.signOut(b)
	w.sql(`DELETE FROM user_devices`)
	w.at(w.password(b), page) // its row is gone, and the user is a new one
	w.sql(`UPDATE users SET known_by_cookie = true`)
	if p := w.password(b); !signedIn(p) {
		t.Fatalf("the browser from before is at %s", p.URL)
	}
	w.sql(`DELETE FROM user_devices`)
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	w.signOut(b)
	w.at(w.password(b), page)
}

// Who has to add a factor shows first that they read the mail: a stolen password would add one of
// the thief's.
func TestDevice_comesBeforeAFactorIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.MFA.Policy = tenant.MFARequired })
	b := w.Browser()
	p := w.at(w.password(b), page)
	flow := p.URL.Query().Get("flow")
	w.at(b.Open(w.Issuer()+"/login/factor/enrol?flow="+flow), page)
	older, code := b.FlowCookies(), w.code(1)
	w.at(p.Verify(code), "/login/factor/enrol")
	if b.SessionCookie() != nil {
		t.Error("there is a session before the factor")
	}
	b.GoBack(older)
	if q := w.at(b.Open(w.Issuer()+page+"?flow="+flow).Verify(code), page); q.Status != http.StatusUnauthorized {
		t.Errorf("the code again: %d", q.Status)
	}
}

// A user with a second factor is asked for that, and for no code.
func TestDevice_isNotAskedOfWhoHasAFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sql(`INSERT INTO totp_factors (tenant_id, id, user_id, name, secret, last_step) SELECT tenant_id, gen_random_uuid(), id, '', '', 0 FROM users`)
	w.at(w.password(w.Browser()), "/login/factor")
	settings := w.Tenant.Settings
	settings.MFA.Policy = tenant.MFAOff
	if _, err := w.Registry().Update(w.In(), w.Tenant.Slug, func(t *tenant.Tenant) error { t.Settings = settings; return nil }); err != nil {
		t.Fatal(err)
	}
	w.at(w.password(w.Browser()), page) // where nobody is asked for the factor
}

// The shipped default is that codes are asked for, and that nobody is let in whom none can be.
func TestDevices_defaults(t *testing.T) {
	t.Parallel()
	var d tenant.Devices
	if !d.Checks() || !d.Refuses() || d.Remembers() != tenant.DefaultRememberFor {
		t.Errorf("checks %v, refuses %v, remembers for %s", d.Checks(), d.Refuses(), d.Remembers())
	}
}
