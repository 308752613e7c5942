package admin_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plinto/admin"
	"plinto/internal/plintotest"
	"plinto/organization"
	tables "plinto/storage/schema"
	"plinto/tenant"
)

// onePixel is a picture.
const onePixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\xdac\xfc\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82"

// bodies are what operations are sent that need a body.
var bodies = map[string]any{
	"updateUser": m{"username": "taken-over"}, "updateClient": m{"client_name": "Taken over"}, "updateResourceServer": m{"name": "Taken over"},
	"updateWebhookEndpoint": m{"description": "Taken over"}, "updateRole": m{"name": "Taken over"}, "addUserEmail": m{"email": "taken@over.example"},
	"updateOrganization": m{"name": "Taken over"}, "setMember": m{"roles": []string{"owner"}},
	"createInvitation": m{"email": "taken@over.example"}, "addDomain": m{"domain": "over.example"}, "updateOrganizationPolicy": m{"mfa": "required"},
	"updateConnection":           m{"name": "Taken over"},
	"previewConnection":          m{"claims": m{}},
	"rotateConnectionKey":        m{"step": "publish"},
	"updateOrganizationBranding": m{"radius": "none"}, "setOrganizationLogo": onePixel,
}

// things makes one of everything that operations have ids of, and returns their ids by the names of
// parameters.
func (w *world) things(of *tenant.Tenant) map[string]string {
	w.t.Helper()
	token := w.tokenFor(of, organization.Permissions...)
	make := func(path string, body any) *answer {
		return w.send(request{method: "POST", path: of.Issuer + "/admin/v1" + path, body: body, token: token}).is(201)
	}
	user := make("/users", m{"email": "one@example.com"})
	email := make("/users/"+user.text("id")+"/emails", m{"email": "two@example.com"})
	client := make("/clients", m{"grant_types": []string{"client_credentials"}})
	secret := make("/clients/"+client.text("id")+"/secrets", nil)
	role := "of-" + of.Slug
	make("/roles", m{"scope": "tenant", "key": role, "name": "One"})
	org := make("/organizations", m{"slug": "one", "name": "One"}).text("id")
	w.send(request{method: "PUT", path: of.Issuer + "/admin/v1/organizations/" + org + "/members/" + user.text("id"), body: m{"roles": []string{"member"}}, token: token}).is(200)
	job := w.send(request{
		method: "POST", path: of.Issuer + "/admin/v1/users/import", body: `{"username": "of-a-job"}`, header: map[string]string{"Content-Type": "application/x-ndjson"}, token: token,
	}).is(202).text("id")
	plintotest.Eventually(w.t, "the end of the job", func() bool { // which would change rows later
		return w.send(request{method: "GET", path: of.Issuer + "/admin/v1/jobs/" + job, token: token}).is(200).text("state") != "running"
	})
	rows := w.send(request{method: "GET", path: of.Issuer + "/admin/v1/audit-log?limit=1", token: token}).is(200).data()
	return map[string]string{
		"invitation_id": make("/organizations/"+org+"/invitations", m{"email": "three@example.com"}).text("id"),
		"domain_id":     make("/organizations/"+org+"/domains", m{"domain": "one.example"}).text("id"),
		"user_id":       user.text("id"), "email_id": email.text("id"), "client": client.text("id"), "secret_id": secret.text("id"), "role_key": role,
		"job_id":          job,
		"organization_id": org, "key_id": make("/api-keys", m{"name": "one", "permissions": []string{"users:read"}}).text("id"),
		"resource_server_id": make("/resource-servers", m{"identifier": "https://one.example"}).text("id"),
		"token_id":           make("/registration-tokens", m{}).text("id"), "row_id": rows[0]["id"].(string),
		"session_id": "session_" + strings.TrimPrefix(user.text("id"), "user_"), "endpoint_id": make("/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.deleted"}}).text("id"), "delivery_id": "delivery_" + strings.TrimPrefix(user.text("id"), "user_"),
		"connection_id": make("/connections", m{"slug": "one", "name": "One", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "a secret"}).text("id"), "identity_id": "idn_" + strings.TrimPrefix(user.text("id"), "user_"),
		"grant_id": "grant_" + strings.TrimPrefix(user.text("id"), "user_"), "factor_id": "pk_" + strings.TrimPrefix(user.text("id"), "user_"),
	}
}

// keysMade waits for the keys that the server makes for a new tenant: they are rows of it, and so is what it says of them.
func (w *world) keysMade(of *tenant.Tenant) {
	w.t.Helper()
	owner := w.OwnerOf(of)
	plintotest.Eventually(w.t, "the keys of the tenant", func() (made bool) {
		must(w.t, owner.QueryRow(w.t.Context(), `SELECT NOT EXISTS (
			SELECT FROM public.river_job WHERE args ->> 'tenant_id' = $1 AND args ->> 'subscriber' = 'signing.keys' AND finalized_at IS NULL)`, of.ID.String()).Scan(&made))
		return made
	})
}

// rows describes what the tables hold of a tenant, but for what the server itself does in the
// background with its events.
func (w *world) rows(of *tenant.Tenant) map[string]string {
	w.t.Helper()
	at := "public"
	if of.Placement.Isolation == tenant.Schema {
		at = tables.NameOf(of.ID)
	}
	w.keysMade(of)
	owner := w.OwnerOf(of)
	names, err := owner.Query(w.t.Context(), `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = $1::regnamespace
			AND (c.relname = 'audit_log' OR c.relname NOT LIKE 'audit\_%') AND c.relname NOT LIKE 'statistics%'`, at)
	must(w.t, err)
	var tables []string
	for names.Next() {
		var name string
		must(w.t, names.Scan(&name))
		tables = append(tables, name)
	}
	must(w.t, names.Err())
	out := map[string]string{}
	for _, table := range tables {
		var n int
		var hash string
		must(w.t, owner.QueryRow(w.t.Context(), fmt.Sprintf(
			`SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM %s.%q t WHERE tenant_id = $1`, at, table), of.ID).Scan(&n, &hash))
		out[table] = fmt.Sprint(n, " ", hash)
	}
	return out
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// fixed are the parts of paths that are the same in every tenant.
var fixed = map[string]string{"role_scope": "tenant", "kind": "password.changed"}

// hasIDs reports whether an operation has ids of something in its path.
func hasIDs(op *admin.Operation) bool {
	return slices.ContainsFunc(op.PathParameters(), func(name string) bool { return fixed[name] == "" })
}

// filled are the paths of an operation with foreign ids: each of its parameters has every kind of them
// while the others are the caller's own, and at last all are foreign.
func filled(t *testing.T, op *admin.Operation, own, foreign map[string]string) (paths []string) {
	t.Helper()
	fill := func(id func(name string) string) string {
		return inPath.ReplaceAllStringFunc(op.Path, func(p string) string { return id(strings.Trim(p, "{}")) })
	}
	all := func(ids map[string]string) func(string) string {
		return func(name string) string {
			if always := fixed[name]; always != "" {
				return always
			}
			if ids[name] == "" {
				t.Fatalf("%s has ids of a kind that this test does not make: %s", op.ID, name)
			}
			return ids[name]
		}
	}
	for _, match := range inPath.FindAllStringSubmatch(op.Path, -1) {
		if fixed[match[1]] != "" {
			continue
		}
		for _, id := range foreign {
			paths = append(paths, fill(func(name string) string {
				if name == match[1] {
					return id
				}
				return all(own)(name)
			}))
		}
	}
	return append(paths, fill(all(foreign)))
}

// foreignIDs sends every operation with ids, with every kind of id of another tenant, and fails unless
// each is answered 404 and no row of the other tenant has changed, but for some tables. caller returns
// what sends requests as a new caller, who has all rights in their own tenant.
func (w *world) foreignIDs(what string, own, foreign map[string]string, other *tenant.Tenant, caller func() func(request) *answer, but ...string) {
	w.t.Helper()
	before := w.rows(other)
	operations, requests := 0, 0
	for _, op := range contract.Operations {
		if !hasIDs(op) || op.System {
			continue
		}
		operations++
		send := caller() // each has its own limit
		body := bodies[op.ID]
		if body == nil && op.BodyRequired {
			w.t.Errorf("%s needs a body: add it to this test", op.ID)
		}
		for _, path := range filled(w.t, op, own, foreign) {
			requests++
			got := send(request{method: op.Method, path: path, body: body})
			if got.Status != 404 {
				w.t.Errorf("%s %s: got %d %s, want 404", op.Method, path, got.Status, got.raw)
			}
		}
	}
	after := w.rows(other)
	for table, was := range before {
		if after[table] != was && !slices.Contains(but, table) {
			w.t.Errorf("rows of the other tenant in %s changed: %s, now %s", table, was, after[table])
		}
	}
	fmt.Printf("foreign ids, %s: %d operations × %d kinds = %d requests, %d tables compared\n", what, operations, len(foreign), requests, len(before))
}

// Every operation with ids, with every kind of id of another tenant, by a caller who has all rights in
// their own: 404, and no row of the other tenant is another one.
func TestForeignIDs_areUnknownEverywhere(t *testing.T) {
	t.Parallel()
	for _, levels := range [][2]tenant.Isolation{
		{tenant.Shared, tenant.Shared},
		{tenant.Schema, tenant.Schema},
		{tenant.Database, tenant.Database},
		{tenant.Shared, tenant.Schema},
		{tenant.Schema, tenant.Database},
		{tenant.Database, tenant.Shared},
	} {
		t.Run(fmt.Sprint(levels), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, plintotest.Options{Isolation: levels[0]})
			w.Isolation = levels[1]
			other := w.NewTenant("other", "", tenant.Settings{})
			foreign, own := w.things(other), w.things(w.Tenant)
			w.foreignIDs(fmt.Sprintf("a %s tenant's caller, ids of a %s one", levels[0], levels[1]), own, foreign, other, func() func(request) *answer {
				token := w.tokenFor(w.Tenant, organization.Permissions...)
				return func(q request) *answer {
					q.token = token
					return w.send(q)
				}
			})
		})
	}
}
