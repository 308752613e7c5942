package plintotest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// register registers a client with or without an initial access token.
func (s *Server) register(t *testing.T, token string) *provider.Client {
	t.Helper()
	a := s.Send(http.MethodPost, "/oauth2/register", nil, func(r *http.Request) {
		const text = `{"client_name":"Your Bank","redirect_uris":["https://evil.example/cb"],"post_logout_redirect_uris":["https://evil.example/bye"]}`
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	})
	id, _ := a.JSON["client_id"].(string)
	if a.StatusCode != http.StatusCreated {
		t.Fatalf("register: %d %s", a.StatusCode, a.Text)
	}
	c, err := s.Store.Clients.ByClientID(s.In(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func openTo(t *testing.T, mode string, trust bool) *Server {
	t.Helper()
	return Start(t, Options{Settings: tenant.Settings{Registration: tenant.Registration{Mode: mode, TrustRedirects: trust}}})
}

// immediate are requests that are answered with an error before any page.
var immediate = map[string]url.Values{
	"invalid_target":          {"resource": {"https://nowhere.example"}},
	"invalid_target, by POST": {"resource": {"https://nowhere.example"}},
	"invalid_request, by a mode that is not the client's": {"response_mode": {"web_message"}},
	"invalid_request, of a state that is too long":        {"state": {strings.Repeat("s", 4097)}},
	"invalid_target, by form":                             {"resource": {"https://nowhere.example"}, "response_mode": {"form_post"}},
	"invalid_target, sealed":                              {"resource": {"https://nowhere.example"}, "response_mode": {"jwt"}},
}

// RED-21: a silent request shows no page, whoever sent it and whatever is wrong with it
// (OpenID Connect Core 1.0 §3.1.2.6; RFC 9700 §4.11.2).
func TestErrors_ofSilentRequestsReachEveryClient(t *testing.T) {
	t.Parallel()
	s := openTo(t, tenant.RegistrationOpen, false)
	c := s.register(t, "")
	for what, extra := range map[string]url.Values{
		"login_required": {}, "login_required, by POST": {}, "invalid_target": {"resource": {"https://nowhere.example"}},
		"invalid_request": {"code_challenge_method": {"plain"}}, "invalid_request, by a mode that is not the client's": {"response_mode": {"web_message"}},
	} {
		extra.Set("prompt", "none")
		address := s.AuthorizeURL(c, extra)
		var p *Page
		if strings.HasSuffix(what, "POST") {
			u, _ := url.Parse(address) // it is well-formed
			p = s.Browser().Post(s.Issuer()+u.Path, u.Query())
		} else {
			req, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Sec-Fetch-Dest", "document")
			b := s.Browser()
			res, err := b.Client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			p = b.page(res)
		}
		code, _, _ := strings.Cut(what, ",")
		if p.Left == nil || p.Left.Host != "evil.example" || p.Left.Query().Get("error") != code || p.Left.Query().Get("state") != "s" {
			t.Errorf("%s: on %s (%d), left to %v", what, p.URL, p.Status, p.Left)
		}
	}
	for mode, want := range map[string]string{"form_post": "#form-post", "form_post.jwt": "#form-post"} {
		p := s.Browser().Open(s.AuthorizeURL(c, url.Values{"prompt": {"none"}, "response_mode": {mode}}))
		if p.Doc == nil || p.Doc.Find(want).Length() != 1 {
			t.Errorf("%s: on %s (%d)", mode, p.URL, p.Status)
		}
	}
}

// RED-20: whoever may register a client must not be able to lead users anywhere
// by a link to us.
func TestErrors_ofClientsThatAnybodyRegisteredLeadNowhereByThemselves(t *testing.T) {
	t.Parallel()
	s := openTo(t, tenant.RegistrationOpen, false)
	c := s.register(t, "")
	for what, extra := range immediate {
		address := s.AuthorizeURL(c, extra)
		var p *Page
		if strings.HasSuffix(what, "POST") {
			u, _ := url.Parse(address) // it is well-formed
			p = s.Browser().Post(s.Issuer()+u.Path, u.Query())
		} else {
			p = s.Browser().Open(address)
		}
		code, _, _ := strings.Cut(what, ",")
		if p.Left != nil || p.Status != http.StatusBadRequest || p.Doc.Find("#leave").Length() != 1 {
			t.Errorf("%s: %d, left to %v", what, p.Status, p.Left)
			continue
		}
		if got := p.Doc.Find("#redirect-host").Text(); got != "evil.example" {
			t.Errorf("%s: the page names %q", what, got)
		}
		if got := p.Doc.Find("#error-code").Text(); got != code {
			t.Errorf("%s: the page says %q", what, got)
		}
		if p.Doc.Find("script").Length() != 0 || p.Header.Get("Refresh") != "" {
			t.Errorf("%s: the page goes on by itself", what)
		}
		link, action := p.Doc.Find("a#continue").AttrOr("href", ""), p.Doc.Find("form").AttrOr("action", "")
		if !strings.HasPrefix(link+action, "https://evil.example/cb") || !strings.Contains(link, "error=") && !strings.Contains(link, "response=") && p.Doc.Find("input[name=error]").Length() != 1 {
			t.Errorf("%s: the way on is %q%q", what, link, action)
		}
	}
}

func TestErrors_reachClientsThatSomebodyVouchesFor(t *testing.T) {
	t.Parallel()
	token := secret.Token(provider.InitialTokenPrefix)
	vouched := openTo(t, tenant.RegistrationToken, false)
	err := vouched.Store.InitialTokens.Issue(vouched.In(), provider.InitialToken{
		ID: uuid.Must(uuid.NewV7()), Name: "partner", Hash: provider.InitialTokenHash(vouched.Tenant.ID, token), UsesLeft: 1, ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	trusting := openTo(t, tenant.RegistrationOpen, true)
	for what, s := range map[string]*Server{"with a token": vouched, "in a test installation": trusting} {
		by := ""
		if s == vouched {
			by = token
		}
		p := s.Browser().Open(s.AuthorizeURL(s.register(t, by), immediate["invalid_target"]))
		if p.Left == nil || p.Left.Query().Get("error") != "invalid_target" {
			t.Errorf("%s: left to %v", what, p.Left)
		}
	}
}

// A client's page asks in a frame, and what the user did leads on as ever.
func TestErrors_ofUnvouchedClientsReachThemWhereNobodyIsMisled(t *testing.T) {
	t.Parallel()
	s := openTo(t, tenant.RegistrationOpen, false)
	c := s.register(t, "")
	b := s.Browser()
	req, err := http.NewRequest(http.MethodGet, s.AuthorizeURL(c, immediate["invalid_target"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Dest", "iframe")
	res, err := b.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if p := b.page(res); p.Left == nil || p.Left.Query().Get("error") != "invalid_target" {
		t.Errorf("in a frame: left to %v", p.Left)
	}
	if p := b.Open(s.AuthorizeURL(c, nil)).Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled by the user: left to %v", p.Left)
	}
	s.User("alice@example.com")
	if got := b.SignIn(s.AuthorizeURL(c, nil), "alice@example.com"); got.Get("code") == "" {
		t.Errorf("signed in: %v", got)
	}
}

// The same by way of the logout: who registered the client has an ID token of
// their own to show.
func TestLogout_ofUnvouchedClientsLeadsNowhereByItself(t *testing.T) {
	t.Parallel()
	for _, trust := range []bool{false, true} {
		s := openTo(t, tenant.RegistrationOpen, trust)
		a := s.Send(http.MethodPost, "/oauth2/register", nil, func(r *http.Request) {
			const text = `{"client_name":"Your Bank","redirect_uris":["https://evil.example/cb"],"post_logout_redirect_uris":["https://evil.example/bye"],"token_endpoint_auth_method":"client_secret_basic"}`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
			r.Header.Set("Content-Type", "application/json")
		})
		id, key := fmt.Sprint(a.JSON["client_id"]), fmt.Sprint(a.JSON["client_secret"])
		c, err := s.Store.Clients.ByClientID(s.In(), id)
		if err != nil {
			t.Fatal(err)
		}
		s.User("mallory@example.com")
		hint := s.Tokens(c, key, "mallory@example.com", "openid")["id_token"]
		out := s.Issuer() + "/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/bye"}}.Encode()
		p := s.Browser().Open(out) // of somebody else, whom the link was sent to
		if trust {
			if p.Left == nil || p.Left.Host != "evil.example" {
				t.Errorf("test installation: left to %v", p.Left)
			}
			continue
		}
		if p.Left != nil || p.Doc.Find("#redirect-host").Text() != "evil.example" || p.Doc.Find("script:not([src])").Length() != 0 {
			t.Errorf("left to %v, page %s", p.Left, p.URL)
		}
	}
}
