package branding_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/brand"
	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// logo is a picture of a size.
func logo(t *testing.T, side int) brand.Logo {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	drawn, err := brand.DrawLogo(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

// branded gives a tenant a look.
func branded(t *testing.T, s *plintotest.Server, slug, primary string, logos ...brand.Logo) {
	t.Helper()
	_, err := s.Registry().Update(t.Context(), slug, func(changed *tenant.Tenant) error {
		b := &changed.Settings.Branding
		b.Light.Primary, b.Logo, b.LogoDark = primary, logos[0].Hash, logos[len(logos)-1].Hash
		return nil
	}, logos...)
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s *plintotest.Server, address string, change ...func(*http.Request)) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	res, err := s.HTTP().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res, body.Bytes()
}

func TestBranding_isServedUnderItsHashForEver(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	light, dark := logo(t, 20), logo(t, 30)
	branded(t, s, s.Tenant.Slug, "#0b7285", light, dark)
	doc := s.Browser().Open(s.Issuer() + "/").Doc
	style := doc.Find("link[rel=stylesheet]").Last().AttrOr("href", "")
	for address, want := range map[string]struct {
		kind string
		body []byte
	}{
		style:                                   {"text/css; charset=utf-8", []byte(brand.CSS(brand.Look{Light: brand.Colors{Primary: "#0b7285"}}))},
		doc.Find(".logo img").AttrOr("src", ""): {"image/png", light.PNG},
		doc.Find(".logo source").AttrOr("srcset", ""): {"image/png", dark.PNG},
		"/brand/logo.png": {"image/png", light.PNG},
	} {
		res, body := get(t, s, s.Issuer()+address)
		h := res.Header
		if res.StatusCode != http.StatusOK || h.Get("Content-Type") != want.kind || !bytes.Equal(body, want.body) || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v, %d bytes", address, res.StatusCode, h, len(body))
		}
		if forever := strings.Contains(h.Get("Cache-Control"), "immutable"); forever != (address != "/brand/logo.png") {
			t.Errorf("%s: Cache-Control %q", address, h.Get("Cache-Control"))
		}
		if again, _ := get(t, s, s.Issuer()+address, plintotest.With("If-None-Match", h.Get("Etag"))); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d to who has it", address, again.StatusCode)
		}
		if want.kind == "image/png" && (h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'")) {
			t.Errorf("%s: %v", address, h)
		}
	}
}

// What one tenant has is nothing at another, and no cache keeps one for the other.
func TestBranding_staysWithItsTenant(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	other, bare := s.NewTenant("other", "", tenant.Settings{}), s.NewTenant("bare", "", tenant.Settings{})
	mine, others := logo(t, 20), logo(t, 30)
	branded(t, s, s.Tenant.Slug, "#0b7285", mine)
	branded(t, s, other.Slug, "#a61e4d", others)
	style := s.Browser().Open(s.Issuer()+"/").Doc.Find("link[rel=stylesheet]").Last().AttrOr("href", "")
	foreign := s.Browser().Open(other.Issuer+"/").Doc.Find("link[rel=stylesheet]").Last().AttrOr("href", "")
	if path := strings.TrimPrefix(foreign, other.Path); path == style || path == foreign {
		t.Errorf("two tenants have the style %q and %q", style, foreign)
	}
	for address, want := range map[string]int{
		other.Issuer + "/brand/logo-" + mine.Hash + ".png":   http.StatusNotFound,
		other.Issuer + "/brand/logo-" + others.Hash + ".png": http.StatusOK,
		s.Issuer() + "/brand/logo-" + others.Hash + ".png":   http.StatusNotFound,
		s.Issuer() + "/brand/logo-%2e%2e.png":                http.StatusNotFound,
		bare.Issuer + "/brand/logo.png":                      http.StatusNotFound,
		bare.Issuer + style:                                  http.StatusNotFound,
	} {
		if res, _ := get(t, s, address); res.StatusCode != want || want != http.StatusOK && strings.Contains(res.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s: %d %v, want %d", address, res.StatusCode, res.Header, want)
		}
	}
	res, body := get(t, s, other.Issuer+style)
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" || !bytes.Contains(body, []byte("#a61e4d")) {
		t.Errorf("a foreign hash: %d %v %s", res.StatusCode, res.Header, body)
	}
}

// The look of a tenant comes with the tenant: no page asks the database for it.
func TestBranding_costsNoStatement(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	s := plintotest.Start(t, plintotest.Options{Tracer: sql})
	home := s.Issuer() + "/"
	branded(t, s, s.Tenant.Slug, "#0b7285", logo(t, 20))
	s.Browser().Open(home)
	sent := []string{"not asked"}
	for range 5 { // on a busy machine something else may be read meanwhile
		if sent, _ = sql.During(func() { s.Browser().Open(home) }); len(sent) == 0 {
			break
		}
	}
	if len(sent) > 0 {
		t.Errorf("the page sent %q", sent)
	}
	if sent, _ = sql.During(func() { get(t, s, s.Issuer()+"/brand/logo.png") }); len(sent) == 0 {
		t.Error("no statement is seen: the test sees nothing")
	}
}

// Pages are in the languages of the tenant: what the client asks for first, then the browser.
func TestLanguages_areThoseOfTheTenant(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: tenant.Settings{Languages: []string{"ar", "en"}}})
	for accepted, want := range map[string]string{"": "ar rtl", "de, en;q=0.5": "en ltr", "ja": "ar rtl"} {
		res, body := get(t, s, s.Issuer()+"/", plintotest.With("Accept-Language", accepted))
		lang, dir, _ := strings.Cut(want, " ")
		if mark := `<html lang="` + lang + `" dir="` + dir + `">`; res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(mark)) {
			t.Errorf("%q: %d, no %s in %.120s", accepted, res.StatusCode, mark, body)
		}
	}
	for asked, want := range map[string]string{"en": "en", "ja": "ar", "ja en": "en"} {
		client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
		if got := s.Browser().Open(s.AuthorizeURL(client, url.Values{"ui_locales": {asked}})).Doc.Find("html").AttrOr("lang", ""); got != want {
			t.Errorf("ui_locales %q: the page is in %q, want %q", asked, got, want)
		}
	}
}
