package plintotest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forwarded are headers by which proxies, balancers and frameworks say where a request came from, for whom and how,
// each with what an attacker would write.
var forwarded = map[string]string{
	"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80",
	"X-Forwarded-Scheme": "http", "X-Forwarded-Ssl": "off", "X-Forwarded-Server": "evil.test", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Uri": "/evil",
	"X-Forwarded-Path": "/evil", "X-Forwarded-Method": "DELETE", "X-Forwarded-User": "alice@example.com", "X-Forwarded-Email": "alice@example.com",
	"Forwarded": `for=198.51.100.9;host=evil.test;proto=http;by=_evil`, "X-Real-Ip": "198.51.100.9", "X-Client-Ip": "198.51.100.9",
	"X-Cluster-Client-Ip": "198.51.100.9", "X-Originating-Ip": "198.51.100.9", "X-Remote-Addr": "198.51.100.9", "True-Client-Ip": "198.51.100.9",
	"Cf-Connecting-Ip": "198.51.100.9", "Fastly-Client-Ip": "198.51.100.9", "X-Azure-Clientip": "198.51.100.9", "X-Envoy-External-Address": "198.51.100.9",
	"X-Original-Url": "/evil", "X-Rewrite-Url": "/evil", "X-Original-Host": "evil.test", "X-Host": "evil.test", "X-Http-Method-Override": "DELETE",
	"X-Scheme": "http", "Front-End-Https": "off", "Remote-User": "alice@example.com", "X-Remote-User": "alice@example.com",
	"X-Forwarded-Client-Cert": `Subject="CN=evil"`, "X-Ssl-Client-Cert": "evil", "X-Client-Cert": "evil", "Ssl-Client-Cert": "evil", "Client-Cert": ":ZXZpbA==:",
	"Connection": "X-Forwarded-For",
}

// A recorder adds headers to requests and notes how they are answered, without what is random.
type recorder struct {
	http.RoundTripper
	headers map[string]string
	said    []string
}

// RoundTrip implements http.RoundTripper.
func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	to, _, _ := strings.Cut(res.Header.Get("Location"), "?")
	line := fmt.Sprintf("%s %s: %d to %q, HSTS %q", r.Method, r.URL.Path, res.StatusCode, to, res.Header.Get("Strict-Transport-Security"))
	var cookies []string
	for _, cookie := range res.Cookies() {
		cookies = append(cookies, fmt.Sprintf("%.12s… path=%s domain=%s secure=%t httponly=%t samesite=%d", cookie.Name, cookie.Path, cookie.Domain, cookie.Secure, cookie.HttpOnly, cookie.SameSite))
	}
	slices.Sort(cookies)
	c.said = append(c.said, append([]string{line}, cookies...)...)
	return res, nil
}

// EDG-02: what a stranger says by the headers of proxies changes nothing: neither issuer nor cookies nor redirects, nor the
// address that limits and the audit log have. Of a trusted proxy the address alone is believed.
func TestForwarded_byStrangersChangesNothing_EDG_02(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		proxied bool
		want    string // the address of the session
	}{{"a stranger", false, "127.0.0.1"}, {"a trusted proxy", true, "198.51.100.9"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Options{Proxied: c.proxied})
			client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
			s.User("alice@example.com")
			walk := func(headers map[string]string) (said []string, address string) {
				b := s.Browser()
				seen := &recorder{RoundTripper: b.Client.Transport, headers: headers}
				b.Client.Transport = seen
				if p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", Alice()); p.Left == nil || p.Left.Query().Get("code") == "" {
					t.Fatalf("not signed in: %d on %s", p.Status, p.URL)
				}
				if err := s.Owner.QueryRow(t.Context(), `SELECT ip FROM sessions ORDER BY auth_time DESC, id DESC LIMIT 1`).Scan(&address); err != nil {
					t.Fatal(err)
				}
				return seen.said, address
			}
			plain, _ := walk(nil)
			said, address := walk(forwarded)
			if d := cmp.Diff(plain, said); d != "" {
				t.Errorf("the headers of proxies change a sign-in:\n%s", d)
			}
			if len(plain) < 4 || !slices.ContainsFunc(plain, func(line string) bool { return strings.Contains(line, "secure=true") }) {
				t.Errorf("that was no sign-in: %q", plain)
			}
			if address != c.want {
				t.Errorf("the session is from %s, want %s", address, c.want)
			}
			_, document := s.get(t, "/.well-known/openid-configuration")
			for name, value := range forwarded {
				if a := s.Send(http.MethodGet, "/.well-known/openid-configuration", nil, With(name, value)); a.Text != document {
					t.Errorf("%s: %s changes the metadata: %d %.100s", name, value, a.StatusCode, a.Text)
				}
			}
		})
	}
}

// shared are the routes whose answers a shared cache may keep, and how: docs/edge.md has them.
var shared = map[string]string{
	"/.well-known/jwks.json": "public, max-age=300", "/.well-known/openid-configuration": "public, max-age=300", "/.well-known/oauth-authorization-server": "public, max-age=300",
	"/oauth2/session/check": "public, max-age=3600", "/admin/docs/openapi.json": "no-cache",
}

// EDG-07: what a shared cache may keep is the same for everybody: {every route} × {nobody, a user, a token} ×
// {as it is, with what looks like a file behind it}. All else says no-store, errors too.
func TestAnswers_thatCachesMayKeepAreTheSameForAll_EDG_07(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true})
	client, key := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	user := s.Browser()
	token := s.login(t, user, client, key, nil)
	roles := []func(*http.Request){func(*http.Request) {}, user.Cookies, With("Authorization", "Bearer "+token.AccessToken)}
	kept := map[string]string{}
	for _, route := range routes(t, s) {
		for _, path := range []string{route, strings.TrimSuffix(route, "/") + "/x.css", route + ".js"} {
			var first string
			for i, as := range roles {
				a := s.Send(http.MethodGet, path, nil, as)
				if a.Header.Get("Cache-Control") == "no-store" {
					continue
				}
				kept[path] = a.Header.Get("Cache-Control")
				if a.StatusCode != http.StatusOK || len(a.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s may be kept (%q) with status %d and cookies %q", path, a.Header.Get("Cache-Control"), a.StatusCode, a.Header["Set-Cookie"])
				}
				if i == 0 {
					first = a.Text
				} else if a.Text != first {
					t.Errorf("%s may be kept (%q) and is not the same for everybody", path, a.Header.Get("Cache-Control"))
				}
			}
		}
	}
	if d := cmp.Diff(shared, kept); d != "" {
		t.Errorf("what caches may keep: %s", d)
	}
}
