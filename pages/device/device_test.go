package device_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	page  = "/login/device"
)

type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	alice  identity.User
	owner  *pgx.Conn
}

func newWorld(t *testing.T, change ...func(*plintotest.Options)) *world {
	t.Helper()
	o := plintotest.Options{Mail: true, Settings: tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOn}}}
	for _, f := range change {
		f(&o)
	}
	database, owner := storagetest.URL(t)
	o.Database = database
	w := &world{t: t, Server: plintotest.Start(t, o), owner: storagetest.Owner(t, owner)}
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

func (w *world) url() string { return w.AuthorizeURL(w.client, nil) }

// password opens the sign-in page and gives the password.
func (w *world) password(b *plintotest.Browser) *plintotest.Page {
	w.t.Helper()
	return b.Open(w.url()).Submit("submit", plintotest.Alice())
}

func (w *world) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (%d, left to %v), want %s", p.URL, p.Status, p.Left, path)
	}
	return p
}

// code waits for the n-th mail with a code for Alice.
func (w *world) code(n int) string {
	w.t.Helper()
	return plintotest.CodeOf(w.t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && plintotest.HasCode(m) }, n))
}

// knows signs Alice in in a browser, with the n-th code.
func (w *world) knows(b *plintotest.Browser, n int) {
	w.t.Helper()
	if p := w.at(w.password(b), page).Verify(w.code(n)); !signedIn(p) {
		w.t.Fatalf("the code leads to %s (%d)", p.URL, p.Status)
	}
}

func signedIn(p *plintotest.Page) bool { return p.Left != nil && p.Left.Query().Get("code") != "" }

// signOut ends the session of a browser, which keeps its other cookies.
func (w *world) signOut(b *plintotest.Browser) {
	w.t.Helper()
	if c := b.SessionCookie(); c != nil {
		at, err := url.Parse(w.Issuer())
		if err != nil {
			w.t.Fatal(err)
		}
		b.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Path: "/", Secure: true, MaxAge: -1}})
	}
	if b.SessionCookie() != nil {
		w.t.Fatal("still signed in")
	}
}

// cookie is the secret in the device cookie of a browser.
func (w *world) cookie(b *plintotest.Browser) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.Issuer(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b.Cookies(r)
	for _, c := range r.Cookies() {
		if strings.HasSuffix(c.Name, "plinto_d") {
			id, _, _ := strings.Cut(c.Value, ".")
			return id
		}
	}
	w.t.Fatal("no device cookie")
	return ""
}

// sql changes rows as the owner of the database.
func (w *world) sql(statement string) {
	w.t.Helper()
	if _, err := w.owner.Exec(w.t.Context(), statement); err != nil {
		w.t.Fatal(err)
	}
}

// DVC-01: the password alone makes no session in a new browser, whatever is opened; the code does,
// and the browser is known from then on.
func TestDevice_aNewBrowserIsAskedForACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	p := w.at(w.password(b), page)
	if b.SessionCookie() != nil {
		t.Fatal("there is a session after the password alone")
	}
	if got := b.Silently(w.url()); got != "login_required" {
		t.Errorf("another request: %q, want login_required", got)
	}
	w.at(b.Open(p.URL.String()), page) // loaded again
	m := w.Mail(func(m mailcatcher.Mail) bool { return plintotest.HasCode(m) }, 1)
	if m.To != alice || !strings.Contains(m.Text, "127.0.0.1") {
		t.Errorf("the mail to %s:\n%s", m.To, m.Text)
	}
	if wrong := w.at(p.Verify("0000 0000"), page); wrong.Status != http.StatusUnauthorized || b.SessionCookie() != nil {
		t.Errorf("a wrong code: %d", wrong.Status)
	}
	if p = p.Verify(plintotest.CodeOf(t, m)); !signedIn(p) {
		t.Fatalf("the code leads to %s (%d)", p.URL, p.Status)
	}
	w.signOut(b)
	if p := w.password(b); !signedIn(p) {
		t.Errorf("the browser that is known is at %s", p.URL)
	}
	w.at(w.password(w.Browser()), page)
}

// DVC-02: a code by mail is no factor, and leaves no trace in amr.
func TestDevice_theCodeIsNoFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.knows(w.Browser(), 1)
	var amr []string
	err := w.owner.QueryRow(t.Context(), `SELECT amr FROM sessions`).Scan(&amr)
	if err != nil || !slices.Equal(amr, []string{"pwd"}) {
		t.Errorf("amr %v, %v; want pwd alone", amr, err)
	}
}

// DVC-03: a code counts once, in the browser it was asked for in, and of the newest mail.
func TestDevice_aCodeCountsOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	p := w.at(w.password(b), page)
	code := w.code(1)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		twin := w.Again(p)
		all.Go(func() {
			if signedIn(twin.Verify(code)) {
				won.Add(1)
			}
		})
	}
	if all.Wait(); won.Load() != 1 {
		t.Errorf("%d of 8 were signed in, want 1", won.Load())
	}
	other := w.at(w.password(w.Browser()), page)
	if p := w.at(other.Verify(code), page); p.Status != http.StatusUnauthorized {
		t.Errorf("the code of another browser: %d", p.Status)
	}
	second := w.code(2)
	again := w.at(other.Submit("again", nil), page)
	if p := w.at(again.Verify(second), page); p.Status != http.StatusUnauthorized {
		t.Errorf("the code before the newest: %d", p.Status)
	}
	if p := again.Verify(w.code(3)); !signedIn(p) {
		t.Errorf("the newest code leads to %s", p.URL)
	}
}

// DVC-04: guessing ends for the mail and for the account; mails are few.
func TestDevice_guessesAndMailsAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.at(w.password(w.Browser()), page)
	code := w.code(1)
	for range 5 {
		w.at(p.Verify("0000 0000"), page)
	}
	if got := w.at(p.Verify(code), page); got.Status != http.StatusUnauthorized {
		t.Errorf("the right code after five wrong ones: %d", got.Status)
	}
	w.sql(`UPDATE attempts SET tat = tat - interval '9 minutes' WHERE key LIKE 'mailed-code:%'`)
	if got := w.at(p.Verify(code), page); got.Status != http.StatusUnauthorized {
		t.Errorf("the right code nine minutes after five wrong ones: %d", got.Status)
	}
	p = w.at(p.Submit("again", nil), page)
	w.code(2) // letters are sent in any order
	for range 5 {
		w.at(p.Verify("0000 0000"), page)
	}
	p = w.at(p.Submit("again", nil), page)
	if got := w.at(p.Verify(w.code(3)), page); got.Status != http.StatusUnauthorized {
		t.Errorf("the right code after ten wrong ones for the account: %d", got.Status)
	}
	w.at(p.Submit("again", nil), page)
	if got := w.at(p.Submit("again", nil), page); got.Status != http.StatusTooManyRequests {
		t.Errorf("the fifth mail at once: %d", got.Status)
	}
}

// DVC-10: whoever has the password, and guesses codes and asks for mails, keeps the user out of no browser that signed them in before.
func TestDevice_guessesOfOthersKeepNobodyOutOfTheirBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := w.Browser()
	w.knows(own, 1)
	w.signOut(own)
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err) // from now on its cookie alone says that it was known
	}
	p := w.at(w.password(w.Browser()), page)
	for range 2 {
		for range 5 {
			w.at(p.Verify("0000 0000"), page)
		}
		p = w.at(p.Submit("again", nil), page)
	}
	if got := w.at(p.Submit("again", nil), page); got.Status != http.StatusTooManyRequests {
		t.Fatalf("control: the fifth mail at once: %d", got.Status)
	}
	w.code(4) // the first, and three of the other browser
	theirs := w.at(w.password(own), page)
	if got := theirs.Verify(w.code(5)); !signedIn(got) {
		t.Errorf("their own browser: on %s (%d): %s", got.URL, got.Status, got.Doc.Find("main").Text())
	}
}

// DVC-05: what ends everything of a user ends what browsers are trusted with.
func TestDevice_isUnknownAfterThePasswordIsChanged(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world) error{
		"by an operator": func(w *world) error {
			return w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, plintotest.Password, uuid.Nil)
		},
		"signed out everywhere": func(w *world) error {
			return w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil)
		},
		"revoked": func(w *world) error {
			all, err := w.Devices().List(w.In(), w.alice.ID)
			if err != nil || len(all) != 1 {
				w.t.Fatalf("devices %v, %v", all, err)
			}
			return w.Devices().Revoke(w.In(), event.Actor{Type: "operator"}, &w.alice, all[0].ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.Browser()
			w.knows(b, 1)
			if err := end(w); err != nil {
				t.Fatal(err)
			}
			w.signOut(b)
			w.at(w.password(b), page)
		})
	}
}

// DVC-05: between password and code as well.
func TestDevice_theProofEndsWithWhatTheUserHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.at(w.password(w.Browser()), page)
	code := w.code(1)
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	w.at(p.Verify(code), "/login")
}

// DVC-20: nor does it outlive the end of everything of the tenant, which ends sessions and grants too.
func TestDevice_theProofEndsWithEverythingOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.at(w.password(w.Browser()), page)
	code := w.code(1)
	for _, disabled := range []bool{true, false} {
		err := w.Store.Tenants.InTx(t.Context(), func(ctx context.Context) error {
			_, err := w.Store.Tenants.SetDisabled(ctx, w.Tenant.ID, disabled)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.at(p.Verify(code), "/login")
}

// DVC-06: a browser is known for one user, in one tenant.
func TestDevice_isKnownForItsUserAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User("bob@example.com")
	b := w.Browser()
	w.knows(b, 1)
	w.signOut(b)
	w.at(b.Open(w.url()).Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password}), page)
	other := w.NewTenant("other", "", w.Tenant.Settings)
	same := w.UserIn(other, alice)
	hash := identity.DeviceHash(w.Tenant.ID, w.cookie(b))
	held, err := w.Store.Users.Credential(w.In(), alice, hash)
	if err != nil || !held.Device.Known {
		t.Fatalf("known %v, %v", held.Device.Known, err)
	}
	held, err = w.Store.Users.Credential(testworld.In(other), alice, identity.DeviceHash(other.ID, w.cookie(b)))
	if err != nil || held.User.ID != same.ID || held.Device.Known {
		t.Errorf("in another tenant: %+v, %v", held.Device, err)
	}
}

// Wrong order, reload, back, second tab, cancel.
func TestDevice_inEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	start := b.Open(w.url())
	flow := start.URL.Query().Get("flow")
	w.at(b.Open(w.Issuer()+page+"?flow="+flow), "/login") // before the password
	older := b.FlowCookies()
	p := w.at(start.Submit("submit", plintotest.Alice()), page)
	for _, path := range []string{"/login/factor", "/login/factor/enrol", "/login/password"} {
		w.at(b.Open(w.Issuer()+path+"?flow="+flow), page)
	}
	code := w.code(1)
	newer := b.FlowCookies()
	b.GoBack(older)
	w.at(p.Verify(code), "/login")
	b.GoBack(newer)
	w.at(p.Submit("use-another", nil), "/login")
	p = w.at(w.password(b), page)
	w.code(2) // letters are sent in any order
	if p = p.Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: at %s, left to %v", p.URL, p.Left)
	}
	// A browser that goes back after the code counted starts over with a wrong code.
	p = w.at(w.password(b), page)
	kept, last := b.FlowCookies(), w.code(3)
	if q := p.Verify(last); !signedIn(q) {
		t.Fatalf("the code leads to %s", q.URL)
	}
	b.GoBack(kept)
	if q := w.at(p.Verify(last), page); q.Status != http.StatusUnauthorized {
		t.Errorf("the code again: %d", q.Status)
	}
}

// DVC-07: a password alone changes no password from a new browser.
func TestDevice_aPasswordAloneChangesNoneInANewBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := func(b *plintotest.Browser) *plintotest.Page {
		return b.Open(w.Issuer()+"/account/password").Submit("submit", plintotest.Alice())
	}
	b := w.Browser()
	w.knows(b, 1)
	w.at(open(w.Browser()), page)
	p := w.at(b.Open(w.Issuer()+"/account/password"), "/account/password")
	w.at(p.Submit("submit", map[string]string{"password": "another password of hers"}), "/account/security")
	w.signOut(b)
	if p := b.Open(w.url()).Submit("submit", map[string]string{"username": alice, "password": "another password of hers"}); !signedIn(p) {
		t.Errorf("the browser in which it was changed is at %s", p.URL)
	}
}

// Codes expire.
func TestDevice_codesExpire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.at(w.password(w.Browser()), page)
	code := w.code(1)
	w.sql(`UPDATE one_time_tokens SET expires_at = now() - interval '1 second'`)
	if p = w.at(p.Verify(code), page); p.Status != http.StatusUnauthorized {
		t.Errorf("a code after %s: %d", identity.CodeLife, p.Status)
	}
}
