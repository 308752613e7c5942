package factor_test

import (
	"encoding/base32"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// A world is a server with a clock, a client and a user.
type world struct {
	*plintotest.Server
	t      testing.TB
	ahead  atomic.Int64 // how far the server's clock is ahead
	client *provider.Client
	secret string
	alice  identity.User
	owner  *pgx.Conn // of the database of a world with passkeys
}

func newWorld(t *testing.T, mfa tenant.MFA) *world {
	t.Helper()
	w := &world{t: t}
	w.Server = plintotest.Start(t, plintotest.Options{
		Now: w.now,
		Settings: tenant.Settings{MFA: mfa, ACRLevels: tenant.ACRLevels{
			{ACR: "one", AMR: []string{"pwd"}}, {ACR: "two", AMR: []string{"pwd", "otp", "mfa"}},
		}},
	})
	w.client, w.secret = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User("alice@example.com")
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// later goes on to the next time step.
func (w *world) later() { w.ahead.Add(int64(31 * time.Second)) }

func (w *world) url(extra url.Values) string {
	v := url.Values{"code_challenge": {testworld.Challenge}}
	for name, values := range extra {
		v[name] = values
	}
	return w.AuthorizeURL(w.client, v)
}

// password opens an address and signs in with the password.
func (w *world) password(b *plintotest.Browser, address string) *plintotest.Page {
	w.t.Helper()
	return b.Open(address).Submit("submit", plintotest.Alice())
}

// at fails the test unless a page is the one of that path.
func (w *world) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (left to %v), want %s", p.URL, p.Left, path)
	}
	return p
}

// code is what the app with a secret shows now.
func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// secretOf reads the secret from the page on which an app is added.
func (w *world) secretOf(p *plintotest.Page) string {
	w.t.Helper()
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || len(raw) != 20 {
		w.t.Fatalf("secret %q: %v", secret, err)
	}
	return secret
}

// enrols signs Alice in and adds an app; it returns its secret and her recovery codes.
func (w *world) enrols(b *plintotest.Browser) (secret string, codes []string) {
	w.t.Helper()
	p := w.at(w.password(b, w.url(nil)), "/login/factor/enrol")
	secret = w.secretOf(p)
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(secret), "name": "Phone"}), "/login/factor/codes")
	p.Doc.Find("#codes li").Each(func(_ int, li *goquery.Selection) { codes = append(codes, strings.TrimSpace(li.Text())) })
	if p = p.Submit("submit", nil); p.Left == nil {
		w.t.Fatalf("not back at the client: %s", p.URL)
	}
	w.later()
	return secret, codes
}

// claims of the ID token that a code is redeemed for.
func (w *world) claims(p *plintotest.Page) (c struct {
	AMR []string `json:"amr"`
	ACR string   `json:"acr"`
},
) {
	w.t.Helper()
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		w.t.Fatalf("no code at %s, left to %v", p.URL, p.Left)
	}
	token, _ := w.Succeeds(w.Redeem(w.client, w.secret, p.Left.Query().Get("code"))).JSON["id_token"].(string)
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		w.t.Fatal(err)
	}
	var all json.RawMessage
	if err := parsed.UnsafeClaimsWithoutVerification(&all); err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(all, &c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

var required = tenant.MFA{Policy: tenant.MFARequired}

func TestFactor_isAddedWhereItIsRequiredAndAskedForFromThenOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	secret, codes := w.enrols(w.Browser())
	if len(codes) != 10 || len(codes[0]) != 14 {
		t.Fatalf("recovery codes: %q", codes)
	}
	p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	c := w.claims(p.Submit("submit", map[string]string{"code": " " + w.code(secret)[:3] + " " + w.code(secret)[3:]}))
	if !slices.Equal(c.AMR, []string{"pwd", "otp", "mfa"}) || c.ACR != "two" {
		t.Errorf("amr %v, acr %s", c.AMR, c.ACR)
	}
	p = w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(secret)}), "/login/factor")
	if p.Status != http.StatusUnauthorized {
		t.Errorf("a code that was used: %d", p.Status)
	}
	p = w.at(p.Submit("submit", map[string]string{"code": "000 000"}), "/login/factor")
	if p.Status != http.StatusUnauthorized || p.Doc.Find("#problem").Length() != 1 {
		t.Errorf("a wrong code: %d", p.Status)
	}
	w.claims(p.Submit("submit", map[string]string{"code": strings.ToUpper(codes[3])}))
	p = w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	if p = p.Submit("submit", map[string]string{"code": codes[3]}); p.Status != http.StatusUnauthorized {
		t.Errorf("a recovery code that was used: %d", p.Status)
	}
}

func TestFactor_isNotAskedForWhereNobodyHasOne(t *testing.T) {
	t.Parallel()
	for name, mfa := range map[string]tenant.MFA{"optional": {}, "off": {Policy: tenant.MFAOff, RequiredFor: []string{"x"}}} {
		w := newWorld(t, mfa)
		if c := w.claims(w.password(w.Browser(), w.url(nil))); !slices.Equal(c.AMR, []string{"pwd"}) || c.ACR != "one" {
			t.Errorf("%s: amr %v, acr %s", name, c.AMR, c.ACR)
		}
	}
}

// MFA-01: who has only the password gets no session, whatever page they go to.
func TestFactor_noSessionBeforeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	w.enrols(w.Browser())
	b := w.Browser()
	p := w.at(w.password(b, w.url(nil)), "/login/factor")
	if c := b.SessionCookie(); c != nil && c.Value != "" {
		t.Error("there is a session after the password alone")
	}
	if got := b.Silently(w.url(nil)); got != "login_required" {
		t.Errorf("another request: %q, want login_required", got)
	}
	flow := p.URL.Query().Get("flow")
	for _, path := range []string{"/login/factor/enrol", "/login/factor/codes", "/consent", "/login/account", "/account", "/oauth2/authorize/continue"} {
		if p := b.Open(w.Issuer() + path + "?flow=" + flow); p.Left != nil || p.URL.Path != "/login/factor" {
			t.Errorf("%s leads to %s, %v", path, p.URL, p.Left)
		}
	}
	for _, path := range []string{"/login/factor/enrol", "/login/factor/codes", "/consent", "/login/account", "/account"} {
		posted := url.Values{"flow": {flow}, "csrf": {p.Doc.Find("[name=csrf]").AttrOr("value", "")}, "action": {"enrol"}, "code": {"123456"}}
		if p := b.Post(w.Issuer()+path, posted); p.Left != nil || p.URL.Path != "/login/factor" {
			t.Errorf("a form to %s leads to %s, %v", path, p.URL, p.Left)
		}
	}
}

// MFA-02: a second proof of an older kind of sign-in is not enough where one is asked for anew.
func TestFactor_doesNotStandForThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{})
	b := w.Browser()
	w.claims(w.password(b, w.url(nil))) // a session by password
	p := w.at(b.Open(w.url(url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"value":"two"}}}`}})), "/login/factor/enrol")
	secret := w.secretOf(p)
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(secret)}), "/login/factor/codes")
	if c := w.claims(p.Submit("submit", nil)); c.ACR != "two" {
		t.Errorf("acr %s", c.ACR)
	}
	w.later()
	p = w.at(b.Open(w.url(url.Values{"prompt": {"login"}})), "/login")
	form := url.Values{"flow": {p.URL.Query().Get("flow")}, "csrf": {p.Doc.Find("[name=csrf]").AttrOr("value", "")}, "code": {w.code(secret)}}
	w.at(b.Post(w.Issuer()+"/login/factor", form), "/login")
}

func TestFactor_stepsASessionUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	secret, _ := w.enrols(w.Browser())
	if _, err := w.Registry().Update(t.Context(), w.Tenant.Slug, func(t *tenant.Tenant) error {
		t.Settings.MFA = tenant.MFA{Policy: tenant.MFAOff}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b := w.Browser()
	eventually(t, "no second factor is asked for", func() bool {
		b = w.Browser()
		return w.password(b, w.url(nil)).Left != nil
	})
	if _, err := w.Registry().Update(t.Context(), w.Tenant.Slug, func(t *tenant.Tenant) error {
		t.Settings.MFA = tenant.MFA{}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var p *plintotest.Page
	eventually(t, "the session has to be stepped up", func() bool {
		p = b.Open(w.url(nil))
		return p.URL.Path == "/login/factor"
	})
	if c := w.claims(p.Submit("submit", map[string]string{"code": w.code(secret)})); !slices.Contains(c.AMR, "mfa") {
		t.Errorf("amr %v", c.AMR)
	}
	if c := w.claims(b.Open(w.url(nil))); !slices.Contains(c.AMR, "mfa") {
		t.Errorf("with the session: amr %v", c.AMR)
	}
}

// MFA-03: of one code used many times at once, one sign-in comes.
func TestFactor_aCodeCountsOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	secret, codes := w.enrols(w.Browser())
	for name, code := range map[string]string{"app": w.code(secret), "recovery": codes[0]} {
		const times = 6
		var pages []*plintotest.Page
		for range times {
			pages = append(pages, w.at(w.password(w.Browser(), w.url(nil)), "/login/factor"))
		}
		var in atomic.Int32
		var group sync.WaitGroup
		for _, p := range pages {
			group.Go(func() {
				if p.Submit("submit", map[string]string{"code": code}).Left != nil {
					in.Add(1)
				}
			})
		}
		if group.Wait(); in.Load() != 1 {
			t.Errorf("%s: %d sign-ins with one code", name, in.Load())
		}
	}
}

// MFA-05: codes are counted for the account, in every browser, and the password does not
// begin the count again. A browser that the user signed in with is not kept out.
func TestFactor_guessesAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	known := w.Browser()
	secret, _ := w.enrols(known)
	var last int
	for range 12 {
		p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
		last = p.Submit("submit", map[string]string{"code": "123 123"}).Status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after twelve wrong codes: %d", last)
	}
	p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor")
	if p = p.Submit("submit", map[string]string{"code": w.code(secret)}); p.Status != http.StatusTooManyRequests {
		t.Errorf("the right code then: %d", p.Status)
	}
	p = w.at(w.password(known, w.url(url.Values{"prompt": {"login"}})), "/login/factor")
	w.claims(p.Submit("submit", map[string]string{"code": w.code(secret)}))
}

// Who is thrown out between the two proofs is not let in by the second.
func TestFactor_countsForNothingAfterTheUserIsThrownOut(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]func(*world) error{
		"disabled": func(w *world) error { w.Disable(w.alice); return nil },
		"another password": func(w *world) error {
			return w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, "another walrus at dawn", uuid.Nil)
		},
	} {
		w := newWorld(t, required)
		secret, _ := w.enrols(w.Browser())
		b := w.Browser()
		p := w.at(w.password(b, w.url(nil)), "/login/factor")
		if err := out(w); err != nil {
			t.Fatal(err)
		}
		if p = p.Submit("submit", map[string]string{"code": w.code(secret)}); p.Left != nil || p.URL.Path != "/login" {
			t.Errorf("%s: at %s, left to %v", name, p.URL, p.Left)
		}
	}
}

func TestFactor_isLeftByCancelAndByAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	p := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
	w.at(w.Again(p).Submit("use-another", nil), "/login")
	if p = p.Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancel leads to %v", p.Left)
	}
}

// A stolen session must not add a factor: the password is asked for first.
func TestEnrol_takesAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tenant.MFA{})
	b := w.Browser()
	w.claims(w.password(b, w.url(nil)))
	w.ahead.Add(int64(6 * time.Minute))
	essential := w.url(url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"value":"two"}}}`}})
	p := w.at(b.Open(essential), "/login")
	w.at(p.Submit("submit", plintotest.Alice()), "/login/factor/enrol")
}

// Two tabs, two apps: the one that is finished first is the user's, the other is not added.
func TestEnrol_ofTwoAtOnceOneIsAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	one := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
	two := w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
	w.at(one.Submit("submit", map[string]string{"code": w.code(w.secretOf(one))}), "/login/factor/codes")
	p := w.at(two.Submit("submit", map[string]string{"code": w.code(w.secretOf(two))}), "/login/factor")
	w.later()
	w.claims(p.Submit("submit", map[string]string{"code": w.code(w.secretOf(one))}))
}

// PAG-07: the secret of an app that somebody was shown in the browser is not that of who signs in there next, in the flow or in another tab.
func TestEnrol_showsEachUserASecretOfTheirOwn(t *testing.T) {
	t.Parallel()
	bob := map[string]string{"username": "bob@example.com", "password": plintotest.Password}
	for name, c := range map[string]struct {
		policy tenant.MFA
		next   func(w *world, b *plintotest.Browser, shown *plintotest.Page) *plintotest.Page
	}{
		"in the flow": {required, func(w *world, b *plintotest.Browser, shown *plintotest.Page) *plintotest.Page {
			login := w.at(b.Open(w.Issuer()+"/login?flow="+shown.URL.Query().Get("flow")), "/login")
			return login.Submit("submit", bob)
		}},
		"in another tab": {tenant.MFA{}, func(w *world, b *plintotest.Browser, shown *plintotest.Page) *plintotest.Page {
			b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
			w.claims(b.Open(w.url(nil)).Submit("submit", bob))
			return b.Open(shown.URL.String())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.policy)
			w.User("bob@example.com")
			b, essential := w.Browser(), w.url(url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"value":"two"}}}`}})
			if c.policy.Policy == "" {
				w.claims(w.password(b, w.url(nil))) // so that the page is nobody's in particular
			}
			shown := b.Open(essential)
			if c.policy.Policy != "" {
				shown = shown.Submit("submit", plintotest.Alice())
			}
			before := w.secretOf(w.at(shown, "/login/factor/enrol"))
			p := w.at(c.next(w, b, shown), "/login/factor/enrol")
			after := w.secretOf(p)
			if after == before || !strings.Contains(p.Doc.Find("#otpauth").AttrOr("href", ""), "bob") {
				t.Fatalf("Bob is shown the secret that Alice was shown: %t; the page: %s", after == before, p.Doc.Find("main").Text())
			}
			if w.secretOf(b.Open(p.URL.String())) != after {
				t.Error("the page has another secret when it is loaded again")
			}
			w.at(p.Submit("submit", map[string]string{"code": w.code(after), "name": "Phone"}), "/login/factor/codes")
		})
	}
}

// PAG-07: nor are the recovery codes that somebody has not put away.
func TestCodes_areShownToTheirUserAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	w.User("bob@example.com")
	b := w.Browser()
	p := w.at(w.password(b, w.url(nil)), "/login/factor/enrol")
	p = w.at(p.Submit("submit", map[string]string{"code": w.code(w.secretOf(p)), "name": "Phone"}), "/login/factor/codes")
	b.Open(w.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	if again := b.Open(p.URL.String()); again.Doc == nil || again.Doc.Find("#codes").Length() != 0 {
		t.Errorf("after signing out they are shown at %s", again.URL)
	}
	own := w.at(b.Open(w.url(nil)).Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password}), "/login/factor/enrol")
	own = w.at(own.Submit("submit", map[string]string{"code": w.code(w.secretOf(own)), "name": "Phone"}), "/login/factor/codes")
	if again := b.Open(p.URL.String()); again.Doc == nil || again.Doc.Find("#codes").Length() != 0 {
		t.Errorf("they are shown to another at %s", again.URL)
	}
	w.claims(own.Submit("submit", nil))
}

// MFA-05: browsers that are not known any more have one count together, however many somebody has.
func TestFactor_guessesOfBrowsersThatWereKnownAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, required)
	known := []*plintotest.Browser{w.Browser(), w.Browser()}
	secret, _ := w.enrols(known[0])
	w.claims(w.at(w.password(known[1], w.url(nil)), "/login/factor").Submit("submit", map[string]string{"code": w.code(secret)}))
	fresh := map[string]string{"username": w.alice.Email, "password": "another walrus at dawn"}
	if err := w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, w.alice, fresh["password"], uuid.Nil); err != nil {
		t.Fatal(err)
	}
	w.later()
	p := w.at(known[0].Open(w.url(nil)).Submit("submit", fresh), "/login/factor")
	for range 11 {
		p = p.Submit("submit", map[string]string{"code": "123 123"})
	}
	if p.Status != http.StatusTooManyRequests {
		t.Fatalf("after eleven wrong codes: %d", p.Status)
	}
	p = w.at(known[1].Open(w.url(nil)).Submit("submit", fresh), "/login/factor")
	if p = p.Submit("submit", map[string]string{"code": w.code(secret)}); p.Status != http.StatusTooManyRequests {
		t.Errorf("another of them has a count of its own: %d, left to %v", p.Status, p.Left)
	}
	p = w.at(w.Browser().Open(w.url(nil)).Submit("submit", fresh), "/login/factor")
	w.claims(p.Submit("submit", map[string]string{"code": w.code(secret)}))
}
