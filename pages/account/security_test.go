package account_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/account"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
)

// changes are the pages on which something is changed that protects the account.
var changes = []string{"/account/password", "/account/security/passkey", "/account/security/app", "/account/security/codes", "/account/delete"}

// ACT-01: a session that was left open, or stolen, changes nothing that protects the account.
func TestSecurity_isChangedByWhoJustProvedWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	forms := map[string]*plintotest.Page{}
	for _, path := range changes {
		forms[path] = w.at(w.open(b, path), path)
	}
	w.later(6 * time.Minute)
	for _, path := range changes {
		w.at(w.open(b, path), "/login")
		if path != "/account/security/passkey" { // which has no other form than the browser's
			w.at(forms[path].Submit("submit", map[string]string{"password": fresh, "code": "123456"}), "/login")
		}
	}
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 0 || !w.tries(plintotest.Password) {
		t.Error("something was changed")
	}
	p := w.at(w.open(b, "/account/password"), "/login")
	if p.Doc.Find("#reauth").Length() != 1 {
		t.Error("the page does not ask to confirm who is signed in")
	}
	w.at(p.Submit("submit", plintotest.Alice()), "/account/password")
	for _, path := range []string{"/account", "/account/profile", "/account/security", "/account/devices", "/account/apps", "/account/activity"} {
		w.later(6 * time.Minute)
		w.at(w.open(b, path), path) // can be looked at
	}
}

// ACT-02: who has a second factor proves it too, also in a session from before they had it.
func TestSecurity_takesTheStrongestFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, b := w.signedIn(alice), w.signedIn(alice)
	secret, codes := w.addsApp(b)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes with the first app", len(codes))
	}
	for _, path := range append(changes, "/account") {
		w.at(w.open(old, path), "/login/factor")
		w.at(w.open(b, path), path)
	}
	w.later(6 * time.Minute)
	p := w.at(w.open(b, "/account/password"), "/login").Submit("submit", plintotest.Alice())
	w.at(w.at(p, "/login/factor").Submit("submit", map[string]string{"code": w.codeOf(secret)}), "/account/password")
}

func TestSecurity_factorsAreAddedRenamedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	k := plintotest.NewKey(t)
	p := k.Makes(w.at(w.open(b, "/account/security/passkey"), "/account/security/passkey"))
	if p.Doc.Find("#codes li").Length() != 10 {
		t.Fatalf("no recovery codes with the first passkey: %d %q", p.Status, p.Doc.Find("main").Text())
	}
	secret, codes := w.addsApp(b)
	if secret == "" || codes != nil {
		t.Errorf("the second factor brings codes: %q", codes)
	}
	p = w.open(b, "/account/security")
	renames, removes := links(p, "rename"), links(p, "remove")
	if len(renames) != 2 || len(removes) != 2 {
		t.Fatalf("renames %q, removes %q", renames, removes)
	}
	p = w.told(w.open(b, renames[1]).Submit("submit", map[string]string{"name": "  My <b>phone</b> "}), "/account/security")
	if text := p.Doc.Find(".rows").Text(); !strings.Contains(text, "My <b>phone</b>") {
		t.Errorf("after renaming: %q", text)
	}
	if w.open(b, "/account/security").Doc.Find("#notice").Length() != 0 {
		t.Error("what was done is said again")
	}
	w.told(w.open(b, removes[1]).Submit("submit", nil), "/account/security")
	w.at(w.open(b, removes[1]), "/account/security") // it is gone, in another tab too
	w.told(w.open(b, removes[0]).Submit("submit", nil), "/account/security")
	if n := w.count(`SELECT (SELECT count(*) FROM passkeys) + (SELECT count(*) FROM totp_factors) + (SELECT count(*) FROM recovery_codes)`); n != 0 {
		t.Errorf("%d factors and codes are left", n)
	}
	if !w.tries(plintotest.Password) {
		t.Error("a second factor is asked for")
	}
	for _, said := range []string{"einen zweiten Schritt", "entfernt", "Wiederherstellungscodes"} {
		w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, said) }, 1)
	}
}

// After each change of how one signs in, everybody else who is signed in can be signed out, on the page that says that it is done.
func TestSecurity_othersCanBeEndedAfterEachChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.signedIn(alice)
	if w.open(here, "/account/security").Doc.Find("#end-others").Length() != 0 {
		t.Error("it is offered where nothing was changed")
	}
	var secret string // of the app that was added last
	add := func() *plintotest.Page {
		p := w.at(w.open(here, "/account/security/app"), "/account/security/app")
		secret = strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
		return p.Submit("submit", map[string]string{"code": w.code(p)})
	}
	another := func() *plintotest.Browser {
		b := w.Browser()
		p := b.Open(w.Issuer()+"/account").Submit("submit", plintotest.Alice())
		if secret != "" {
			w.later(31 * time.Second) // a code counts once
			p = p.Submit("submit", map[string]string{"code": w.codeOf(secret)})
		}
		w.at(p, "/account")
		return b
	}
	change := map[string]func() *plintotest.Page{
		"the first factor": add,
		"another one":      add,
		"new codes":        func() *plintotest.Page { return w.open(here, "/account/security/codes").Submit("submit", nil) },
		"one less": func() *plintotest.Page {
			return w.open(here, links(w.open(here, "/account/security"), "remove")[0]).Submit("submit", nil)
		},
	}
	for _, name := range []string{"the first factor", "another one", "new codes", "one less"} {
		there := another()
		p := change[name]()
		if !w.isSignedIn(there) {
			t.Fatalf("%s: the other session ended by itself", name)
		}
		w.told(p.Submit("end-others", nil), "/account/devices")
		if w.isSignedIn(there) || !w.isSignedIn(here) {
			t.Errorf("%s: want to be signed in only here", name)
		}
	}
}

// An app that is added twice by one form, or with another code than its own, is there once.
func TestSecurity_anAppIsAddedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	p := w.open(b, "/account/security/app")
	code := w.code(p)
	if got := p.Submit("submit", map[string]string{"code": "000000"}); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusBadRequest || got.Doc.Find("#problem").Length() != 1 {
		t.Errorf("a wrong code: %d", got.Status)
	}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() { p.Submit("submit", map[string]string{"code": code}) })
	}
	group.Wait()
	if n := w.count(`SELECT count(*) FROM totp_factors`); n != 1 {
		t.Errorf("%d apps", n)
	}
	bob := w.User("bob@example.com")
	w.at(p.Submit("submit", map[string]string{"code": code}), "/account/security")
	other := w.open(w.signedIn(bob.Email), "/account/security/app")
	w.at(other.Submit("submit", map[string]string{"code": code, "sealed": p.Doc.Find("[name=sealed]").AttrOr("value", "")}), "/account/security/app")
	if n := w.count(`SELECT count(*) FROM totp_factors WHERE user_id = $1`, bob.ID); n != 0 {
		t.Error("Bob has Alice's app")
	}
}

// ACT-03: what is left lets the user in.
func TestSecurity_theLastWayInStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	one, two := plintotest.NewKey(t), plintotest.NewKey(t)
	one.Makes(w.open(b, "/account/security/passkey"))
	w.told(two.Makes(w.open(b, "/account/security/passkey")), "/account/security")
	if _, err := w.owner.Exec(t.Context(), `UPDATE users SET password_hash = NULL`); err != nil {
		t.Fatal(err)
	}
	var asked []*plintotest.Page
	for _, link := range links(w.open(b, "/account/security"), "remove") {
		asked = append(asked, w.at(w.open(b, link), "/account/security/remove"))
	}
	if len(asked) != 2 {
		t.Fatalf("%d passkeys", len(asked))
	}
	refused := make([]bool, len(asked))
	var group sync.WaitGroup
	for i, p := range asked { // at once, in two tabs
		group.Go(func() {
			got := p.Submit("submit", nil)
			refused[i] = got.Status == http.StatusConflict && got.Doc.Find("#problem").Length() == 1
		})
	}
	group.Wait()
	if n := w.count(`SELECT count(*) FROM passkeys`); n != 1 || refused[0] == refused[1] {
		t.Errorf("%d passkeys are left; refused: %v", n, refused)
	}
	if p := w.open(b, "/account/password"); p.Doc.Find("h1").Text() != "Choose a new password" {
		t.Errorf("%q", p.Doc.Find("h1").Text())
	}
}

func TestSecurity_aRequiredFactorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	b := w.Browser()
	p := w.open(b, "/account").Submit("submit", plintotest.Alice())
	k := plintotest.NewKey(t)
	p = k.Makes(w.at(p, "/login/factor/enrol"))
	w.at(p.Submit("submit", nil), "/account")
	remove := links(w.open(b, "/account/security"), "remove")[0]
	if p := w.open(b, remove).Submit("submit", nil); p.Status != http.StatusConflict || p.Doc.Find("#problem").Length() != 1 {
		t.Errorf("%d", p.Status)
	}
	w.addsApp(b)
	w.told(w.open(b, remove).Submit("submit", nil), "/account/security")
}

// ACT-04: nobody renames or removes what is another's.
func TestSecurity_othersFactorsAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	k := plintotest.NewKey(t)
	k.Makes(w.open(b, "/account/security/passkey"))
	w.addsApp(b)
	theirs := w.open(b, "/account/security")
	bob := w.signedIn(w.User("bob@example.com").Email)
	form := func(id string) url.Values {
		return url.Values{"csrf": {w.open(bob, "/account/security").Doc.Find("[name=csrf]").First().AttrOr("value", "")}, "id": {id}, "name": {"Bob's"}}
	}
	for _, link := range append(links(theirs, "rename"), links(theirs, "remove")...) {
		w.at(w.open(bob, link), "/account/security")
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		w.at(bob.Post(w.Issuer()+u.Path, form(u.Query().Get("id"))), "/account/security")
	}
	for _, id := range []string{"", "pk_0", "mfa_zzzzzzzzzzzzzzzzzzzzzzzzzz", "user_1"} {
		w.at(bob.Post(w.Issuer()+"/account/security/remove", form(id)), "/account/security")
		w.at(bob.Post(w.Issuer()+"/account/security/rename", form(id)), "/account/security")
	}
	if n := w.count(`SELECT (SELECT count(*) FROM passkeys WHERE name <> 'Bob''s') + (SELECT count(*) FROM totp_factors WHERE name <> 'Bob''s')`); n != 2 {
		t.Errorf("%d of Alice's factors are as they were", n)
	}
}

func TestSecurity_recoveryCodesAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	w.at(w.open(b, "/account/security/codes").Submit("submit", nil), "/account/security") // there is nothing to recover
	_, codes := w.addsApp(b)
	p := w.open(b, "/account/security/codes").Submit("submit", nil)
	if p.Doc.Find("#codes li").Length() != 10 || strings.Contains(p.Doc.Text(), codes[0]) {
		t.Error("no new codes")
	}
	renewed := strings.TrimSpace(p.Doc.Find("#codes li").First().Text())
	for code, want := range map[string]string{codes[0]: "/login/factor", renewed: "/account"} {
		p := w.open(w.Browser(), "/account").Submit("submit", plintotest.Alice())
		w.at(p.Submit("submit", map[string]string{"code": code}), want)
	}
	if left := w.open(b, "/account/security").Doc.Find("#codes-left").Text(); !strings.Contains(left, "9") {
		t.Errorf("%q", left)
	}
}

// Codes that are replaced in two tabs at once are those of one of them.
func TestSecurity_recoveryCodesAreReplacedAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	w.addsApp(b)
	p := w.open(b, "/account/security/codes")
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() { p.Submit("submit", nil) })
	}
	group.Wait()
	if n := w.count(`SELECT count(*) FROM recovery_codes`); n != 10 {
		t.Errorf("%d codes", n)
	}
}

// ACT-05: who was signed out everywhere while a page was open changes nothing by it.
func TestSecurity_endsWithTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	forms := map[string]*plintotest.Page{}
	for _, path := range append(changes[:1:1], changes[2], "/account/delete", "/account/profile", "/account/devices") {
		forms[path] = w.at(w.open(b, path), path)
	}
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, [16]byte{}); err != nil {
		t.Fatal(err)
	}
	for path, p := range forms {
		button := "submit"
		if path == "/account/devices" {
			button = "end-others"
		}
		w.at(p.Submit(button, map[string]string{"password": fresh, "code": "123456", "name": "Mallory"}), "/login")
	}
	if !w.tries(plintotest.Password) || w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL OR profile->>'name' = 'Mallory'`) != 0 {
		t.Error("something was changed")
	}
}

// ACT-05: what was asked for before everything ended is not done after it.
func TestSecurity_nothingIsDoneForASessionThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signedIn(alice)
	sessions, err := w.Store.Sessions.Of(w.In(), w.alice.ID, 1)
	if err != nil || len(sessions) != 1 {
		t.Fatal(sessions, err)
	}
	service := &account.Service{Directory: w.Directory(), Tx: w.Store.DB}
	rename := func(to string) error {
		return service.While(w.In(), &sessions[0], func(ctx context.Context) error {
			_, err := w.Directory().Update(ctx, event.Actor{Type: "user"}, w.alice.ID, func(u *identity.User) { u.Profile.Nickname = to })
			return err
		})
	}
	if err := rename("before"); err != nil {
		t.Fatal(err)
	}
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	if err := rename("after"); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("got %v, want %v", err, identity.ErrNoSession)
	}
	if user, err := w.Store.Users.ByID(w.In(), w.alice.ID); err != nil || user.Profile.Nickname != "before" {
		t.Errorf("%q, %v", user.Profile.Nickname, err)
	}
}
