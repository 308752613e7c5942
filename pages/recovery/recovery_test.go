package recovery_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	fresh = "a fresh password of hers"
)

type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	alice  identity.User
}

func newWorld(t *testing.T, options ...plintotest.Options) *world {
	t.Helper()
	w := &world{t: t, Server: plintotest.Start(t, append(options, plintotest.Options{Mail: true})...)}
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

func (w *world) url() string { return w.AuthorizeURL(w.client, nil) }

// asks opens the sign-in page and asks for a code.
func (w *world) asks(b *plintotest.Browser, name string) *plintotest.Page {
	w.t.Helper()
	p := b.Open(w.url())
	link, ok := p.Doc.Find("#forgot").Attr("href")
	if !ok {
		w.t.Fatal("no link for who forgot the password")
	}
	return w.at(b.Open(w.Issuer()+link).Submit("submit", map[string]string{"username": name}), "/recover/code")
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

// verified goes to the page that asks for the new password.
func (w *world) verified(b *plintotest.Browser) *plintotest.Page {
	w.t.Helper()
	p := w.asks(b, alice)
	return w.at(p.Submit("submit", map[string]string{"code": w.code(1)}), "/recover/password")
}

// signsIn reports whether a password signs Alice in.
func (w *world) signsIn(password string) bool {
	w.t.Helper()
	return w.Browser().Open(w.url()).Submit("submit", map[string]string{"username": alice, "password": password}).Left != nil
}

func TestRecovery_setsAPasswordAndEndsWhatThereWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.Browser()
	if old.SignIn(w.url(), alice).Get("code") == "" {
		t.Fatal("not signed in")
	}
	b := w.Browser()
	p := w.verified(b)
	if p = w.at(p.Submit("submit", map[string]string{"password": "short"}), "/recover/password"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", p.Status)
	}
	p = p.Submit("submit", map[string]string{"password": fresh})
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("not back at the client: %s (%d)", p.URL, p.Status)
	}
	if got := old.Silently(w.url()); got != "login_required" {
		t.Errorf("the session from before: %q, want login_required", got)
	}
	if !w.signsIn(fresh) || w.signsIn(plintotest.Password) {
		t.Error("the new password does not sign in, or the old one does")
	}
	w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Text, "Passwort Ihres Kontos")
	}, 1)
}

// ENU-09: nothing tells whether there is such a user: pages, statuses, the size of cookies.
func TestRecovery_looksTheSameForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := w.User("gone1@example.com")
	w.Disable(gone)
	shape := func(name string) (string, int) {
		b := w.Browser()
		p := w.asks(b, name)
		wrong := p.Submit("submit", map[string]string{"code": "1234 5678"})
		size := 0
		for _, c := range b.FlowCookies() {
			size += len(c.Value)
		}
		html, _ := wrong.Doc.Find("main").Html()
		for _, in := range []string{"flow", "csrf"} {
			html = strings.ReplaceAll(html, wrong.Doc.Find("[name="+in+"]").AttrOr("value", "\x00"), "")
		}
		return strings.ReplaceAll(html, name, ""), size
	}
	page, size := shape("alice@example.com")
	for _, name := range []string{"nobod@example.com", "gone1@example.com"} {
		if got, n := shape(name); got != page || n != size {
			t.Errorf("%s: the page or its cookie differs: %d and %d bytes\n%s\n%s", name, n, size, got, page)
		}
	}
	w.asks(w.Browser(), alice)
	w.code(2) // letters are sent in their order
	for _, m := range w.Mails.All() {
		if m.To != alice {
			t.Errorf("a mail to %s", m.To)
		}
	}
}

// REC-01: no step can be posted before the one it relies on, in whatever state the flow is.
func TestRecovery_noStepCanBeSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	first := b.Open(w.url())
	posts := map[string]url.Values{
		"/recover/code":     {"action": {"verify"}, "code": {"12345678"}},
		"/recover/password": {"action": {"finish"}, "password": {fresh}},
	}
	post := func(p *plintotest.Page, path string) *plintotest.Page {
		form := url.Values{"flow": {p.Doc.Find("[name=flow]").AttrOr("value", "")}, "csrf": {p.Doc.Find("[name=csrf]").AttrOr("value", "")}}
		for name, value := range posts[path] {
			form[name] = value
		}
		return b.Post(w.Issuer()+path, form)
	}
	for path := range posts {
		w.at(post(first, path), "/recover")
	}
	asked := w.asks(b, alice)
	w.at(post(asked, "/recover/code"), "/recover/code")     // a wrong code
	w.at(post(asked, "/recover/password"), "/recover/code") // not verified
	older := b.FlowCookies()
	code := w.code(1)
	verified := w.at(asked.Submit("submit", map[string]string{"code": code}), "/recover/password")
	w.at(b.Open(w.Issuer()+"/recover/code?flow="+first.URL.Query().Get("flow")), "/recover") // another flow of the browser
	if p := verified.Submit("submit", map[string]string{"password": fresh}); p.Left == nil {
		t.Fatalf("not finished: %s (%d)", p.URL, p.Status)
	}
	// Back, with the cookies of before: the code is spent.
	b.GoBack(older)
	if p := asked.Submit("submit", map[string]string{"code": code}); p.Left != nil || p.URL.Path != "/recover/code" {
		t.Errorf("a spent code leads to %s, %v", p.URL, p.Left)
	}
	if !w.signsIn(fresh) {
		t.Error("the password is another one")
	}
}

// enrols gives Alice an authenticator app, and returns her recovery codes.
func (w *world) enrols() (factors *mfa.Service, codes []string) {
	w.t.Helper()
	factors, err := mfa.New(w.Root, mfa.Service{Forget: w.Devices().FactorRemoved, Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	secret := mfa.NewSecret()
	text := strings.ReplaceAll(mfa.SecretText(secret), " ", "")
	earlier, err := totp.GenerateCode(text, time.Now().Add(-30*time.Second))
	if err != nil {
		w.t.Fatal(err)
	}
	enrolment, err := factors.Confirm(&w.alice, secret, earlier, "Phone")
	if err != nil {
		w.t.Fatal(err)
	}
	codes, err = factors.Enrol(w.In(), enrolment)
	if err != nil {
		w.t.Fatal(err)
	}
	return factors, codes
}

func TestRecovery_takesTheSecondFactorOfWhoHasOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	factors, codes := w.enrols()
	p := w.asks(w.Browser(), alice)
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(1)}), "/recover/password")
	for _, typed := range []string{"", "000000"} {
		if p = w.at(p.Submit("submit", map[string]string{"password": fresh, "code": typed}), "/recover/password"); p.Status != http.StatusUnauthorized {
			t.Errorf("second factor %q: %d", typed, p.Status)
		}
	}
	if w.signsIn(fresh) {
		t.Error("the password was set without the second factor")
	}
	if p = p.Submit("submit", map[string]string{"password": fresh, "code": codes[0]}); p.Left == nil {
		t.Fatalf("not finished: %s (%d)", p.URL, p.Status)
	}
	if held, err := factors.Held(w.In(), w.alice.ID); err != nil || len(held.TOTP) != 1 || held.Codes != 9 {
		t.Errorf("the factors are %+v, %v: want them as they were, a recovery code used", held, err)
	}
}

// PWD-30: whoever reads the mailbox and lacks the factor is not told whether a password is the user's, or was. Who has the
// factor is told, and goes on with the same code: a refused password costs none.
func TestRecovery_tellsOfEarlierPasswordsAfterTheFactor(t *testing.T) {
	t.Parallel()
	const earlier = "what alice chose before this one"
	set := tenant.Settings{}
	set.Password.History = 3
	w := newWorld(t, plintotest.Options{Settings: set, Mail: true})
	if err := w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, earlier, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, "what alice chose after that one", uuid.Nil); err != nil {
		t.Fatal(err)
	}
	factors, codes := w.enrols()
	p := w.asks(w.Browser(), alice)
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(1)}), "/recover/password")
	for _, guess := range []string{earlier, "what alice chose after that one", fresh} {
		p = w.at(p.Submit("submit", map[string]string{"password": guess, "code": "000000"}), "/recover/password")
		if said := p.Doc.Find("main").Text(); p.Status != http.StatusUnauthorized || strings.Contains(said, "before") {
			t.Errorf("%q, without the factor: %d %s", guess, p.Status, said)
		}
	}
	p = w.at(p.Submit("submit", map[string]string{"password": "short", "code": codes[0]}), "/recover/password")
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", p.Status)
	}
	p = w.at(p.Submit("submit", map[string]string{"password": earlier, "code": codes[0]}), "/recover/password")
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("an earlier password, with the factor: %d", p.Status)
	}
	if p = p.Submit("submit", map[string]string{"password": fresh, "code": codes[0]}); p.Left == nil {
		t.Fatalf("the same code is not good any more: %s (%d)", p.URL, p.Status)
	}
	if held, err := factors.Held(w.In(), w.alice.ID); err != nil || held.Codes != 9 {
		t.Errorf("%d codes are left (%v)", held.Codes, err)
	}
}

// REC-03: of one code used in many tabs at once, one password comes.
func TestRecovery_aCodeCountsOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Mail: true, Database: database})
	p := w.verified(w.Browser())
	const times = 3
	pages := []*plintotest.Page{p}
	for range times - 1 {
		pages = append(pages, w.Again(p))
	}
	done := w.whileUsersAreLocked(owner, pages, func(p *plintotest.Page) bool {
		return p.Submit("submit", map[string]string{"password": fresh}).Left != nil
	})
	if done != 1 {
		t.Errorf("%d of %d finished with one code", done, times)
	}
}

// Another password, or a disabled account, ends recoveries that are under way.
func TestRecovery_endsWithAnotherPasswordAndWithTheAccount(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world) error{
		"another password": func(w *world) error {
			return w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, "the operator's choice of words", uuid.Nil)
		},
		"disabled": func(w *world) error { w.Disable(w.alice); return nil },
	} {
		w := newWorld(t)
		p := w.verified(w.Browser())
		if err := change(w); err != nil {
			t.Fatal(err)
		}
		if p = p.Submit("submit", map[string]string{"password": fresh}); p.Left != nil || p.URL.Path != "/recover/password" || p.Doc.Find("#code").Length() != 1 {
			t.Errorf("%s: at %s (%d), left to %v", name, p.URL, p.Status, p.Left)
		}
	}
}

func TestRecovery_guessesAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.asks(w.Browser(), alice)
	for range 6 {
		p = p.Submit("submit", map[string]string{"code": "0000 0001"})
	}
	p = p.Submit("submit", map[string]string{"code": w.code(1)})
	if w.at(p, "/recover/code"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("the right code after many wrong ones: %d", p.Status)
	}
	last := p
	for range 4 {
		last = last.Submit("again", nil)
	}
	if last.Status != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("mail after mail: %d", last.Status)
	}
}

// A mail that went to the owner of a name is no proof of being its next owner.
func TestRecovery_isOfTheUserNotOfTheName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.verified(w.Browser())
	rename := func(id uuid.UUID, email string) {
		if _, err := w.Directory().Update(w.In(), event.Actor{Type: "operator"}, id, func(u *identity.User) { u.Email = email }); err != nil {
			t.Fatal(err)
		}
	}
	bob := w.User("bob@example.com")
	rename(w.alice.ID, "alice2@example.com")
	rename(bob.ID, alice)
	p.Submit("submit", map[string]string{"password": fresh})
	if w.signsIn(fresh) {
		t.Error("the next owner of the name has the password")
	}
}

func TestRecovery_isClosedWithoutMail(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: tenant.Settings{}})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil))
	if p.Doc.Find("#forgot").Length() != 0 {
		t.Error("a link that leads nowhere")
	}
	if p = b.Open(s.Issuer() + "/recover?flow=" + p.URL.Query().Get("flow")); p.Status != http.StatusNotFound {
		t.Errorf("got %d", p.Status)
	}
}

// REC-06: whoever asks for mails in somebody's name keeps them out of no browser that is known to be theirs.
func TestRecovery_mailsOfOthersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	if b.SignIn(w.url(), alice).Get("code") == "" {
		t.Fatal("not signed in")
	}
	b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	p := w.asks(w.Browser(), alice)
	for range 2 {
		p = w.at(p.Submit("again", nil), "/recover/code")
	}
	if p := p.Submit("again", nil); p.Status != http.StatusTooManyRequests {
		t.Fatalf("the fourth mail: %d: this test shows nothing", p.Status)
	}
	p = w.asks(b, alice)
	for range 2 {
		p = w.at(p.Submit("again", nil), "/recover/code")
	}
	if p := p.Submit("again", nil); p.Status != http.StatusTooManyRequests {
		t.Errorf("the fourth mail of its own: %d", p.Status)
	}
}
