package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"plinto/organization"
	"plinto/tenant"
)

func TestTenants_fromCreateToDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	body := m{"slug": "acme", "name": "Acme", "settings": m{"access_token_ttl": "10m", "mfa": m{"policy": "required"}}}
	o.in("", request{method: "POST", path: "/tenants?validate_only=true", body: body}).is(201)
	o.in("", request{method: "GET", path: "/tenants/acme"}).is(404, "no_such_tenant")
	key := map[string]string{"Idempotency-Key": "k"}
	made := o.in("", request{method: "POST", path: "/tenants", body: body, header: key}).is(201)
	if again := o.in("", request{method: "POST", path: "/tenants", body: body, header: key}).is(201); again.text("id") != made.text("id") || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("sent again: %s", again.raw)
	}
	o.in("", request{method: "POST", path: "/tenants", body: body}).is(409, "tenant_slug_taken")
	if at := made.Header.Get("Location"); at != o.system.Issuer+"/admin/v1/tenants/acme" {
		t.Errorf("Location is %s", at)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, made.text("issuer")+"/.well-known/openid-configuration", nil)
	must(t, err)
	res, err := w.HTTP().Do(r)
	must(t, err)
	if res.Body.Close(); res.StatusCode != 200 {
		t.Errorf("the new issuer answers %d", res.StatusCode)
	}

	tag := o.in("", request{method: "GET", path: "/tenants/" + made.text("id")}).is(200).Header.Get("ETag")
	patch := request{method: "PATCH", path: "/tenants/acme", body: m{"name": "Acme Ltd", "settings": m{"mfa": nil, "session_ttl": "8h"}}, header: map[string]string{"If-Match": tag}}
	changed := o.in("", patch).is(200)
	if got := fmt.Sprint(changed.Body["name"], changed.Body["settings"]); got != "Acme Ltdmap[access_token_ttl:10m0s session_ttl:8h0m0s]" {
		t.Errorf("got %s", got)
	}
	o.in("", patch).is(412, "precondition_failed")
	if got := o.in("", request{method: "PATCH", path: "/tenants/acme", body: m{"host": "id.acme.example"}}).is(200); got.text("issuer") != "https://id.acme.example" {
		t.Errorf("got %s", got.raw)
	}
	o.in("", request{method: "PATCH", path: "/tenants/main", body: m{"host": "id.acme.example"}}).is(409, "tenant_host_taken")
	o.in("", request{method: "PATCH", path: "/tenants/acme", body: m{"host": nil}}).is(200)

	if got := o.in("", request{method: "POST", path: "/tenants/acme/suspend"}).is(200); got.Body["suspended"] != true {
		t.Errorf("got %s", got.raw)
	}
	o.in("", request{method: "POST", path: "/tenants/acme/resume"}).is(200)
	acme, err := w.Store.Tenants.BySlug(t.Context(), "acme")
	must(t, err)
	o.in("", request{method: "DELETE", path: "/tenants/acme"}).is(400, "invalid_parameters")
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=main"}).is(400, "invalid_parameters")
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=acme", header: map[string]string{"If-Match": tag}}).is(412)
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=acme&validate_only=true"}).is(204)
	o.in("", request{method: "DELETE", path: "/tenants/acme?confirm=acme"}).is(204)
	o.in("", request{method: "GET", path: "/tenants/acme"}).is(404, "no_such_tenant")
	for _, q := range []request{{method: "DELETE", path: "/tenants/system?confirm=system"}, {method: "POST", path: "/tenants/system/suspend"}} {
		o.in("", q).is(409, "system_tenant")
	}

	did := w.log(o.system, "management.acted")
	want := []string{"createTenant", "updateTenant", "updateTenant", "updateTenant", "suspendTenant", "resumeTenant", "deleteTenant"}
	if len(did) != len(want) {
		t.Fatalf("the log of the system tenant: %q", did)
	}
	for i, row := range did {
		if !strings.HasPrefix(row, "client ") || !strings.Contains(row, " acme "+want[i]+" ") {
			t.Errorf("row %d is %q, want %s", i, row, want[i])
		}
	}
	for _, kind := range []string{"tenant.created", "tenant.updated", "tenant.disabled", "tenant.deleted"} {
		if rows := w.log(acme, kind); len(rows) == 0 || !strings.HasPrefix(rows[0], "operator system/client:") {
			t.Errorf("%s in the log of the tenant: %q", kind, rows)
		}
	}
}

func TestTenants_whatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	for body, want := range map[string]string{
		`{"slug": "Acme"}`:                                                              "invalid_body /slug",
		`{"slug": "acme", "owner": 1}`:                                                  "invalid_body /owner",
		`{"slug": "acme", "host": "https://a.example"}`:                                 "invalid_tenant /host",
		`{"slug": "acme", "name": "a\nb"}`:                                              "invalid_body /name",
		`{"slug": "acme", "settings": {"mfa": {"policy": "always"}}}`:                   "invalid_body /settings/mfa/policy",
		`{"slug": "acme", "settings": {"access_token_ttl": "25h"}}`:                     "invalid_settings /settings/access_token_ttl",
		`{"slug": "acme", "settings": {"access_token_ttl": "soon"}}`:                    "invalid_body /settings/access_token_ttl",
		`{"slug": "acme", "settings": {"access_token_ttl": "9999999h9999999h"}}`:        "invalid_settings /settings",
		`{"slug": "acme", "settings": {"password": {"min_length": 7}}}`:                 "invalid_settings /settings/password/min_length",
		`{"slug": "acme", "settings": {"branding": {"light": {"primary": "#ffcc00"}}}}`: "invalid_settings /settings/branding/light/primary",
		`{"slug": "acme", "settings": {"branding": {"logo": "abc"}}}`:                   "invalid_settings /settings/branding/logo",
		`{"slug": "acme", "settings": {"acr_levels": [{"acr": "a", "amr": ["dna"]}]}}`:  "invalid_settings /settings/acr_levels/0/amr/0",
		`{"slug": "acme", "settings": {"mail": {"texts": {"en": {"greeting": ""}}}}}`:   "invalid_settings /settings/mail/texts/en/greeting",
	} {
		got := o.in("", request{method: "POST", path: "/tenants", body: body}).is(400)
		first, _ := got.Body["errors"].([]any)
		if len(first) == 0 || fmt.Sprint(got.Body["code"], " ", first[0].(m)["pointer"]) != want {
			t.Errorf("%s: got %s, want %s", body, got.raw, want)
		}
	}
	if n := w.count(`SELECT count(*) FROM tenants WHERE slug = 'acme'`); n != 0 {
		t.Error("a tenant was made")
	}
}

func TestTenants_areFoundAndPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.TenantsRead)
	for i := range 5 {
		w.NewTenant(fmt.Sprintf("shop-%d", i), "", tenant.Settings{})
	}
	w.NewTenant("hosted", "hosted.example", tenant.Settings{})
	slugs := func(query string) (found []string) {
		for _, one := range o.in("", request{method: "GET", path: "/tenants?" + query}).is(200).data() {
			found = append(found, one["slug"].(string))
		}
		return found
	}
	for query, want := range map[string][]string{
		"prefix=shop-&order=asc": {"shop-0", "shop-1", "shop-2", "shop-3", "shop-4"}, "prefix=SHOP-4": {"shop-4"}, "slug=shop-1": {"shop-1"},
		"slug=shop-": nil, "host=hosted.example": {"hosted"}, "prefix=%25": nil,
	} {
		if got := slugs(query); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	var seen []string
	for after := ""; ; {
		page := o.in("", request{method: "GET", path: "/tenants?prefix=shop&limit=2&count=true" + after}).is(200)
		if page.Body["total_count"] != 5.0 {
			t.Errorf("counted %v", page.Body["total_count"])
		}
		for _, one := range page.data() {
			seen = append(seen, one["slug"].(string))
		}
		if page.Body["has_more"] != true {
			break
		}
		after = "&after=" + page.text("next_cursor")
	}
	if want := []string{"shop-4", "shop-3", "shop-2", "shop-1", "shop-0"}; !slices.Equal(seen, want) {
		t.Errorf("paged through %v", seen)
	}
}

// TEN-23: operations on tenants are for callers of the system tenant, whatever others were given.
func TestTenants_areForTheSystemTenantOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.NewTenant("acme", "", tenant.Settings{})
	system := w.system()
	before := w.rows(system)
	// A key with a right that no key of a tenant can get by the services.
	key := w.post("/api-keys", m{"name": "x", "permissions": []string{"users:read"}}).is(201).text("secret")
	_, err := w.Owner.Exec(t.Context(), `UPDATE api_keys SET permissions = '{tenants:read,tenants:write}'`)
	must(t, err)
	tried := 0
	for _, op := range contract.Operations {
		if !op.System {
			continue
		}
		tried++
		path := strings.ReplaceAll(op.Path, "{tenant}", "acme") + "?confirm=acme"
		body := map[string]any{"POST /tenants": m{"slug": "new"}, "PATCH /tenants/{tenant}": m{"name": "x"}}[op.Method+" "+op.Path]
		for _, rights := range [][]organization.Permission{organization.Permissions, {organization.TenantsRead, organization.TenantsWrite, organization.UsersRead}} {
			got := w.send(request{method: op.Method, path: path, body: body, token: w.tokenFor(w.Tenant, rights...)})
			if got.Status != 403 {
				t.Errorf("%s by a tenant: got %d %s", op.ID, got.Status, got.raw)
			}
		}
		w.send(request{method: op.Method, path: path, body: body, token: key}).is(403, "not_system")
		o := w.operator(organization.UsersRead, organization.SettingsWrite)
		if got := o.in("", request{method: op.Method, path: path, body: body}).is(403, "insufficient_scope"); got.Status != 403 {
			t.Errorf("%s without the scope: got %d %s", op.ID, got.Status, got.raw)
		}
		o = w.operator(organization.Permissions...)
		o.in("acme", request{method: op.Method, path: path, body: body}).is(400, "invalid_parameters")
	}
	if tried < 7 {
		t.Errorf("only %d operations", tried)
	}
	if now := w.rows(system)["tenants"]; now != before["tenants"] || w.count(`SELECT count(*) FROM tenants WHERE slug IN ('acme', 'main')`) != 2 || w.count(`SELECT count(*) FROM tenants WHERE slug = 'new' OR name = 'x' OR disabled_at IS NOT NULL`) != 0 {
		t.Error("a tenant was changed")
	}
}

// MGT-04: the answer is stored with the tenant: what cannot be answered again is not there.
func TestTenants_areMadeWithTheirAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.operator(organization.Permissions...)
	make := func(slug string) *answer {
		return w.send(request{
			method: "POST", path: o.system.Issuer + "/admin/v1/tenants", body: m{"slug": slug}, token: o.token, header: map[string]string{"Idempotency-Key": "make-" + slug},
		})
	}
	make("first").is(201)
	if again := make("first").is(201); again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("the request was served twice")
	}
	_, err := w.Owner.Exec(t.Context(), `ALTER TABLE idempotency_keys ADD CONSTRAINT no_answers CHECK (answer IS NULL) NOT VALID`)
	must(t, err)
	make("second").is(500)
	if n := w.count(`SELECT count(*) FROM tenants WHERE slug = 'second'`); n != 0 {
		t.Error("the tenant is there without its answer")
	}
}
