package ui_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
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
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"plinto/internal/chromium"
	"plinto/internal/web"
	"plinto/ui"
	"plinto/ui/preview"
)

var (
	screenshots = flag.String("screenshots", "", "directory into which every page is drawn (make screenshots)")
	onlyPage    = flag.String("page", "", "draw the pages whose names have this in them")
	onlyLang    = flag.String("lang", "", "draw pages in this language")
)

// A shot is how each page is drawn.
type shot struct {
	window
	lang, brand string
}

// shots are those of every page. -lang has them all in that language.
func shots() (all []shot) {
	for _, s := range []shot{
		{window{name: "desktop-light", width: 1280, height: 900, scheme: "light"}, "en", preview.Plain},
		{window{name: "desktop-dark", width: 1280, height: 900, scheme: "dark"}, "en", "lagoon"},
		{window{name: "phone-light", width: 390, height: 844, scheme: "light"}, "en", "berry"},
		{window{name: "phone-dark", width: 390, height: 844, scheme: "dark"}, "en", preview.Plain},
		{window{name: "small-light", width: 320, height: 640, scheme: "light"}, "de", "amber"},
		{window{name: "phone-light", width: 390, height: 844, scheme: "light"}, "ar", "berry"},
		{window{name: "phone-dark", width: 390, height: 844, scheme: "dark"}, "ar", preview.Plain},
		{window{name: "phone-light", width: 390, height: 844, scheme: "light"}, "ja", preview.Plain},
	} {
		s.lang = cmp.Or(*onlyLang, s.lang)
		s.name += "-" + s.lang
		if !slices.ContainsFunc(all, func(other shot) bool { return other.name == s.name }) {
			all = append(all, s)
		}
	}
	return all
}

// make screenshots: every page as /dev/preview has it, in windows, themes, languages and brands, drawn by Chromium to be
// looked at. Files sort as the sheet does.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	if *screenshots == "" {
		t.Skip("only with -screenshots (make screenshots does it)")
	}
	if *onlyLang != "" && !slices.Contains(ui.Locales(), *onlyLang) {
		t.Fatalf("no page is in %q: want one of %q", *onlyLang, ui.Locales())
	}
	mux := http.NewServeMux()
	(&preview.Site{}).Routes(func(pattern string, h web.Handler) { mux.Handle(pattern, web.JSON(h)) })
	site := httptest.NewServer(web.Begin(mux, false))
	t.Cleanup(site.Close)
	ctx, drawn := chromium.Start(t, 50*time.Minute), 0
	for _, s := range shots() {
		if err := chromedp.Do(ctx, look(s.window)); err != nil {
			t.Fatal(err)
		}
		for i, e := range preview.Entries(ui.Page{}) {
			if !strings.Contains(e.Name, *onlyPage) && !strings.Contains(e.Slug(), *onlyPage) {
				continue
			}
			asked := url.Values{"lang": {s.lang}, "brand": {s.brand}}
			if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+preview.Path+"/"+e.Slug()+"?"+asked.Encode())); err != nil {
				t.Fatalf("%s: %v", e.Name, err)
			}
			photograph(ctx, t, s.window, filepath.Join(*screenshots, fmt.Sprintf("%03d-%s--%s.png", i+1, e.Slug(), s.name)))
			drawn++
		}
	}
	if drawn == 0 {
		t.Fatalf("no page has %q in its name", *onlyPage)
	}
	t.Logf("%d pictures are in %s", drawn, *screenshots)
}

// photograph draws the page into a file, as high as it is.
func photograph(ctx context.Context, t *testing.T, w window, file string) {
	t.Helper()
	// Chromium draws what is outside of a window from right to left in the wrong place, so the
	// window gets as high as the page.
	high, err := chromedp.Run(ctx, chromedp.Action[int64](height))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if high > w.height {
		whole := w
		whole.height = high
		if err := chromedp.Do(ctx, look(whole)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if high > w.height {
		if err := chromedp.Do(ctx, look(w)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// height is how high the page is, in pixels. It asks no script: there are none in some sandboxes.
func height(ctx context.Context, target *chromedp.Target) (int64, error) {
	of, err := cdp.Call(ctx, target, page.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		return 0, err
	}
	return int64(of.CSSContentSize.Height), nil
}
