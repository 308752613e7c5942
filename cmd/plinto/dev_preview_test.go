package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/ui/preview"
)

// brandedSeed is ownSeed with a brand of one tenant.
func brandedSeed(t *testing.T) string {
	t.Helper()
	amber := preview.Presets()[3]
	logo, err := amber.Logo(t.Context(), path.Base(amber.Brand.Logo))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(ownSeed, "    host: SOUTH\n    settings: {", `    host: SOUTH
    settings: {branding: {name: South Wind, light: {primary: "#0b7285"}, radius: none, logo: "data:image/png;base64,`+base64.StdEncoding.EncodeToString(logo)+`"}, `, 1)
}

// The sheet has the brands of this server's tenants, pages and mails are drawn in them, and loads what they name.
func TestDev_previewsPagesAndMailsInTheBrandsOfTenants(t *testing.T) {
	t.Parallel()
	d := startOwn(t, brandedSeed(t))
	v := d.visit()
	home := v.open(d.base + "/dev")
	if home.Find(`main a[href="`+preview.Path+`"]`).Length() != 1 {
		t.Error("/dev does not lead to the preview")
	}
	page := v.open(d.base + preview.Path + "?page=sign-in--own-logo&brand=none&brand=tenant-south&lang=de")
	frames := page.Find("iframe").Map(func(_ int, f *goquery.Selection) string { return f.AttrOr("src", "") })
	if len(frames) != 2 {
		t.Fatalf("the frames are %q", frames)
	}
	branded := v.open(d.base + frames[1])
	if got := branded.Find("footer").Text(); !strings.Contains(got, "South Wind") {
		t.Errorf("the page is of %q", got)
	}
	if logo := v.open(d.base + branded.Find("img#logo").AttrOr("src", "")); logo.status != http.StatusOK {
		t.Errorf("the logo at %s: %d", logo.at, logo.status)
	}
	styles := branded.Find("link[rel=stylesheet]").Map(func(_ int, l *goquery.Selection) string { return l.AttrOr("href", "") })
	if len(styles) != 2 {
		t.Fatalf("the styles are %q", styles)
	}
	if style := v.open(d.base + styles[1]); style.status != http.StatusOK || !strings.Contains(style.Text(), "#0b7285") {
		t.Errorf("%s: %d %q", styles[1], style.status, style.Text())
	}
	for brand, name := range map[string]string{"tenant-south": "South Wind", "amber": "Amber & Sons"} {
		asked := url.Values{"brand": {brand}, "lang": {"de"}, "theme": {"dark"}}
		mail := v.open(d.base + preview.Path + "/mail/password.changed?" + asked.Encode())
		if mail.status != http.StatusOK || !strings.Contains(mail.Text(), name) || mail.Find("html").AttrOr("lang", "") != "de" {
			t.Errorf("%s: %d %q", brand, mail.status, mail.Text())
		}
		if logo := v.open(mail.Find("img").AttrOr("src", "")); logo.status != http.StatusOK {
			t.Errorf("the logo at %s: %d", logo.at, logo.status)
		}
	}
	if other := v.open(d.base + preview.Path + "/sign-in?brand=tenant-system"); other.status != http.StatusNotFound {
		t.Errorf("the operators' tenant has a preview: %d", other.status)
	}
}
