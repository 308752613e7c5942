package notme_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const alice = "alice@example.com"

type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	alice  identity.User
	owner  *pgx.Conn
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	database, owner := storagetest.URL(t)
	w.owner = storagetest.Owner(t, owner)
	w.Server = plintotest.Start(t, plintotest.Options{Mail: true, Database: database})
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

func (w *world) url() string { return w.AuthorizeURL(w.client, nil) }

var address = regexp.MustCompile(`https?://\S+/not-me\?token=\S+`)

// link signs Alice in from a new browser and returns that, and the link of the mail about it.
func (w *world) link() (*plintotest.Browser, string) {
	w.t.Helper()
	b := w.Browser()
	if b.SignIn(w.url(), alice).Get("code") == "" {
		w.t.Fatal("not signed in")
	}
	m := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && address.MatchString(m.Text) }, 1)
	found := address.FindString(m.Text)
	if !strings.Contains(m.HTML, `href="`+found+`"`) || !strings.HasPrefix(found, w.Issuer()+"/") {
		w.t.Fatalf("the link is not the tenant's, or not in both parts: %s\n%s", found, m.HTML)
	}
	return b, found
}

func (w *world) hasPassword() bool {
	w.t.Helper()
	held, err := w.Store.Users.Credential(w.In(), alice, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return held.PasswordHash != ""
}

// signedIn reports whether a browser is still signed in.
func (w *world) signedIn(b *plintotest.Browser) bool { return b.Open(w.url()).Left != nil }

// NME-01: looking changes nothing; the button ends what there was and takes the password away.
func TestNotMe_endsWhatThereWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	intruder, link := w.link()
	b := w.Browser()
	for range 3 {
		if p := b.Open(link); p.Status != http.StatusOK || p.URL.RawQuery != "" || p.Doc.Find("#not-me-form").Length() != 1 {
			t.Fatalf("%s: %d", p.URL, p.Status)
		}
	}
	if !w.signedIn(intruder) || !w.hasPassword() {
		t.Fatal("a look at the page changed something")
	}
	if p := b.Open(link).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d", p.Status)
	}
	if w.signedIn(intruder) || w.hasPassword() {
		t.Error("the intruder is still in")
	}
	if p := w.Browser().Open(w.url()).Submit("submit", plintotest.Alice()); p.Left != nil {
		t.Error("the password still signs in")
	}
	if p := b.Open(link); p.Status != http.StatusNotFound {
		t.Errorf("the link is still good: %d", p.Status)
	}
}

// NME-02: many at once, one counts.
func TestNotMe_countsOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.link()
	var pages []*plintotest.Page
	for range 8 {
		pages = append(pages, w.Browser().Open(link))
	}
	var done atomic.Int32
	var all sync.WaitGroup
	for _, p := range pages {
		all.Go(func() {
			if p.Submit("submit", nil).Doc.Find("#not-me-done").Length() == 1 {
				done.Add(1)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("%d counted", done.Load())
	}
}

// NME-03: no other link does anything, nor one of a user who is gone or disabled.
func TestNotMe_refusesEveryOtherLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.link()
	elsewhere := w.NewTenant("elsewhere", "", tenant.Settings{})
	refused := func(name, address string) {
		t.Helper()
		if p := w.Browser().Open(address); p.Status != http.StatusNotFound || p.Doc.Find("form").Length() != 0 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	refused("none", w.Issuer()+"/not-me")
	refused("unknown", w.Issuer()+"/not-me?token="+secret.Token("plnm_"))
	refused("of another purpose", w.Issuer()+"/not-me?token="+secret.Token("plot_"))
	refused("of another tenant", elsewhere.Issuer+link[len(w.Issuer()):])
	p := w.Browser().Open(link)
	if p.Status != http.StatusOK {
		t.Fatalf("control: %d", p.Status)
	}
	if err := w.Store.Users.SetPassword(w.In(), w.alice.ID, "unchanged", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.Users.SetDisabled(w.In(), w.alice.ID, true); err != nil {
		t.Fatal(err)
	}
	refused("of a disabled user", link)
	if p := p.Submit("submit", nil); p.Status != http.StatusNotFound || !w.hasPassword() {
		t.Errorf("posted for a disabled user: %d", p.Status)
	}
}

// NME-04: the mailbox takes nothing away but the password: second factors stay. The audit log has
// that it was by a mail.
func TestNotMe_keepsFactorsAndIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, link := w.link()
	if err := w.Store.Factors.AddTOTP(w.In(), mfa.TOTP{ID: uuid.New(), UserID: w.alice.ID, Name: "app", Sealed: []byte("sealed")}, true); err != nil {
		t.Fatal(err)
	}
	w.Browser().Open(link).Submit("submit", nil)
	var taken, removed int
	err := w.owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE type = 'password.taken'), count(*) FILTER (WHERE type = 'factor.removed')
		FROM audit_log WHERE subject = $1`, w.alice.PublicID()).Scan(&taken, &removed)
	if err != nil || taken != 1 || removed != 0 {
		t.Errorf("recorded: %d, %d removed, %v", taken, removed, err)
	}
	if held, err := w.Store.Factors.Of(w.In(), w.alice.ID); err != nil || len(held.TOTP) != 1 {
		t.Errorf("factors: %d, %v", len(held.TOTP), err)
	}
}

// NME-04, NME-05: a mail about a new factor takes that one back; with those that came after it, unless the
// user had one before, which stays as the others do.
func TestNotMe_takesTheFactorBackThatItIsAbout(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"the first": false, "another": true} {
		w := newWorld(t)
		add := func(first bool) uuid.UUID {
			id := uuid.Must(uuid.NewV7())
			if err := w.Store.DB.InTx(w.In(), func(ctx context.Context) error {
				return w.Store.Factors.AddTOTP(ctx, mfa.TOTP{ID: id, UserID: w.alice.ID, Name: "app", Sealed: []byte("sealed")}, first)
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		if before {
			add(true)
		}
		theirs := add(!before)
		add(false) // by who has the one before
		e := event.Event{Fact: event.FactorAdded{FactorID: theirs, Kind: "totp"}, Outcome: "success", Subject: w.alice.PublicID()}
		if err := w.Store.DB.InTx(w.In(), func(ctx context.Context) error { return w.Store.Outbox.Append(ctx, e) }); err != nil {
			t.Fatal(err)
		}
		m := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && address.MatchString(m.Text) }, 1)
		if p := w.Browser().Open(address.FindString(m.Text)).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
			t.Fatalf("%s: %d", name, p.Status)
		}
		held, err := w.Store.Factors.Of(w.In(), w.alice.ID)
		if slices.ContainsFunc(held.TOTP, func(f mfa.TOTP) bool { return f.ID == theirs }) {
			t.Errorf("%s: the factor stays", name)
		}
		if want := map[bool]int{false: 0, true: 2}[before]; err != nil || len(held.TOTP) != want {
			t.Errorf("%s: %d factors left (%v), want %d", name, len(held.TOTP), err, want)
		}
	}
}
