package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
)

// FuzzStrictPath: a path that is let through means the same to whoever cleans,
// unescapes or splits it first.
func FuzzStrictPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/b", "/a/../b", "/a/./b", "//a", "/a//b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a;b", "/a%3bb", "/a%00", "/%2e%2e/a", "/a/", "/ä", "/%ff", "/a%0ab"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.ParseRequestURI(raw)
		if err != nil || u.Host != "" || u.Opaque != "" {
			return
		}
		passed := false
		handler := StrictPath(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}})
		if !passed {
			if w.Code != http.StatusBadRequest {
				t.Errorf("%q: refused by %d", raw, w.Code)
			}
			return
		}
		p := u.Path
		if strings.TrimSuffix(path.Clean(p)+"/", "//") != strings.TrimSuffix(p, "/")+"/" && path.Clean(p) != p {
			t.Errorf("%q passes and is cleaned to %q", raw, path.Clean(p))
		}
		if slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool { return s == "." || s == ".." }) || strings.ContainsAny(p, "\\;\x00\r\n\x7f") || strings.Contains(p, "//") {
			t.Errorf("%q passes as %q", raw, p)
		}
		if strings.Count(u.EscapedPath(), "/") != strings.Count(p, "/") {
			t.Errorf("%q passes with a slash that was escaped", raw)
		}
	})
}

// FuzzParseForm: what the body of a form says is read as net/url reads it, or not
// at all: repeated names, other types and encodings are refused.
func FuzzParseForm(f *testing.F) {
	const form = "application/x-www-form-urlencoded"
	for _, seed := range []string{"", "a=b", "a=b&a=c", "a=%", "a=%00", "a;b=c", "=x", "a", "a=b&&c=d", "%61=b&a=c", strings.Repeat("a", 100)} {
		f.Add(seed, form)
	}
	f.Add("a=b", "text/plain")
	f.Add("a=b", form+"; charset=latin1")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		r := httptest.NewRequest(http.MethodPost, "/?a=query", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		got, err := ParseForm(r, 1<<10)
		if err != nil {
			return
		}
		want, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("%q: net/url does not read it: %v", body, err)
		}
		for name, values := range want {
			if len(values) != 1 || got.Get(name) != values[0] {
				t.Errorf("%q: %s is %q, net/url says %q", body, name, got.Get(name), values)
			}
		}
		if len(got) > len(want) {
			t.Errorf("%q: %v, net/url says %v", body, got, want)
		}
	})
}
