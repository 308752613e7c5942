package token_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/clientauth"
	"plinto/provider/engine"
	"plinto/provider/grants"
	"plinto/provider/token"
	"plinto/tenant"
)

const path = "/oauth2/token"

func metadata(method string) provider.Metadata {
	return provider.Metadata{
		TokenEndpointAuthMethod: method, RedirectURIs: []string{"https://rp.example/cb", "https://app.example:8443/cb"},
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials}, ResponseTypes: []string{"code"},
		IDTokenSignedAlg: "ES256", AllowedOrigins: []string{"https://pages.example"},
	}
}

var own = url.Values{"grant_type": {"client_credentials"}}

// COD-14, RFC 6749 §3.2.
func TestToken_takesUrlencodedPostsOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthBasic))
	as := plintotest.As(c, secret)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		a := s.Send(method, path+"?grant_type=client_credentials", nil, as)
		if a.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(a.Header.Get("Allow"), "POST") {
			t.Errorf("%s: %d %v", method, a.StatusCode, a.Header)
		}
	}
	for _, media := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain", ""} {
		s.Send(http.MethodPost, path, own, as, plintotest.With("Content-Type", media)).Wants(t, http.StatusUnsupportedMediaType, "invalid_request")
	}
	if a := s.Send(http.MethodPost, path, url.Values{}, as, plintotest.With("Content-Type", "")); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.Text, "grant_type") {
		t.Errorf("without a body: %d %s", a.StatusCode, a.Text)
	}
	s.Send(http.MethodPost, path+"?grant_type=client_credentials", url.Values{"x": {"y"}}, as).Wants(t, http.StatusBadRequest, "invalid_request")
	s.Send(http.MethodPost, path, url.Values{"x": {strings.Repeat("y", 65<<10)}}, as).Wants(t, http.StatusRequestEntityTooLarge, "invalid_request")
	if a := s.Send(http.MethodPost, path, own, as, plintotest.With("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")); a.StatusCode != http.StatusOK {
		t.Errorf("with a charset: %d %s", a.StatusCode, a.Text)
	}
}

// F10: fosite takes the first of many.
func TestToken_refusesRepeatedParameters_F10(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthPost))
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {secret}, "scope": {""}}
	if a := s.Send(http.MethodPost, path, good); a.StatusCode != http.StatusOK {
		t.Fatalf("control: %d %s", a.StatusCode, a.Text)
	}
	for name := range good {
		twice := url.Values{}
		for n, v := range good {
			twice[n] = v
		}
		twice[name] = append([]string{twice.Get(name)}, twice.Get(name))
		s.Send(http.MethodPost, path, twice).Wants(t, http.StatusBadRequest, "invalid_request")
	}
}

// RFC 6749 §5.1, §5.2.
func TestToken_isNeverStored(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthBasic))
	good, bad := s.Send(http.MethodPost, path, own, plintotest.As(c, secret)), s.Send(http.MethodPost, path, own, plintotest.As(c, "wrong"))
	for _, a := range []plintotest.Answer{good, bad} {
		if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Pragma") != "no-cache" || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d: %v", a.StatusCode, a.Header)
		}
	}
	bad.Wants(t, http.StatusUnauthorized, "invalid_client")
	if got := bad.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Basic realm="`+s.Issuer()+`"`) {
		t.Errorf("challenge %q", got)
	}
	if good.JSON["token_type"] != "Bearer" || good.JSON["expires_in"] != float64(900) || good.JSON["refresh_token"] != nil {
		t.Errorf("got %v", good.JSON)
	}
}

func TestToken_isReadableByThePagesOfTheClientOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	m := metadata(provider.AuthNone)
	m.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
	c, _ := s.Client(m)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_id": {c.ClientID}}
	for origin, readable := range map[string]bool{
		"https://rp.example": true, "https://app.example:8443": true, "https://pages.example": true,
		"null": false, "https://evil.example": false, "http://rp.example": false, "https://rp.example.evil.example": false, "https://app.example": false,
	} {
		a := s.Send(http.MethodPost, path, form, plintotest.With("Origin", origin))
		a.Wants(t, http.StatusBadRequest, "invalid_grant")
		if got := a.Header.Get("Access-Control-Allow-Origin"); (got == origin) != readable || got != "" && !readable {
			t.Errorf("%s: allowed %q", origin, got)
		}
		if a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: with credentials", origin)
		}
	}
	a := s.Send(http.MethodOptions, path, nil, plintotest.With("Origin", "https://rp.example"), plintotest.With("Access-Control-Request-Method", "POST"))
	if a.StatusCode != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != "https://rp.example" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", a.StatusCode, a.Header)
	}
	if a := s.Send(http.MethodOptions, path, nil, plintotest.With("Origin", "null")); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of null: %v", a.Header)
	}
}

// F13: what the store cannot do now is a 503 to be tried again, not a 500.
func TestToken_withoutTheStoreIs503_F13(t *testing.T) {
	t.Parallel()
	w := post(t, func(c *clientauth.Authenticator, e *engine.Engine) http.Handler {
		return &token.Handler{Clients: c, Engine: e}
	},
		url.Values{"grant_type": {"refresh_token"}, "refresh_token": {secret.Token(provider.RefreshPrefix)}, "client_id": {"spa"}})
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"temporarily_unavailable"`) || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %s %v", w.Code, w.Body, w.Header())
	}
}

// away is a store that cannot be reached, in front of one public client.
type away struct {
	provider.Clients
	provider.RefreshTokens
}

func (away) ByClientID(_ context.Context, id string) (*provider.Client, error) {
	return &provider.Client{ID: uuid.New(), ClientID: id, Metadata: metadata(provider.AuthNone)}, nil
}

func (away) Rotate(context.Context, uuid.UUID, []byte, provider.RefreshToken, []byte, []string) (provider.Rotation, bool, error) {
	return provider.Rotation{}, false, fault.New(fault.Unavailable, "storage_unavailable", "")
}

// ready has every key it is asked for, and is not asked to sign.
type ready struct{ provider.Signer }

func (ready) Ready(context.Context) error { return nil }

type noServers struct{ provider.ResourceServers }

func (noServers) All(context.Context) ([]provider.ResourceServer, error) { return nil, nil }

// post sends a form to h with a store that is away.
func post(t *testing.T, h func(*clientauth.Authenticator, *engine.Engine) http.Handler, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	root, _ := secret.NewRoot()
	c := clientauth.New(clientauth.Dependencies{Clients: away{}, Secrets: provider.NewSecretHasher(root), Now: time.Now})
	e := engine.New(engine.Dependencies{
		Authenticator: c, ResourceServers: noServers{}, RefreshTokens: away{}, Grants: &grants.Service{RefreshTokens: away{}}, Signer: ready{}, Root: root, Now: time.Now,
	})
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h(c, e).ServeHTTP(w, r.WithContext(tenant.With(r.Context(), &tenant.Tenant{Issuer: "https://a.example"})))
	return w
}
