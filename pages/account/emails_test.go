package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// adds adds an address, and returns the page with the field for its code.
func (w *world) adds(b *plintotest.Browser, email string) *plintotest.Page {
	w.t.Helper()
	return w.told(w.open(b, "/account/emails/add").Submit("submit", map[string]string{"email": email}), "/account/emails")
}

// proves types a code into the only field for one.
func (w *world) proves(b *plintotest.Browser, p *plintotest.Page, code string) *plintotest.Page {
	form := p.Doc.Find("form.code-form")
	return b.Post(w.Issuer()+"/account/emails", url.Values{
		"csrf": {form.Find("[name=csrf]").AttrOr("value", "")}, "id": {form.Find("[name=id]").AttrOr("value", "")}, "code": {code},
	})
}

func TestEmails_areAddedProvedMadeMainAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	const other = "alice@other.example"
	p := w.adds(b, " "+other+" ")
	if p := w.proves(b, p, "00000000"); p.Status != http.StatusBadRequest || p.Doc.Find("#problem").Length() != 1 {
		t.Errorf("a wrong code: %d", p.Status)
	}
	if w.open(w.Browser(), "/account").Submit("submit", map[string]string{"username": other, "password": plintotest.Password}).Status != http.StatusUnauthorized {
		t.Error("an address that is not proved signs in")
	}
	w.told(w.proves(b, p, plintotest.CodeOf(t, w.Mailed(other, 1))), "/account/emails")
	w.at(w.open(w.Browser(), "/account").Submit("submit", map[string]string{"username": other, "password": plintotest.Password}), "/account")

	p = w.open(b, "/account/emails")
	promote, _ := p.Doc.Find("a.make-primary").Attr("href")
	w.later(6 * time.Minute)
	w.at(w.open(b, promote), "/login") // fresh proof
	w.at(w.open(b, promote).Submit("submit", plintotest.Alice()), "/account/emails/primary")
	p = w.told(w.open(b, promote).Submit("submit", nil), "/account/emails")
	if got := strings.TrimSpace(p.Doc.Find("#emails li").First().Find("bdi").Text()); got != other {
		t.Errorf("the main address is %q", got)
	}
	w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "Hauptadresse") }, 1)
	removal, _ := p.Doc.Find("a.remove").Attr("href")
	p = w.told(w.open(b, removal).Submit("submit", nil), "/account/emails")
	if n := p.Doc.Find("#emails li").Length(); n != 1 {
		t.Errorf("%d addresses are left", n)
	}
	w.at(w.open(b, removal), "/account/emails") // it is gone
	if w.open(w.Browser(), "/account").Submit("submit", plintotest.Alice()).Status != http.StatusUnauthorized {
		t.Error("an address that was removed signs in")
	}
}

func TestEmails_thatCannotBeAddedAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	for _, email := range []string{"", "x", "a@b@c", alice, "a\u202eb@x.example"} {
		p := w.open(b, "/account/emails/add").Submit("submit", map[string]string{"email": email})
		if p.URL.Path != "/account/emails/add" || p.Status < 400 || p.Doc.Find("#problem").Length() != 1 {
			t.Errorf("%q: %d at %s", email, p.Status, p.URL)
		}
	}
	bob := w.User("bob@example.com")
	w.adds(b, bob.Email) // looks as with an address of nobody
	if p := w.open(b, "/account/emails/add").Submit("submit", map[string]string{"email": bob.Email}); p.URL.Path != "/account/emails" {
		t.Errorf("again: at %s", p.URL)
	}
	without := newWorld(t, func(o *plintotest.Options) { o.Mail = false })
	b = without.signedIn(alice)
	if without.open(b, "/account/emails").Doc.Find("#add-email").Length() != 0 {
		t.Error("adding is offered where no mail is sent")
	}
	without.at(without.open(b, "/account/emails/add"), "/account/emails")
}

// ACT-04: addresses and browsers of others are not there.
func TestEmails_ofOthersAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.signedIn(alice)
	p := w.adds(b, "alice@other.example")
	code := plintotest.CodeOf(t, w.Mailed("alice@other.example", 1))
	id := p.Doc.Find("form.code-form [name=id]").AttrOr("value", "")
	bob := w.signedIn(w.User("bob@example.com").Email)
	csrf := w.open(bob, "/account/emails").Doc.Find("[name=csrf]").First().AttrOr("value", "")
	for _, path := range []string{"", "/primary", "/remove"} {
		w.at(bob.Post(w.Issuer()+"/account/emails"+path, url.Values{"csrf": {csrf}, "id": {id}, "code": {code}}), "/account/emails")
	}
	if n := w.count(`SELECT count(*) FROM user_emails WHERE user_id = $1`, w.alice.ID); n != 1 {
		t.Error("Alice's address is gone")
	}
	w.told(w.proves(b, p, code), "/account/emails")
}

func TestDevices_knownBrowsersAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) { o.Settings.Devices.Check = tenant.CheckOn })
	signIn := func(b *plintotest.Browser) *plintotest.Page {
		return w.open(b, "/account").Submit("submit", plintotest.Alice())
	}
	b := w.Browser()
	p := w.at(signIn(b), "/login/device")
	w.at(p.Verify(plintotest.CodeOf(t, w.Mailed(alice, 1))), "/account")
	p = w.open(b, "/account/devices")
	known := p.Doc.Find("#known li").FilterFunction(func(_ int, li *goquery.Selection) bool { return li.Find(".forget").Length() == 1 })
	if known.Length() != 1 {
		t.Fatalf("%d known browsers", known.Length())
	}
	form := url.Values{"action": {"forget"}, "id": {known.Find("[name=id]").AttrOr("value", "")}, "csrf": {p.Doc.Find("[name=csrf]").First().AttrOr("value", "")}}
	p = w.told(b.Post(w.Issuer()+"/account/devices", form), "/account/devices")
	if p.Doc.Find("#known").Length() != 0 {
		t.Error("the browser is known")
	}
	w.at(b.Post(w.Issuer()+"/account/devices", form), "/account/devices") // again
	w.open(b, "/").Submit("sign-out", nil)
	w.at(signIn(b), "/login/device")
}

// A main address that was never confirmed is confirmed there, and stands in the list once.
func TestEmails_theMainOneIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.Make(identity.User{Email: "new@example.com"})
	b := w.signedIn(user.Email)
	p := w.told(w.open(b, "/account/emails").Submit("confirm-email", nil), "/account/emails")
	if n := p.Doc.Find("#emails li").Length(); n != 1 {
		t.Errorf("the address stands there %d times", n)
	}
	mail := w.Mail(func(m mailcatcher.Mail) bool { return m.To == user.Email && plintotest.HasCode(m) }, 1) // beside a notice
	p = w.told(w.proves(b, p, plintotest.CodeOf(t, mail)), "/account/emails")
	if p.Doc.Find("#confirm-email, form.code-form").Length() != 0 {
		t.Errorf("it is to be confirmed still: %q", p.Doc.Find("#emails").Text())
	}
	if user, err := w.Store.Users.ByID(w.In(), user.ID); err != nil || !user.EmailVerified {
		t.Errorf("%+v, %v", user, err)
	}
}

// Where a file says where addresses are, pages and mails do so too, in the language of who reads them.
func TestDevices_sayWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *plintotest.Options) {
		o.Place = func(address, lang string) string { return "Munich (" + address + ", " + lang + ")" }
	})
	b := w.Browser()
	w.open(b, "/account").Submit("submit", plintotest.Alice())
	for _, path := range []string{"/account/devices", "/account/activity"} {
		if text := w.open(b, path).Doc.Find("main").Text(); !strings.Contains(text, "Munich (127.0.0.1, en)") {
			t.Errorf("%s says %s", path, text)
		}
	}
	m := w.Mailed(alice, 1)
	if !strings.Contains(m.Text, "Ort (ungefähr): Munich (127.0.0.1, de)") || !strings.Contains(m.HTML, "Munich (127.0.0.1, de)") {
		t.Errorf("the mail says %s", m.Text)
	}
}
