package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An areaOf adds its routes by itself.
type areaOf func(*router)

func (a areaOf) mount(r *router) { a(r) }

func nothing(http.ResponseWriter, *http.Request) {}

func TestRouter_refusesAPathOfTwoAreas(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(nothing)
	call := func(path string) areaOf { return func(r *router) { r.call(path, h) } }
	page := func(path string) areaOf { return func(r *router) { r.page(path, h) } }
	for name, tt := range map[string]struct {
		one, two areaOf
		refused  bool
	}{
		"two calls":                     {call("/a"), call("/a"), true},
		"a call and a page":             {call("/a"), page("/a"), true},
		"a page and another's form":     {page("/a"), func(r *router) { r.form("/a", h) }, true},
		"what no issuer has":            {call("/livez"), func(r *router) { r.always("/livez", nothing) }, true},
		"a pattern that the other fits": {call("/a/{id}"), page("/a/b"), true},
		"two patterns":                  {call("/a/{id}"), call("/a/{name}"), true},
		"beside each other":             {call("/a"), page("/b"), false},
		"below each other":              {call("/a/{id}"), page("/a"), false},
		"a page and its own form":       {func(r *router) { r.page("/a", h); r.form("/a", h) }, page("/b"), false},
		"one area, the same twice":      {func(r *router) { r.call("/a", h); r.call("/a", h) }, page("/b"), true},
	} {
		for _, reversed := range []bool{false, true} {
			r := newRouter(nothing)
			first, second := tt.one, tt.two
			if reversed {
				first, second = second, first
			}
			r.mount("first", first)
			r.mount("second", second)
			if err := r.err(); (err != nil) != tt.refused {
				t.Errorf("%s, reversed %v: got %v, want it refused: %v", name, reversed, err, tt.refused)
			}
		}
	}
}

func TestRouter_saysWhoseAPathIs(t *testing.T) {
	t.Parallel()
	r := newRouter(nothing)
	r.mount("one", areaOf(func(r *router) { r.call("/a/{id}", http.HandlerFunc(nothing)) }))
	r.mount("two", areaOf(func(r *router) { r.page("/a/b", http.HandlerFunc(nothing)) }))
	if err := r.err(); err == nil || !strings.Contains(err.Error(), "/a/b of two is /a/{id} of one too") {
		t.Errorf("got %v", err)
	}
}

// What a route is added with decides what reaches it, and in which words an error is told.
func TestRouter_leadsByMethod(t *testing.T) {
	t.Parallel()
	answers := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("By", text) })
	}
	r := newRouter(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("By", "not found") })
	r.mount("all", areaOf(func(r *router) {
		r.call("/oauth2/call", answers("call"))
		r.call("/oauth2/call/{id}", answers("one"))
		r.page("/oauth2/page", answers("page"))
		r.form("/oauth2/page", answers("form"))
		r.page("/both", answers("both"), http.MethodPost)
	}))
	for request, want := range map[string]string{
		"GET /oauth2/call": "call", "DELETE /oauth2/call": "call", "PUT /oauth2/call/1": "one", "GET /oauth2/call/1/2": "not found",
		"GET /oauth2/page": "page", "HEAD /oauth2/page": "page", "POST /oauth2/page": "form", "PUT /oauth2/page": "",
		"GET /both": "both", "POST /both": "both", "GET /nothing": "not found",
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if got := w.Header().Get("By"); got != want {
			t.Errorf("%s: answered by %q (%d), want %q", request, got, w.Code, want)
		}
	}
	for path, want := range map[string]bool{"/oauth2/call": true, "/oauth2/nothing": true, "/.well-known/x": true, "/oauth2/page": false, "/both": false} {
		if got := r.isAPI(path); got != want {
			t.Errorf("isAPI(%s): %v, want %v", path, got, want)
		}
	}
}
