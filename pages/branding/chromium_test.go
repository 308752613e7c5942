package branding_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"plinto/internal/brand"
	"plinto/internal/chromium"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
)

// The policy of a real page lets the browser load what makes it the tenant's, and nothing
// of it comes from elsewhere.
func TestBranding_isSeenInChromium(t *testing.T) {
	t.Parallel()
	s, ctx := plintotest.Start(t), chromium.Start(t, time.Minute)
	picture := image.NewNRGBA(image.Rect(0, 0, 90, 30))
	picture.SetNRGBA(1, 1, color.NRGBA{1, 2, 3, 255})
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	drawn, err := brand.DrawLogo(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	branded(t, s, s.Tenant.Slug, "#0b7285", drawn)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	if err := chromedp.Do(ctx, chromedp.Navigate(s.AuthorizeURL(client, nil))); err != nil {
		t.Fatal(err)
	}
	const look = `[
		getComputedStyle(document.getElementById("submit")).backgroundColor,
		document.getElementById("logo").naturalWidth,
		performance.getEntriesByType("resource").filter(r => !r.name.startsWith(location.origin)).map(r => r.name).join(),
	].join("|")`
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](look))
	if want := "rgb(11, 114, 133)|90|"; err != nil || got != want {
		t.Errorf("the browser shows %q, %v; want %q", got, err, want)
	}
}
