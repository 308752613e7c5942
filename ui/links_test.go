package ui

import (
	"math"
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
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func TestLuminance_isThatOfTheStandard(t *testing.T) {
	t.Parallel()
	if got := contrast("#000000", "#ffffff"); math.Abs(got-21) > 0.001 {
		t.Errorf("black on white: %f, want 21", got)
	}
	if got := contrast("#777777", "#ffffff"); math.Abs(got-4.478) > 0.01 {
		t.Errorf("#777 on white: %f, want 4.48", got)
	}
}

func TestAccent_picksTextThatCanBeRead(t *testing.T) {
	t.Parallel()
	const hex = "0123456789abcdef"
	for r := range hex {
		for g := range hex {
			for b := range hex {
				colour := string([]byte{'#', hex[r], hex[r], hex[g], hex[g], hex[b], hex[b]})
				_, on, _ := strings.Cut(strings.TrimSuffix(accent(Brand{AccentColor: colour}), "}"), "--on-accent:")
				if ratio := contrast(colour, on); ratio < 4.5 {
					t.Errorf("%s on %s: %.2f", on, colour, ratio)
				}
			}
		}
	}
}

func TestAccent_letsNothingButAColourIntoTheStyle(t *testing.T) {
	t.Parallel()
	if got := accent(Brand{AccentColor: "#12Ab9f"}); got != ":root{--accent:#12Ab9f;--on-accent:#000000}" {
		t.Errorf("rule %q", got)
	}
	for _, bad := range []string{"", "red", "#fff", "#12345g", "#123456;}", "#123456\n", "#1234567", "url(x)", "</style>"} {
		if got := accent(Brand{AccentColor: bad}); got != "" {
			t.Errorf("%q became the rule %q", bad, got)
		}
	}
}

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
