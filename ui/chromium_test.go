package ui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"plinto/internal/brand"
	"plinto/internal/chromium"
	"plinto/ui"
	"plinto/ui/preview"
)

// berry is a brand that changes whatever a brand can.
var berry = preview.Presets()[1]

// gallery serves the specimens as /page/<language>/<name>, with their styles, as pages of berry; ?plain as
// those of a tenant without branding. They are not in a sandbox, as those of preview.Site are.
func gallery(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /t/acme"+ui.AssetPrefix, ui.Assets())
	mux.HandleFunc("GET /page/{lang}/{name}", func(w http.ResponseWriter, r *http.Request) {
		page := ui.Page{Locale: ui.Match(nil, []string{r.PathValue("lang")}, ""), Nonce: "n0nce", RequestID: "req-1", Base: "/t/acme", Brand: berry.Brand}
		if r.URL.Query().Has("plain") {
			page.Brand = ui.Brand{Name: "Acme"}
		}
		all := preview.Entries(page)
		i := slices.IndexFunc(all, func(e preview.Entry) bool { return e.Name == r.PathValue("name") })
		if i < 0 || page.Locale.Lang() != r.PathValue("lang") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// As without JavaScript, but for what scripts show: some pages would lead on before they
		// are looked at.
		if !all[i].Scripts {
			w.Header().Set("Content-Security-Policy", "script-src 'none'")
		}
		if err := preview.Draw(all[i].View).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /frames", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'none'") // of what is written into it; each frame has its own
		_, _ = io.WriteString(w, `<!doctype html><title>Frames</title>`)
	})
	mux.HandleFunc("GET /wide", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!doctype html><title>Wide</title><style>p { width: 400px; color: #bbb; background: white }</style><main><p>wide and pale</p></main>`)
	})
	mux.HandleFunc("GET /t/acme/brand/{file}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600") // as the server does: hundreds of pages have the same
		if "/brand/"+r.PathValue("file") == berry.Style {
			w.Header().Set("Content-Type", "text/css")
			_, _ = io.WriteString(w, brand.CSS(berry.Look))
			return
		}
		drawn, err := berry.Logo(r.Context(), r.PathValue("file"))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(drawn)
	})
	mux.Handle("GET "+ui.AssetPrefix, ui.Assets()) // of a view without a base
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	return site
}

// A window is how somebody may look at a page.
type window struct {
	name          string
	width, height int64
	scheme        string
	langs         []string // nil: all but English
	plain         bool     // as a tenant without branding
	wholly        bool     // by all its rules
}

var windows = []window{
	{name: "desktop-dark", width: 1280, height: 900, scheme: "dark", langs: []string{"en"}, plain: true, wholly: true},
	{name: "phone-light", width: 390, height: 844, scheme: "light", langs: []string{"en"}},
	{name: "phone-dark-ar", width: 390, height: 844, scheme: "dark", langs: []string{"ar"}},
	{name: "small-light", width: 320, height: 640, scheme: "light"}, // WCAG 2.2, 1.4.10: no scrolling in two directions
}

// address is where the gallery has a specimen for the window.
func (w window) address(lang, name string) string {
	address := "/page/" + lang + "/" + url.PathEscape(name)
	if w.plain {
		address += "?plain"
	}
	return address
}

func (w window) shows(lang string) bool {
	if w.langs == nil {
		return lang != "en" // longer words are a matter of narrow windows
	}
	return slices.Contains(w.langs, lang)
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

// What axe-core judges: everything, in the first window that is judged, and in others what differs there: colours, sizes and the language.
const (
	axeTags  = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	axeRules = `{type: "rule", values: ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "html-has-lang", "html-lang-valid", "valid-lang"]}`
)

// runAxe has axe-core judge a page in the window.
func (w window) runAxe() string {
	only := axeRules
	if w.wholly {
		only = axeTags
	}
	return `axe.run(document, {runOnly: ` + only + `, resultTypes: ["violations"], selectors: false}).then(r => JSON.stringify(r.violations))`
}

// Every page in every state, light and dark, on a phone and a desktop, from left to right
// and from right to left, as axe-core judges it; nothing is wider than its window in any
// language.
func TestPages_areAccessibleInChromium(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("../internal/plintotest/js/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Skipf("npm packages are not installed (make setup does it): %v", err)
	}
	site, ctx := gallery(t), chromium.Start(t, 10*time.Minute)
	quiet(ctx, t)
	for _, w := range windows {
		if err := chromedp.Do(ctx, look(w)); err != nil {
			t.Fatal(err)
		}
		for _, lang := range ui.Locales() {
			if !w.shows(lang) {
				continue
			}
			all := preview.Entries(ui.Page{})
			if w.langs == nil {
				framesFit(ctx, t, site.URL, w, lang, all)
				continue
			}
			j := judge{ctx, t, site.URL, string(axe)}
			j.begin(w)
			for _, e := range all {
				if e.Scripts {
					continue
				}
				j.write(w.address(lang, e.Name), e.Name)
				fits(ctx, t, w, lang+"/"+e.Name)
				j.looks(w, e.Name)
			}
			for _, e := range all {
				if !e.Scripts {
					continue
				}
				if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+w.address(lang, e.Name))); err != nil {
					t.Fatalf("%s: %v", e.Name, err)
				}
				fits(ctx, t, w, lang+"/"+e.Name)
				j.load()
				j.looks(w, e.Name)
			}
		}
	}
}

// quiet has the browser tell nothing of nodes, styles and requests, as nobody here listens: telling took a quarter of its time.
func quiet(ctx context.Context, t *testing.T) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, disable := range []cdp.Command[cdp.Empty, cdp.Empty]{css.Disable, dom.Disable, network.Disable, log.Disable} {
			if _, err := cdp.Call(ctx, target, disable, cdp.Empty{}); err != nil {
				return fmt.Errorf("%s: %w", disable.Method, err)
			}
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// widest is a function of a document: how far it reaches, to either side.
const widest = `(d => Math.max(d.documentElement.scrollWidth, ...[...d.querySelectorAll("main *")].filter(e => e.tagName != "IFRAME").map(e => {
	const box = e.getBoundingClientRect();
	return Math.ceil(Math.max(box.right, d.documentElement.clientWidth - box.left));
})))`

// fits fails the test when the page has to be scrolled sideways, to either side.
func fits(ctx context.Context, t *testing.T, w window, name string) {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[int64](widest+"(document)"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got > w.width {
		t.Errorf("%s, %s: %d pixels wide, the window has %d", name, w.name, got, w.width)
	}
}

// framesFit is fits of many pages.
func framesFit(ctx context.Context, t *testing.T, site string, w window, lang string, all []preview.Entry) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(site+"/frames")); err != nil {
		t.Fatal(err)
	}
	if wide := framed(ctx, t, w, "/wide"); wide[0] <= w.width {
		t.Fatalf("a page that is too wide has %d pixels in a frame: this shows nothing", wide[0])
	}
	for some := range slices.Chunk(all, 12) {
		addresses := make([]string, len(some))
		for i, e := range some {
			addresses[i] = w.address(lang, e.Name)
		}
		for i, got := range framed(ctx, t, w, addresses...) {
			if got > w.width || got < 1 {
				t.Errorf("%s/%s, %s: %d pixels wide, the window has %d", lang, some[i].Name, w.name, got, w.width)
			}
		}
	}
}

// framed returns how wide pages are, each in a frame that has the size of the window: that is what a page goes by, and takes
// a fraction of the time. -1 is what is none of our pages.
func framed(ctx context.Context, t *testing.T, w window, addresses ...string) (all []int64) {
	t.Helper()
	list, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	measured, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`Promise.all(%s.map(address => new Promise(done => {
		const frame = document.createElement("iframe");
		Object.assign(frame, {width: %d, height: %d, src: address});
		frame.style.border = 0;
		frame.onload = () => {
			const d = frame.contentDocument;
			done(d.querySelector("main") && d.documentElement.clientWidth == %[2]d ? %[4]s(d) : -1);
			frame.remove();
		};
		document.body.append(frame);
	}))).then(all => JSON.stringify(all))`, list, w.width, w.height, widest), chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(measured), &all)
	}
	if err != nil || len(all) != len(addresses) {
		t.Fatalf("%v: %v in %q", addresses, err, measured)
	}
	return all
}

// A judge has axe-core look at pages.
type judge struct {
	ctx  context.Context
	t    *testing.T
	site string
	axe  string // its source
}

// load makes axe-core known to the page.
func (j judge) load() {
	j.t.Helper()
	if _, err := chromedp.Run(j.ctx, chromedp.Evaluate[bool](j.axe+"; true")); err != nil {
		j.t.Fatalf("load axe: %v", err)
	}
}

// begin opens a page that others are written into, one after the other: loading axe-core takes longer than what it does.
// It sees that what is wrong with a page is found.
func (j judge) begin(w window) {
	j.t.Helper()
	if err := chromedp.Do(j.ctx, chromedp.Navigate(j.site+"/frames")); err != nil {
		j.t.Fatal(err)
	}
	j.load()
	j.write("/wide", "what is wrong")
	found := j.finds(w, "what is wrong")
	for _, rule := range []string{"color-contrast", "html-has-lang"} {
		if !slices.ContainsFunc(found, func(v violation) bool { return v.ID == rule }) {
			j.t.Fatalf("axe-core does not find %s: this shows nothing", rule)
		}
	}
}

// write has the page be another one. Its scripts do not run.
func (j judge) write(address, name string) {
	j.t.Helper()
	got, err := chromedp.Run(j.ctx, chromedp.Evaluate[string](fmt.Sprintf(`(async () => {
		const text = await (await fetch(%q)).text();
		document.open();
		const loaded = new Promise(done => addEventListener("load", done, {once: true}));
		document.write(text);
		document.close();
		await loaded;
		await document.fonts.ready;
		return document.title + " " + document.styleSheets.length;
	})()`, address), chromedp.EvalAwaitPromise))
	if err != nil || strings.HasSuffix(got, " 0") {
		j.t.Fatalf("%s: %v, %q", name, err, got)
	}
}

// looks fails the test for what axe-core finds wrong.
func (j judge) looks(w window, name string) {
	j.t.Helper()
	for _, v := range j.finds(w, name) {
		j.t.Errorf("%s, %s: %s (%s): %s: %+v", name, w.name, v.ID, v.Impact, v.Help, v.Nodes)
	}
}

func (j judge) finds(w window, name string) (violations []violation) {
	j.t.Helper()
	found, err := chromedp.Run(j.ctx, chromedp.Evaluate[string](w.runAxe(), chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(found), &violations)
	}
	if err != nil {
		j.t.Fatalf("%s: run axe: %v in %q", name, err, found)
	}
	return violations
}
