package admin_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"plinto/organization"
)

func picture(t *testing.T, side int) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	m.Set(0, 0, color.NRGBA{R: 200, A: 255})
	var file bytes.Buffer
	must(t, png.Encode(&file, m))
	return file.String()
}

func TestBranding_isChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tag := w.get("/branding").is(200).Header.Get("ETag")
	patch := request{method: "PATCH", path: "/branding", body: m{"name": "Acme Cloud", "light": m{"primary": "#0b7285"}, "links": m{"terms": "https://acme.example/terms"}}, header: map[string]string{"If-Match": tag}}
	w.send(patch).is(200)
	w.send(patch).is(412)
	w.patch("/branding", m{"links": nil}).is(200)
	got := w.get("/branding").is(200)
	if got.text("name") != "Acme Cloud" || got.Body["links"] != nil || got.Body["light"].(m)["primary"] != "#0b7285" {
		t.Errorf("got %s", got.raw)
	}
	wrong := w.patch("/branding", m{"light": m{"primary": "#ffcc00"}}).is(400, "invalid_settings")
	if field := wrong.Body["errors"].([]any)[0].(m); field["pointer"] != "/light/primary" || !strings.Contains(field["detail"].(string), "has it") {
		t.Errorf("got %s", wrong.raw)
	}
	if got := w.patch("/branding", m{"name": nil}).is(200); got.text("name") != w.Tenant.Name {
		t.Errorf("without a name of its own it is %s", got.text("name"))
	}
}

func TestBranding_logosAreDrawnAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	logo := request{method: "PUT", path: "/branding/logo", body: picture(t, 700), header: map[string]string{"Content-Type": "image/png"}}
	w.send(request{method: "PUT", path: "/branding/logo?scheme=dark", body: logo.body, header: logo.header}).is(400, "invalid_settings")
	w.send(request{method: "PUT", path: "/branding/logo?validate_only=true", body: logo.body, header: logo.header}).is(200)
	if w.get("/branding").is(200).Body["logo_url"] != nil {
		t.Error("a try set the logo")
	}
	address := w.send(logo).is(200).text("logo_url")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	res, err := w.HTTP().Do(r)
	must(t, err)
	defer res.Body.Close()
	served, err := io.ReadAll(res.Body)
	must(t, err)
	if shown, format, err := image.DecodeConfig(bytes.NewReader(served)); err != nil || format != "png" || shown.Width != 512 || string(served) == logo.body {
		t.Errorf("what is served at %s: %+v %s %v", address, shown, format, err)
	}
	w.send(request{method: "PUT", path: "/branding/logo?scheme=dark", body: picture(t, 20), header: logo.header}).is(200)
	if n := w.count(`SELECT count(*) FROM logos`); n != 2 {
		t.Errorf("%d logos are stored", n)
	}
	w.send(request{method: "DELETE", path: "/branding/logo?scheme=dark"}).is(204)
	w.send(request{method: "DELETE", path: "/branding/logo"}).is(204)
	w.send(request{method: "DELETE", path: "/branding/logo"}).is(204)
	if n := w.count(`SELECT count(*) FROM logos`); n != 0 {
		t.Errorf("%d logos are stored", n)
	}
}

// TEN-25: only pictures are taken, and they are bounded before they are decoded.
func TestBranding_whatIsNoLogoIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		body, media string
		status      int
		code        string
	}{
		"an SVG":           {"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", 400, "invalid_logo"},
		"named as an SVG":  {picture(t, 2), "image/svg+xml", 415, ""},
		"a page":           {"<script>alert(1)</script>", "image/jpeg", 400, "invalid_logo"},
		"JSON":             {`{"logo": "x"}`, "application/json", 415, ""},
		"nothing":          {"", "image/png", 400, ""},
		"too many pixels":  {picture(t, 2049), "image/png", 400, "invalid_logo"},
		"too many bytes":   {picture(t, 2) + strings.Repeat("x", 1<<20), "image/png", 413, ""},
		"without its type": {picture(t, 2), "", 415, ""},
	} {
		got := w.send(request{method: "PUT", path: "/branding/logo", body: c.body, header: map[string]string{"Content-Type": c.media}})
		if got.Status != c.status || c.code != "" && got.Body["code"] != c.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.Status, got.raw, c.status, c.code)
		}
	}
	if n := w.count(`SELECT count(*) FROM logos`); n != 0 {
		t.Errorf("%d logos are stored", n)
	}
	reader := w.tokenFor(w.Tenant, organization.BrandingRead, organization.SettingsWrite)
	w.send(request{method: "PUT", path: "/branding/logo", body: picture(t, 2), header: map[string]string{"Content-Type": "image/png"}, token: reader}).is(403, "insufficient_scope")
}
