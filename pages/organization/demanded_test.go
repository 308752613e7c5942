package organization_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/identity/recovery"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

const demandedPage = "/login/passkey/required"

// A keyWorld has an organization that takes passkeys alone.
type keyWorld struct {
	*world
	later  atomic.Int64 // how far the server's clock is ahead
	client *provider.Client
	secret string
}

func newKeyWorld(t *testing.T, o plintotest.Options) *keyWorld {
	t.Helper()
	w := &keyWorld{}
	o.Host, o.Now = plintotest.KeyHost, w.now
	w.world = newWorld(t, o)
	w.client, w.secret = w.world.client(provider.OrganizationRequired, plintotest.FirstParty)
	w.policy(w.organization("acme", "member"), organization.Policy{SignInMethods: []string{organization.MethodPasskey}})
	return w
}

func (w *keyWorld) now() time.Time { return time.Now().Add(time.Duration(w.later.Load())) }

func (w *keyWorld) start() string { return w.request(w.client, "acme") }

// at fails the test unless a page is the one of that path.
func (w *keyWorld) at(p *plintotest.Page, path string) *plintotest.Page {
	w.t.Helper()
	if p.Left != nil || p.URL.Path != path {
		w.t.Fatalf("at %s (%d), left to %v, want %s", p.URL, p.Status, p.Left, path)
	}
	return p
}

// asksKey fails the test unless a page asks for a passkey and nothing else.
func (w *keyWorld) asksKey(p *plintotest.Page) *plintotest.Page {
	w.t.Helper()
	if w.at(p, "/login"); p.Doc.Find("#password").Length() != 0 || p.Doc.Find("#only").Length() != 1 || p.Doc.Find("form.passkey").AttrOr("data-ceremony", "") != "get" {
		w.t.Fatalf("another page than the one for a passkey: %s", p.Doc.Find("main").Text())
	}
	return p
}

func (w *keyWorld) demanded(b *plintotest.Browser) *plintotest.Page {
	w.t.Helper()
	return w.at(b.Open(w.start()).Submit("submit", plintotest.Alice()), demandedPage)
}

// keys is how many passkeys Alice has.
func (w *keyWorld) keys() (n int) {
	w.t.Helper()
	w.must(w.owner.QueryRow(w.t.Context(), `SELECT count(*) FROM passkeys WHERE user_id = $1`, w.alice.ID).Scan(&n))
	return n
}

// enters ends the test unless a page that asks for a passkey leads to the application, with an amr of that alone.
func (w *keyWorld) enters(k *plintotest.Key, p *plintotest.Page) {
	w.t.Helper()
	p = k.Signs(w.asksKey(p))
	if p.Left == nil && p.URL.Path == "/login/factor/codes" {
		p = p.Submit("submit", nil)
	}
	tokens := w.Redeem(w.client, w.secret, w.code(p)).JSON
	if said := w.claims(tokens, "id_token"); said["org_slug"] != "acme" || strings.Join(texts(said["amr"]), " ") != "hwk user mfa" {
		w.t.Errorf("the ID token says %v", said)
	}
}

func texts(list any) (all []string) {
	of, _ := list.([]any)
	for _, value := range of {
		text, _ := value.(string)
		all = append(all, text)
	}
	return all
}

// ORG-18: who has no passkey makes one where the organization takes nothing else, and is asked for it from then on.
func TestDemandedPasskey_isMadeAndThenAskedFor(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{})
	b, k := w.Browser(), plintotest.NewKey(t)
	p := w.demanded(b)
	if p.Doc.Find("form.passkey").AttrOr("data-ceremony", "") != "create" || !strings.Contains(p.Doc.Find("#only").Text(), "ACME") {
		t.Errorf("the page says %s", p.Doc.Find("main").Text())
	}
	if got := b.Silently(w.start()); got != "interaction_required" {
		t.Errorf("silently: got %q", got)
	}
	if p = w.at(b.Open(w.start()), demandedPage); w.keys() != 0 {
		t.Error("there is a passkey already")
	}
	w.enters(k, k.Makes(p))
	if p := b.Open(w.start()); p.Left == nil {
		t.Errorf("asked again in the session: on %s", p.URL)
	}
	other := w.at(w.Browser().Open(w.start()).Submit("submit", plintotest.Alice()), "/login/factor")
	w.code(k.Signs(other))
}

// ORG-18: every state of the page leads on, and none makes a passkey that was not asked for.
func TestDemandedPasskey_hasNoDeadEnd(t *testing.T) {
	t.Parallel()
	made := func(w *keyWorld, k *plintotest.Key, p *plintotest.Page) string {
		parsed, err := virtualwebauthn.ParseAttestationOptions(plintotest.PasskeyOptions(w.t, p))
		w.must(err)
		k.Auth.Options.UserHandle = []byte(parsed.UserID)
		return virtualwebauthn.CreateAttestationResponse(k.RP, k.Auth, k.Cred, *parsed)
	}
	post := func(w *keyWorld, k *plintotest.Key, p *plintotest.Page) *plintotest.Page {
		return p.Submit("use-passkey", map[string]string{"passkey": made(w, k, p)})
	}
	for name, c := range map[string]struct {
		keys int
		do   func(*keyWorld, *plintotest.Browser, *plintotest.Key, *plintotest.Page)
	}{
		"reload": {0, func(w *keyWorld, b *plintotest.Browser, _ *plintotest.Key, p *plintotest.Page) {
			w.at(b.Open(p.URL.String()), demandedPage)
		}},
		"cancel": {0, func(w *keyWorld, _ *plintotest.Browser, _ *plintotest.Key, p *plintotest.Page) {
			if p := p.Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
				w.t.Errorf("on %s, left to %v", p.URL, p.Left)
			}
		}},
		"another account": {0, func(w *keyWorld, _ *plintotest.Browser, _ *plintotest.Key, p *plintotest.Page) {
			if p := w.at(p.Submit("use-another", nil), "/login"); p.Doc.Find("#password").Length() != 1 {
				w.t.Error("others cannot type a password")
			}
		}},
		"back, once it is made": {1, func(w *keyWorld, b *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			post(w, k, p)
			w.enters(k, b.Open(p.URL.String()))
		}},
		"posted twice": {1, func(w *keyWorld, b *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			form, cookies := p.Form("use-passkey", map[string]string{"passkey": made(w, k, p)}), b.FlowCookies()
			first := b.Post("https://"+p.URL.Host+form.Path, form.Data)
			w.asksKey(first)
			b.GoBack(cookies)
			w.enters(k, b.Post("https://"+p.URL.Host+form.Path, form.Data))
		}},
		"made in another tab": {1, func(w *keyWorld, b *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			tab := w.at(b.Open(w.start()), demandedPage)
			post(w, k, tab)
			w.enters(k, post(w, plintotest.NewKey(w.t), p))
		}},
		"made and used in another tab": {1, func(w *keyWorld, b *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			w.enters(k, post(w, k, w.at(b.Open(w.start()), demandedPage)))
			w.code(b.Open(p.URL.String()))
		}},
		"made on another device": {1, func(w *keyWorld, _ *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			post(w, k, w.demanded(w.Browser()))
			w.enters(k, post(w, plintotest.NewKey(w.t), p))
		}},
		"nothing is sent": {0, func(w *keyWorld, _ *plintotest.Browser, _ *plintotest.Key, p *plintotest.Page) {
			if p = w.at(p.Submit("use-passkey", nil), demandedPage); p.Doc.Find("#problem").Length() != 1 {
				w.t.Error("the page says nothing")
			}
		}},
		"too late": {0, func(w *keyWorld, _ *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			w.later.Store(int64(max(passkey.ChallengeLife, provider.EnrolWithin) + time.Minute))
			w.at(w.at(post(w, k, p), "/login").Submit("submit", plintotest.Alice()), demandedPage)
		}},
		"signed out everywhere meanwhile": {0, func(w *keyWorld, _ *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			w.must(w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil))
			if p = w.at(post(w, k, p), "/login"); p.Doc.Find("#password").Length() != 1 {
				w.t.Error("the password is not asked for")
			}
		}},
		"a session of before": {0, func(w *keyWorld, b *plintotest.Browser, k *plintotest.Key, p *plintotest.Page) {
			w.later.Store(int64(provider.EnrolWithin + time.Minute))
			again := w.at(b.Open(w.start()), "/login")
			if again.Doc.Find("#password").Length() != 1 {
				w.t.Fatal("the password is not asked for again")
			}
			w.at(again.Submit("submit", plintotest.Alice()), demandedPage)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, plintotest.Options{})
			b := w.Browser()
			if c.do(w, b, plintotest.NewKey(t), w.demanded(b)); w.keys() != c.keys {
				t.Errorf("%d passkeys, want %d", w.keys(), c.keys)
			}
		})
	}
}

// ORG-19: a password that was just set by a code of a mail makes no passkey, in no browser, for a day.
func TestDemandedPasskey_isNotMadeByAMailedReset(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{Mail: true})
	b, k := w.Browser(), plintotest.NewKey(t)
	link, _ := b.Open(w.start()).Doc.Find("#forgot").Attr("href")
	p := w.at(b.Open(w.Issuer()+link).Submit("submit", map[string]string{"username": w.alice.Email}), "/recover/code")
	code := plintotest.CodeOf(t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == w.alice.Email && plintotest.HasCode(m) }, 1))
	p = w.at(p.Submit("submit", map[string]string{"code": code}), "/recover/password")
	fresh := map[string]string{"username": w.alice.Email, "password": "a fresh password of hers"}
	p = w.at(p.Submit("submit", fresh), demandedPage)
	for range 2 {
		if p.Doc.Find("#from").Length() != 1 || p.Doc.Find("form.passkey").Length() != 0 {
			t.Fatalf("the page says %s", p.Doc.Find("main").Text())
		}
		form := p.Form("cancel", nil)
		form.Data.Del("action")
		p = w.at(b.Post("https://"+p.URL.Host+form.Path, form.Data), demandedPage)
	}
	if p.Status != http.StatusForbidden {
		t.Errorf("posted: status %d", p.Status)
	}
	b = w.Browser()
	again := w.at(b.Open(w.start()).Submit("submit", fresh), demandedPage)
	if again.Doc.Find("form.passkey").Length() != 0 {
		t.Error("it is made in another browser")
	}
	_, err := w.owner.Exec(t.Context(), `UPDATE users SET reset_at = reset_at - interval '24 hours'`)
	w.must(err)
	w.enters(k, k.Makes(w.at(b.Open(w.start()), demandedPage)))
}

// The link of an operator shows more than a mail: nobody waits after it.
func TestDemandedPasskey_isMadeAfterAnOperatorsLink(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{})
	_, err := w.owner.Exec(t.Context(), `UPDATE users SET reset_at = now()`)
	w.must(err)
	links := &recovery.Links{Tokens: w.Store.OneTimeTokens, Users: w.Store.Users, Directory: w.Directory(), Outbox: w.Store.Outbox}
	link, err := links.Issue(w.In(), event.Actor{Type: "operator"}, &w.alice, recovery.DefaultLinkLife, false)
	w.must(err)
	_, err = links.Use(w.In(), link, plintotest.Password, nil)
	w.must(err)
	k := plintotest.NewKey(t)
	w.enters(k, k.Makes(w.demanded(w.Browser())))
}

// ORG-19: what was proved before everything of the user was ended makes no passkey after it.
func TestDemandedPasskey_isForTheMarkOfTheSession(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{})
	factors, err := mfa.New(w.Root, mfa.Service{Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now})
	w.must(err)
	keys := passkey.New(w.Root, passkey.Service{Store: w.Store.Passkeys, Factors: factors, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now})
	for _, ended := range []bool{true, false} {
		user, k, ceremony := w.alice, plintotest.NewKey(t), passkey.Ceremony{Flow: "f", Step: "demanded", User: w.alice.PublicID()}
		options, err := keys.Creation(w.In(), ceremony, &user)
		w.must(err)
		parsed, err := virtualwebauthn.ParseAttestationOptions(options)
		w.must(err)
		k.Auth.Options.UserHandle = []byte(parsed.UserID)
		made, err := keys.Confirm(w.In(), passkey.Enrolment{First: true, Apart: true, Answer: passkey.Answer{
			Ceremony: ceremony, JSON: virtualwebauthn.CreateAttestationResponse(k.RP, k.Auth, k.Cred, *parsed), User: &user,
		}})
		w.must(err)
		if ended {
			w.must(w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, user.ID, uuid.Nil))
		}
		if _, err := keys.Enrol(w.In(), made); errors.Is(err, identity.ErrRefused) != ended {
			t.Errorf("ended meanwhile: %t, error %v", ended, err)
		}
		w.alice, err = w.Store.Users.ByID(w.In(), user.ID)
		w.must(err)
	}
	if w.keys() != 1 {
		t.Errorf("%d passkeys, want 1", w.keys())
	}
}

// ORG-19: who has a second factor proves it first, also where the browser is remembered.
func TestDemandedPasskey_takesTheSecondFactorFirst(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]tenant.MFA{"optional": {}, "off": {Policy: tenant.MFAOff}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, plintotest.Options{Settings: tenant.Settings{MFA: settings}})
			app, k := w.hasApp(), plintotest.NewKey(t)
			b := w.Browser()
			asked := w.at(b.Open(w.start()).Submit("submit", plintotest.Alice()), "/login/factor")
			p := w.at(asked.Submit("submit", map[string]string{"code": app(), "trust": "1"}), demandedPage)
			if settings.Off() {
				w.enters(k, k.Makes(p))
				return
			}
			b.Jar.SetCookies(p.URL, []*http.Cookie{{Name: b.SessionCookie().Name, Path: "/", Secure: true, MaxAge: -1}})
			w.later.Add(int64(31 * time.Second))
			asked = w.at(b.Open(w.start()).Submit("submit", plintotest.Alice()), "/login/factor")
			w.enters(k, k.Makes(w.at(asked.Submit("submit", map[string]string{"code": app()}), demandedPage)))
		})
	}
}

// hasApp gives Alice an authenticator app, which shows codes.
func (w *keyWorld) hasApp() (shows func() string) {
	w.t.Helper()
	factors, err := mfa.New(w.Root, mfa.Service{Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now})
	w.must(err)
	text := mfa.NewSecret()
	code := func() string {
		w.t.Helper()
		shown, err := totp.GenerateCode(strings.ReplaceAll(mfa.SecretText(text), " ", ""), w.now())
		w.must(err)
		return shown
	}
	e, err := factors.Confirm(&w.alice, text, code(), "")
	w.must(err)
	_, err = factors.Enrol(w.In(), e)
	w.must(err)
	w.later.Add(int64(31 * time.Second))
	return code
}

// ORG-19: a code of a mail is enough for who has nothing else, and not for who has a password.
func TestDemandedPasskey_takesThePasswordBesideAMail(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]bool{"with a password": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, plintotest.Options{Mail: true, Settings: tenant.Settings{EmailSignIn: tenant.EmailSignInOn}})
			if !password {
				_, err := w.owner.Exec(t.Context(), `UPDATE users SET password_hash = NULL WHERE id = $1`, w.alice.ID)
				w.must(err)
			}
			p := w.Browser().Open(w.start()).Submit("by-mail", map[string]string{"username": w.alice.Email})
			code := plintotest.CodeOf(t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == w.alice.Email && plintotest.HasCode(m) }, 1))
			p = p.Submit("submit", map[string]string{"code": code})
			if password {
				w.at(w.at(p, "/login").Submit("submit", plintotest.Alice()), demandedPage)
				return
			}
			k := plintotest.NewKey(t)
			w.enters(k, k.Makes(w.at(p, demandedPage)))
		})
	}
}

// An application that signs users in directly is told to open a browser.
func TestDemandedPasskey_isMadeInABrowser(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{})
	app, _ := w.Client(provider.Metadata{
		ApplicationType: provider.ApplicationNative, TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"}, Scope: "openid",
	}, plintotest.FirstParty, func(c *provider.Client) { c.DirectSignIn = true })
	a := w.Send(http.MethodPost, "/oauth2/challenge", url.Values{
		"client_id": {app.ClientID}, "response_type": {"code"}, "scope": {"openid"}, "organization": {"acme"}, "code_challenge_method": {"S256"},
		"code_challenge": {plintotest.Challenge}, "username": {w.alice.Email}, "password": {plintotest.Password},
	})
	if a.JSON["error"] != "redirect_to_web" || a.JSON["step"] != "passkey_demanded" || a.JSON["request_uri"] == nil {
		t.Errorf("answered %s", a.Text)
	}
}

// ORG-19: a page that was opened by somebody else, or before the reset, does not make the passkey either.
func TestDemandedPasskey_isDecidedByWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, plintotest.Options{Mail: true})
	mallory := w.User("mallory@example.com")
	acme, err := w.BySlug(w.In(), "acme")
	w.must(err)
	w.must(w.SetMember(w.In(), acme.ID, organization.Member{UserID: mallory.ID, Roles: []string{"member"}}))
	b := w.Browser()
	w.at(b.Open(w.start()).Submit("submit", map[string]string{"username": mallory.Email, "password": plintotest.Password}), demandedPage)
	tab := w.at(b.Open(w.start()), demandedPage) // of nobody in particular: the session was there
	if tab.Doc.Find("form.passkey").Length() != 1 {
		t.Fatal("whoever opened the page cannot make a passkey: this test shows nothing")
	}
	p := w.at(w.at(b.Open(w.start()), demandedPage).Submit("use-another", nil), "/login")
	link, _ := p.Doc.Find("#forgot").Attr("href")
	p = w.at(b.Open(w.Issuer()+link).Submit("submit", map[string]string{"username": w.alice.Email}), "/recover/code")
	code := plintotest.CodeOf(t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == w.alice.Email && plintotest.HasCode(m) }, 1))
	p = w.at(p.Submit("submit", map[string]string{"code": code}), "/recover/password")
	w.at(p.Submit("submit", map[string]string{"username": w.alice.Email, "password": "a fresh password of hers"}), demandedPage)
	p = w.at(b.Open(tab.URL.String()), demandedPage)
	if p.Doc.Find("#from").Length() == 1 && p.Doc.Find("form.passkey").Length() == 0 {
		return
	}
	if plintotest.NewKey(t).Makes(p); w.keys() != 0 {
		t.Error("a mailed reset makes the passkey in a tab that somebody else had opened")
	}
	t.Errorf("the page says %s", p.Doc.Find("main").Text())
}
