package engine

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/grants"
	"plinto/provider/seal"
	"plinto/tenant"
)

// memory stands for the store where the store is not the point: it accepts every
// code and refresh token there can be, or fails.
type memory struct {
	client  provider.Client
	grant   provider.Grant
	user    identity.User
	code    provider.Code
	signers map[string]*jwt.Signer
	fail    error
	// The refresh tokens that were stored with a code, and forgotten, last.
	first, forgotten []byte
	unready          error // what keeps the keys away
}

type memoryClients struct {
	provider.Clients
	*memory
}

func (m memoryClients) ByClientID(_ context.Context, id string) (*provider.Client, error) {
	if id != m.client.ClientID {
		return nil, provider.ErrClientNotFound
	}
	return &m.client, nil
}

type memoryServers struct{ provider.ResourceServers }

func (memoryServers) All(context.Context) ([]provider.ResourceServer, error) { return nil, nil }

func (*memory) Append(context.Context, ...event.Event) error { return nil }

func (m *memory) InTx(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }

// Revoke says that the grant is over already: nothing is recorded.
func (*memory) Revoke(context.Context, uuid.UUID) (of provider.GrantParties, revoked bool, err error) {
	return of, false, nil
}

func (*memory) Wait(context.Context, ...identity.Bucket) time.Duration          { return 0 }
func (*memory) Verdict(context.Context, bool, ...identity.Bucket) time.Duration { return 0 }
func (*memory) Take(context.Context, ...identity.Bucket) time.Duration          { return 0 }
func (*memory) Strain(context.Context, ...identity.Bucket) int                  { return 0 }
func (*memory) Strained(context.Context, ...identity.Bucket) bool               { return false }

func (m *memory) Sign(_ context.Context, alg, typ string, claims []byte) (string, error) {
	return m.signers[alg].Sign(typ, claims)
}

func (m *memory) Ready(context.Context) error { return m.unready }

func (m *memory) VerifyPast(context.Context, string) ([]byte, error) { return nil, jwt.ErrUnknownKey }

func (m *memory) Verify(context.Context, string, string) ([]byte, error) {
	return nil, jwt.ErrSignature
}

type memoryCodes struct{ *memory }

func (m memoryCodes) Issue(_ context.Context, _ provider.Grant, _ provider.Code, to func(identity.User)) error {
	to(m.user)
	return m.fail
}

func (m memoryCodes) IssueLast(context.Context, provider.Grant, provider.Code, uuid.UUID) error {
	return m.fail
}

func (m memoryCodes) Spend(_ context.Context, _ uuid.UUID, _ []byte, first provider.RefreshToken) (provider.Redemption, error) {
	m.first = first.Hash
	return provider.Redemption{Grant: m.grant, User: m.user, Code: m.code}, m.fail
}

type memoryRefresh struct {
	provider.RefreshTokens
	*memory
}

func (m memoryRefresh) Forget(_ context.Context, hash []byte) error {
	m.forgotten = hash
	return m.fail
}

func (m memoryRefresh) Rotate(context.Context, uuid.UUID, []byte, provider.RefreshToken, []byte, []string) (provider.Rotation, bool, error) {
	return provider.Rotation{Grant: m.grant, User: m.user}, true, m.fail
}

func (m memoryRefresh) Inspect(context.Context, []byte) (provider.Grant, time.Time, error) {
	return m.grant, time.Now().Add(time.Hour), m.fail
}

// newMemory returns an engine without a store, a context and its only client's secret.
func newMemory(t testing.TB) (*Engine, *memory, context.Context, string) {
	t.Helper()
	root, _ := secret.NewRoot()
	tn := &tenant.Tenant{ID: tenant.ID(uuid.New()), Issuer: "https://a.example"}
	ctx, plain := tenant.With(context.Background(), tn), secret.Token(provider.ClientSecretPrefix)
	user := identity.User{ID: uuid.New(), Email: "alice@example.com"}
	m := &memory{user: user, signers: map[string]*jwt.Signer{}, client: provider.Client{
		ID: uuid.New(), ClientID: "web", Metadata: full().WithDefaults(), Secrets: []provider.ClientSecret{{Hash: provider.NewSecretHasher(root).Hash(tn.ID, "web", plain)}},
	}}
	m.grant = provider.Grant{
		ID: uuid.New(), ClientID: m.client.ID, UserID: user.ID, Scopes: []string{"openid", "offline_access"}, Offline: true,
		AuthTime: time.Now(), AMR: []string{"pwd"}, ACR: "urn:plinto:acr:password", SID: "sid",
	}
	m.code = provider.Code{RedirectURI: "https://rp.example/cb", RedirectURISent: true, Challenge: challenge(verifier), Nonce: "n"}
	for _, alg := range provider.SigningAlgs {
		key, err := jwt.Generate(alg)
		must(t, err)
		m.signers[alg], err = jwt.NewSigner(alg, "kid-"+alg, key)
		must(t, err)
	}
	secrets := provider.NewSecretHasher(root)
	stored := &grants.Service{Codes: memoryCodes{m}, RefreshTokens: memoryRefresh{memory: m}, Grants: m, Tx: m, Outbox: m}
	e := New(Dependencies{
		Authenticator:   clientauth.New(clientauth.Dependencies{Clients: memoryClients{memory: m}, Limiter: m, Secrets: secrets, Now: time.Now}),
		Sealer:          &seal.Sealer{Signer: m, Secrets: secrets, Now: time.Now},
		ResourceServers: memoryServers{}, RefreshTokens: stored.RefreshTokens, Grants: stored, Signer: m, Tx: m, Limiter: m,
		Root: root, Now: time.Now,
	})
	return e, m, ctx, plain
}

func tokenRequest(plain string) *http.Request {
	r := &http.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, URL: &url.URL{Path: "/oauth2/token"}}
	r.SetBasicAuth("web", plain)
	return r
}

var grantForms = map[string]func() web.Form{
	"client_credentials": func() web.Form { return form("grant_type", "client_credentials") },
	"code": func() web.Form {
		return form("grant_type", "authorization_code", "code", secret.Token(provider.CodePrefix), "redirect_uri", "https://rp.example/cb", "code_verifier", verifier)
	},
	"refresh": func() web.Form {
		return form("grant_type", "refresh_token", "refresh_token", secret.Token(provider.RefreshPrefix))
	},
}

// A store that is away is neither the client's fault nor a bug: 503. What storage
// says of a grant is invalid_grant, and only what nobody foresaw is a 500.
func TestToken_errorsOfTheStoreHaveTheirAnswer_F13(t *testing.T) {
	t.Parallel()
	e, m, ctx, plain := newMemory(t)
	for _, c := range []struct {
		fail error
		want string
	}{
		{nil, ""},
		{fault.New(fault.Unavailable, "storage_unavailable", ""), "unavailable"},
		{provider.ErrCodeUnknown, "invalid_grant"},
		{provider.ErrCodeSpent, "invalid_grant"},
		{provider.ErrRefreshUnknown, "invalid_grant"},
		{provider.ErrRefreshReused, "invalid_grant"},
		{provider.ErrGrantRevoked, "invalid_grant"},
		{provider.ErrScopeExceeds, "invalid_scope"},
		{errors.New("odd"), "500: odd"},
	} {
		m.fail = c.fail
		for _, grant := range []string{"code", "refresh"} {
			_, err := e.Token(ctx, tokenRequest(plain), grantForms[grant]())
			if got := testworld.ErrorCode(err); got != c.want {
				t.Errorf("%s, %v: got %q, want %q", grant, c.fail, got, c.want)
			}
		}
	}
}

func BenchmarkToken(b *testing.B) {
	for _, c := range []struct{ grant, alg string }{
		{"client_credentials", "ES256"}, {"code", "ES256"}, {"refresh", "ES256"}, {"code", "RS256"}, {"refresh", "RS256"},
	} {
		b.Run(c.grant+"/"+c.alg, func(b *testing.B) {
			e, m, ctx, plain := newMemory(b)
			m.client.IDTokenSignedAlg = c.alg
			r := tokenRequest(plain)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Token(ctx, r, grantForms[c.grant]()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAuthorize(b *testing.B) {
	e, m, ctx, _ := newMemory(b)
	in := AuthorizeInput{Client: &m.client, FlowID: uuid.New(), Request: &provider.Request{
		ClientID: "web", RedirectURI: "https://rp.example/cb", ResponseType: "code", Scopes: []string{"openid", "profile"},
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Authorize(ctx, in); err != nil {
			b.Fatal(err)
		}
	}
}

// No form and no header is anything but the client's fault, and none gets a token
// without the secret.
func FuzzToken(f *testing.F) {
	e, _, ctx, plain := newMemory(f)
	f.Add("grant_type=authorization_code&code=plac_x&redirect_uri=x", "Basic d2ViOng=")
	f.Add("grant_type=refresh_token&refresh_token=plrt_x&scope=%22&resource=x&resource=y&client_id=web", "")
	f.Add("grant_type=client_credentials&client_id=web&client_secret=x", "")
	f.Add("grant_type=a+b&client_assertion=x", "Bearer x")
	f.Add("grant_type=client_credentials", "Basic JXp6OiUwMA==")
	f.Fuzz(func(t *testing.T, body, authorization string) {
		parsed, err := web.ParseQuery(body, "resource")
		if err != nil {
			return
		}
		r := tokenRequest("x")
		r.Header.Set("Authorization", authorization)
		if authorization == "" {
			r.Header.Del("Authorization")
		}
		if r.Header.Get("Authorization") == tokenRequest(plain).Header.Get("Authorization") {
			return
		}
		_, err = e.Token(ctx, r, parsed)
		var o *web.OAuthError
		if !errors.As(err, &o) || o.Status >= 500 || web.Description(o.Description) != o.Description {
			t.Errorf("%q, %q: %v", body, authorization, err)
		}
	})
}
