package admin_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"plinto/organization"
	"plinto/tenant"
)

func TestSettings_areChangedByTheTenantsAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.get("/settings").is(200)
	tag := map[string]string{"If-Match": first.Header.Get("ETag")}
	patch := request{method: "PATCH", path: "/settings", body: m{"require_pkce": true, "sign_up": m{"enabled": true, "domains": []string{"example.com"}}}, header: tag}
	w.send(request{method: "PATCH", path: "/settings?validate_only=true", body: patch.body}).is(200)
	w.send(patch).is(200)
	w.send(patch).is(412, "precondition_failed")
	w.patch("/settings", m{"sign_up": m{"domains": nil}}).is(200)
	now := w.get("/settings").is(200)
	if fmt.Sprint(now.Body["require_pkce"], now.Body["sign_up"]) != "true map[enabled:true]" {
		t.Errorf("got %s", now.raw)
	}
	if rows := w.log(w.Tenant, "tenant.updated"); len(rows) != 2 || !strings.HasPrefix(rows[0], "client ") {
		t.Errorf("the log has %q", rows)
	}
	// What is running knows it at once.
	current, err := w.Store.Tenants.BySlug(t.Context(), w.Tenant.Slug)
	must(t, err)
	if !current.Settings.RequirePKCE || !current.Settings.SignUp.Enabled {
		t.Errorf("the server has %+v", current.Settings)
	}
	reader := w.tokenFor(w.Tenant, organization.SettingsRead)
	w.send(request{method: "PATCH", path: "/settings", body: m{}, token: reader}).is(403, "insufficient_scope")
}

// TEN-24: some settings are for operators, others need a right of their own.
func TestSettings_someAreNotForEveryAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	writer := w.tokenFor(w.Tenant, organization.SettingsRead, organization.SettingsWrite)
	for body, code := range map[string]string{
		`{"registration": {"max_clients": 5}}`:                                "setting_of_operators",
		`{"registration": {"per_hour": 5}}`:                                   "setting_of_operators",
		`{"registration": {"trust_redirects": true}}`:                         "setting_of_operators",
		`{"mail": {"from": "Other <id@other.example>"}}`:                      "setting_of_operators",
		`{"mail": {"texts": {"en": {"greeting": "Hi,"}}}}`:                    "permission_missing",
		`{"branding": {"name": "Other"}}`:                                     "permission_missing",
		`{"registration": {"mode": "token"}, "mail": {"reply_to": "a@b.de"}}`: "",
	} {
		got := w.send(request{method: "PATCH", path: "/settings", body: body, token: writer})
		if code == "" && got.Status != 200 || code != "" && (got.Status != 403 || got.Body["code"] != code) {
			t.Errorf("%s: got %d %s, want %q", body, got.Status, got.raw, code)
		}
	}
	all := w.tokenFor(w.Tenant, organization.SettingsWrite, organization.BrandingWrite, organization.EmailTemplatesWrite)
	w.send(request{method: "PATCH", path: "/settings", body: m{"branding": m{"name": "Other"}, "mail": m{"texts": m{"en": m{"greeting": "Hi,"}}}}, token: all}).is(200)
	// Operators change all of them, by the tenant.
	o := w.operator(organization.TenantsRead, organization.TenantsWrite)
	o.in("", request{method: "PATCH", path: "/tenants/" + w.Tenant.Slug, body: m{"settings": m{"registration": m{"max_clients": 5}, "mail": m{"from": "Id <id@example.com>"}}}}).is(200)
	// What an operator set is no hindrance for others.
	w.send(request{method: "PATCH", path: "/settings", body: m{"registration": m{"mode": "open"}}, token: writer}).is(200)
}

// Every setting is in the contract.
func TestSettings_theContractHasEveryOne(t *testing.T) {
	t.Parallel()
	var document struct {
		Components struct {
			Schemas map[string]schema
		}
	}
	must(t, json.Unmarshal(contract.Document, &document))
	n := 0
	var compare func(at string, of reflect.Type, s schema)
	compare = func(at string, of reflect.Type, s schema) {
		if name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]; name != "" {
			s = document.Components.Schemas[name]
		}
		if s.Items != nil {
			of, s = of.Elem(), *s.Items
		}
		if of.Kind() != reflect.Struct || s.Properties == nil {
			return
		}
		if len(s.Properties) != of.NumField() {
			t.Errorf("%s: the contract has %d members, the type %d", at, len(s.Properties), of.NumField())
		}
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			n++
			if member, ok := s.Properties[name]; ok {
				compare(at+"/"+name, of.Field(i).Type, member)
			} else {
				t.Errorf("%s/%s is not in the contract", at, name)
			}
		}
	}
	compare("", reflect.TypeFor[tenant.Settings](), document.Components.Schemas["Settings"])
	if n < 50 {
		t.Errorf("only %d settings were compared", n)
	}
}

// A schema is what a test reads of one.
type schema struct {
	Ref        string `json:"$ref"`
	Properties map[string]schema
	Items      *schema
}
