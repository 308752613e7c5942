package checksession

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/tenant"
)

func show(t *testing.T, tn *tenant.Tenant, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	h := &Handler{Browser: &browser.Browser{Secure: true}}
	w := httptest.NewRecorder()
	page := web.Begin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Show(w, r.WithContext(tenant.With(r.Context(), tn))); err != nil {
			t.Error(err)
		}
	}), true)
	r := httptest.NewRequest(http.MethodGet, "/oauth2/session/check", nil)
	r.Header = header
	page.ServeHTTP(w, r)
	return w
}

func TestShow_mayBeFramedByEverybodyAndRunsOneScript(t *testing.T) {
	t.Parallel()
	w := show(t, &tenant.Tenant{Slug: "main"}, http.Header{})
	policy := w.Header().Get("Content-Security-Policy")
	if w.Header().Get("X-Frame-Options") != "" || !strings.Contains(policy, "frame-ancestors *") || !strings.Contains(policy, "default-src 'none'; script-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("headers %v", w.Header())
	}
	if !strings.Contains(w.Header().Get("Cache-Control"), "max-age") || w.Header().Get("X-Content-Type-Options") != "nosniff" || len(w.Header().Values("Set-Cookie")) != 0 {
		t.Errorf("headers %v", w.Header())
	}
	if !strings.Contains(w.Body.String(), `data-cookie="__Host-plinto_o"`) {
		t.Errorf("page %s", w.Body)
	}
	again := show(t, &tenant.Tenant{Slug: "main"}, http.Header{"If-None-Match": {w.Header().Get("Etag")}})
	if again.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", again.Code)
	}
}

func TestShow_readsTheCookieOfItsOwnIssuer(t *testing.T) {
	t.Parallel()
	if w := show(t, &tenant.Tenant{Slug: "acme", Path: "/t/acme"}, http.Header{}); !strings.Contains(w.Body.String(), `data-cookie="__Host-plinto_o_acme"`) {
		t.Errorf("page %s", w.Body)
	}
}

// Old engines, HtmlUnit among them, stop at the first word they do not know.
func TestScript_isES5(t *testing.T) {
	t.Parallel()
	if found := regexp.MustCompile("(?m)=>|`|\\b(let|const|class|async|await|crypto)\\b [a-z]|\\.\\.\\.|\\bpadStart\\b").FindString(script); found != "" {
		t.Errorf("the script has %q", found)
	}
}
