package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSafeLink_letsOnlyWebAddressesThrough(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://rp.example", "https://rp.example/a?b=c#d", "HTTPS://RP.example/x", "https://xn--bcher-kva.example/",
		"http://localhost:3000/x", "http://127.0.0.1/x", "http://[::1]:8080/",
	} {
		if SafeLink(good) == "" || SafeImage(good) == "" {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{
		"", "rp.example", "/path", "//rp.example/x", "javascript:alert(1)", "JavaScript://rp.example/%0aalert(1)", " https://rp.example",
		"data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://rp.example/1", "http://rp.example/x",
		"http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://localhost@evil.example/", "https://user:pw@rp.example/",
		"https://rp.example\\@evil.example", "https:rp.example", "https:///x", "java\nscript:alert(1)", "https://rp.example/a b", "ftp://rp.example/", "https://[",
	} {
		if got := SafeLink(bad); got != "" {
			t.Errorf("%q became the link %q", bad, got)
		}
		if got := SafeImage(bad); got != "" {
			t.Errorf("%q became the picture %q", bad, got)
		}
	}
}

func TestSafeAction_sendsButRunsNothing(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://rp.example/cb?x=y", "http://127.0.0.1:5555/cb", "com.example.app:/cb"} {
		if got := safeAction(good); string(got) != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
		"data:text/html,x", "vbscript:x", "blob:x", "filesystem:https://x/", "view-source:https://x/", "file:///etc/passwd", "about:blank", "//evil.example/", "/relative", "https://%zz",
	} {
		if got := safeAction(bad); got != "about:invalid" {
			t.Errorf("%q became %q", bad, got)
		}
		if got := returnLink(bad); got != "" {
			t.Errorf("%q became the link %q", bad, got)
		}
	}
}

// contrast is the contrast ratio of two "#rrggbb" colours (WCAG 2.2).
func TestAssets_areServedUnderTheirHashForEver(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "/t/acme"} {
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, asset(Page{Base: base}, "app.css"), nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%q: %d %v", base, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/assets/app.css", "/assets/", "/assets/app-000000000000.css"} {
		w := httptest.NewRecorder()
		Assets().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}
