package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/identity"
	"plinto/internal/jwt"
	"plinto/provider"
)

// AuthorizeURL is a plain code request with PKCE, changed by extra.
func (s *Server) AuthorizeURL(c *provider.Client, extra url.Values) string {
	v := url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"s"}, "code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"},
	}
	for name, values := range extra {
		v.Del(name)
		for _, value := range values {
			if value != "" {
				v.Add(name, value)
			}
		}
	}
	return s.Issuer() + "/oauth2/authorize?" + v.Encode()
}

// Again is the page in a browser that has the same cookies and learns nothing of what
// happens in the first: as when a form is posted twice.
func (s *Server) Again(p *Page) *Page {
	s.t.Helper()
	b := s.Browser()
	cookies := p.b.Jar.Cookies(p.URL)
	for _, c := range cookies {
		c.Path, c.Secure = "/", true
	}
	b.Jar.SetCookies(p.URL, cookies)
	twin := *p
	twin.b = b
	return &twin
}

// Alice fills in the sign-in form for alice@example.com.
func Alice() map[string]string {
	return map[string]string{"username": "alice@example.com", "password": Password}
}

// Silently says whether a request is answered without asking: "" when it is, or the
// error.
func (b *Browser) Silently(address string) string {
	b.t.Helper()
	p := b.Open(address + "&prompt=none")
	if p.Left == nil {
		b.t.Fatalf("not answered: %s (%d)", p.URL, p.Status)
	}
	return p.Left.Query().Get("error")
}

// Allows signs Alice in where that is asked, and allows what the page shows.
func (b *Browser) Allows(address string) *Page {
	b.t.Helper()
	p := b.Open(address)
	if p.Doc != nil && p.Doc.Find("#password").Length() > 0 {
		p = p.Submit("submit", Alice())
	}
	if p = p.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		b.t.Fatalf("allowed: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	return p
}

// Change changes what a client is.
func (s *Server) Change(c *provider.Client, f func(*provider.Client)) {
	s.t.Helper()
	changed, err := s.Registrar().Update(s.In(), c.ClientID, func(c *provider.Client) error { f(c); return nil })
	if err != nil {
		s.t.Fatal(err)
	}
	*c = *changed
}

// Keep gives the browser the cookies of an answer.
func (b *Browser) Keep(a Answer) { b.Jar.SetCookies(b.site(), a.Cookies()) }

// API puts a resource server into the server's tenant.
func (s *Server) API(identifier, name string, scopes ...string) {
	s.t.Helper()
	r := provider.ResourceServer{Identifier: identifier, Name: name}
	for _, scope := range scopes {
		r.Scopes = append(r.Scopes, provider.Scope{Name: scope, Description: "May " + scope})
	}
	if err := s.Store.ResourceServers.Put(s.In(), r); err != nil {
		s.t.Fatal(err)
	}
}

// Audience is that of the access token in a token response, in order.
func (a Answer) Audience(t testing.TB) string {
	t.Helper()
	token, _ := a.JSON["access_token"].(string)
	payload, _, err := jwt.Peek(token)
	if err != nil {
		t.Fatalf("no JWT: %v in %s", err, a.Text)
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(claims.Audience, " ")
}

// A PostedForm is a form as a browser would send it: where, with what, and with
// which cookies.
type PostedForm struct {
	Path    string
	Data    url.Values
	Browser *Browser
}

// site is the origin of the browser's server, without a path.
func (b *Browser) site() *url.URL {
	b.t.Helper()
	u, err := url.Parse(b.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// Cookies adds those that the browser would send.
func (b *Browser) Cookies(r *http.Request) {
	for _, c := range b.Jar.Cookies(b.site()) {
		r.AddCookie(c)
	}
}

// Form is the form of a page that holds the element, filled in.
func (p *Page) Form(id string, values map[string]string) PostedForm {
	t := p.b.t
	t.Helper()
	if p.Doc == nil || p.Doc.Find("#"+id).Length() == 0 {
		t.Fatalf("no #%s on %s (%d), left to %v", id, p.URL, p.Status, p.Left)
	}
	form := p.Doc.Find("#" + id).Closest("form")
	f := PostedForm{Path: form.AttrOr("action", ""), Data: url.Values{}, Browser: p.b}
	for _, name := range []string{"flow", "csrf", "request", "shown"} {
		if value, ok := form.Find("input[name=" + name + "]").Attr("value"); ok {
			f.Data.Set(name, value)
		}
	}
	button := p.Doc.Find("#" + id)
	if name := button.AttrOr("name", ""); name != "" {
		f.Data.Set(name, button.AttrOr("value", ""))
	}
	for name, value := range values {
		f.Data.Set(name, value)
	}
	return f
}

// SessionCookie is the browser's at the server, or nil.
func (b *Browser) SessionCookie() *http.Cookie {
	for _, c := range b.Jar.Cookies(b.site()) {
		if strings.Contains(c.Name, "plinto_s") {
			return c
		}
	}
	return nil
}

// Disable keeps a user out, without moving the user's mark: being disabled is enough.
func (s *Server) Disable(u identity.User) {
	s.t.Helper()
	if _, err := s.Store.Users.SetDisabled(s.In(), u.ID, true); err != nil {
		s.t.Fatal(err)
	}
}

// Succeeds ends the test unless the answer is 200, and returns it.
func (s *Server) Succeeds(a Answer) Answer {
	s.t.Helper()
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.Text)
	}
	return a
}

// Tries posts one password from a fresh browser, with the effort that is demanded, and returns the status.
func (s *Server) Tries(client string, name, password string, change ...func(*http.Request)) int {
	b := s.Browser()
	p := b.Open(client)
	data := url.Values{"flow": {p.URL.Query().Get("flow")}, "csrf": {p.Doc.Find("input[name=csrf]").AttrOr("value", "")}, "username": {name}, "password": {password}}
	headers := func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		b.Cookies(r)
	}
	change = append(change, headers)
	a := s.Send(http.MethodPost, "/login", data, change...)
	if doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.Text)); err == nil && a.StatusCode == http.StatusTooManyRequests {
		if challenge, number := Work(doc); challenge != "" {
			data.Set("effort", challenge)
			data.Set("work", number)
			a = s.Send(http.MethodPost, "/login", data, change...)
		}
	}
	return a.StatusCode
}

// IDToken signs Alice in at a client, in a browser, and returns the ID token.
func (s *Server) IDToken(b *Browser, c *provider.Client, secret string) string {
	s.t.Helper()
	code := b.SignIn(s.AuthorizeURL(c, url.Values{"code_challenge": {Challenge}}), "alice@example.com").Get("code")
	token, _ := s.Succeeds(s.Redeem(c, secret, code)).JSON["id_token"].(string)
	if token == "" {
		s.t.Fatal("no ID token")
	}
	return token
}
