package revoke_test

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
	"plinto/provider/inspection"
	"plinto/provider/revoke"
	"plinto/tenant"
)

const path = "/oauth2/revoke"

func metadata(method string) provider.Metadata {
	return provider.Metadata{
		TokenEndpointAuthMethod: method, RedirectURIs: []string{"https://rp.example/cb"}, IDTokenSignedAlg: "ES256",
		GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}, ResponseTypes: []string{"code"}, Scope: "openid offline_access",
	}
}

func userinfo(s *plintotest.Server, token string) int {
	return s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+token)).StatusCode
}

// RFC 7009 §2.1, §2.2.
func TestRevoke_anAccessTokenEndsAloneAndARefreshTokenWithAll(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthBasic), plintotest.FirstParty)
	s.User("alice@example.com")
	as := plintotest.As(c, secret)
	tokens := s.Tokens(c, secret, "alice@example.com", "openid offline_access")
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}

	a := s.Send(http.MethodPost, path, url.Values{"token": {tokens["access_token"]}, "token_type_hint": {"refresh_token"}}, as)
	if a.StatusCode != http.StatusOK || a.Text != "" || a.Header.Get("Content-Type") != "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %q %v", a.StatusCode, a.Text, a.Header)
	}
	if status := userinfo(s, tokens["access_token"]); status != 401 {
		t.Errorf("the access token still works: %d", status)
	}
	again := s.Send(http.MethodPost, "/oauth2/token", refresh, as)
	if again.StatusCode != http.StatusOK {
		t.Fatalf("the grant is gone too: %s", again.Text)
	}
	access, _ := again.JSON["access_token"].(string)
	next, _ := again.JSON["refresh_token"].(string)
	if a := s.Send(http.MethodPost, path, url.Values{"token": {next}}, as); a.StatusCode != http.StatusOK {
		t.Errorf("got %d %s", a.StatusCode, a.Text)
	}
	refresh.Set("refresh_token", next)
	s.Send(http.MethodPost, "/oauth2/token", refresh, as).Wants(t, 400, "invalid_grant")
	if status := userinfo(s, access); status != 401 {
		t.Errorf("the access token outlives its grant: %d", status)
	}
}

// TOK-15: whoever signs out knows the token that they were given last, and not what somebody made of it since.
func TestRevoke_byATokenThatWasUsedEndsTheGrantToo(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthBasic), plintotest.FirstParty)
	spa, _ := s.Client(metadata(provider.AuthNone), plintotest.FirstParty)
	s.User("alice@example.com")
	as := plintotest.As(c, secret)
	given := s.Tokens(c, secret, "alice@example.com", "openid offline_access")["refresh_token"]
	refresh := func(token any) plintotest.Answer {
		return s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}, as)
	}
	stolen := refresh(given)
	if stolen.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", stolen.StatusCode, stolen.Text)
	}
	access, _ := stolen.JSON["access_token"].(string)
	s.Send(http.MethodPost, path, url.Values{"token": {given}, "client_id": {spa.ClientID}}).Wants(t, 400, "unauthorized_client")
	if status := userinfo(s, access); status != 200 {
		t.Errorf("revoked by another client: %d", status)
	}
	for range 2 { // twice is fine
		if a := s.Send(http.MethodPost, path, url.Values{"token": {given}}, as); a.StatusCode != http.StatusOK || a.Text != "" {
			t.Errorf("got %d %s", a.StatusCode, a.Text)
		}
	}
	refresh(stolen.JSON["refresh_token"]).Wants(t, 400, "invalid_grant")
	if status := userinfo(s, access); status != 401 {
		t.Errorf("what was made of it since still works: %d", status)
	}
}

// RFC 7009 §2.1: refused, and told. TOK-15.
func TestRevoke_ofAnotherClientsTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c1, secret1 := s.Client(metadata(provider.AuthBasic), plintotest.FirstParty)
	spa, _ := s.Client(metadata(provider.AuthNone), plintotest.FirstParty)
	s.User("alice@example.com")
	tokens := s.Tokens(c1, secret1, "alice@example.com", "openid offline_access")
	for _, name := range []string{"access_token", "refresh_token"} {
		s.Send(http.MethodPost, path, url.Values{"token": {tokens[name]}, "client_id": {spa.ClientID}}).Wants(t, 400, "unauthorized_client")
	}
	if status := userinfo(s, tokens["access_token"]); status != 200 {
		t.Errorf("revoked by another client: %d", status)
	}
	for _, unknown := range []string{"x", "plrt_x", "a.b.c"} {
		if a := s.Send(http.MethodPost, path, url.Values{"token": {unknown}, "client_id": {spa.ClientID}}); a.StatusCode != http.StatusOK {
			t.Errorf("unknown: %d %s", a.StatusCode, a.Text)
		}
	}
	own := s.Tokens(spa, "", "alice@example.com", "openid")["access_token"]
	a := s.Send(http.MethodPost, path, url.Values{"token": {own}, "client_id": {spa.ClientID}}, plintotest.With("Origin", "https://rp.example"))
	if a.StatusCode != http.StatusOK || a.Header.Get("Access-Control-Allow-Origin") != "https://rp.example" || userinfo(s, own) != 401 {
		t.Errorf("its own: %d %s %v", a.StatusCode, a.Text, a.Header)
	}
}

func TestRevoke_refusesWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	c, secret := s.Client(metadata(provider.AuthBasic))
	s.Send(http.MethodPost, path, url.Values{"x": {"y"}}, plintotest.As(c, secret)).Wants(t, 400, "invalid_request")
	s.Send(http.MethodPost, path, url.Values{"token": {"x"}}).Wants(t, 401, "invalid_client")
	s.Send(http.MethodPost, path, url.Values{"token": {"x"}}, plintotest.As(c, secret), plintotest.With("Content-Type", "text/plain")).Wants(t, 415, "invalid_request")
	if a := s.Send(http.MethodGet, path+"?token=x", nil, plintotest.As(c, secret)); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.StatusCode)
	}
}

// RFC 7009 §2.2.1: a false 200 would leave a token alive that nobody looks after.
func TestRevoke_withoutTheStoreIs503(t *testing.T) {
	t.Parallel()
	w := post(t, func(c *clientauth.Authenticator, i *inspection.Inspector) http.Handler {
		return &revoke.Handler{Clients: c, Tokens: i}
	},
		url.Values{"token": {secret.Token(provider.RefreshPrefix)}, "client_id": {"spa"}})
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

func (away) GrantOf(context.Context, []byte) (grant, client uuid.UUID, err error) {
	return uuid.Nil, uuid.Nil, fault.New(fault.Unavailable, "storage_unavailable", "")
}

// post sends a form to h with a store that is away.
func post(t *testing.T, h func(*clientauth.Authenticator, *inspection.Inspector) http.Handler, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	root, _ := secret.NewRoot()
	c := clientauth.New(clientauth.Dependencies{Clients: away{}, Secrets: provider.NewSecretHasher(root), Now: time.Now})
	i, err := inspection.New(inspection.Dependencies{Clients: away{}, RefreshTokens: away{}, Subjects: provider.NewSubjects(root), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h(c, i).ServeHTTP(w, r.WithContext(tenant.With(r.Context(), &tenant.Tenant{Issuer: "https://a.example"})))
	return w
}
