package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"plinto/internal/plintotest"
	"plinto/provider"
)

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A party is a relying party with keys of its own and a web server for them.
type party struct {
	*rp
	site    *httptest.Server
	mu      sync.Mutex
	key     any
	kid     string
	alg     string            // that it signs by
	objects map[string]string // path → request object
	fetched atomic.Int32      // how often the key set was
}

// public is the key set the party publishes.
func (p *party) public() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return publish(p.key, p.kid, "sig")
}

// publish is a key set of one public key.
func publish(key any, kid, use string) []byte {
	jwk := jose.JSONWebKey{Key: key, KeyID: kid, Use: use}
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}})
	if err != nil {
		panic(err)
	}
	return raw
}

func (p *party) rotate(key any, kid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = key, kid
}

// newParty registers a client with keys. reference says by jwks_uri.
func newParty(t *testing.T, s *plintotest.Server, reference bool, change ...func(*provider.Metadata)) *party {
	t.Helper()
	p := &party{key: rsaKey(), kid: "one", alg: "RS256", objects: map[string]string{}}
	p.site = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/jwks" {
			p.fetched.Add(1)
			_, _ = w.Write(p.public())
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.objects[r.URL.Path] == "" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(p.objects[r.URL.Path]))
	}))
	t.Cleanup(p.site.Close)
	m := provider.Metadata{
		RedirectURIs: []string{callback}, GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}, ResponseTypes: []string{"code"},
		TokenEndpointAuthMethod: provider.AuthPrivateKeyJWT, RequestURIs: []string{p.site.URL + "/object#random-fragment"},
	}
	if reference {
		m.JWKSURI = p.site.URL + "/jwks"
	} else {
		m.JWKS = p.public()
	}
	for _, f := range change {
		f(&m)
	}
	m = m.WithDefaults()
	if problems := m.Validate(provider.Rules{Operator: true}); len(problems) > 0 {
		t.Fatalf("client metadata: %v", problems)
	}
	c, secret := s.Client(m)
	p.rp = &rp{t: t, s: s, c: c, secret: secret, browser: s.Browser()}
	return p
}

// sign signs claims; drop names claims to leave out.
func sign(t *testing.T, alg string, key any, kid, typ string, claims map[string]any, drop ...string) string {
	t.Helper()
	opts := &jose.SignerOptions{}
	if typ != "" {
		opts = opts.WithType(jose.ContentType(typ))
	}
	signing := key
	if kid != "" {
		signing = jose.JSONWebKey{Key: key, KeyID: kid}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: signing}, opts)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]any{}
	for name, value := range claims {
		if !slices.Contains(drop, name) {
			kept[name] = value
		}
	}
	token, err := jwt.Signed(signer).Claims(kept).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claims of a client assertion, changed.
func (p *party) assertionClaims(change map[string]any) map[string]any {
	claims := map[string]any{
		"iss": p.c.ClientID, "sub": p.c.ClientID, "aud": p.s.Issuer(), "jti": uuid.NewString(),
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	for name, value := range change {
		claims[name] = value
	}
	return claims
}

func (p *party) assertion(change map[string]any, drop ...string) string {
	p.t.Helper()
	return sign(p.t, p.alg, p.key, p.kid, "", p.assertionClaims(change), drop...)
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// send posts to the token endpoint with an assertion.
func (p *party) send(assertion string, form url.Values) plintotest.Answer {
	p.t.Helper()
	all := url.Values{"client_assertion": {assertion}, "client_assertion_type": {assertionType}}
	for name, values := range form {
		all[name] = values
	}
	return p.s.Send(http.MethodPost, "/oauth2/token", all)
}

func (p *party) redeemed(code, assertion string) plintotest.Answer {
	p.t.Helper()
	return p.send(assertion, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}})
}

// The modules of the dynamic plan that are about keys. Registration itself is
// tested where it is.
func TestDynamicPlan_keys(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := plintotest.Start(t, plintotest.Options{Now: c.now})
	s.User(buffy)
	t.Run("oidcc-ensure-client-assertion-with-iss-aud-succeeds", func(t *testing.T) {
		p := newParty(t, s, false)
		for _, aud := range []any{s.Issuer(), []string{s.Issuer()}, s.Issuer() + "/oauth2/token"} {
			if a := p.redeemed(p.authorize("code", nil).Get("code"), p.assertion(map[string]any{"aud": aud})); a.StatusCode != http.StatusOK {
				t.Errorf("aud %v: %d %s", aud, a.StatusCode, a.Text)
			}
		}
	})
	t.Run("oidcc-registration-jwks-uri", func(t *testing.T) {
		p := newParty(t, s, true)
		if a := p.redeemed(p.authorize("code", nil).Get("code"), p.assertion(nil)); a.StatusCode != http.StatusOK {
			t.Errorf("%d %s", a.StatusCode, a.Text)
		}
	})
	t.Run("oidcc-refresh-token-rp-key-rotation", func(t *testing.T) { keyRotation(t, s, c) })
	t.Run("oidcc-request-uri-signed-rs256", func(t *testing.T) {
		p := newParty(t, s, true, func(m *provider.Metadata) { m.RequestObjectSigningAlg = "RS256" })
		p.objects["/object"] = p.object(nil)
		a := p.walk(p.browser.Open(s.Issuer() + "/oauth2/authorize?" + url.Values{
			"client_id": {p.c.ClientID}, "request_uri": {p.site.URL + "/object#random-fragment"}, "scope": {"openid"}, "response_type": {"code"},
		}.Encode()))
		if a.Get("code") == "" || a.Get("state") != "inside" {
			t.Errorf("answer %v", a.Values)
		}
	})
	t.Run("oidcc-ensure-request-object-with-redirect-uri", func(t *testing.T) {
		p := newParty(t, s, false)
		a := p.authorize("code", url.Values{"redirect_uri": {"https://rp.example/foo/bar"}, "state": {"outside"}, "request": {p.object(nil)}})
		if a.Get("code") == "" || a.Get("state") != "inside" {
			t.Errorf("what is outside counts: %v", a.Values)
		}
	})
	t.Run("oidcc-userinfo-rs256", func(t *testing.T) {
		p := newParty(t, s, false, func(m *provider.Metadata) { m.UserinfoSignedAlg = "RS256" })
		got := p.redeemed(p.authorize("code", nil).Get("code"), p.assertion(nil))
		a := s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+got.JSON["access_token"].(string)))
		claims := p.idTokenBy("RS256", a.Text)
		if a.Header.Get("Content-Type") != "application/jwt" || claims["sub"] == nil || claims["nonce"] != nil {
			t.Errorf("%s: %v", a.Header.Get("Content-Type"), claims)
		}
	})
	t.Run("oidcc-server-client-secret-jwt", func(t *testing.T) {
		for _, alg := range provider.HMACAlgs {
			p := newParty(t, s, false, func(m *provider.Metadata) {
				m.TokenEndpointAuthMethod, m.JWKS, m.IDTokenSignedAlg = provider.AuthSecretJWT, nil, alg
			})
			token := sign(t, alg, []byte(p.secret), "", "", p.assertionClaims(nil))
			a := p.redeemed(p.authorize("code", nil).Get("code"), token)
			if a.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %s", alg, a.StatusCode, a.Text)
				continue
			}
			parsed, err := jwt.ParseSigned(a.JSON["id_token"].(string), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
			var claims map[string]any
			if err != nil || parsed.Claims([]byte(p.secret), &claims) != nil || claims["sub"] == nil {
				t.Errorf("ID token by %s: %v, %v", alg, err, claims)
			}
			if again := p.authorize("code", url.Values{"prompt": {"none"}, "id_token_hint": {a.JSON["id_token"].(string)}}); again.Get("code") == "" {
				t.Errorf("a hint by %s: %v", alg, again.Values)
			}
		}
	})
}

// keyRotation: the client swaps its key; the new one is fetched when it is used.
func keyRotation(t *testing.T, s *plintotest.Server, c *clock) {
	p := newParty(t, s, true)
	got := p.redeemed(p.authorize("code", url.Values{"scope": {"openid offline_access"}, "prompt": {"consent"}}).Get("code"), p.assertion(nil))
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", got.StatusCode, got.Text)
	}
	p.rotate(newRSA(t), "two")
	c.forward(time.Minute)
	a := p.send(p.assertion(map[string]any{"iat": c.now().Unix(), "exp": c.now().Add(time.Minute).Unix()}), url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {got.JSON["refresh_token"].(string)},
	})
	if a.StatusCode != http.StatusOK {
		t.Errorf("after the rotation: %d %s", a.StatusCode, a.Text)
	}
}

// object is a request object that asks for what the suite asks.
func (p *party) object(change map[string]any, drop ...string) string {
	p.t.Helper()
	claims := map[string]any{
		"iss": p.c.ClientID, "aud": p.s.Issuer(), "client_id": p.c.ClientID, "redirect_uri": callback, "response_type": "code",
		"scope": "openid", "state": "inside", "nonce": "n", "max_age": 10000, "claims": map[string]any{"userinfo": map[string]any{"name": nil}},
	}
	for name, value := range change {
		claims[name] = value
	}
	return sign(p.t, p.alg, p.key, p.kid, "oauth-authz-req+jwt", claims, drop...)
}

// PAR-02, F2: what is not the client's own word for this server is not read.
func TestRequestObject_refuses(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	p := newParty(t, s, false)
	strict := newParty(t, s, false, func(m *provider.Metadata) { m.RequireSignedRequest, m.RequestObjectSigningAlg = true, "PS256" })
	now := time.Now()
	if a := p.authorize("code", url.Values{"request": {p.object(map[string]any{"exp": now.Add(time.Minute).Unix()})}}); a.Get("code") == "" {
		t.Fatalf("control: %v", a.Values)
	}
	unsigned := base64JSON(`{"alg":"none","typ":"JWT"}`) + "." + strings.Split(p.object(nil), ".")[1] + "."
	for name, object := range map[string]string{
		"alg none":             unsigned,
		"bad signature":        p.object(nil)[:len(p.object(nil))-4] + "AAAA",
		"another key":          sign(t, "RS256", newRSA(t), "one", "", map[string]any{"iss": p.c.ClientID, "aud": s.Issuer()}),
		"another issuer":       p.object(map[string]any{"iss": strict.c.ClientID}),
		"no issuer":            p.object(nil, "iss"),
		"another audience":     p.object(map[string]any{"aud": "https://other.example"}),
		"no audience":          p.object(nil, "aud"),
		"another client":       p.object(map[string]any{"client_id": strict.c.ClientID}),
		"expired":              p.object(map[string]any{"exp": now.Add(-time.Minute).Unix()}),
		"an exp in years":      p.object(map[string]any{"exp": now.Add(10 * 365 * 24 * time.Hour).Unix()}),
		"not yet":              p.object(map[string]any{"nbf": now.Add(time.Minute).Unix()}),
		"an assertion":         p.assertion(nil),
		"another kind":         sign(t, "RS256", p.key, p.kid, "at+jwt", map[string]any{"iss": p.c.ClientID, "aud": s.Issuer()}),
		"an object inside":     p.object(map[string]any{"request": "x"}),
		"a reference inside":   p.object(map[string]any{"request_uri": "https://rp.example/"}),
		"no JWT":               "x",
		"dots":                 strings.Repeat(".", 8_000),
		"five parts":           "a.b.c.d.e",
		"HMAC with the key":    sign(t, "HS256", p.public(), "", "", map[string]any{"iss": p.c.ClientID, "aud": s.Issuer()}),
		"claims that are none": p.object(map[string]any{"exp": "soon"}),
	} {
		a := p.authorize("code", url.Values{"request": {object}})
		if a.Get("error") != "invalid_request_object" || a.Get("state") != "sT4te0123456789" {
			t.Errorf("%s: %v", name, a.Values)
		}
	}
	for name, change := range map[string]url.Values{
		"no object":     nil,
		"RS256, not PS": {"request": {strict.object(map[string]any{"exp": now.Add(time.Minute).Unix()})}},
		"no exp":        {"request": {sign(t, "PS256", strict.key, "one", "", map[string]any{"iss": strict.c.ClientID, "aud": s.Issuer(), "redirect_uri": callback, "response_type": "code", "scope": "openid"})}},
	} {
		if a := strict.authorize("code", change); !strings.HasPrefix(a.Get("error"), "invalid_request") {
			t.Errorf("%s: %v", name, a.Values)
		}
	}
}

func base64JSON(s string) string {
	return strings.TrimRight(jwtEncoding.EncodeToString([]byte(s)), "=")
}

// PAR-03: only what is registered is fetched.
func TestRequestURI_isFetchedOnlyWhenRegistered(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	p := newParty(t, s, false)
	p.objects["/other"] = p.object(nil)
	for _, uri := range []string{
		p.site.URL + "/other", p.site.URL + "/object", p.site.URL + "/object#x", "http://169.254.169.254/", "file:///etc/passwd",
		"https://127.0.0.1:1/", "https://[::1]/", "gopher://x/", p.site.URL + "/object#random-fragment",
	} {
		if a := p.authorize("code", url.Values{"request_uri": {uri}}); a.Get("error") != "invalid_request_uri" {
			t.Errorf("%s: %v", uri, a.Values)
		}
	}
	if n := p.fetched.Load(); n != 0 {
		t.Errorf("%d fetches of keys", n)
	}
}

// CLI-18: strangers' tokens do not make us fetch.
func TestClientKeys_areFetchedSeldom(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	p := newParty(t, s, true, func(m *provider.Metadata) {
		m.GrantTypes, m.ResponseTypes, m.RedirectURIs = []string{provider.GrantClientCredentials}, nil, nil
	})
	var all sync.WaitGroup
	for i := range 20 {
		token := sign(t, "RS256", newKeyOnce(), fmt.Sprint("kid-", i), "", p.assertionClaims(nil))
		all.Go(func() { p.send(token, url.Values{"grant_type": {"client_credentials"}}) })
	}
	all.Wait()
	if n := p.fetched.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	if a := p.send(p.assertion(nil), url.Values{"grant_type": {"client_credentials"}}); a.StatusCode != http.StatusOK && a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the client itself: %d %s", a.StatusCode, a.Text)
	}
}

var newKeyOnce = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})
