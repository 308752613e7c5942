package password_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// asks has Alice set another password at the next opportunity.
func (w *world) asks() {
	w.t.Helper()
	if err := w.Directory().RequirePassword(w.In(), event.Actor{Type: "operator"}, w.alice.ID); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (%d, left to %v), want %s", p.URL, p.Status, p.Left, path)
	}
	return p
}

// state is what is known of Alice's password.
func (w *world) state() string {
	w.t.Helper()
	u, err := w.Store.Users.ByID(w.In(), w.alice.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return u.PasswordState
}

// PWD-24: no application gets an answer before the password is another one.
func TestStep_comesBeforeAnyAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.signedIn()
	w.asks()
	b := w.Browser()
	p := w.at(b.Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()), "/login/password")
	// Another request of the browser, and its other browser, come to the same step.
	w.at(b.Open(w.AuthorizeURL(w.client, nil)), "/login/password")
	w.at(other.Open(w.AuthorizeURL(w.client, nil)), "/login/password")
	silent := b.Open(w.AuthorizeURL(w.client, url.Values{"prompt": {"none"}}))
	if silent.Left == nil || silent.Left.Query().Get("error") != "login_required" {
		t.Errorf("prompt=none: left to %v", silent.Left)
	}
	for name, tt := range map[string]string{"": "Enter a password", "hxq tavern": "at least 15", plintotest.Password: "used this password before"} {
		if p = w.at(p.Submit("submit", map[string]string{"password": name}), "/login/password"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Doc.Find("#problem").Text(), tt) {
			t.Errorf("%q: %d %q", name, p.Status, p.Doc.Find("#problem").Text())
		}
	}
	if w.state() != identity.PasswordDue {
		t.Fatalf("state %q before the change", w.state())
	}
	if p = p.Submit("submit", map[string]string{"password": fresh}); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("after the change: %d at %s, %v", p.Status, p.URL, p.Left)
	}
	if w.state() != "" || w.isSignedIn(other) || !w.isSignedIn(b) || w.try(plintotest.Password).Left != nil || w.try(fresh).Left == nil {
		t.Error("want the new password, and nobody signed in elsewhere")
	}
}

// PWD-24: its form counts at its step only.
func TestStep_setsNothingAtOtherSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil))
	form := url.Values{
		"flow": {p.Doc.Find("[name=flow]").AttrOr("value", "")}, "csrf": {p.Doc.Find("[name=csrf]").AttrOr("value", "")}, "password": {fresh},
	}
	w.at(b.Post(w.Issuer()+"/login/password", form), "/login") // nobody is signed in
	signedIn := w.signedIn()
	p = signedIn.Open(w.AuthorizeURL(w.client, url.Values{"prompt": {"consent"}}))
	form.Set("flow", p.Doc.Find("[name=flow]").AttrOr("value", ""))
	form.Set("csrf", p.Doc.Find("[name=csrf]").AttrOr("value", ""))
	w.at(signedIn.Post(w.Issuer()+"/login/password", form), "/consent") // nothing is due
	if w.try(fresh).Left != nil {
		t.Error("the password was set")
	}
}

func TestStep_endsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asks()
	p := w.at(w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()), "/login/password")
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	w.at(p.Submit("submit", map[string]string{"password": fresh}), "/login")
	if w.try(fresh).Left != nil {
		t.Error("the password was set by a session that is over")
	}
}

func TestStep_canBeLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asks()
	p := w.at(w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()), "/login/password")
	w.at(p.Submit("use-another", nil), "/login")
	p = w.at(w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()), "/login/password")
	if p = p.Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: left to %v", p.Left)
	}
}

// PWD-25: what becomes of a password that leaked after it was set.
func TestSignIn_byABreachedPassword(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]struct{ path, state, event string }{
		tenant.BreachedOff:    {"", "", ""},
		"":                    {"", identity.PasswordBreached, "flag"},
		tenant.BreachedStepUp: {"/login/factor/enrol", identity.PasswordBreached, "step_up"},
		tenant.BreachedChange: {"/login/password", identity.PasswordBreached, "change"},
	} {
		var breached plintotest.Breached
		database, owner := storagetest.URL(t)
		w := newWorld(t, func(o *plintotest.Options) {
			o.Database, o.Breached, o.Settings.Password.Breached = database, &breached, policy
		})
		if p := w.try(plintotest.Password); p.Left == nil || w.state() != "" {
			t.Errorf("%q, before: left to %v, state %q", policy, p.Left, w.state())
		}
		breached.Add(plintotest.Password)
		if p := w.try("not hers"); p.Status != http.StatusUnauthorized || w.state() != "" {
			t.Errorf("%q, a wrong password: %d, state %q", policy, p.Status, w.state())
		}
		for range 2 {
			p := w.try(plintotest.Password)
			if at := p.URL.Path; want.path == "" && p.Left == nil || want.path != "" && (p.Left != nil || at != want.path) {
				t.Errorf("%q: at %s, left to %v; want %q", policy, p.URL, p.Left, want.path)
			}
		}
		if w.App.Settle(); w.state() != want.state {
			t.Errorf("%q: state %q, want %q", policy, w.state(), want.state)
		}
		var told string
		err := storagetest.Owner(t, owner).QueryRow(t.Context(),
			`SELECT coalesce(string_agg(data ->> 'policy', ' '), '') FROM audit_log WHERE type = 'password.breached'`).Scan(&told)
		if err != nil || told != want.event {
			t.Errorf("%q: events %q, want one at most: %q; %v", policy, told, want.event, err)
		}
	}
}

// PWD-40: nor do they set a password of theirs.
func TestStep_takesAProofOfJustNow(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, func(o *plintotest.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	w.asks()
	b := w.Browser()
	p := w.at(b.Open(w.AuthorizeURL(w.client, url.Values{"max_age": {"60"}})).Submit("submit", plintotest.Alice()), "/login/password")
	address := p.URL.String()
	ahead.Add(int64(6 * time.Minute))
	w.at(p.Submit("submit", map[string]string{"password": fresh}), "/login")
	if w.state() == "" {
		t.Fatal("a password was set")
	}
	p = w.at(w.at(b.Open(address), "/login").Submit("submit", plintotest.Alice()), "/login/password")
	ahead.Add(int64(2 * time.Minute)) // max_age is of what was proved, and not of what takes its time then
	if p = p.Submit("submit", map[string]string{"password": fresh}); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("at %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
}
