package recovery_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/mailcatcher"
	"plinto/internal/password"
	"plinto/internal/plintotest"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

func (w *world) links() *recovery.Links {
	return &recovery.Links{Tokens: w.Store.OneTimeTokens, Users: w.Store.Users, Directory: w.Directory(), Outbox: w.Store.Outbox}
}

// link is the address of a link for Alice.
func (w *world) link(reset bool) string { return w.linkOf(&w.alice, reset) }

func (w *world) linkOf(user *identity.User, reset bool) string {
	w.t.Helper()
	link, err := w.links().Issue(w.In(), event.Actor{Type: "operator"}, user, recovery.DefaultLinkLife, reset)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Issuer() + "/recover/link?token=" + link
}

// uses sends the form of a link, and reports whether the password was set.
func uses(p *plintotest.Page, password string) bool {
	return p.Submit("submit", map[string]string{"password": password}).Doc.Find("#recover-done").Length() == 1
}

func TestLink_setsAPasswordAndEndsWhatThereWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.Browser()
	if old.SignIn(w.url(), alice).Get("code") == "" {
		t.Fatal("not signed in")
	}
	address := w.link(false)
	p := w.at(w.Browser().Open(address), "/recover/link")
	if strings.Contains(p.URL.String(), "plrl_") || p.Doc.Find("#factors-go").Length() != 0 {
		t.Errorf("at %s, which should have no link in it; or factors are said to go", p.URL)
	}
	for _, password := range []string{"", "short"} {
		if got := p.Submit("submit", map[string]string{"password": password}); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#problem").Length() != 1 {
			t.Errorf("the password %q: %d", password, got.Status)
		}
	}
	if _, err := w.links().Use(w.In(), strings.TrimPrefix(address, w.Issuer()+"/recover/link?token="), "", nil); !errors.Is(err, password.ErrShort) {
		t.Errorf("no password: %v, want %v", err, password.ErrShort)
	}
	if !uses(p, fresh) {
		t.Fatal("the password was not set")
	}
	if got := old.Silently(w.url()); got != "login_required" {
		t.Errorf("the session from before: %q, want login_required", got)
	}
	if !w.signsIn(fresh) || w.signsIn(plintotest.Password) {
		t.Error("the new password does not sign in, or the old one does")
	}
	if p := w.Browser().Open(address); p.Status != http.StatusNotFound {
		t.Errorf("the link again: %d, want 404", p.Status)
	}
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Text, "Passwort Ihres Kontos")
	}, 1)
}

// ACC-01: of one link used in many tabs at once, one password comes.
func TestLink_ofManyAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Mail: true, Database: database})
	p := w.Browser().Open(w.link(false))
	pages := []*plintotest.Page{p, w.Again(p), w.Again(p)}
	done := w.whileUsersAreLocked(owner, pages, func(p *plintotest.Page) bool { return uses(p, fresh) })
	if done != 1 {
		t.Errorf("%d of %d set a password with one link", done, len(pages))
	}
}

// ACC-02: mail scanners and previews open links.
func TestLink_isNotSpentByLooking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := w.link(true)
	for range 3 {
		w.at(w.Browser().Open(address), "/recover/link")
	}
	if !w.signsIn(plintotest.Password) {
		t.Error("looking at a link ended the password")
	}
	if p := w.Browser().Open(address); p.Status != http.StatusOK || !uses(p, fresh) {
		t.Errorf("the link is spent: %d", p.Status)
	}
}

// ACC-02: a link is good for its user, at its tenant, until it is used, is over, or there is a
// newer one.
func TestLink_refusesEveryOtherLink(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Database: database})
	sql := storagetest.Owner(t, owner)
	replaced := w.link(false)
	good := w.link(false)
	bob, carol, dave := w.User("bob@example.com"), w.User("carol@example.com"), w.User("dave@example.com")
	_, token, _ := strings.Cut(good, "plrl_")
	elsewhere := w.NewTenant("elsewhere", "", tenant.Settings{})
	disabled, expired, early := w.linkOf(&bob, false), w.linkOf(&carol, false), w.linkOf(&dave, false)
	w.Disable(bob)
	if _, err := sql.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now() WHERE purpose = $1`, "recovery-link:"+carol.ID.String()); err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{
		"none": w.Issuer() + "/recover/link", "replaced": replaced, "expired": expired, "of a disabled user": disabled,
		"of another user":   w.Issuer() + "/recover/link?token=" + dave.PublicID() + ".plrl_" + token,
		"of another tenant": elsewhere.Issuer + good[len(w.Issuer()):],
	} {
		if p := w.Browser().Open(address); p.Status != http.StatusNotFound || p.Doc.Find("form").Length() != 0 {
			t.Errorf("%s: %d, want 404", name, p.Status)
		}
	}
	for name, address := range map[string]string{"newest": good, "of a user whose neighbours got links later": early} {
		if p := w.Browser().Open(address); p.Doc.Find("#password").Length() != 1 {
			t.Errorf("control, %s: %d", name, p.Status)
		}
	}
	var life time.Duration
	if err := sql.QueryRow(t.Context(), `SELECT expires_at - created_at FROM one_time_tokens WHERE purpose = $1`, "recovery-link:"+dave.ID.String()).Scan(&life); err != nil || life != recovery.DefaultLinkLife {
		t.Errorf("a link is good for %v, %v, want %v", life, err, recovery.DefaultLinkLife)
	}
	for _, life := range []time.Duration{0, recovery.MaxLinkLife + 1} {
		if _, err := w.links().Issue(w.In(), event.Actor{Type: "operator"}, &dave, life, false); err == nil {
			t.Errorf("a link for %v was made", life)
		}
	}
}

// ACC-03: a link is no way around the second factor.
func TestLink_keepsTheFactorsUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, reset := range []bool{false, true} {
		w := newWorld(t)
		factors, _ := w.enrols()
		b := w.Browser()
		p := b.Open(w.link(reset))
		if says := p.Doc.Find("#factors-go").Length() == 1; says != reset {
			t.Errorf("reset %v: the page says so: %v", reset, says)
		}
		// Eight characters are enough beside a second factor, and not where none is left.
		if set := uses(p, "wkrlusqx7"); set == reset {
			t.Errorf("reset %v: a password of nine characters was set: %v", reset, set)
		}
		if !reset {
			p = w.Browser().Open(w.link(reset))
		}
		if !uses(p, fresh) {
			t.Fatalf("reset %v: the password was not set", reset)
		}
		if held, err := factors.Held(w.In(), w.alice.ID); err != nil || held.Any() == reset || (held.Codes == 0) != reset {
			t.Errorf("reset %v: the factors are %+v, %v", reset, held, err)
		}
		if got := b.Silently(w.url()); got != "login_required" {
			t.Errorf("reset %v: %q, want nobody signed in by a link", reset, got)
		}
		p = w.Browser().Open(w.url()).Submit("submit", map[string]string{"username": alice, "password": fresh})
		if asked := p.Left == nil && p.URL.Path == "/login/factor"; asked == reset {
			t.Errorf("reset %v: asked for the second factor: %v", reset, asked)
		}
	}
}

// whileUsersAreLocked does something with all pages at once, and lets nobody change a user until
// all of them are about to. It returns how many say that it was done.
func (w *world) whileUsersAreLocked(owner string, pages []*plintotest.Page, do func(*plintotest.Page) bool) int {
	w.t.Helper()
	lock, err := storagetest.Owner(w.t, owner).Begin(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := lock.Exec(w.t.Context(), `SELECT FROM users FOR UPDATE`); err != nil {
		w.t.Fatal(err)
	}
	watch := storagetest.Owner(w.t, owner)
	waiting := func() (n int) {
		if err := watch.QueryRow(w.t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
			w.t.Fatal(err)
		}
		return n
	}
	var done atomic.Int32
	var group sync.WaitGroup
	for _, p := range pages {
		group.Go(func() {
			if do(p) {
				done.Add(1)
			}
		})
	}
	for late := time.Now().Add(20 * time.Second); waiting() < len(pages) && time.Now().Before(late); {
	}
	if err := lock.Commit(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	group.Wait()
	return int(done.Load())
}

// Whoever used a link signs in in its browser, where no mail reaches them: there alone.
func TestLink_makesItsBrowserKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOn}}})
	carol := w.Make(identity.User{Username: "carol"})
	enter := func(b *plintotest.Browser) *plintotest.Page {
		return b.Open(w.url()).Submit("submit", map[string]string{"username": "carol", "password": fresh})
	}
	b := w.Browser()
	if !uses(b.Open(w.linkOf(&carol, false)), fresh) {
		t.Fatal("the password was not set")
	}
	if p := enter(b); p.Left == nil {
		t.Errorf("the browser of the link is at %s", p.URL)
	}
	w.at(enter(w.Browser()), "/login/device")
}

// ACC-04: a link from before an operator or the user put an end to all that there was is no way in after it. What a thief of
// the password can do ends none.
func TestLink_endsWithWhatEndsAllOfTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, operator := w.Directory(), event.Actor{Type: "operator", ID: "ops"}
	for name, c := range map[string]struct {
		do   func(ctx context.Context, u *identity.User) error
		good bool
	}{
		"disabled and enabled": {func(ctx context.Context, u *identity.User) error {
			return errors.Join(d.Disable(ctx, operator, u.ID), d.Enable(ctx, operator, u.ID))
		}, false},
		"disabled by SQL, and enabled": {func(ctx context.Context, u *identity.User) error {
			_, err := w.Store.Users.SetDisabled(ctx, u.ID, true)
			return errors.Join(err, d.Enable(ctx, operator, u.ID))
		}, false},
		"signed out by an operator": {func(ctx context.Context, u *identity.User) error {
			return d.SignOut(ctx, operator, u.ID, uuid.Nil)
		}, false},
		"signed out by another user": {func(ctx context.Context, u *identity.User) error {
			return d.SignOut(ctx, event.Actor{Type: "user", ID: w.alice.PublicID()}, u.ID, uuid.Nil)
		}, false},
		"this was not me": {func(ctx context.Context, u *identity.User) error {
			return d.TakePassword(ctx, event.Actor{Type: "anonymous"}, u.ID, uuid.New())
		}, false},
		"signed out by the user": {func(ctx context.Context, u *identity.User) error {
			return d.SignOut(ctx, event.Actor{Type: "user", ID: u.PublicID()}, u.ID, uuid.Nil)
		}, true},
		"another password": {func(ctx context.Context, u *identity.User) error {
			return d.SetPassword(ctx, operator, *u, "what somebody else chose", uuid.Nil)
		}, true},
		"enabled already": {func(ctx context.Context, u *identity.User) error { return d.Enable(ctx, operator, u.ID) }, true},
	} {
		user := w.User(uuid.NewString() + "@example.com")
		link := w.linkOf(&user, false)
		if err := c.do(w.In(), &user); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if good := w.Browser().Open(link).Doc.Find("#password").Length() == 1; good != c.good {
			t.Errorf("%s: the link is good: %v, want %v", name, good, c.good)
		}
	}
	if p := w.Browser().Open(w.link(false)); p.Doc.Find("#password").Length() != 1 {
		t.Errorf("control, of somebody else: %d", p.Status)
	}
}
