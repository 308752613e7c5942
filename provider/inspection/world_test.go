package inspection

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/engine"
	"plinto/provider/grants"
	"plinto/provider/keys"
	"plinto/provider/seal"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A world is an inspector on a real store, and an engine there that issues what it inspects
// to a user who is signed in.
type world struct {
	*Inspector
	engine  *engine.Engine
	t       *testing.T
	store   *storage.Store
	ender   *identity.SessionEnder
	keys    *keys.Service
	secrets provider.SecretHasher
	counted *testservice.Statements
	tenant  *tenant.Tenant
	ctx     context.Context //nolint:containedctx // a test is one context
	user    identity.User
	session identity.Session
	clock   atomic.Int64 // added to the time, in nanoseconds
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, counted: &testservice.Statements{}}
	w.store = storagetest.New(t, func(c *storage.Config) {
		c.Tracer, c.Workers, c.Log = w.counted, false, slog.New(slog.NewTextHandler(io.Discard, nil))
	})
	storagetest.Run(t, w.store)
	w.tenant = storagetest.Create(t, w.store, testworld.Tenant("a"))
	w.ctx = testworld.In(w.tenant)
	root, _ := secret.NewRoot()
	w.keys, w.secrets = &keys.Service{Keys: w.store.Keys, Outbox: w.store.Outbox, Tx: w.store.DB, Root: root, Now: w.now, Generate: testworld.SigningKeys(t)}, provider.NewSecretHasher(root)
	w.ender = &identity.SessionEnder{Sessions: w.store.Sessions, Outbox: w.store.Outbox, Tx: w.store.DB}
	stored := &grants.Service{
		Codes: w.store.Codes, RefreshTokens: w.store.RefreshTokens, AccessTokens: w.store.AccessTokens, Grants: w.store.Grants,
		Outbox: w.store.Outbox, Tx: w.store.DB,
	}
	var err error
	w.Inspector, err = New(Dependencies{
		Clients: w.store.Clients, AccessTokens: w.store.AccessTokens, RefreshTokens: w.store.RefreshTokens, Grants: stored,
		Verifier: w.keys, Subjects: provider.NewSubjects(root), Roles: &organization.RoleService{Store: w.store.Roles}, Now: w.now,
		Scopes: provider.ScopePolicy{Resources: w.store.ResourceServers},
	})
	must(t, err)
	w.engine = engine.New(engine.Dependencies{
		Authenticator:   clientauth.New(clientauth.Dependencies{Clients: w.store.Clients, Limiter: w.store.Limiter, Secrets: w.secrets, Now: w.now}),
		Sealer:          &seal.Sealer{Signer: w.keys, Secrets: w.secrets, Now: w.now},
		ResourceServers: w.store.ResourceServers, RefreshTokens: w.store.RefreshTokens,
		AccessTokens: w.store.AccessTokens, Grants: stored, Signer: w.keys, Tx: w.store.DB, Limiter: w.store.Limiter,
		Root: root, Roles: &organization.RoleService{Store: w.store.Roles}, Now: w.now, Device: func(*http.Request) string { return "" },
	})
	w.user = testworld.User()
	must(t, w.store.Users.Create(w.ctx, w.user, ""))
	w.session = testworld.Session(w.user)
	must(t, w.store.Sessions.Create(w.ctx, w.session))
	must(t, w.store.ResourceServers.Put(w.ctx, testworld.API("https://jwt.example", provider.FormatJWT, "orders:read")))
	must(t, w.store.ResourceServers.Put(w.ctx, testworld.API("https://opaque.example", provider.FormatOpaque, "bills:read")))
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }

// later moves the clock.
func (w *world) later(d time.Duration) { w.clock.Add(int64(d)) }

// register makes a client that may ask for the scopes of both resource servers.
func (w *world) register(id string) testworld.Party {
	w.t.Helper()
	m := testworld.Web()
	m.IDTokenSignedAlg, m.Scope = "ES256", "openid offline_access orders:read bills:read"
	p := testworld.NewParty(w.secrets, w.tenant.ID, id, m)
	must(w.t, w.store.Clients.Create(w.ctx, *p.Client))
	return p
}

// code authorizes p for the world's user.
func (w *world) code(p testworld.Party, scope string) string {
	w.t.Helper()
	answer, err := w.engine.Authorize(w.ctx, engine.AuthorizeInput{Client: p.Client, Session: w.session, FlowID: testworld.ID(), Request: &provider.Request{
		ClientID: p.ClientID, RedirectURI: testworld.Callback, RedirectURISent: true, ResponseType: "code",
		Scopes: strings.Fields(scope), Nonce: "n-1", Challenge: testworld.Challenge,
	}})
	must(w.t, err)
	return answer.Get("code")
}

// token sends a token request as p.
func (w *world) token(p testworld.Party, form web.Form) *engine.TokenResponse {
	w.t.Helper()
	r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, URL: &url.URL{}}
	r.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.Secret))
	out, err := w.engine.Token(w.ctx, r.WithContext(w.ctx), form)
	must(w.t, err)
	return out
}

// signedIn is a sign-in through to the tokens.
func (w *world) signedIn(p testworld.Party, scope string) *engine.TokenResponse {
	w.t.Helper()
	return w.token(p, testworld.Form(
		"grant_type", "authorization_code", "code", w.code(p, scope), "redirect_uri", testworld.Callback, "code_verifier", testworld.Verifier,
	))
}

// all returns an access token of each format, for a user and for a client itself.
func (w *world) all(p testworld.Party) map[string]string {
	w.t.Helper()
	own := func(scope string) string {
		return w.token(p, testworld.Form("grant_type", "client_credentials", "scope", scope)).AccessToken
	}
	return map[string]string{
		"user's JWT": w.signedIn(p, "openid orders:read").AccessToken, "user's opaque": w.signedIn(p, "openid bills:read").AccessToken,
		"client's JWT": own("orders:read"), "client's opaque": own("bills:read"),
	}
}

func (w *world) active(token string) bool {
	w.t.Helper()
	_, err := w.InspectAccess(w.ctx, token)
	if err != nil && !errors.Is(err, provider.ErrTokenUnknown) {
		w.t.Errorf("inspect: %v", err)
	}
	return err == nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
