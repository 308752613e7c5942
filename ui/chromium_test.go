package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
)

// gallery serves the specimens as /page/<language>/<name>, with their styles.
func gallery(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /t/acme"+AssetPrefix, Assets())
	mux.HandleFunc("GET /page/{lang}/{name}", func(w http.ResponseWriter, r *http.Request) {
		i := slices.Index(Locales(), r.PathValue("lang"))
		s, ok := specimens(Locale{max(i, 0)})[r.PathValue("name")]
		if i < 0 || !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// As without JavaScript, but for what scripts show: some pages would lead on before they
		// are looked at.
		if !strings.Contains(s.ids, "use-passkey") {
			w.Header().Set("Content-Security-Policy", "script-src 'none'")
		}
		if err := draw(s.view).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.Handle("GET "+AssetPrefix, Assets()) // of a view without a base
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site
}

// A window is how somebody may look at a page.
type window struct {
	name          string
	width, height int64
	scheme        string
}

var windows = []window{
	{"desktop-dark", 1280, 900, "dark"},
	{"phone-light", 390, 844, "light"},
	{"small-light", 320, 640, "light"}, // WCAG 2.2, 1.4.10: no scrolling in two directions
}

// look sets the browser's window.
func look(w window) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: w.width, Height: w.height, DeviceScaleFactor: 1,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: w.scheme}},
		})
		return err
	})
}

// A violation is what axe-core finds wrong.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations))`

// Every page in every state, light and dark, on a phone and a desktop, as axe-core
// judges it; nothing is wider than its window in any language. With PLINTO_PICTURES
// the pages are also drawn to that directory, to be looked at.
func TestPages_areAccessibleInChromium(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../internal/plintotest/js/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skipf("npm packages are not installed (make setup does it): %v", err)
	}
	site, ctx := gallery(t), chromium.Start(t, 5*time.Minute)
	for _, w := range windows {
		if err := chromedp.Do(ctx, look(w)); err != nil {
			t.Fatal(err)
		}
		for i, lang := range Locales() {
			for name := range specimens(Locale{i}) {
				if (i > 0) != (w.name == "small-light") {
					continue // longer words are a matter of narrow windows
				}
				if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/page/"+lang+"/"+url.PathEscape(name))); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				fits(ctx, t, w, lang+"/"+name)
				if i == 0 {
					judge(ctx, t, w, name, string(axe))
					photograph(ctx, t, w, name)
				}
			}
		}
	}
}

// fits fails the test when the page has to be scrolled sideways.
func fits(ctx context.Context, t *testing.T, w window, name string) {
	t.Helper()
	const widest = `Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")].map(e => e.tagName == "IFRAME" ? 0 : Math.ceil(e.getBoundingClientRect().right)))`
	got, err := chromedp.Run(ctx, chromedp.Evaluate[int64](widest))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got > w.width {
		t.Errorf("%s, %s: %d pixels wide, the window has %d", name, w.name, got, w.width)
	}
}

func judge(ctx context.Context, t *testing.T, w window, name, axe string) {
	t.Helper()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+";"+runAxe, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: run axe: %v", name, err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatalf("%s: %v in %q", name, err, found)
	}
	for _, v := range violations {
		t.Errorf("%s, %s: %s (%s): %s: %+v", name, w.name, v.ID, v.Impact, v.Help, v.Nodes)
	}
}

func photograph(ctx context.Context, t *testing.T, w window, name string) {
	t.Helper()
	dir := os.Getenv("PLINTO_PICTURES")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+"--"+w.name+".png")
	if err := os.WriteFile(file, shot, 0o600); err != nil {
		t.Fatal(err)
	}
}
