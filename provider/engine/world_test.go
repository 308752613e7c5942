package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/grants"
	"plinto/provider/inspection"
	"plinto/provider/keys"
	"plinto/provider/seal"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A world is an engine on a real store, with one tenant and one user.
type world struct {
	*Engine
	tokens  *inspection.Inspector
	secrets provider.SecretHasher
	t       testing.TB
	store   *storage.Store
	ender   *identity.SessionEnder
	keys    *keys.Service
	counted *testservice.Statements
	tenant  *tenant.Tenant
	ctx     context.Context //nolint:containedctx // a test is one context
	user    identity.User
	session identity.Session
	device  string       // of the browser that sends token requests; "": none
	clock   atomic.Int64 // added to the time, in nanoseconds
}

func newWorld(t testing.TB, settings ...tenant.Settings) *world {
	t.Helper()
	w := &world{t: t, counted: &testservice.Statements{}}
	w.store = storagetest.New(t, func(c *storage.Config) {
		c.Tracer, c.Workers, c.Log = w.counted, false, slog.New(slog.NewTextHandler(io.Discard, nil))
	})
	storagetest.Run(t, w.store)
	var s tenant.Settings
	if len(settings) > 0 {
		s = settings[0]
	}
	w.tenant = w.newTenant("a", s)
	w.ctx = testworld.In(w.tenant)
	root, _ := secret.NewRoot()
	w.keys = &keys.Service{Keys: w.store.Keys, Outbox: w.store.Outbox, Tx: w.store.DB, Root: root, Now: w.now, Generate: testworld.SigningKeys(t)}
	w.secrets = provider.NewSecretHasher(root)
	var err error
	stored := &grants.Service{
		Codes: w.store.Codes, RefreshTokens: w.store.RefreshTokens, AccessTokens: w.store.AccessTokens, Grants: w.store.Grants,
		Outbox: w.store.Outbox, Tx: w.store.DB,
	}
	w.ender = &identity.SessionEnder{Sessions: w.store.Sessions, Outbox: w.store.Outbox, Tx: w.store.DB}
	w.tokens, err = inspection.New(inspection.Dependencies{
		Clients: w.store.Clients, AccessTokens: w.store.AccessTokens, RefreshTokens: w.store.RefreshTokens, Grants: stored,
		Verifier: w.keys, Subjects: provider.NewSubjects(root), Roles: &organization.RoleService{Store: w.store.Roles}, Now: w.now,
		Scopes: provider.ScopePolicy{Resources: w.store.ResourceServers},
	})
	must(t, err)
	w.Engine = New(Dependencies{
		Authenticator:   clientauth.New(clientauth.Dependencies{Clients: w.store.Clients, Limiter: w.store.Limiter, Secrets: w.secrets, Now: w.now}),
		Sealer:          &seal.Sealer{Signer: w.keys, Secrets: w.secrets, Now: w.now},
		ResourceServers: w.store.ResourceServers, RefreshTokens: w.store.RefreshTokens,
		AccessTokens: w.store.AccessTokens, Grants: stored, Signer: w.keys, Tx: w.store.DB, Limiter: w.store.Limiter,
		Root: root, Roles: &organization.RoleService{Store: w.store.Roles}, Now: w.now,
		Device: func(r *http.Request) string {
			if c, err := r.Cookie("device"); err == nil {
				return c.Value
			}
			return ""
		},
	})
	w.user = testworld.User(func(u *identity.User) { u.Email, u.Username = "alice@example.com", "alice" })
	must(t, w.store.Users.Create(w.ctx, w.user, ""))
	w.session = w.newSession(w.user)
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }

// later moves the engine's clock.
func (w *world) later(d time.Duration) { w.clock.Add(int64(d)) }

func (w *world) newTenant(slug string, s tenant.Settings) *tenant.Tenant {
	w.t.Helper()
	return storagetest.Create(w.t, w.store, testworld.Tenant(slug, func(t *tenant.Tenant) { t.Settings = s }))
}

func (w *world) newSession(u identity.User, change ...func(*identity.Session)) identity.Session {
	w.t.Helper()
	s := testworld.Session(u, change...)
	must(w.t, w.store.Sessions.Create(w.ctx, s))
	return s
}

// disable keeps a user out, without moving the user's mark.
func (w *world) disable(u identity.User) {
	w.t.Helper()
	_, err := w.store.Users.SetDisabled(w.ctx, u.ID, true)
	must(w.t, err)
}

// settle waits until every change announced so far has been heard: what is in memory
// then stays there.
func (w *world) settle() {
	w.t.Helper()
	heard := make(chan struct{}, 1)
	note := func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	}
	w.store.OnChange("resource_servers", func(tenant.ID) { note() }, note)
	w.api("https://fence.example", provider.FormatJWT)
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		w.t.Fatal("a change was not announced")
	}
}

type party = testworld.Party

// full is a confidential client that may do everything. Its ID tokens are signed by the
// algorithm that costs least.
func full() provider.Metadata {
	m := testworld.Web()
	m.IDTokenSignedAlg, m.Scope = "ES256", "openid profile email offline_access orders:read orders:write bills:read"
	return m
}

func public() provider.Metadata { return testworld.Public(full()) }

func (w *world) register(id string, m provider.Metadata, change ...func(*provider.Client)) party {
	w.t.Helper()
	p := testworld.NewParty(w.secrets, w.tenant.ID, id, m, change...)
	must(w.t, w.store.Clients.Create(w.ctx, *p.Client))
	return p
}

// stored returns a client as it is stored, with an edit.
func (w *world) stored(p party, edit func(*provider.Client)) *provider.Client {
	w.t.Helper()
	c, err := w.store.Clients.Current(w.ctx, p.ClientID)
	must(w.t, err)
	edit(c)
	return c
}

// change changes the metadata of a client.
func (w *world) change(p party, edit func(*provider.Metadata)) {
	w.t.Helper()
	must(w.t, w.store.Clients.SetMetadata(w.ctx, *w.stored(p, func(c *provider.Client) { edit(&c.Metadata) })))
}

// api registers a resource server with scopes.
func (w *world) api(identifier string, format provider.TokenFormat, scopes ...string) {
	w.t.Helper()
	must(w.t, w.store.ResourceServers.Put(w.ctx, testworld.API(identifier, format, scopes...)))
}

const verifier = testworld.Verifier

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// code authorizes p for the world's user.
func (w *world) code(p party, change ...func(*provider.Request)) string {
	w.t.Helper()
	code, err := w.tryCode(p, change...)
	must(w.t, err)
	return code
}

func (w *world) tryCode(p party, change ...func(*provider.Request)) (string, error) {
	r := &provider.Request{
		ClientID: p.ClientID, RedirectURI: testworld.Callback, RedirectURISent: true, ResponseType: "code",
		Scopes: []string{"openid", "offline_access"}, Nonce: "n-1", Challenge: challenge(verifier),
	}
	for _, f := range change {
		f(r)
	}
	answer, err := w.Authorize(w.ctx, AuthorizeInput{Client: p.Client, Session: w.session, FlowID: uuid.Must(uuid.NewV7()), Request: r})
	return answer.Get("code"), err
}

func scopes(s string) func(*provider.Request) {
	return func(r *provider.Request) { r.Scopes = strings.Fields(s) }
}

// token sends a token request as p, with the values of pairs ("name", "value", …).
func (w *world) token(p party, pairs ...string) (*TokenResponse, error) {
	form := testworld.Form(pairs...)
	r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, URL: &url.URL{}}
	switch p.TokenEndpointAuthMethod {
	case provider.AuthBasic:
		r.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.Secret))
	case provider.AuthPost:
		form["client_secret"] = []string{p.Secret}
		fallthrough
	default:
		form["client_id"] = []string{p.ClientID}
	}
	if w.device != "" {
		r.AddCookie(&http.Cookie{Name: "device", Value: w.device})
	}
	return w.Token(w.ctx, r.WithContext(w.ctx), form)
}

// redeem exchanges a code with what a client sends.
func (w *world) redeem(p party, code string, pairs ...string) (*TokenResponse, error) {
	return w.token(p, append([]string{
		"grant_type", "authorization_code", "code", code, "redirect_uri", "https://rp.example/cb", "code_verifier", verifier,
	}, pairs...)...)
}

func (w *world) refresh(p party, token string, pairs ...string) (*TokenResponse, error) {
	return w.token(p, append([]string{"grant_type", "refresh_token", "refresh_token", token}, pairs...)...)
}

// signedIn is a sign-in through to the tokens.
func (w *world) signedIn(p party, change ...func(*provider.Request)) *TokenResponse {
	w.t.Helper()
	out, err := w.redeem(p, w.code(p, change...))
	must(w.t, err)
	return out
}

// claims verifies a token of typ and returns its claims.
func (w *world) claims(token, typ string) map[string]any {
	w.t.Helper()
	payload, err := w.keys.Verify(w.ctx, token, typ)
	must(w.t, err)
	var claims map[string]any
	must(w.t, json.Unmarshal(payload, &claims))
	return claims
}

// wants fails the test unless err is that OAuth error.
func wants(t testing.TB, err error, code string) {
	t.Helper()
	if got := testworld.ErrorCode(err); got != code {
		t.Errorf("got %q (%v), want %q", got, err, code)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
