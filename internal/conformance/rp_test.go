package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"plinto/internal/plintotest"
	"plinto/provider"
)

const (
	callback = "https://rp.example/callback"
	buffy    = "buffy@example.com"
)

// An rp is a relying party as the suite plays one: a client, its secret, and a
// browser that keeps its cookies for one module.
type rp struct {
	t       *testing.T
	s       *plintotest.Server
	c       *provider.Client
	secret  string
	browser *plintotest.Browser
}

// responseTypes that a module runs with.
var (
	withCode = []string{"code", "code id_token", "code token", "code id_token token"}
	implicit = []string{"id_token", "id_token token"}
	hybrid   = []string{"code id_token", "code token", "code id_token token"}
)

// newRP registers a client for one response type, as the suite does: without
// scopes, without PKCE.
func newRP(t *testing.T, s *plintotest.Server, responseType string, change ...func(*provider.Metadata)) *rp {
	t.Helper()
	m := provider.Metadata{
		ClientName: "Conformance", RedirectURIs: []string{callback}, GrantTypes: []string{provider.GrantCode},
		ResponseTypes: []string{responseType}, Profile: provider.ProfileLegacy, PostLogoutRedirectURIs: []string{"https://rp.example/post_logout"},
	}
	if responseType != "code" {
		m.GrantTypes = append(m.GrantTypes, provider.GrantImplicit)
		m.ResponseTypes = append(m.ResponseTypes, "code")
	}
	for _, f := range change {
		f(&m)
	}
	m = m.WithDefaults()
	if problems := m.Validate(provider.Rules{}); len(problems) > 0 {
		t.Fatalf("client metadata: %v", problems)
	}
	c, secret := s.Client(m)
	return &rp{t: t, s: s, c: c, secret: secret, browser: s.Browser()}
}

// request is an authorization request of the suite; values replace or, if empty, remove.
func (r *rp) request(responseType string, change url.Values) url.Values {
	q := url.Values{
		"client_id": {r.c.ClientID}, "redirect_uri": {callback}, "response_type": {responseType},
		"scope": {"openid"}, "state": {"sT4te0123456789"}, "nonce": {"n0nce01234"},
	}
	for name, values := range change {
		if len(values) == 0 {
			q.Del(name)
			continue
		}
		q[name] = values
	}
	return q
}

// A callbackAnswer is what arrived at the redirect URI.
type callbackAnswer struct {
	url.Values
	how  string // query, fragment, form_post
	seen []string
}

// authorize sends the request by GET and walks the pages to the callback.
func (r *rp) authorize(responseType string, change url.Values) callbackAnswer {
	r.t.Helper()
	return r.walk(r.browser.Open(r.s.Issuer() + "/oauth2/authorize?" + r.request(responseType, change).Encode()))
}

// walk signs in and consents where asked, goes on where a page leads to the client, and
// notes the pages it saw.
func (r *rp) walk(p *plintotest.Page) callbackAnswer {
	r.t.Helper()
	var seen []string
	for range 6 {
		if p.Left != nil {
			return r.arrived(p.Left, seen)
		}
		switch {
		case p.Doc.Find("#password").Length() > 0:
			seen = append(seen, "login")
			p = p.Submit("submit", map[string]string{"username": buffy, "password": plintotest.Password})
		case p.Doc.Find("#allow").Length() > 0:
			seen = append(seen, "consent")
			p = p.Submit("allow", nil)
		case p.Doc.Find("form[action^='https://rp.example']").Length() > 0:
			return r.posted(p, seen)
		case p.Doc.Find("a#continue").Length() > 0:
			// Of a client that nobody vouches for, or too long for a header.
			u, err := url.Parse(p.Doc.Find("a#continue").AttrOr("href", ""))
			if err != nil {
				r.t.Fatal(err)
			}
			return r.arrived(u, seen)
		default:
			html, _ := p.Doc.Find("body").Html()
			r.t.Fatalf("stuck at %s (%d): %s", p.URL, p.Status, html)
		}
	}
	r.t.Fatal("the pages go round in circles")
	return callbackAnswer{}
}

func (r *rp) arrived(u *url.URL, seen []string) callbackAnswer {
	r.t.Helper()
	if !strings.HasPrefix(u.String(), callback) {
		r.t.Fatalf("left to %s", u)
	}
	if u.Fragment != "" {
		if u.RawQuery != "" {
			r.t.Errorf("parameters in query and fragment: %s", u)
		}
		values, err := url.ParseQuery(u.EscapedFragment())
		if err != nil {
			r.t.Fatal(err)
		}
		return callbackAnswer{values, "fragment", seen}
	}
	return callbackAnswer{u.Query(), "query", seen}
}

func (r *rp) posted(p *plintotest.Page, seen []string) callbackAnswer {
	r.t.Helper()
	form := p.Doc.Find("form").First()
	if action := form.AttrOr("action", ""); action != callback {
		r.t.Errorf("posted to %s", action)
	}
	values := url.Values{}
	for _, in := range form.Find("input[type=hidden]").EachIter() {
		values.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	return callbackAnswer{values, "form_post", seen}
}

// failed is an authorization error: only registered parameters, state and iss.
func (r *rp) failed(a callbackAnswer, codes ...string) {
	r.t.Helper()
	if !slices.Contains(codes, a.Get("error")) {
		r.t.Errorf("answer %v, want one of %v", a.Values, codes)
	}
	for name := range a.Values {
		if !slices.Contains([]string{"error", "error_description", "error_uri", "state", "iss"}, name) {
			r.t.Errorf("an error with %s", name)
		}
	}
	if a.Get("iss") != r.s.Issuer() {
		r.t.Errorf("iss %q", a.Get("iss"))
	}
	for _, char := range a.Get("error_description") {
		if char < 0x20 || char > 0x7e || char == '"' || char == '\\' {
			r.t.Errorf("error_description %q", a.Get("error_description"))
		}
	}
}

// redeem exchanges the code.
func (r *rp) redeem(code string, change url.Values) plintotest.Answer {
	r.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}}
	for name, values := range change {
		form[name] = values
	}
	if r.c.TokenEndpointAuthMethod == provider.AuthPost {
		form.Set("client_id", r.c.ClientID)
		form.Set("client_secret", r.secret)
		return r.s.Send(http.MethodPost, "/oauth2/token", form)
	}
	return r.s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(r.c, r.secret))
}

// tokens redeems the code and wants 200.
func (r *rp) tokens(code string) map[string]any {
	r.t.Helper()
	a := r.redeem(code, nil)
	if a.StatusCode != http.StatusOK {
		r.t.Fatalf("token endpoint: %d %s", a.StatusCode, a.Text)
	}
	if _, ok := a.JSON["expires_in"].(float64); !ok || a.Header.Get("Cache-Control") != "no-store" {
		r.t.Errorf("token answer %s", a.Text)
	}
	return a.JSON
}

// userinfo asks with a bearer header.
func (r *rp) userinfo(token any) map[string]any {
	r.t.Helper()
	a := r.s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+token.(string)))
	if a.StatusCode != http.StatusOK || a.JSON["sub"] == nil {
		r.t.Fatalf("userinfo: %d %s", a.StatusCode, a.Text)
	}
	return a.JSON
}

// context makes the library talk to the test server.
func (r *rp) context() context.Context {
	return oidc.ClientContext(context.Background(), r.s.Server.Client())
}

// idClaims are what every ID token may hold without being asked (the suite warns
// of anything else).
var idClaims = strings.Fields("iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash nbf jti sid s_hash")

// idToken verifies an ID token by a library that is not ours and returns its claims.
func (r *rp) idToken(raw any, allowed ...string) map[string]any {
	r.t.Helper()
	text, _ := raw.(string)
	p, err := oidc.NewProvider(r.context(), r.s.Issuer())
	if err != nil {
		r.t.Fatalf("discovery: %v", err)
	}
	token, err := p.Verifier(&oidc.Config{ClientID: r.c.ClientID}).Verify(r.context(), text)
	if err != nil {
		r.t.Fatalf("ID token: %v (%q)", err, text)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		r.t.Fatal(err)
	}
	for name, value := range claims {
		if !slices.Contains(idClaims, name) && !slices.Contains(allowed, name) {
			r.t.Errorf("ID token holds %s, which nobody asked for", name)
		}
		if value == "" {
			r.t.Errorf("ID token has an empty %s", name)
		}
	}
	return claims
}

// header reads the header of a JWT without verifying it.
func header(t *testing.T, token any) map[string]any {
	t.Helper()
	first, _, _ := strings.Cut(token.(string), ".")
	return decode(t, first)
}

func decode(t *testing.T, segment string) map[string]any {
	t.Helper()
	raw, err := base64url(segment)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
