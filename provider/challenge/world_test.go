package challenge_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
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
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

const (
	path  = "/oauth2/challenge"
	alice = "alice@example.com"
)

// A world is a server with an app of the tenant's own that signs users in by itself.
type world struct {
	*plintotest.Server
	t     *testing.T
	ahead atomic.Int64 // how far the server's clock is ahead
	app   *provider.Client
	alice identity.User
}

func direct(c *provider.Client) { c.FirstParty, c.DirectSignIn = true, true }

func native() provider.Metadata {
	return provider.Metadata{
		ApplicationType: provider.ApplicationNative, TokenEndpointAuthMethod: provider.AuthNone, RedirectURIs: []string{"com.example.app:/cb"},
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}, ResponseTypes: []string{"code"}, Scope: "openid email offline_access",
	}
}

func newWorld(t *testing.T, o plintotest.Options) *world {
	t.Helper()
	w := &world{t: t}
	o.Now = func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	w.Server = plintotest.Start(t, o)
	w.app, _ = w.Client(native(), direct)
	w.alice = w.User(alice)
	return w
}

// request are the parameters that begin a sign-in.
func (w *world) request(more url.Values) url.Values {
	v := url.Values{
		"client_id": {w.app.ClientID}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"},
	}
	return with(v, more)
}

// next are the parameters of what follows an answer.
func (w *world) next(a plintotest.Answer, more url.Values) url.Values {
	w.t.Helper()
	return with(url.Values{"client_id": {w.app.ClientID}, "auth_session": {w.text(a, "auth_session")}}, more)
}

func with(v, more url.Values) url.Values {
	for name, values := range more {
		v[name] = values
	}
	return v
}

func password() url.Values {
	return url.Values{"username": {alice}, "password": {plintotest.Password}}
}

func (w *world) text(a plintotest.Answer, name string) string {
	w.t.Helper()
	text, _ := a.JSON[name].(string)
	if text == "" {
		w.t.Fatalf("no %s in %d %s", name, a.StatusCode, a.Text)
	}
	return text
}

// posts sends a request, and wants a step with an outcome: "" for a code, else the error and, after a
// colon, the step and what was wrong.
func (w *world) posts(form url.Values, want string) plintotest.Answer {
	w.t.Helper()
	a := w.Send(http.MethodPost, path, form)
	w.answers(a, want)
	return a
}

func (w *world) answers(a plintotest.Answer, want string) {
	w.t.Helper()
	says := []string{}
	for _, name := range []string{"error", "step", "problem"} {
		if text, _ := a.JSON[name].(string); text != "" {
			says = append(says, text)
		}
	}
	if got := strings.Join(says, " "); got != want || want == "" && (a.StatusCode != http.StatusOK || a.JSON["authorization_code"] == nil) {
		w.t.Fatalf("got %d %s, want %q", a.StatusCode, a.Text, want)
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Set-Cookie") != "" {
		w.t.Errorf("headers %v", a.Header)
	}
}

// token redeems a code. No redirect_uri was sent before, and none is now.
func (w *world) token(code string) plintotest.Answer {
	w.t.Helper()
	return w.Send(http.MethodPost, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {w.app.ClientID}, "code_verifier": {plintotest.Verifier},
	})
}

// redeems redeems the code of an answer, and returns the claims of its ID token.
func (w *world) redeems(a plintotest.Answer) (claims map[string]any) {
	w.t.Helper()
	got := w.token(w.text(a, "authorization_code"))
	token, _ := got.JSON["id_token"].(string)
	parts := strings.Split(token, ".")
	if got.StatusCode != http.StatusOK || len(parts) != 3 {
		w.t.Fatalf("redeem: %d %s", got.StatusCode, got.Text)
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

// code is the one of the n-th mail to Alice that has one.
func (w *world) code(n int) string {
	w.t.Helper()
	return plintotest.CodeOf(w.t, w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && plintotest.HasCode(m) }, n))
}

// required are the settings of a tenant that demands second factors.
func required() tenant.Settings {
	return tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFARequired}}
}

// enrols adds an authenticator app to Alice's account, on the pages, and returns what it shows.
func (w *world) enrols() (shows func() string) {
	w.t.Helper()
	web, _ := w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	p := w.Browser().Open(w.AuthorizeURL(web, url.Values{"code_challenge": {testworld.Challenge}})).Submit("submit", plintotest.Alice())
	secret := strings.ReplaceAll(p.Doc.Find("#secret").Text(), " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || secret == "" {
		w.t.Fatalf("no secret on %s: %v", p.URL, err)
	}
	shows = func() string {
		code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(w.ahead.Load())))
		if err != nil {
			w.t.Fatal(err)
		}
		return code
	}
	if p = p.Submit("submit", map[string]string{"code": shows(), "name": "Phone"}); p.URL.Path != "/login/factor/codes" {
		w.t.Fatalf("the app was not added: %s", p.URL)
	}
	w.later()
	return shows
}

// signOut signs Alice out everywhere.
func (w *world) signOut() {
	w.t.Helper()
	if err := w.Directory().SignOut(w.In(), event.Actor{Type: "operator"}, w.alice.ID, uuid.Nil); err != nil {
		w.t.Fatal(err)
	}
}

// join makes an organization with Alice in it.
func (w *world) join(slug string) {
	w.t.Helper()
	s := w.Store
	service := &organization.Service{Roles: &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB}, Organizations: s.Organizations, Writes: s.Organizations, Outbox: s.Outbox, Tx: s.DB}
	o, err := service.Create(w.In(), organization.Organization{Slug: slug, Name: strings.ToUpper(slug)})
	if err == nil {
		err = service.SetMember(w.In(), o.ID, organization.Member{UserID: w.alice.ID, Roles: []string{"member"}})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// later goes on to the next time step of apps.
func (w *world) later() { w.ahead.Add(int64(31 * time.Second)) }
