package admin_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"plinto/organization"
	"plinto/tenant"
)

// An operator is a client of the system tenant.
type operator struct {
	*world
	system *tenant.Tenant
	token  string
}

func (w *world) operator(rights ...organization.Permission) *operator {
	w.t.Helper()
	system := w.system()
	return &operator{w, system, w.tokenFor(system, rights...)}
}

// system is the system tenant, made when it is needed.
func (w *world) system() *tenant.Tenant {
	w.t.Helper()
	if t, err := w.Store.Tenants.BySlug(w.t.Context(), tenant.SystemSlug); err == nil {
		return t
	}
	return w.NewTenant(tenant.SystemSlug, "", tenant.Settings{})
}

// in sends a request to the system tenant's API, in the tenant of that name; "" is the system tenant.
func (o *operator) in(name string, q request) *answer {
	o.t.Helper()
	header := map[string]string{}
	for k, v := range q.header {
		header[k] = v
	}
	if name != "" {
		header["Plinto-Tenant"] = name
	}
	q.header, q.token, q.path = header, o.token, o.system.Issuer+"/admin/v1"+q.path
	return o.send(q)
}

// log returns the rows of a type in the audit log of a tenant, as "actor type actor id tenant operation outcome".
func (w *world) log(of *tenant.Tenant, kind string) (rows []string) {
	w.t.Helper()
	found, err := w.Owner.Query(w.t.Context(), `
		SELECT concat_ws(' ', actor_type, actor_id, data ->> 'tenant', data ->> 'operation', outcome) FROM audit_log
		WHERE tenant_id = $1 AND type = $2 ORDER BY id`, of.ID, kind)
	must(w.t, err)
	for found.Next() {
		var row string
		must(w.t, found.Scan(&row))
		rows = append(rows, row)
	}
	must(w.t, found.Err())
	return rows
}

func TestActing_systemCallersActInTheTenantThatTheyName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.NewTenant("acme", "", tenant.Settings{})
	o := w.operator(organization.TenantsRead, organization.UsersRead, organization.UsersWrite)

	made := o.in("acme", request{method: "POST", path: "/users", body: m{"email": "ann@example.com"}}).is(201)
	if at := made.Header.Get("Location"); !strings.HasPrefix(at, o.system.Issuer+"/admin/v1/users/") {
		t.Errorf("the user is said to be at %s, where the token is no good", at)
	}
	id := made.text("id")
	o.in(acme.PublicID(), request{method: "GET", path: "/users/" + id}).is(200)
	o.in("", request{method: "GET", path: "/users/" + id}).is(404)
	o.in(tenant.SystemSlug, request{method: "GET", path: "/users/" + id}).is(404)
	w.get("/users/" + id).is(404)
	// Who may only read does not write.
	w.operator(organization.TenantsRead, organization.UsersRead).in("acme", request{method: "POST", path: "/users", body: m{}}).is(403, "insufficient_scope")

	caller := "operator system/client:"
	rows := w.log(acme, "user.created")
	if len(rows) != 1 || !strings.HasPrefix(rows[0], caller) {
		t.Errorf("the tenant's log names as who created the user: %q", rows)
	}
	theirs, ours := w.log(acme, "management.acted"), w.log(o.system, "management.acted")
	for what, rows := range map[string][]string{"the tenant": theirs, "the system tenant": ours} {
		if len(rows) != 2 || !strings.Contains(rows[0], " acme createUser success") || !strings.Contains(rows[1], " acme getUser success") {
			t.Errorf("the log of %s: %q", what, rows)
		}
	}
	if !strings.HasPrefix(theirs[0], caller) || !strings.HasPrefix(ours[0], "client ") {
		t.Errorf("who acted: %q in the tenant, %q in the system tenant", theirs[0], ours[0])
	}
	// Reads are told of once an hour, changes each time, tries like reads.
	for range 3 {
		o.in("acme", request{method: "GET", path: "/users/" + id}).is(200)
		o.in("acme", request{method: "PATCH", path: "/users/" + id, body: m{"username": "ann"}}).is(200)
		o.in("acme", request{method: "DELETE", path: "/users/" + id + "?validate_only=true"}).is(204)
	}
	if theirs, ours = w.log(acme, "management.acted"), w.log(o.system, "management.acted"); len(theirs) != 5 || len(ours) != 6 {
		t.Errorf("%d rows in the tenant, want 5 (its log keeps no tries); %d in the system tenant, want 6: %q", len(theirs), len(ours), ours)
	}
}

// Names of requests, places in lists and versions of one tenant are nothing in another.
func TestActing_keysCursorsAndTagsAreOfOneTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.NewTenant("acme", "", tenant.Settings{})
	w.NewTenant("other", "", tenant.Settings{})
	o := w.operator(organization.TenantsRead, organization.UsersRead, organization.UsersWrite, organization.RolesRead, organization.RolesWrite)
	key := map[string]string{"Idempotency-Key": "once"}
	ids, tags := map[string]string{}, map[string]string{}
	for _, name := range []string{"acme", "other", ""} {
		first := o.in(name, request{method: "POST", path: "/users", body: m{"username": "ann"}, header: key}).is(201)
		if again := o.in(name, request{method: "POST", path: "/users", body: m{"username": "ann"}, header: key}).is(201); again.text("id") != first.text("id") {
			t.Errorf("in %q the same request made two users", name)
		}
		ids[first.text("id")] = name
		o.in(name, request{method: "POST", path: "/users", body: m{"username": "bob"}}).is(201)
		tags[name] = o.in(name, request{method: "POST", path: "/roles", body: m{"scope": "tenant", "key": "one", "name": "One"}}).is(201).Header.Get("ETag")
	}
	if len(ids) != 3 {
		t.Errorf("one key in three tenants made %d users", len(ids))
	}
	cursor := o.in("acme", request{method: "GET", path: "/users?limit=1"}).is(200).text("next_cursor")
	o.in("acme", request{method: "GET", path: "/users?limit=1&after=" + cursor}).is(200)
	o.in("other", request{method: "GET", path: "/users?limit=1&after=" + cursor}).is(400, "invalid_cursor")
	o.in("", request{method: "GET", path: "/users?limit=1&after=" + cursor}).is(400, "invalid_cursor")
	for of, tag := range tags {
		for name := range tags {
			got := o.in(name, request{method: "PATCH", path: "/roles/tenant/one?validate_only=true", body: m{"name": "Two"}, header: map[string]string{"If-Match": tag}})
			if want := map[bool]int{true: 200, false: 412}[of == name]; got.Status != want {
				t.Errorf("in %q with the tag of %q: got %d %s, want %d", name, of, got.Status, got.raw, want)
			}
		}
	}
}

// TEN-22: every operation, by a caller of a tenant that names another tenant, itself or the system
// tenant: refused, and nothing changes anywhere.
func TestActing_isForCallersOfTheSystemTenantOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, system := w.NewTenant("acme", "", tenant.Settings{}), w.system()
	own := w.things(acme)
	maps.Copy(own, fixed)
	own["tenant"] = "acme"
	before, beforeSystem := w.rows(acme), w.rows(system)
	requests := 0
	for _, op := range contract.Operations {
		token := w.tokenFor(w.Tenant, organization.Permissions...)
		for _, name := range []string{"acme", acme.PublicID(), w.Tenant.Slug, tenant.SystemSlug, "nobody"} {
			requests++
			path := inPath.ReplaceAllStringFunc(op.Path, func(p string) string { return own[strings.Trim(p, "{}")] })
			got := w.send(request{method: op.Method, path: path, body: bodies[op.ID], token: token, header: map[string]string{"Plinto-Tenant": name}})
			if code := got.Body["code"]; got.Status != 403 || code != "not_system" && (!op.System || code != "insufficient_scope") {
				t.Errorf("%s in %s: got %d %s, want 403 not_system", op.ID, name, got.Status, got.raw)
			}
		}
	}
	for table, was := range before {
		if now := w.rows(acme)[table]; now != was {
			t.Errorf("rows of acme in %s changed: %s, now %s", table, was, now)
		}
	}
	for table, was := range beforeSystem {
		if now := w.rows(system)[table]; now != was {
			t.Errorf("rows of system in %s changed: %s, now %s", table, was, now)
		}
	}
	fmt.Printf("acting by tenants' callers: %d operations, %d requests\n", len(contract.Operations), requests)
	if refused := w.log(w.Tenant, "management.refused"); len(refused) == 0 {
		t.Error("no refusal is in the log")
	}
}

// TEN-22: what a caller of the system tenant names is decided by its scopes there.
func TestActing_needsTheRightsInTheSystemTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.NewTenant("acme", "", tenant.Settings{})
	list := request{method: "GET", path: "/users"}
	w.operator(organization.UsersRead).in("acme", list).is(403, "permission_missing")
	w.operator(organization.TenantsRead).in("acme", list).is(403, "insufficient_scope")
	o := w.operator(organization.TenantsRead, organization.UsersRead)
	o.in("nobody", list).is(404, "no_such_tenant")
	o.in("../acme", list).is(404, "no_such_tenant")
	o.in(strings.ToUpper("acme"), list).is(404, "no_such_tenant")
	o.in("acme", list).is(200)
	if rows := w.log(o.system, "management.refused"); len(rows) != 2 {
		t.Errorf("the log of the system tenant has %q, want both refusals", rows)
	}
	if rows := w.log(acme, "management.refused"); len(rows) != 0 {
		t.Errorf("the log of the tenant has %q", rows)
	}
	// The operators of a disabled tenant can look into it.
	must(t, w.Registry().Disable(t.Context(), "acme"))
	o.in("acme", list).is(200)
}

// TEN-22: in another tenant, too, nobody gives a right that they have not, or acts on who has more.
func TestActing_givesNoRightThatTheCallerHasNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.NewTenant("acme", "", tenant.Settings{})
	inAcme := tenant.With(t.Context(), acme)
	boss := w.UserIn(acme, "boss@example.com")
	must(t, w.roles().Assign(inAcme, boss.ID, organization.Administrator))
	o := w.operator(organization.TenantsRead, organization.UsersRead, organization.UsersWrite, organization.RolesWrite, organization.ClientsWrite, organization.APIKeysWrite)
	for what, q := range map[string]request{
		"a role":   {method: "POST", path: "/roles", body: m{"scope": "tenant", "key": "x", "name": "X", "permissions": []string{"keys:rotate"}}},
		"a client": {method: "POST", path: "/clients", body: m{"grant_types": []string{"client_credentials"}, "scope": "keys:rotate", "resources": []string{acme.Issuer + "/admin/v1"}}},
		"a key":    {method: "POST", path: "/api-keys", body: m{"name": "x", "permissions": []string{"keys:rotate"}}},
	} {
		if got := o.in("acme", q); got.Status != 403 || got.Body["code"] != "cannot_confer" {
			t.Errorf("%s: got %d %s", what, got.Status, got.raw)
		}
	}
	o.in("acme", request{method: "POST", path: "/users/" + boss.PublicID() + "/recovery-link"}).is(403, "cannot_act_on")
	o.in("acme", request{method: "POST", path: "/roles", body: m{"scope": "tenant", "key": "x", "name": "X", "permissions": []string{"users:read"}}}).is(201)
	if got := o.in("acme", request{method: "POST", path: "/roles", body: m{"scope": "tenant", "key": "y", "name": "Y", "permissions": []string{"tenants:read"}}}); got.Status < 400 {
		t.Errorf("a role of a tenant gives a right over tenants: %s", got.raw)
	}
}

// Every operation with ids, by a caller of the system tenant in one tenant, with the ids of another one
// and with those of the system tenant.
func TestActing_foreignIDsAreUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, other, system := w.NewTenant("acme", "", tenant.Settings{}), w.NewTenant("other", "", tenant.Settings{}), w.system()
	own := w.things(acme)
	caller := func() func(request) *answer {
		o := w.operator(organization.Permissions...)
		return func(q request) *answer { return o.in("acme", q) }
	}
	w.foreignIDs("the operator in acme, ids of other", own, w.things(other), other, caller)
	// The callers are clients of the system tenant, whose log says what they do.
	w.foreignIDs("the operator in acme, ids of system", own, w.things(system), system, caller, "audit_log", "events", "clients", "client_secrets", "access_tokens", "request_trails")
}

// What an operator decides in a tenant holds while the operator has the rights, as what others decide does.
func TestActing_rulesOfOperatorsGiveRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.NewTenant("acme", "", tenant.Settings{})
	o := w.operator(organization.Permissions...)
	made := connectionOf("work")
	maps.Copy(made, m{"groups_claim": "groups", "group_roles": []m{{"group": "it", "role": organization.Administrator}}})
	o.in("acme", request{method: "POST", path: "/connections", body: made}).is(201)
	seen := o.in("acme", request{method: "POST", path: "/connections/work/preview", body: m{"claims": m{"groups": []string{"it"}}}}).is(200)
	roles, _ := seen.Body["roles"].([]any)
	if len(roles) != 1 || roles[0].(m)["withheld"] != false {
		t.Errorf("the rule gives %s", seen.raw)
	}
}
