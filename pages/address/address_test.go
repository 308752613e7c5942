package address_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	work  = "alice@work.example"
)

type world struct {
	*plintotest.Server
	t       *testing.T
	client  *provider.Client
	alice   identity.User
	owner   *pgx.Conn
	service *addresses.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	database, owner := storagetest.URL(t)
	w.owner = storagetest.Owner(t, owner)
	w.Server = plintotest.Start(t, plintotest.Options{Mail: true, Database: database})
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	box, err := secret.NewBox(w.Root.Subkey("plinto/letter/v1"))
	must(t, err)
	s := w.Store
	w.service = addresses.New(w.Root, addresses.Service{
		Store: s.Emails, Users: s.Users, Limiter: s.Limiter, Outbox: s.Outbox, Tx: s.DB,
		Mailed: &identity.MailedCodes{Attempts: s.Attempts, Codes: s.OneTimeTokens, Box: box, Outbox: s.Outbox, Tx: s.DB},
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) url() string { return w.AuthorizeURL(w.client, nil) }

var linkPattern = regexp.MustCompile(`https?://\S+/(?:email/confirm|not-me)\?token=\S+`)

// adds adds an address to a user and returns it, with the code and the link of the mail.
func (w *world) adds(user *identity.User, email string, mail int) (e addresses.Email, code, link string) {
	w.t.Helper()
	e, err := w.service.Add(w.In(), user, email, "en", "192.0.2.1")
	must(w.t, err)
	m := w.Mailed(email, mail)
	code, link = plintotest.CodeOf(w.t, m), linkPattern.FindString(m.Text)
	if !strings.Contains(m.Subject, code) || link == "" || !strings.Contains(m.HTML, `href="`+link+`"`) {
		w.t.Fatalf("%s\n%s", m.Subject, m.HTML)
	}
	return e, code, link
}

// signedIn is a browser of a user.
func (w *world) signedIn(email string) *plintotest.Browser {
	w.t.Helper()
	b := w.Browser()
	if b.SignIn(w.url(), email).Get("code") == "" {
		w.t.Fatalf("%s is not signed in", email)
	}
	return b
}

// signsIn reports whether the password signs in with a name.
func (w *world) signsIn(name string) bool {
	return w.Browser().Open(w.url()).Submit("submit", map[string]string{"username": name, "password": plintotest.Password}).Left != nil
}

// state is what the page of a link says.
func state(p *plintotest.Page) string { return strings.TrimSpace(p.Doc.Find("h1").Text()) }

const (
	asks      = "Confirm your email address"
	confirmed = "Your email address is confirmed"
	taken     = "This address can’t be added"
)

// ADR-03: a click counts for who is signed in as the user who added the address, and for nobody else.
func TestConfirm_countsWhereItsUserIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User("victim@example.com")
	_, code, link := w.adds(&w.alice, work, 1)
	mine := w.signedIn(alice)
	page := mine.Open(link)
	if page.URL.RawQuery != "" || state(page) != asks || !strings.Contains(page.Doc.Find("main").Text(), work) {
		t.Fatalf("%s %s", page.URL, state(page))
	}
	csrf := page.Doc.Find("[name=csrf]").AttrOr("value", "")
	for name, b := range map[string]*plintotest.Browser{"nobody": w.Browser(), "somebody else": w.signedIn("victim@example.com")} {
		p := b.Open(link)
		if p.Status != http.StatusOK || p.Doc.Find("form").Length() != 0 || !strings.Contains(p.Doc.Find("main").Text(), "enter the code") || strings.Contains(p.Doc.Find("main").Text(), alice) {
			t.Errorf("%s: %d %s", name, p.Status, p.Doc.Find("main").Text())
		}
		if p = b.Post(w.Issuer()+"/email/confirm", url.Values{"csrf": {csrf}}); p.Status != http.StatusForbidden {
			t.Errorf("%s posts: %d", name, p.Status)
		}
	}
	for range 3 {
		mine.Open(link)
	}
	if w.signsIn(work) {
		t.Fatal("looking made the address Alice's")
	}
	second := mine.Open(link)
	if p := page.Submit("submit", nil); p.Status != http.StatusOK || state(p) != confirmed {
		t.Fatalf("%d %s", p.Status, state(p))
	}
	// The same form in another tab, a reload, and the code.
	if p := second.Submit("submit", nil); p.Status != http.StatusOK || state(p) != confirmed {
		t.Errorf("another tab: %d %s", p.Status, state(p))
	}
	if p := mine.Open(w.Issuer() + "/email/confirm"); state(p) != confirmed {
		t.Errorf("a reload: %s", state(p))
	}
	all, err := w.service.List(w.In(), &w.alice)
	must(t, err)
	must(t, w.service.Prove(w.In(), &w.alice, all[1].ID, code))
	if !w.signsIn(work) || !w.signsIn(alice) {
		t.Error("the addresses do not sign in")
	}
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "weitere E-Mail-Adresse")
	}, 1)
}

// ADR-02: of many who use code and link at once each counts once, and of two users one gets it.
func TestConfirm_countsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.User("bob@example.com")
	_, _, link := w.adds(&w.alice, work, 1)
	theirs, code, bobs := w.adds(&bob, work, 2)
	mine, his := w.signedIn(alice), w.signedIn("bob@example.com")
	var pages []*plintotest.Page
	for range 4 {
		pages = append(pages, mine.Open(link), his.Open(bobs))
	}
	results := make([]string, len(pages))
	var all sync.WaitGroup
	for i, p := range pages {
		all.Go(func() { results[i] = state(p.Submit("submit", nil)) })
	}
	all.Wait()
	wins := map[bool]int{}
	for i, got := range results {
		if got == confirmed {
			wins[i%2 == 0]++
		}
	}
	if wins[true] != 0 && wins[false] != 0 || wins[true]+wins[false] == 0 {
		t.Fatalf("%d of Alice's and %d of Bob's were confirmed: %q", wins[true], wins[false], results)
	}
	var verified int
	must(t, w.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'user.email_verified'`).Scan(&verified))
	if verified != 1 {
		t.Errorf("%d times verified", verified)
	}
	var asked int
	must(t, w.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type IN ('email.requested', 'user.email_added') AND actor_type = 'user' AND actor_id = subject`).Scan(&asked))
	if asked != 4 {
		t.Errorf("%d times recorded who asked, want two requests and two addresses", asked)
	}
	if wins[true] > 0 {
		if err := w.service.Prove(w.In(), &bob, theirs.ID, code); err == nil {
			t.Error("the code of who came second")
		}
	}
}

func TestConfirm_saysThatAnotherAccountWasFaster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, link := w.adds(&w.alice, work, 1)
	b := w.signedIn(alice)
	page := b.Open(link)
	w.User(work)
	if p := page.Submit("submit", nil); p.Status != http.StatusConflict || state(p) != taken {
		t.Errorf("%d %s", p.Status, state(p))
	}
	if all, err := w.service.List(w.In(), &w.alice); err != nil || len(all) != 1 {
		t.Errorf("%d addresses, %v: want the one that somebody else has to be gone", len(all), err)
	}
}

func TestConfirm_refusesEveryOtherLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, link := w.adds(&w.alice, work, 1)
	elsewhere := w.NewTenant("elsewhere", "", tenant.Settings{})
	b := w.signedIn(alice)
	refused := func(name, address string) {
		t.Helper()
		if p := w.Browser().Open(address); p.Status != http.StatusNotFound || p.Doc.Find("form").Length() != 0 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	refused("none", w.Issuer()+"/email/confirm")
	refused("unknown", w.Issuer()+"/email/confirm?token="+secret.Token("plem_"))
	refused("of another purpose", w.Issuer()+"/email/confirm?token="+secret.Token("plsu_"))
	refused("of another tenant", elsewhere.Issuer+link[len(w.Issuer()):])
	b.Open(link)
	if p := b.Post(w.Issuer()+"/email/confirm", url.Values{"csrf": {"x"}}); p.Status != http.StatusForbidden {
		t.Errorf("a forged form: %d", p.Status)
	}
	page := b.Open(link)
	if _, err := w.owner.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	refused("expired", link)
	if p := page.Submit("submit", nil); p.Status != http.StatusNotFound {
		t.Errorf("posted after it expired: %d", p.Status)
	}
	_, _, link = w.adds(&w.alice, work, 2)
	w.Disable(w.alice)
	refused("of a disabled user", link)
}

// ADR-12: nothing but the mail tells that an address has an account, and few mails are sent.
func TestAdd_tellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User("bob@example.com")
	got := map[string]addresses.Email{}
	for _, email := range []string{"bob@example.com", work} {
		e, err := w.service.Add(w.In(), &w.alice, email, "en", "192.0.2.1")
		if err != nil || e.ID == uuid.Nil || e.Verified {
			t.Fatalf("%s: %+v, %v", email, e, err)
		}
		got[email] = e
	}
	m := w.Mailed("bob@example.com", 1)
	if plintotest.HasCode(m) || linkPattern.MatchString(m.Text) {
		t.Errorf("the owner's mail lets somebody take the address:\n%s", m.Text)
	}
	for email, e := range got {
		if err := w.service.Prove(w.In(), &w.alice, e.ID, "0000 0000"); !errors.Is(err, addresses.ErrCode) {
			t.Errorf("a wrong code for %s: %v", email, err)
		}
	}
	for i := range 3 {
		_, err := w.service.Add(w.In(), &w.alice, strings.ToUpper(work), "en", "192.0.2.1")
		if i == 2 && !errors.Is(err, addresses.ErrThrottle) || i < 2 && err != nil {
			t.Errorf("mail %d: %v", i+2, err)
		}
	}
	if _, err := w.service.Add(w.In(), &w.alice, "Alice@example.com", "en", "192.0.2.1"); !errors.Is(err, addresses.ErrHeld) {
		t.Errorf("the primary one: %v", err)
	}
	if _, err := w.service.Add(w.In(), &w.alice, "no address", "en", "192.0.2.1"); !errors.Is(err, identity.ErrEmail) {
		t.Errorf("no address: %v", err)
	}
	denied := *w.Tenant
	denied.Settings.SignUp.DeniedDomains = []string{"work.example"}
	if _, err := w.service.Add(tenant.With(t.Context(), &denied), &w.alice, work, "en", "192.0.2.1"); !errors.Is(err, addresses.ErrDomain) {
		t.Errorf("a denied domain: %v", err)
	}
}

// Whoever has the address is written to in their language, not in that of who typed it.
func TestAdd_writesToTheOwnerInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for user, locale := range map[string]string{"bob@example.com": "de", "carol@example.com": ""} {
		u := w.User(user)
		if _, err := w.Directory().Update(w.In(), event.Actor{Type: "system"}, u.ID, func(u *identity.User) { u.Profile.Locale = locale }); err != nil {
			t.Fatal(err)
		}
	}
	w.alice.Profile.Locale = "fr"
	for owner, want := range map[string]string{"bob@example.com": "de", "carol@example.com": "fr", work: "fr"} {
		if _, err := w.service.Add(w.In(), &w.alice, owner, "es", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		if m := w.Mailed(owner, 1); !strings.Contains(m.HTML, `lang="`+want+`"`) {
			t.Errorf("%s reads %q: %s\n%s", owner, want, m.Subject, m.Text)
		}
	}
}

func TestProve_countsGuesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code, _ := w.adds(&w.alice, work, 1)
	bob := w.User("bob@example.com")
	if err := w.service.Prove(w.In(), &bob, e.ID, code); !errors.Is(err, addresses.ErrUnknown) {
		t.Errorf("somebody else: %v", err)
	}
	for range 6 {
		if err := w.service.Prove(w.In(), &w.alice, e.ID, "1"); !errors.Is(err, addresses.ErrCode) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	if err := w.service.Prove(w.In(), &w.alice, e.ID, code); !errors.Is(err, addresses.ErrCode) {
		t.Errorf("the right code after six wrong ones: %v", err)
	}
	e, code, _ = w.adds(&w.alice, work, 2)
	must(t, w.service.Prove(w.In(), &w.alice, e.ID, code))
	must(t, w.service.Prove(w.In(), &w.alice, e.ID, code)) // posted twice
	user := event.Actor{Type: "user", ID: w.alice.PublicID()}
	if err := w.service.Remove(w.In(), user, &w.alice, uuid.Nil); !errors.Is(err, addresses.ErrPrimary) {
		t.Errorf("the primary one is removed: %v", err)
	}
	pending, _, _ := w.adds(&w.alice, "more@work.example", 1)
	if err := w.service.MakePrimary(w.In(), user, &w.alice, pending.ID); !errors.Is(err, addresses.ErrUnproved) {
		t.Errorf("one that is not proved becomes the primary one: %v", err)
	}
	must(t, w.service.Remove(w.In(), user, &w.alice, e.ID))
	if w.signsIn(work) {
		t.Error("a removed address signs in")
	}
}

// {what became of the address} × {the page opened, the form of before, the same form again}.
func TestConfirm_saysWhatBecameOfTheAddress(t *testing.T) {
	t.Parallel()
	as := func(u *identity.User) event.Actor { return event.Actor{Type: "user", ID: u.PublicID()} }
	for name, c := range map[string]struct {
		became               func(w *world, e addresses.Email, code string) error
		opened, posted, then int // statuses
		says                 string
	}{
		"nothing": {func(*world, addresses.Email, string) error { return nil }, 200, 200, 200, confirmed},
		"proved by code": {func(w *world, e addresses.Email, code string) error {
			return w.service.Prove(w.In(), &w.alice, e.ID, code)
		}, 200, 200, 200, confirmed},
		"asked for again": {func(w *world, _ addresses.Email, _ string) error {
			_, err := w.service.Add(w.In(), &w.alice, work, "en", "192.0.2.1")
			return err
		}, 200, 200, 200, confirmed},
		"removed": {func(w *world, e addresses.Email, _ string) error {
			return w.service.Remove(w.In(), as(&w.alice), &w.alice, e.ID)
		}, 404, 404, 404, ""},
		"proved and removed": {func(w *world, e addresses.Email, code string) error {
			return errors.Join(w.service.Prove(w.In(), &w.alice, e.ID, code), w.service.Remove(w.In(), as(&w.alice), &w.alice, e.ID))
		}, 404, 404, 404, ""},
		"somebody else's": {func(w *world, _ addresses.Email, _ string) error { w.User(work); return nil }, 200, 409, 404, taken},
		"primary by now": {func(w *world, e addresses.Email, code string) error {
			return errors.Join(w.service.Prove(w.In(), &w.alice, e.ID, code), w.service.MakePrimary(w.In(), as(&w.alice), &w.alice, e.ID))
		}, 200, 200, 200, confirmed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e, code, link := w.adds(&w.alice, work, 1)
			b := w.signedIn(alice)
			before := b.Open(link)
			must(t, c.became(w, e, code))
			if p := b.Open(link); p.Status != c.opened {
				t.Errorf("opened: %d %s, want %d", p.Status, state(p), c.opened)
			}
			if p := before.Submit("submit", nil); p.Status != c.posted || c.says != "" && state(p) != c.says {
				t.Errorf("posted: %d %s, want %d %s", p.Status, state(p), c.posted, c.says)
			}
			if p := before.Submit("submit", nil); p.Status != c.then {
				t.Errorf("posted again: %d %s, want %d", p.Status, state(p), c.then)
			}
		})
	}
}

// A primary address that nobody proved is proved by a link as well.
func TestConfirm_provesThePrimaryAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob := w.Make(identity.User{Email: "bob@example.com"})
	_, _, link := w.adds(&bob, "bob@example.com", 1)
	p := w.signedIn("bob@example.com").Open(link)
	if state(p) != asks {
		t.Fatalf("%d %s", p.Status, state(p))
	}
	if p = p.Submit("submit", nil); state(p) != confirmed {
		t.Errorf("%d %s", p.Status, state(p))
	}
	if user, err := w.Store.Users.ByID(w.In(), bob.ID); err != nil || !user.EmailVerified {
		t.Errorf("verified: %v, %v", user.EmailVerified, err)
	}
}
