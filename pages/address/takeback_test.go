package address_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
)

// intrudes has whoever is signed in as Alice prove an address of theirs, make it the primary one and
// remove hers. It returns the link of the mail to her. told is called before that with the mail to her about the
// new address; none: nobody waits for it.
func (w *world) intrudes(told ...func(mailcatcher.Mail)) (link string) {
	w.t.Helper()
	theirs, code, _ := w.adds(&w.alice, "intruder@evil.example", 1)
	must(w.t, w.service.Prove(w.In(), &w.alice, theirs.ID, code))
	for _, f := range told {
		f(w.Mail(func(m mailcatcher.Mail) bool {
			return m.To == alice && strings.Contains(m.Subject, "weitere E-Mail-Adresse")
		}, 1))
	}
	as := event.Actor{Type: "user", ID: w.alice.PublicID()}
	must(w.t, w.service.MakePrimary(w.In(), as, &w.alice, theirs.ID))
	all, err := w.Store.Emails.Of(w.In(), w.alice.ID)
	must(w.t, err)
	must(w.t, w.service.Remove(w.In(), as, &w.alice, all[0].ID))
	m := w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "andere Hauptadresse")
	}, 1)
	return linkPattern.FindString(m.Text)
}

// ADR-04: the old mailbox takes the change back, though its address was removed, and the intruder's
// is of no use.
func TestPrimary_isTakenBackByTheOldMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	intruder := w.signedIn(alice)
	link := w.intrudes()
	told := w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == "intruder@evil.example" && strings.Contains(m.Subject, "Hauptadresse")
	}, 1)
	if linkPattern.MatchString(told.Text) {
		t.Errorf("the mail to the new address lets its reader lock the owner out:\n%s", told.Text)
	}
	if w.signsIn(alice) || !w.signsIn("intruder@evil.example") {
		t.Fatal("control: the intruder did not get in")
	}
	w.signedIn("intruder@evil.example") // from a new browser: there is a mail about it
	m := w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == "intruder@evil.example" && strings.Contains(m.Text, "/not-me?")
	}, 1)
	theirs := linkPattern.FindString(m.Text)
	if p := w.Browser().Open(theirs); p.Status != http.StatusOK {
		t.Fatalf("control: the intruder's link: %d", p.Status)
	}
	p := w.Browser().Open(link)
	if p.Status != http.StatusOK || !strings.Contains(p.Doc.Find("main").Text(), "email addresses also go back") {
		t.Fatalf("%d %s", p.Status, p.Doc.Find("main").Text())
	}
	if p = p.Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d", p.Status)
	}
	user, err := w.Store.Users.ByID(w.In(), w.alice.ID)
	must(t, err)
	// What was mailed to the intruder meanwhile locks nobody out.
	if p := w.Browser().Open(theirs); p.Status != http.StatusNotFound {
		t.Errorf("a link that was mailed to the intruder: %d", p.Status)
	}
	if user.Email != alice || intruder.Open(w.url()).Left != nil || w.signsIn("intruder@evil.example") {
		t.Errorf("the primary address is %s, and the intruder may be in", user.Email)
	}
	if _, err := w.Store.Users.Credential(w.In(), "intruder@evil.example", nil); err == nil {
		t.Error("the intruder's address still names the account")
	}
	// The owner sets a password by their mailbox.
	if p = w.recovers(alice).Submit("submit", map[string]string{"password": "what the owner chose now"}); p.Left == nil {
		t.Errorf("the owner does not get in: %d %s", p.Status, p.URL)
	}
	var back int
	must(t, w.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'user.emails_taken_back' AND subject = $1`, w.alice.PublicID()).Scan(&back))
	if back != 1 {
		t.Errorf("recorded %d times", back)
	}
}

// The mail about an address that was added takes it back, with the primary address that it became.
func TestAdded_isTakenBackByThePrimaryMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs, code, _ := w.adds(&w.alice, "intruder@evil.example", 1)
	must(t, w.service.Prove(w.In(), &w.alice, theirs.ID, code))
	m := w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "weitere E-Mail-Adresse")
	}, 1)
	must(t, w.service.MakePrimary(w.In(), event.Actor{Type: "user", ID: w.alice.PublicID()}, &w.alice, theirs.ID))
	if p := w.Browser().Open(linkPattern.FindString(m.Text)).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d", p.Status)
	}
	user, err := w.Store.Users.ByID(w.In(), w.alice.ID)
	must(t, err)
	all, err := w.service.List(w.In(), &user)
	if err != nil || len(all) != 1 || all[0].Address != alice {
		t.Errorf("the addresses are %+v, %v", all, err)
	}
}

// An operator's change is told to both, and has no link.
func TestPrimary_ofAnOperatorIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	operator, before := event.Actor{Type: "operator"}, time.Now()
	e, err := w.service.Provide(w.In(), operator, &w.alice, work)
	must(t, err)
	must(t, w.service.MakePrimary(w.In(), operator, &w.alice, e.ID))
	for _, to := range []string{alice, work} {
		if m := w.Mail(func(m mailcatcher.Mail) bool { return m.To == to && strings.Contains(m.Subject, "Hauptadresse") }, 1); linkPattern.MatchString(m.Text) {
			t.Errorf("the mail to %s has a link:\n%s", to, m.Text)
		}
	}
	if old, err := w.Store.Emails.PrimaryAt(w.In(), w.alice.ID, before); err != nil || old != "" {
		t.Errorf("mails about what came before it go to %q, %v", old, err)
	}
}

// ADR-13: a recovery that is under way ends with another primary address, and with the address that
// it went to.
func TestRecovery_endsWithTheAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typed  string
		change func(w *world, other identity.User, id event.Actor) error
		sets   bool
	}{
		"nothing":         {work, func(*world, identity.User, event.Actor) error { return nil }, true},
		"address removed": {work, func(w *world, u identity.User, as event.Actor) error { return w.removes(u, as) }, false},
		"another removed": {alice, func(w *world, u identity.User, as event.Actor) error { return w.removes(u, as) }, true},
		"primary changed": {alice, func(w *world, u identity.User, as event.Actor) error { return w.promotes(u, as) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.service.Provide(w.In(), event.Actor{Type: "operator"}, &w.alice, work)
			must(t, err)
			p := w.recovers(c.typed)
			must(t, c.change(w, w.alice, event.Actor{Type: "user", ID: w.alice.PublicID()}))
			p = p.Submit("submit", map[string]string{"password": "set by the recovery today"})
			if set := p.Left != nil; set != c.sets {
				t.Errorf("the password is set: %v, want %v (%d %s)", set, c.sets, p.Status, p.URL)
			}
		})
	}
}

// recovers goes to the page that asks for another password, by a code that is mailed to an address.
func (w *world) recovers(email string) *plintotest.Page {
	w.t.Helper()
	b := w.Browser()
	href, _ := b.Open(w.url()).Doc.Find("#forgot").Attr("href")
	p := b.Open(w.Issuer()+href).Submit("submit", map[string]string{"username": email})
	code := plintotest.CodeOf(w.t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == email && plintotest.HasCode(m) }, 1))
	return p.Submit("submit", map[string]string{"code": code})
}

func (w *world) removes(u identity.User, as event.Actor) error {
	all, err := w.Store.Emails.Of(w.In(), u.ID)
	must(w.t, err)
	return w.service.Remove(w.In(), as, &u, all[0].ID)
}

func (w *world) promotes(u identity.User, as event.Actor) error {
	all, err := w.Store.Emails.Of(w.In(), u.ID)
	must(w.t, err)
	return w.service.MakePrimary(w.In(), as, &u, all[0].ID)
}
