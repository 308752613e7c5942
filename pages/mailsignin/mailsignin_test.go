package mailsignin_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

const (
	alice = "alice@example.com"
	page  = "/login/email"
)

// A world is a server on which users sign in by mail.
type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	secret string
	alice  identity.User
}

func newWorld(t *testing.T, change ...func(*tenant.Settings)) *world {
	t.Helper()
	o := plintotest.Options{Mail: true, Settings: tenant.Settings{EmailSignIn: tenant.EmailSignInOn, Devices: tenant.Devices{Check: tenant.CheckOn}}}
	for _, f := range change {
		f(&o.Settings)
	}
	w := &world{t: t, Server: plintotest.Start(t, o)}
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

// asks opens the sign-in page and asks for a code.
func (w *world) asks(b *plintotest.Browser, name string) *plintotest.Page {
	w.t.Helper()
	address := w.AuthorizeURL(w.client, url.Values{"code_challenge": {testworld.Challenge}})
	return w.at(b.Open(address).Submit("by-mail", map[string]string{"username": name}), page)
}

func (w *world) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (%d, left to %v), want %s", p.URL, p.Status, p.Left, path)
	}
	return p
}

// mail waits for the n-th mail with a code for Alice.
func (w *world) mail(n int) mailcatcher.Mail {
	w.t.Helper()
	return w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && plintotest.HasCode(m) }, n)
}

func (w *world) code(n int) string { return plintotest.CodeOf(w.t, w.mail(n)) }

var links = regexp.MustCompile(`https://\S+/login/email/link\?token=\S+`)

func (w *world) link(n int) string {
	w.t.Helper()
	found := links.FindString(w.mail(n).Text)
	if found == "" {
		w.t.Fatalf("no link in %s", w.mail(n).Text)
	}
	return found
}

// claims of the ID token that a code is redeemed for.
func (w *world) claims(code string) (claims map[string]any) {
	w.t.Helper()
	a := w.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {w.client.RedirectURIs[0]}, "code_verifier": {testworld.Verifier},
	}, plintotest.As(w.client, w.secret))
	token, _ := a.JSON["id_token"].(string)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		w.t.Fatalf("redeem: %d %s", a.StatusCode, a.Text)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		w.t.Fatal(err)
	}
	return claims
}

func signedIn(p *plintotest.Page) bool { return p.Left != nil && p.Left.Query().Get("code") != "" }

func TestCode_signsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	p := w.asks(b, "Alice@Example.com")
	if !strings.Contains(p.Doc.Find("#sent").Text(), "Alice@Example.com") {
		t.Errorf("the page says %q", p.Doc.Find("#sent").Text())
	}
	if p = p.Submit("submit", map[string]string{"code": "1"}); p.Status != 401 || p.Doc.Find("#problem").Length() != 1 {
		t.Errorf("a wrong code: %d %s", p.Status, p.Doc.Text())
	}
	p = p.Submit("submit", map[string]string{"code": w.code(1)})
	if !signedIn(p) {
		t.Fatalf("the code leads to %s (%d)", p.URL, p.Status)
	}
	claims := w.claims(p.Left.Query().Get("code"))
	if amr, _ := claims["amr"].([]any); len(amr) != 1 || amr[0] != "email" || claims["acr"] != nil {
		t.Errorf("amr %v, acr %v", claims["amr"], claims["acr"])
	}
	// The browser is known by it: the password alone is enough here from now on.
	address := w.AuthorizeURL(w.client, url.Values{"prompt": {"login"}})
	if p := b.Open(address).Submit("submit", plintotest.Alice()); !signedIn(p) {
		t.Errorf("the password leads to %s", p.URL)
	}
}

// The page of a name that nobody has is the page of one that somebody has.
func TestPages_doNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := func(name, code string) string {
		p := w.asks(w.Browser(), name).Submit("submit", map[string]string{"code": code})
		return strings.ReplaceAll(p.Doc.Find("main").Text(), name, "NAME")
	}
	if known, unknown := text(alice, "1"), text("nobody@example.com", "1"); known != unknown {
		t.Errorf("got\n%s\nand\n%s", known, unknown)
	}
}

func TestCode_countsOnceAndOnlyInItsBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	p := w.asks(b, alice)
	code := w.code(1)
	other := w.asks(w.Browser(), alice)
	if p := other.Submit("submit", map[string]string{"code": code}); signedIn(p) {
		t.Error("the code of one browser signs in in another")
	}
	var in atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if signedIn(p.Submit("submit", map[string]string{"code": code})) {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if n := in.Load(); n != 1 {
		t.Errorf("%d sign-ins", n)
	}
}

func TestCode_endsWithWhatTheUserWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.asks(w.Browser(), alice)
	code := w.code(1)
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	if p := p.Submit("submit", map[string]string{"code": code}); signedIn(p) || p.Status != 401 {
		t.Errorf("after a sign-out everywhere it leads to %s (%d)", p.URL, p.Status)
	}
	p = w.asks(w.Browser(), alice)
	code = w.code(2)
	w.Disable(w.alice)
	if p := p.Submit("submit", map[string]string{"code": code}); signedIn(p) || p.Status != 401 {
		t.Errorf("of a disabled user it leads to %s (%d)", p.URL, p.Status)
	}
}

func TestCode_isNoSecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *tenant.Settings) { s.MFA.Policy, s.Devices.Check = tenant.MFARequired, tenant.CheckOff })
	b := w.Browser()
	p := w.at(w.asks(b, alice).Submit("submit", map[string]string{"code": w.code(1)}), "/login/factor/enrol")
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.at(p.Submit("submit", map[string]string{"code": code, "name": "Phone"}), "/login/factor/codes")
	// From now on it is asked for, and the code of the mail was used up before.
	p = w.asks(w.Browser(), alice)
	mailed := w.code(2)
	w.at(p.Submit("submit", map[string]string{"code": mailed}), "/login/factor")
	if p := p.Submit("submit", map[string]string{"code": mailed}); p.URL.Path == "/login/factor" {
		t.Error("the code counts twice")
	}
}

func TestLink_signsInWhereItWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	w.asks(b, alice)
	link := w.link(1)
	elsewhere := w.Browser().Open(link)
	if elsewhere.Doc.Find("#elsewhere").Length() != 1 || elsewhere.Doc.Find("#submit").Length() != 0 {
		t.Errorf("another browser sees %s", elsewhere.Doc.Text())
	}
	b.Open(link) // looking changes nothing
	p := b.Open(link)
	if strings.Contains(p.URL.String(), "token") {
		t.Errorf("the token stays in the address: %s", p.URL)
	}
	if p = p.Submit("submit", nil); !signedIn(p) {
		t.Fatalf("the link leads to %s (%d): %s", p.URL, p.Status, p.Doc.Text())
	}
	if p := b.Open(link); p.Status != 404 {
		t.Errorf("a used link: %d %s", p.Status, p.Doc.Text())
	}
}

// A link whose code counts no more leads to the page on which another one can be had.
func TestLink_thatCountsNoMoreLeadsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	w.asks(b, alice)
	p := b.Open(w.link(1))
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	p = p.Submit("submit", nil)
	if p.Status != 401 || p.Doc.Find("#code").Length() != 1 {
		t.Fatalf("at %s (%d)", p.URL, p.Status)
	}
	p.Submit("again", nil)
	if p = b.Open(w.link(2)).Submit("submit", nil); !signedIn(p) {
		t.Errorf("the new link leads to %s (%d)", p.URL, p.Status)
	}
}

// Who posts the page's form from elsewhere, or has only the link, gets nothing.
func TestLink_ofAnotherBrowserCannotBePosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asks(w.Browser(), alice)
	b := w.Browser()
	p := b.Open(w.link(1))
	for _, csrf := range []string{"", "x"} {
		if p := b.Post(w.Issuer()+page+"/link", url.Values{"csrf": {csrf}}); signedIn(p) || p.Status == 200 {
			t.Errorf("%q: %d", csrf, p.Status)
		}
	}
	if signedIn(p) {
		t.Error("signed in")
	}
}

func TestMails_areLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.asks(w.Browser(), alice)
	for range 3 {
		p = p.Submit("again", nil)
	}
	if p = p.Submit("again", nil); p.Status != 429 {
		t.Errorf("the fifth mail: %d", p.Status)
	}
}

func TestPages_areThereOnlyWhereTheTenantWantsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *tenant.Settings) { s.EmailSignIn = "" })
	p := w.Browser().Open(w.AuthorizeURL(w.client, nil))
	if p.Doc.Find("#by-mail").Length() != 0 {
		t.Error("the page offers it")
	}
	for _, path := range []string{page, page + "/link"} {
		if got := w.Browser().Open(w.Issuer() + path + "?flow=" + p.URL.Query().Get("flow")); got.Status != 404 {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
}

// Empty, Back, and another name: nothing is a dead end.
func TestPages_leadOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	address := w.AuthorizeURL(w.client, nil)
	p := b.Open(address).Submit("by-mail", nil)
	if p.Doc.Find("#mail-form #username").Length() != 1 {
		t.Fatalf("without a name: at %s", p.URL)
	}
	p = w.at(p.Submit("submit", map[string]string{"username": "bob@example.com"}), page)
	p = w.at(p.Submit("other-user", nil), page)
	p = w.at(p.Submit("submit", map[string]string{"username": alice}), page)
	back := w.at(b.Open("https://"+p.URL.Host+p.Doc.Find("#use-password").AttrOr("href", "")), "/login")
	if back.Doc.Find("#password").Length() != 1 {
		t.Errorf("at %s", back.URL)
	}
	if p = p.Submit("submit", map[string]string{"code": w.code(1)}); !signedIn(p) {
		t.Errorf("at %s (%d)", p.URL, p.Status)
	}
	if p := w.at(w.asks(w.Browser(), alice), page).Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: %v", p.Left)
	}
}

// EML-05: whoever asks for mails in somebody's name, and types wrong codes, keeps them out of no browser that is known to be theirs.
func TestMails_andCodesOfOthersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Browser()
	if p := w.asks(b, alice).Submit("submit", map[string]string{"code": w.code(1)}); !signedIn(p) {
		t.Fatalf("at %s (%d)", p.URL, p.Status)
	}
	b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	p := w.asks(w.Browser(), alice)
	for range 2 {
		for range 5 {
			p.Submit("submit", map[string]string{"code": "1"})
		}
		p = w.at(p.Submit("again", nil), page)
	}
	if p := p.Submit("submit", map[string]string{"code": w.code(4)}); signedIn(p) {
		t.Fatal("after ten wrong codes the right one counts: this test shows nothing")
	}
	if p := p.Submit("again", nil); p.Status != http.StatusTooManyRequests {
		t.Fatalf("a mail more: %d: this test shows nothing", p.Status)
	}
	if p := w.asks(b, alice).Submit("submit", map[string]string{"code": w.code(5)}); !signedIn(p) {
		t.Errorf("the owner is at %s (%d)", p.URL, p.Status)
	}
	b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	p = w.asks(b, alice)
	for range 2 {
		p = w.at(p.Submit("again", nil), page)
	}
	if p := p.Submit("again", nil); p.Status != http.StatusTooManyRequests {
		t.Errorf("the fifth mail of its own: %d", p.Status)
	}
}
