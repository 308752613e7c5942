package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/fault"
	"plinto/internal/logs"
)

func TestJSON_namesTheWrongParts(t *testing.T) {
	t.Parallel()
	invalid := fault.New(fault.Invalid, "invalid_client", "The client is not valid.")
	res := serve(JSON(func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("read client: %w", invalid.At(fault.Field{Pointer: "/redirect_uris/0", Message: "is not absolute"}))
	}), httptest.NewRequest(http.MethodPost, "/", nil))
	var got map[string]any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"type": "about:blank", "title": "Bad Request", "status": 400.0, "detail": "The client is not valid.", "code": "invalid_client",
		"request_id": res.Header.Get("Request-Id"), "errors": []any{map[string]any{"pointer": "/redirect_uris/0", "detail": "is not absolute"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answer of type %q (-want +got):\n%s", res.Header.Get("Content-Type"), diff)
	}
}

// Every kind has a status and words of its own, so that a new one is thought of.
func TestKinds_areAnsweredInEveryFormat(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.TooMany: 429, fault.Unavailable: 503,
	} {
		h := func(http.ResponseWriter, *http.Request) error { return fmt.Errorf("x: %w", kind) }
		page := Page(func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, code+message)
		})
		for name, handler := range map[string]http.Handler{"page": page(h), "json": JSON(h), "oauth": OAuth(h)} {
			res := serve(handler, httptest.NewRequest(http.MethodGet, "/", nil))
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != want || strings.Contains(string(body), "our side") || strings.Contains(string(body), "server_error") {
				t.Errorf("%s of %s: %d %s, want %d", name, kind, res.StatusCode, body, want)
			}
		}
	}
}

func TestErrors_takeBackWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	for _, kind := range []error{errors.New("x"), fault.Unavailable, fault.Invalid} {
		h := func(w http.ResponseWriter, _ *http.Request) error {
			(CookieScope{}).Set(w, "s", "token", 0)
			w.Header().Set("Location", "https://client.example/?code=x")
			w.Header().Set("Cache-Control", "public")
			w.Header().Set("Content-Length", "3")
			return kind
		}
		for name, handler := range map[string]http.Handler{"json": JSON(h), "oauth": OAuth(h)} {
			res := serve(handler, httptest.NewRequest(http.MethodGet, "/", nil))
			if res.Header.Get("Location") != "" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Length") == "3" {
				t.Errorf("%s of %v: %v", name, kind, res.Header)
			}
			if res.StatusCode >= 500 && len(res.Cookies()) > 0 {
				t.Errorf("%s of %v sets %v", name, kind, res.Cookies())
			}
		}
	}
}

func TestHandler_answersAPanicInItsOwnWords(t *testing.T) {
	t.Parallel()
	h := func(http.ResponseWriter, *http.Request) error { panic("canary") }
	page := Page(func(w http.ResponseWriter, _ *http.Request, status int, code, _ string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<p>"+code)
	})
	res := serve(page(h), httptest.NewRequest(http.MethodGet, "/", nil))
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusInternalServerError || string(body) != "<p>server_error" {
		t.Errorf("page: %d %s, %v", res.StatusCode, body, err)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("http.ErrAbortHandler became %v", err)
		}
	}()
	serve(OAuth(func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }), httptest.NewRequest(http.MethodGet, "/", nil))
}

// LEAK-09: what is logged of a panic is where it was, and nothing of the request.
func TestHandler_thatPanicsLogsNothingThatWasSent_LEAK_09(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	var out bytes.Buffer
	slog.SetDefault(slog.New(logs.InContext(slog.NewJSONHandler(&out, nil))))
	h := OAuth(func(_ http.ResponseWriter, r *http.Request) error {
		form, err := ParseForm(r, MaxForm)
		if err != nil {
			return err
		}
		parts := strings.Split(form.Get("password"), ":")
		_ = parts[len(form)] // there are fewer
		return nil
	})
	r := httptest.NewRequest(http.MethodPost, "/canary/x?code=canary", strings.NewReader("password=canary&token=canary"))
	r.Header.Set("Content-Type", urlencodedType)
	r.Header.Set("Authorization", "Bearer canary")
	r.AddCookie(&http.Cookie{Name: "session", Value: "canary"})
	w := httptest.NewRecorder()
	Begin(Recover(h), false).ServeHTTP(w, r)
	if said := out.String(); w.Code != http.StatusInternalServerError || !strings.Contains(said, "index out of range") || !strings.Contains(said, "answers_test.go") ||
		strings.Contains(said, "canary") || !strings.Contains(said, w.Header().Get("Request-Id")) {
		t.Errorf("%d, logged %s", w.Code, said)
	}
}

func TestAccessLog_tellsTheRouteAndNoSecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(logs.InContext(slog.NewJSONHandler(&out, nil)))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetRoute(r, "/reset/{token}")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "12345")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush() through the log: %v", err)
		}
	})
	r := httptest.NewRequest(http.MethodGet, "/reset/canary?code=canary", nil)
	r.Header.Set("Authorization", "Bearer canary")
	w := httptest.NewRecorder()
	Begin(Observe(h, AccessLog(log)), false).ServeHTTP(w, r)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "canary") || line["route"] != "/reset/{token}" || line["status"] != 418.0 || line["bytes"] != 5.0 ||
		line["method"] != "GET" || line["request_id"] != w.Header().Get("Request-Id") {
		t.Errorf("logged %s", out.String())
	}
	out.Reset()
	r.Method = strings.Repeat("M", 30000) // 30 kB of a log for 30 kB of a stranger
	Begin(Observe(h, AccessLog(log)), false).ServeHTTP(httptest.NewRecorder(), r)
	if out.Len() > 1000 || !strings.Contains(out.String(), `"method":"MMMMMMMMMMMMMMMM"`) {
		t.Errorf("logged %s", out.String())
	}
	r.Method = http.MethodGet
	out.Reset()
	quiet := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	Begin(Observe(h, AccessLog(quiet)), false).ServeHTTP(httptest.NewRecorder(), r)
	if out.Len() != 0 {
		t.Errorf("logged %s at level warn", out.String())
	}
}

type page func(w io.Writer) error

func (p page) Render(_ context.Context, w io.Writer) error { return p(w) }

func TestRender_allowsOnlyWhatHasTheNonce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		var nonce string
		res := serve(Page(nil)(func(w http.ResponseWriter, r *http.Request) error {
			nonce = Nonce(r.Context())
			return Render(w, r, http.StatusOK, page(func(w io.Writer) error {
				_, err := io.WriteString(w, "<p>")
				return err
			}))
		}), httptest.NewRequest(http.MethodGet, "/", nil))
		policy := res.Header.Get("Content-Security-Policy")
		if seen[nonce] || len(nonce) < 32 || !strings.Contains(policy, "script-src 'nonce-"+nonce+"' 'strict-dynamic'") {
			t.Errorf("nonce %q, policy %q", nonce, policy)
		}
		seen[nonce] = true
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("the policy lacks %s: %s", part, policy)
			}
		}
		if regexp.MustCompile(`unsafe|form-action|\*`).MatchString(policy) {
			t.Errorf("policy %q", policy)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "same-origin",
			"Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
	}
}

func TestRender_sendsNoHalfPage(t *testing.T) {
	t.Parallel()
	res := serve(JSON(func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, http.StatusOK, page(func(w io.Writer) error {
			_, _ = io.WriteString(w, "<p>half")
			return io.ErrUnexpectedEOF
		}))
	}), httptest.NewRequest(http.MethodGet, "/", nil))
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusInternalServerError || strings.Contains(string(body), "half") {
		t.Errorf("%d %s, %v", res.StatusCode, body, err)
	}
}

func TestDescription_holdsOnlyWhatRFC6749Allows(t *testing.T) {
	t.Parallel()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got := Description(string(all))
	if len(got) != 0x7e-0x20+1-2 || strings.ContainsAny(got, "\"\\\n\x7f") {
		t.Errorf("Description() lets %q through", got)
	}
}

func TestPreflight_grantsNothingToOpaqueOrigins(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://spa.example": "https://spa.example", "http://localhost:5173": "http://localhost:5173", "capacitor://localhost": "capacitor://localhost",
		"chrome-extension://abcdefghijklmnopabcdefghijklmnop": "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
		"null": "", "": "", "file://x": "", "https://" + strings.Repeat("a", 600): "", "https://a.example/path": "", "HTTPS://a.example": "", "https://a b": "", "x": "",
	} {
		r := httptest.NewRequest(http.MethodOptions, "/", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		Preflight(w, r, "POST")
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || !strings.HasPrefix(w.Header().Get("Vary"), "Origin") || w.Code != http.StatusNoContent {
			t.Errorf("origin %.30q: %d %v", origin, w.Code, w.Header())
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("origin %.30q: credentials are allowed", origin)
		}
	}
}

// Libraries add headers of their own, for traces and versions: a page that cannot send
// them cannot call us at all.
func TestPreflight_repeatsTheHeadersAskedForAndNothingElse(t *testing.T) {
	t.Parallel()
	const usual = "Authorization, Content-Type, DPoP"
	for asked, want := range map[string]string{
		"": usual, "authorization,content-type": "authorization,content-type", "x-client-sku, traceparent": "x-client-sku, traceparent",
		"*": usual, "a\r\nb": usual, "x\"y": usual, "ä": usual, "x:y": usual, strings.Repeat("x", 2000): usual,
	} {
		for name, answer := range map[string]func(http.ResponseWriter, *http.Request, string){"of a client": Preflight, "public": PublicPreflight} {
			r := httptest.NewRequest(http.MethodOptions, "/", nil)
			r.Header.Set("Origin", "https://spa.example")
			r.Header["Access-Control-Request-Headers"] = []string{asked}
			w := httptest.NewRecorder()
			answer(w, r, "POST")
			if got := w.Header().Get("Access-Control-Allow-Headers"); got != want {
				t.Errorf("%s, %q: %q", name, asked, got)
			}
		}
	}
}

// A pop-up keeps its opener where an application may have opened one, and nowhere else.
func TestKeepOpener_leavesOutTheOpenerPolicy(t *testing.T) {
	t.Parallel()
	show := Page(nil)(func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, http.StatusOK, page(func(io.Writer) error { return nil }))
	})
	for want, h := range map[string]http.Handler{"same-origin": show, "": KeepOpener(show)} {
		if got := serve(h, httptest.NewRequest(http.MethodGet, "/", nil)).Header.Get("Cross-Origin-Opener-Policy"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
