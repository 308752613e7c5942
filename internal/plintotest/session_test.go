package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"plinto/tenant"
)

// SES-15: what every cookie says of itself.
func TestCookies_sayWhatTheyMust(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	set := 0
	b.Client.Transport = observe{b.Client.Transport, func(res *http.Response) {
		for _, line := range res.Header.Values("Set-Cookie") {
			set++
			if strings.HasPrefix(line, "__Host-plinto_o=") {
				// Session Management 1.0: the session iframe's script reads it, in pages of other sites.
				if strings.Contains(line, "HttpOnly") || !strings.Contains(line, "; Secure") || !strings.Contains(line, "; SameSite=None") || !strings.Contains(line, "Path=/;") {
					t.Errorf("Set-Cookie: %s", line)
				}
				continue
			}
			if !strings.HasPrefix(line, "__Host-") || !strings.Contains(line, "; Secure") || !strings.Contains(line, "; HttpOnly") ||
				!strings.Contains(line, "; SameSite=Lax") || !strings.Contains(line, "Path=/;") || strings.Contains(line, "Domain") {
				t.Errorf("Set-Cookie: %s", line)
			}
		}
	}}
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	if set < 3 {
		t.Errorf("only %d cookies were set", set)
	}
}

// observe looks at every answer that passes.
type observe struct {
	next http.RoundTripper
	look func(*http.Response)
}

func (o observe) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := o.next.RoundTrip(r)
	if err == nil {
		o.look(res)
	}
	return res, err
}

// SES-01, SES-03: the session's token is new after each proof, the old one dead.
func TestSession_tokenIsReplacedByEverySignIn(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	first := b.SessionCookie()
	b.SignIn(s.AuthorizeURL(client, url.Values{"prompt": {"login"}}), "alice@example.com")
	second := b.SessionCookie()
	if first == nil || second == nil || first.Value == second.Value {
		t.Fatalf("first %v, second %v", first, second)
	}
	if silent(s, s.AuthorizeURL(client, url.Values{"prompt": {"none"}}), first) != "login_required" {
		t.Error("the old token still works")
	}
	if got := silent(s, s.AuthorizeURL(client, url.Values{"prompt": {"none"}}), second); got != "" {
		t.Errorf("the new token does not work: %s", got)
	}
}

// silent returns the error of a silent request with that cookie, "" for success.
func silent(s *Server, address string, cookie *http.Cookie) string {
	a := s.Send(http.MethodGet, strings.TrimPrefix(address, s.Issuer()), nil, func(r *http.Request) { r.AddCookie(cookie) })
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || u.Host != "rp.test" {
		return "not answered: " + a.Header.Get("Location")
	}
	return u.Query().Get("error")
}

// SES-10, SES-18: a signed-out or changed token is nobody.
func TestSession_endsForGood(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	cookie := b.SessionCookie()
	address := s.AuthorizeURL(client, url.Values{"prompt": {"none"}})
	changed := *cookie
	changed.Value = cookie.Value[:len(cookie.Value)-1] + "x"
	if silent(s, address, &changed) != "login_required" {
		t.Error("a changed token works")
	}
	b.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	if silent(s, address, cookie) != "login_required" {
		t.Error("a signed-out token works")
	}
}

// SES-11, TOK-07: everything a disabled user had is dead at once.
func TestUser_disabledIsOutEverywhere(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.test/cb"), FirstParty)
	user := s.User("alice@example.com")
	b := s.Browser()
	token := s.login(t, b, client, secret, nil)
	code := s.Code(client, "alice@example.com", "openid")
	s.Disable(user)
	if got := silent(s, s.AuthorizeURL(client, url.Values{"prompt": {"none"}}), b.SessionCookie()); got != "login_required" {
		t.Errorf("the session: %q", got)
	}
	s.Redeem(client, secret, code).Wants(t, http.StatusBadRequest, "invalid_grant")
	s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}}, As(client, secret)).
		Wants(t, http.StatusBadRequest, "invalid_grant")
	s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+token.AccessToken)).Wants(t, http.StatusUnauthorized, "invalid_token")
	a := s.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token.AccessToken}}, As(client, secret))
	if a.JSON["active"] != false || len(a.JSON) != 1 {
		t.Errorf("introspection: %s", a.Text)
	}
	p := s.Browser().Open(s.AuthorizeURL(client, nil)).Submit("submit", Alice())
	if p.Status != http.StatusUnauthorized {
		t.Errorf("signing in: %d", p.Status)
	}
}

// MIX-04, SES-18: nothing of one tenant is good at another.
func TestTenants_shareNothing(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, secret := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	token := s.login(t, b, client, secret, nil)
	code := s.Code(client, "alice@example.com", "openid")
	other := *s
	other.Tenant = s.NewTenant("other", "", tenant.Settings{})
	twin, twinSecret := other.ClientIn(other.Tenant, web("https://rp.test/cb"), FirstParty)
	other.UserIn(other.Tenant, "alice@example.com")

	other.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+token.AccessToken)).Wants(t, http.StatusUnauthorized, "invalid_token")
	other.Redeem(twin, twinSecret, code).Wants(t, http.StatusBadRequest, "invalid_grant")
	other.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(client, secret)).Wants(t, http.StatusUnauthorized, "invalid_client")
	other.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}}, As(twin, twinSecret)).
		Wants(t, http.StatusBadRequest, "invalid_grant")
	a := other.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {token.AccessToken}}, As(twin, twinSecret))
	if a.JSON["active"] != false {
		t.Errorf("introspection: %s", a.Text)
	}
	cookie := *b.SessionCookie()
	for _, name := range []string{cookie.Name, "__Host-plinto_s_other"} {
		cookie.Name = name
		if got := silent(&other, other.AuthorizeURL(twin, url.Values{"prompt": {"none"}}), &cookie); got != "login_required" {
			t.Errorf("session as %s: %q", name, got)
		}
	}
	// The first tenant never noticed.
	rp := party(t, s, client, secret)
	if _, err := rp.config.TokenSource(rp.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err != nil {
		t.Errorf("refresh at home: %v", err)
	}
}
