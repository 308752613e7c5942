package ui_test

import (
	"bytes"
	"path"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/brand"
	"plinto/ui"
	"plinto/ui/preview"
)

// heaviest is what a page may weigh with everything that it loads but pictures, before it
// is packed for its way.
const heaviest = 60 << 10

// A page is light, and is shown before any script has run or come.
func TestPages_areLightAndDoNotWaitForScripts(t *testing.T) {
	t.Parallel()
	ours := map[string]int{}
	for _, hashed := range ui.AssetNames {
		ours[hashed] = len(ui.AssetBody(hashed))
	}
	ours[path.Base(acme.Style)] = len(brand.CSS(brand.Look{
		Light: brand.Colors{Primary: "#0b7285"}, Dark: brand.Colors{Primary: "#66d9e8"}, Radius: "large", Font: "rounded",
	}))
	most, which := 0, ""
	for _, lang := range ui.Locales() {
		for name, s := range specimens(lang) {
			var page bytes.Buffer
			if err := preview.Draw(s.view).Render(t.Context(), &page); err != nil {
				t.Fatal(err)
			}
			weight := page.Len()
			doc, err := goquery.NewDocumentFromReader(&page)
			if err != nil {
				t.Fatal(err)
			}
			doc.Find("link[rel=stylesheet], script[src]").Each(func(_ int, e *goquery.Selection) {
				address := e.AttrOr("href", "") + e.AttrOr("src", "")
				size, known := ours[path.Base(address)]
				if !known || strings.Contains(address, "//") {
					t.Errorf("%s, %s: loads %q", lang, name, address)
				}
				weight += size
			})
			doc.Find("head script, script[src]").Each(func(_ int, e *goquery.Selection) {
				if _, deferred := e.Attr("defer"); !deferred {
					t.Errorf("%s, %s: waits for a script", lang, name)
				}
			})
			if weight > heaviest {
				t.Errorf("%s, %s: %d bytes, want at most %d", lang, name, weight, heaviest)
			}
			if weight > most {
				most, which = weight, lang+", "+name
			}
		}
	}
	t.Logf("the heaviest page is %s with %d bytes", which, most)
}
