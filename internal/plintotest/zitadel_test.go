package plintotest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"plinto/provider"
)

// A zitadelApp is a web application made of zitadel/oidc's relying party.
type zitadelApp struct {
	*httptest.Server
	party  rp.RelyingParty
	user   *Browser // who signed in
	tokens *oidc.Tokens[*oidc.IDTokenClaims]
	info   *oidc.UserInfo
}

// newZitadelApp serves /login and /callback for the client, which it has made.
func newZitadelApp(t *testing.T, s *Server, m provider.Metadata, more ...rp.Option) (*zitadelApp, *provider.Client) {
	t.Helper()
	mux, app := http.NewServeMux(), &zitadelApp{}
	app.Server = httptest.NewTLSServer(mux)
	t.Cleanup(app.Close)
	m.RedirectURIs = []string{app.URL + "/callback"}
	client, secret := s.Client(m)
	cookies := httphelper.NewCookieHandler([]byte("0123456789abcdef0123456789abcdef"), []byte("0123456789abcdef"))
	options := append([]rp.Option{
		rp.WithHTTPClient(s.Server.Client()), rp.WithPKCEFromDiscovery(cookies), rp.WithCookieHandler(cookies), rp.WithSigningAlgsFromDiscovery(),
	}, more...)
	var err error
	app.party, err = rp.NewRelyingPartyOIDC(t.Context(), s.Issuer(), client.ClientID, secret, app.URL+"/callback",
		[]string{"openid", "profile", "email", "offline_access"}, options...)
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	done := func(_ http.ResponseWriter, _ *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty, info *oidc.UserInfo) {
		app.tokens, app.info = tokens, info
	}
	mux.Handle("/login", rp.AuthURLHandler(func() string { return "state-1" }, app.party))
	mux.Handle("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(done), app.party))
	return app, client
}

// signIn walks from the application's login page to its callback.
func (a *zitadelApp) signIn(t *testing.T, s *Server, username string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := a.Client()
	c.Jar, c.CheckRedirect = jar, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Get(a.URL + "/login")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	a.user = s.Browser()
	answer := a.user.SignIn(res.Header.Get("Location"), username)
	if res, err = c.Get(a.URL + "/callback?" + answer.Encode()); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if a.tokens == nil || a.info == nil {
		t.Fatalf("the application refused %v: %d", answer, res.StatusCode)
	}
}

func TestLogin_zitadelRelyingParty(t *testing.T) {
	t.Parallel()
	s := Start(t)
	user := s.User("alice@example.com")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	secret, assertion := web(), web()
	assertion.TokenEndpointAuthMethod, assertion.JWKS = provider.AuthPrivateKeyJWT, jwks
	for name, how := range map[string]struct {
		metadata provider.Metadata
		options  []rp.Option
	}{
		"by its secret":   {secret, []rp.Option{rp.WithAuthStyle(oauth2.AuthStyleInHeader)}},
		"by an assertion": {assertion, []rp.Option{rp.WithJWTProfile(rp.SignerFromKeyAndKeyID(private, "one"))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, client := newZitadelApp(t, s, how.metadata, how.options...)
			app.signIn(t, s, "alice@example.com")
			if !app.party.IsPKCE() || app.tokens.IDTokenClaims.Subject != user.PublicID() || app.info.Email != "alice@example.com" || !bool(app.info.EmailVerified) {
				t.Errorf("got %+v, %+v", app.tokens.IDTokenClaims, app.info)
			}
			if name == "by its secret" {
				app.refreshAndLeave(t, client)
			}
		})
	}
}

// refreshAndLeave does what an application does later on.
func (a *zitadelApp) refreshAndLeave(t *testing.T, client *provider.Client) {
	t.Helper()
	again, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, a.tokens.RefreshToken, "", "")
	if err != nil || again.RefreshToken == a.tokens.RefreshToken || again.IDTokenClaims.Subject != a.tokens.IDTokenClaims.Subject {
		t.Fatalf("refresh: %v", err)
	}
	// It posts its request itself and sends the browser to where the answer leads.
	next, err := rp.EndSession(t.Context(), a.party, again.IDToken, client.PostLogoutRedirectURIs[0], "bye", "", nil)
	if err != nil {
		t.Fatalf("end session: %v", err)
	}
	if p := a.user.Open(next.String()); p.Left == nil || p.Left.String() != client.PostLogoutRedirectURIs[0]+"?state=bye" {
		t.Errorf("signed out to %v by %s", p.Left, next)
	}
	if err := rp.RevokeToken(t.Context(), a.party, again.RefreshToken, "refresh_token"); err != nil {
		t.Errorf("revoke: %v", err)
	}
	if _, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, again.RefreshToken, "", ""); err == nil {
		t.Error("a revoked token was refreshed")
	}
}
