package admin_test

import (
	"net/http"
	"strings"
	"testing"
)

func (w *world) status(address string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	must(w.t, err)
	res, err := w.HTTP().Do(r)
	must(w.t, err)
	must(w.t, res.Body.Close())
	return res.StatusCode
}

func TestOrganizationBranding_isChangedAndShowsWhoseItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.patch("/branding", m{"light": m{"primary": "#0b7285", "accent": "#0b7285"}, "font": "serif"}).is(200)
	at := w.acme() + "/branding"
	before := w.get(at).is(200)
	if light := before.Body["light"].(m)["primary"].(m); light["value"] != "#0b7285" || light["source"] != "tenant" || light["configured"] != nil {
		t.Errorf("before: %s", before.raw)
	}
	patch := request{method: "PATCH", path: at, body: m{"light": m{"primary": "#a61e4d"}, "radius": "none"}, header: map[string]string{"If-Match": before.Header.Get("ETag")}}
	w.send(request{method: "PATCH", path: at + "?validate_only=true", body: patch.body}).is(200)
	if got := w.get(at).is(200); string(got.raw) != string(before.raw) {
		t.Errorf("a try changed it: %s", got.raw)
	}
	changed := w.send(patch).is(200)
	w.send(patch).is(412)
	got := w.get(at).is(200)
	if string(changed.raw) != string(got.raw) {
		t.Errorf("changed to %s, read %s", changed.raw, got.raw)
	}
	light := got.Body["light"].(m)
	if p := light["primary"].(m); p["value"] != "#a61e4d" || p["configured"] != "#a61e4d" || p["source"] != "organization" || light["accent"].(m)["source"] != "tenant" {
		t.Errorf("got %s", got.raw)
	}
	wrong := w.patch(at, m{"light": m{"primary": "#ffcc00"}}).is(400, "organization_branding")
	if field := wrong.Body["errors"].([]any)[0].(m); field["pointer"] != "/light/primary" || !strings.Contains(field["detail"].(string), "has it") {
		t.Errorf("got %s", wrong.raw)
	}
	w.patch(at, m{"name": "Tenant"}).is(400, "invalid_body")
	w.patch(at, m{"links": m{"terms": "https://evil.example"}}).is(400, "invalid_body")
	w.patch(at, m{"logo": "0123456789abcdef0123456789abcdef"}).is(400, "invalid_body")
	w.patch(at, m{"light": nil, "radius": nil}).is(200)
	if got := w.get(at).is(200); string(got.raw) != string(before.raw) {
		t.Errorf("cleared: %s", got.raw)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'organization.updated' AND data->'fields' ? 'branding'`); n != 2 {
		t.Errorf("%d rows in the audit log, want 2", n)
	}
}

func TestOrganizationBranding_logosAreDrawnAgainAndGoWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	logo := at + "/branding/logo"
	put := func(path string, side int) *answer {
		return w.send(request{method: "PUT", path: path, body: picture(t, side), header: map[string]string{"Content-Type": "image/png"}})
	}
	put(logo+"?scheme=dark", 20).is(400, "organization_branding")
	put(logo+"?validate_only=true", 20).is(200)
	first := put(logo, 700).is(200).Body["logo"].(m)["value"].(string)
	if got := w.status(first); got != 200 {
		t.Errorf("%s: %d", first, got)
	}
	second := put(logo, 30).is(200)
	put(logo+"?scheme=dark", 20).is(200)
	if n := w.count(`SELECT count(*) FROM organization_logos`); n != 2 {
		t.Errorf("%d logos are stored", n)
	}
	if got := w.status(first); got != 404 {
		t.Errorf("the logo before: %d", got)
	}
	if source := second.Body["logo"].(m)["source"]; source != "organization" {
		t.Errorf("got %s", second.raw)
	}
	w.send(request{method: "PUT", path: logo, body: "<svg/>", header: map[string]string{"Content-Type": "image/png"}}).is(400, "invalid_logo")
	w.send(request{method: "DELETE", path: logo + "?scheme=dark"}).is(204)
	w.send(request{method: "DELETE", path: at}).is(204)
	if n := w.count(`SELECT count(*) FROM organization_logos`); n != 0 {
		t.Errorf("%d logos are left", n)
	}
}

// TEN-10: who administers one organization changes its look, and that of no other and not the tenant's.
func TestOrganizationBranding_ofAdministratorsOfOneOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	other := "/organizations/" + w.post("/organizations", m{"slug": "globex", "name": "Globex"}).is(201).text("id")
	admin, member := w.insider(at, "admin@example.com", "admin"), w.insider(at, "member@example.com", "member")
	look := m{"radius": "none"}
	w.send(request{method: "PATCH", path: at + "/branding", body: look, token: admin}).is(200)
	w.send(request{method: "PUT", path: at + "/branding/logo", body: onePixel, token: admin}).is(200)
	w.send(request{method: "PATCH", path: at + "/branding", body: look, token: member}).is(403, "permission_missing")
	for _, foreign := range []string{other + "/branding", "/branding"} {
		if got := w.send(request{method: "PATCH", path: foreign, body: look, token: admin}); got.Status != 403 && got.Status != 404 {
			t.Errorf("%s: %d %s", foreign, got.Status, got.raw)
		}
	}
	if n := w.count(`SELECT count(*) FROM organizations WHERE branding <> '{}'`); n != 1 {
		t.Errorf("%d organizations have a look", n)
	}
}
