package account_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// deletes has Alice delete her account.
func (w *world) deletes(b *plintotest.Browser) {
	w.t.Helper()
	p := w.at(w.open(b, "/account/delete"), "/account/delete").Submit("submit", nil)
	if p.Status != http.StatusOK || p.Doc.Find("#deleted").Length() != 1 {
		w.t.Fatalf("not deleted: %d %q", p.Status, p.Doc.Find("main").Text())
	}
}

// ACT-08: everything ends at once, and the account can be kept for a while.
func TestDeletion_endsEverythingAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there := w.signedIn(alice), w.signedIn(alice)
	offline := w.Tokens(w.client, w.secret, alice, "openid offline_access")
	w.deletes(here)
	if w.isSignedIn(here) || w.isSignedIn(there) {
		t.Error("somebody is still signed in")
	}
	if a := w.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {offline["refresh_token"]}, "client_id": {w.client.ClientID}, "client_secret": {w.secret},
	}); a.StatusCode != http.StatusBadRequest {
		t.Errorf("an offline token: %d", a.StatusCode)
	}
	w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "wird gelöscht") }, 1)

	b := w.Browser()
	p := w.at(b.Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()), "/login/keep")
	if got := b.Silently(w.AuthorizeURL(w.client, nil)); got != "interaction_required" {
		t.Errorf("silently: %q", got)
	}
	for _, path := range []string{"/account", "/account/password", "/account/delete"} {
		w.at(w.open(b, path), "/login/keep")
	}
	if left := p.Submit("cancel", nil).Left; left == nil || left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: %v", left)
	}
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 1 {
		t.Fatal("it was kept by cancelling")
	}
	p = w.at(b.Open(w.AuthorizeURL(w.client, nil)), "/login/keep")
	if left := p.Submit("keep", nil).Left; left == nil || left.Query().Get("code") == "" {
		t.Fatalf("kept: %v", left)
	}
	w.at(w.open(b, "/account"), "/account")
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 0 {
		t.Error("it is still going to be deleted")
	}
	w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "nicht gelöscht") }, 1)
	p.Submit("keep", nil) // again, from another tab
}

// due makes the time come for accounts that are to be deleted.
func (w *world) due() {
	w.t.Helper()
	if _, err := w.owner.Exec(w.t.Context(), `UPDATE users SET delete_at = now() - interval '1 second' WHERE delete_at IS NOT NULL`); err != nil {
		w.t.Fatal(err)
	}
}

func TestDeletion_isDoneWhenTheTimeHasCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deletes(w.signedIn(alice))
	bob := w.User("bob@example.com")
	for range 2 { // before its time nothing happens
		if err := w.Directory().DeleteDue(w.In(), w.alice.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Directory().DeleteDue(w.In(), bob.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count(`SELECT count(*) FROM users`); n != 2 {
		t.Fatalf("%d users", n)
	}
	w.due()
	if err := w.Directory().DeleteDue(w.In(), w.alice.ID); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE id = $1`, w.alice.ID); n != 0 {
		t.Error("the account is there")
	}
	if p := w.open(w.Browser(), "/account").Submit("submit", plintotest.Alice()); p.Status != http.StatusUnauthorized {
		t.Errorf("signing in: %d", p.Status)
	}
}

// Of keeping an account and deleting it, at the same moment, one happens.
func TestDeletion_keptOrDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		user := w.User("carol@example.com")
		if _, err := w.Directory().ScheduleDeletion(w.In(), event.Actor{Type: "operator"}, user.ID, time.Hour); err != nil {
			t.Fatal(err)
		}
		w.due()
		var kept error
		var group sync.WaitGroup
		group.Go(func() { kept = w.Directory().Keep(w.In(), event.Actor{Type: "operator"}, user.ID) })
		group.Go(func() {
			if err := w.Directory().DeleteDue(w.In(), user.ID); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		there := w.count(`SELECT count(*) FROM users WHERE id = $1`, user.ID) == 1
		if there != (kept == nil) {
			t.Errorf("kept: %v; the account is there: %v", kept, there)
		}
		if there {
			if err := w.Directory().Delete(w.In(), event.Actor{Type: "operator"}, user.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// ACT-09: whoever reads the mail can say that it was not them.
func TestDeletion_isTakenBackByWhoReadsTheMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deletes(w.signedIn(alice))
	m := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "wird gelöscht") }, 1)
	link := regexp.MustCompile(`https://\S+/not-me\?token=\S+`).FindString(m.Text)
	if link == "" {
		t.Fatalf("no link in %q", m.Text)
	}
	p := w.Browser().Open(link)
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 1 {
		t.Fatal("opening the link changed something")
	}
	if p = p.Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d", p.Status)
	}
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 0 || w.tries(plintotest.Password) {
		t.Error("the account goes, or the password stays")
	}
}

func TestDeletion_isOffWhereTheTenantWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.Deletion.ByUsers = tenant.DeletionOff })
	b := w.signedIn(alice)
	if w.open(b, "/account/profile").Doc.Find("#delete").Length() != 0 {
		t.Error("it is offered")
	}
	w.at(w.open(b, "/account/delete"), "/account/profile")
	csrf := w.open(b, "/account/profile").Doc.Find("[name=csrf]").First().AttrOr("value", "")
	w.at(b.Post(w.Issuer()+"/account/delete", url.Values{"csrf": {csrf}}), "/account/profile")
	if w.count(`SELECT count(*) FROM users WHERE delete_at IS NOT NULL`) != 0 {
		t.Error("deleted")
	}
}
