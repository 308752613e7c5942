package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"plinto/internal/fault"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the errors that tests provoke
	os.Exit(m.Run())
}

func post(body, contentType string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x?query=ignored", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

const urlencodedType = "application/x-www-form-urlencoded"

func TestParseForm_isStrict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, contentType string
		want              error
	}{
		"plain":               {"a=1&b=%20x+y", urlencodedType, nil},
		"charset":             {"a=1", urlencodedType + "; charset=UTF-8", nil},
		"json":                {`{"a":1}`, "application/json", ErrMediaType},
		"multipart":           {"a", "multipart/form-data; boundary=x", ErrMediaType},
		"no type":             {"a=1", "", ErrMediaType},
		"repeated":            {"a=1&a=1", urlencodedType, ErrRepeated},
		"resource repeats":    {"resource=1&resource=2", urlencodedType, nil},
		"broken escape":       {"a=%zz", urlencodedType, ErrForm},
		"NUL":                 {"a=%00", urlencodedType, ErrForm},
		"not UTF-8":           {"a=%ff", urlencodedType, ErrForm},
		"semicolon":           {"a=1;b=2", urlencodedType, ErrForm},
		"too large":           {strings.Repeat("a", MaxForm+1), urlencodedType, ErrTooLarge},
		"long value":          {"a=" + strings.Repeat("b", maxValue+1), urlencodedType, ErrForm},
		"too many parameters": {strings.Repeat("a=1&", maxParameters+1), urlencodedType, ErrForm},
		"long name":           {strings.Repeat("n", maxName+1) + "=1", urlencodedType, ErrForm},
		"longest":             {strings.Repeat("n", maxName) + "=" + strings.Repeat("v", maxValue), urlencodedType, nil},
		"empty pairs":         {"&&a=1&&", urlencodedType, nil},
		"no body":             {"", urlencodedType, nil},
		"neither":             {"", "", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := ParseForm(post(tt.body, tt.contentType), MaxForm, "resource")
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParseForm = %v, want %v", err, tt.want)
			}
			if f.Has("query") {
				t.Error("the query leaked into the form")
			}
		})
	}
}

// F10, RFC 6749 §3.1: a parameter is given once, wherever it is given.
func TestParseForm_refusesWhatTheQueryRepeats(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		query, body string
		want        error
	}{
		"no query":                  {"", "a=1", nil},
		"another parameter":         {"b=1", "a=1", nil},
		"another, no body":          {"b=1", "", nil},
		"query and body":            {"a=1", "a=1", ErrRepeated},
		"an empty one in the query": {"a", "a=1", ErrRepeated},
		"by its escape":             {"%61=1", "a=1", ErrRepeated},
		"what may repeat in a body": {"resource=1", "resource=2", ErrRepeated},
		"twice in the query":        {"b=1&b=2", "a=1", ErrRepeated},
		"a query nobody can read":   {"b=%zz", "a=1", ErrForm},
	} {
		r := post(tt.body, urlencodedType)
		r.URL.RawQuery = tt.query
		f, err := ParseForm(r, MaxForm, "resource")
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if f.Has("b") {
			t.Errorf("%s: the query leaked into the form", name)
		}
	}
}

// NET-01: what is refused is refused at once, whatever it would have become.
func TestParseForm_stopsReadingAtTheLimit(t *testing.T) {
	t.Parallel()
	body := &counter{from: strings.NewReader(strings.Repeat("a=1&", 1<<20))}
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength = -1
	r.Header.Set("Content-Type", urlencodedType)
	if _, err := ParseForm(r, MaxForm); !errors.Is(err, ErrTooLarge) || body.read > MaxForm+1 {
		t.Errorf("ParseForm() = %v after %d bytes, want ErrTooLarge after %d", err, body.read, MaxForm+1)
	}
}

type counter struct {
	from io.Reader
	read int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += n
	return n, err
}

// Values share memory: one that grows must not overwrite its neighbour.
func TestParseQuery_keepsValuesApart(t *testing.T) {
	t.Parallel()
	f, err := ParseQueryRepeatable("a=1&b=2&a=3&c=4&a=5")
	if err != nil {
		t.Fatal(err)
	}
	want := Form{"a": {"1", "3", "5"}, "b": {"2"}, "c": {"4"}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("parsed %v, want %v", f, want)
	}
	if !f.Has("a") || f.Has("d") || f.Get("a") != "1" || f.Get("d") != "" || len(f.All("a")) != 3 {
		t.Errorf("accessors disagree with %v", f)
	}
}

func TestParseForm_refusesTwoContentTypes(t *testing.T) {
	t.Parallel()
	r := post("a=1", urlencodedType)
	r.Header.Add("Content-Type", "application/json")
	if _, err := ParseForm(r, MaxForm); !errors.Is(err, ErrMediaType) {
		t.Errorf("ParseForm() = %v, want ErrMediaType", err)
	}
}

func TestParseForm_refusesEncodedBodies(t *testing.T) {
	t.Parallel()
	r := post("a=1", urlencodedType)
	r.Header.Set("Content-Encoding", "gzip")
	if _, err := ParseForm(r, MaxForm); !errors.Is(err, ErrMediaType) {
		t.Errorf("ParseForm = %v, want ErrMediaType", err)
	}
}

// What is let through means the same to net/url.
func FuzzParseQuery(f *testing.F) {
	f.Add("a=1&b=2&a=3")
	f.Add("%=%")
	f.Add("a=%C3%A4+x&&=&b")
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := ParseQueryRepeatable(raw)
		if err != nil {
			return
		}
		want, err := url.ParseQuery(raw)
		if err != nil || !reflect.DeepEqual(url.Values(form), want) {
			t.Errorf("%q is %v here and %v, %v to net/url", raw, form, want, err)
		}
		for name, values := range form {
			for _, v := range append([]string{name}, values...) {
				if strings.ContainsRune(v, 0) || !utf8.ValidString(v) || len(v) > maxValue {
					t.Errorf("%q let %q through", raw, v)
				}
			}
		}
	})
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	Begin(Recover(h), true).ServeHTTP(w, r)
	return w.Result()
}

func TestErrors_sayTheirKindAndNothingElse(t *testing.T) {
	t.Parallel()
	cause := errors.New("pq: password authentication failed for db-7")
	tests := map[string]struct {
		err        error
		status     int
		oauth      string
		retryAfter string
	}{
		"no kind":     {cause, 500, "server_error", ""},
		"invalid":     {fault.New(fault.Invalid, "x", "Bad.").With(cause), 400, "invalid_request", ""},
		"unavailable": {fault.New(fault.Unavailable, "x", "Later.").With(cause), 503, "temporarily_unavailable", "2"},
		"too many":    {&fault.Error{Kind: fault.TooMany, Code: "x", RetryAfter: 1500 * time.Millisecond}, 429, "temporarily_unavailable", "2"},
		"oauth":       {&OAuthError{Code: "invalid_grant", Description: "no\n\"good\"é", Cause: cause}, 400, "invalid_grant", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := func(http.ResponseWriter, *http.Request) error { return tt.err }
			for kind, handler := range map[string]http.Handler{"oauth": OAuth(h), "json": JSON(h)} {
				res := serve(handler, httptest.NewRequest(http.MethodGet, "/", nil))
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(body), "db-7") {
					t.Errorf("%s: the cause is shown: %s", kind, body)
				}
				if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Retry-After") != tt.retryAfter {
					t.Errorf("%s: headers %v", kind, res.Header)
				}
				if kind == "json" {
					continue
				}
				var answer struct {
					Error       string `json:"error"`
					Description string `json:"error_description"`
				}
				if err := json.Unmarshal(body, &answer); err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != tt.status || answer.Error != tt.oauth || strings.ContainsAny(answer.Description, "\n\"\\é") {
					t.Errorf("%s: %d %+v, want %d %s", kind, res.StatusCode, answer, tt.status, tt.oauth)
				}
			}
		})
	}
}

func TestRecover_answersWithoutAStack(t *testing.T) {
	t.Parallel()
	res := serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret-canary") }), httptest.NewRequest(http.MethodGet, "/", nil))
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusInternalServerError || strings.Contains(string(body), "canary") || strings.Contains(string(body), "goroutine") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "max-age=63072000",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestStrictPath_refusesWhatTwoParsersReadDifferently(t *testing.T) {
	t.Parallel()
	ok := StrictPath(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for path, want := range map[string]int{
		"/oauth2/token": 204, "/": 204, "/t/a/": 204, "//admin": 400, "/a/../admin": 400, "/a/./b": 400,
		"/a%ff": 400, "/a%0ab": 400, "/a%7f": 400, "/%E2%80%AE": 204, "/a%252fb": 204, "/a/": 204, "/a%3bx": 400, "/a%2Fb": 400,
		"/a%2f..%2fadmin": 400, "/a;x=1/b": 400, "/a%5cb": 400, "/a%00": 400, "/%2e%2e/admin": 400,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://host"+path, nil)
		w := httptest.NewRecorder()
		ok.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s = %d, want %d", path, w.Code, want)
		}
	}
}

// A slash at the end of a configured issuer is the mistake that people make most. Who asks reads which it was, in a browser too.
func TestStrictPath_saysThatAnIssuerHasNoSlashAtItsEnd(t *testing.T) {
	t.Parallel()
	handler := StrictPath(http.NotFoundHandler())
	for path, readable := range map[string]bool{"/t/demo//.well-known/openid-configuration": true, "//.well-known/oauth-authorization-server": true, "/t/demo//oauth2/token": false} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://host"+path, nil))
		if said := strings.Contains(w.Body.String(), "an issuer has no slash at its end"); w.Code != http.StatusBadRequest || said != readable || (w.Header().Get("Access-Control-Allow-Origin") == "*") != readable {
			t.Errorf("%s: %d %s, origin %q", path, w.Code, w.Body, w.Header().Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestCookies_areBoundToTheIssuer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		scope CookieScope
		want  string
	}{
		"own host": {CookieScope{Secure: true}, "__Host-c=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		"path":     {CookieScope{Secure: true, Path: "/t/acme", Slug: "acme"}, "__Host-c_acme=v; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		"loopback": {CookieScope{}, "c=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"},
	}
	for name, tt := range tests {
		w := httptest.NewRecorder()
		tt.scope.Set(w, "c", "v", time.Minute)
		if got := w.Header().Get("Set-Cookie"); got != tt.want {
			t.Errorf("%s: Set-Cookie %q, want %q", name, got, tt.want)
		}
	}
}

func TestCookies_thatContradictEachOtherAreIgnored(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", "c=mine; c=tossed")
	if v, ok := (CookieScope{}).Read(r, "c"); ok {
		t.Errorf("Read = %q from two cookies that differ", v)
	}
}

func TestStatic_answersFromMemory(t *testing.T) {
	t.Parallel()
	s := NewStatic("application/json", "public, max-age=300", []byte(`{}`))
	first := httptest.NewRecorder()
	s.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/", nil))
	again := httptest.NewRequest(http.MethodGet, "/", nil)
	again.Header.Set("If-None-Match", first.Header().Get("Etag"))
	second := httptest.NewRecorder()
	s.ServeHTTP(second, again)
	if first.Code != 200 || first.Body.String() != "{}" || second.Code != 304 || second.Body.Len() != 0 {
		t.Errorf("first %d %q, second %d %q", first.Code, first.Body, second.Code, second.Body)
	}
	third := httptest.NewRecorder()
	s.ServeHTTP(third, httptest.NewRequest(http.MethodPost, "/", nil))
	if third.Code != 405 || third.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST = %d, Allow %q", third.Code, third.Header().Get("Allow"))
	}
}

func TestCORS_neverAllowsNullOrCredentials(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{"https://spa.example": "https://spa.example", "null": "", "https://evil.example": "", "https://spa.example.evil": "", "": ""} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		AllowOrigin(w, r, []string{"https://spa.example", "null"})
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("origin %q is answered with %q, want %q", origin, got, want)
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Error("credentials allowed")
		}
	}
}

// Browsers say by Sec-Fetch-Site where a form comes from; WebKit before 16.4 and others
// of that age say it by Origin alone, which the referrer policy of our pages leaves them.
func TestSameSiteForms_refusesForeignPosts(t *testing.T) {
	t.Parallel()
	passed := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := SameSiteForms(passed, refused)
	for _, c := range []struct {
		site, origin string
		want         int
	}{
		{"same-origin", "https://op.example", 204},
		{"same-origin", "", 204},
		{"same-origin", "null", 204},
		{"none", "", 204},
		{"cross-site", "", 418},
		{"same-site", "", 418},
		{"cross-site", "https://op.example", 418},
		{"cross-site", "null", 418},
		{"", "https://op.example", 204},
		{"", "", 204},
		{"", "null", 418},
		{"", "https://evil.example", 418},
		{"", "https://op.example.evil.example", 418},
		{"", "https://op.example:8443", 418},
		{"", "https://sub.op.example", 418},
	} {
		r := httptest.NewRequest(http.MethodPost, "https://op.example/login", nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("Sec-Fetch-Site %q, Origin %q: %d, want %d", c.site, c.origin, w.Code, c.want)
		}
	}
}

func TestCookies_areNamedOncePerAnswer(t *testing.T) {
	t.Parallel()
	w, scope := httptest.NewRecorder(), CookieScope{Secure: true}
	scope.Set(w, "a", "1", 0)
	scope.Set(w, "ab", "2", 0)
	scope.Clear(w, "a")
	scope.Set(w, "a", "3", 0)
	got := map[string]string{}
	for _, c := range w.Result().Cookies() {
		got[c.Name] += c.Value
	}
	if want := map[string]string{"__Host-a": "3", "__Host-ab": "2"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The policy has no port: for localhost it would be one for every server on the
// developer's machine.
func TestBegin_asksForHTTPSOnHostsOfItsOwnOnly(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"id.example.com": "max-age=63072000", "id.example.com:8443": "max-age=63072000", "192.0.2.7": "max-age=63072000", "[2001:db8::1]:443": "max-age=63072000",
		"localhost.example.com": "max-age=63072000", "127.0.0.1.example.com": "max-age=63072000", "notlocalhost": "max-age=63072000", "128.0.0.1": "max-age=63072000", "": "max-age=63072000",
		"localhost": "max-age=0", "localhost:8443": "max-age=0", "LocalHost.": "max-age=0", "app.localhost:1": "max-age=0", "127.0.0.1": "max-age=0",
		"127.9.8.7:443": "max-age=0", "[::1]": "max-age=0", "[::1]:8443": "max-age=0", "[::ffff:127.0.0.1]:1": "max-age=0",
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		Begin(http.NotFoundHandler(), true).ServeHTTP(w, r)
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}
