package admin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plinto/admin"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/provider"
)

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// fill puts a user, and something for everything else, into a path.
func fill(path, user string) string {
	return placeholder.ReplaceAllString(strings.ReplaceAll(path, "{user_id}", user), "x")
}

// bodyFor is a body that an operation takes.
func bodyFor(op *admin.Operation) any {
	if op.MediaType == "" {
		return nil
	}
	return m{}
}

func TestRoles_areManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/roles", m{"scope": "tenant", "key": "support", "name": "Support", "permissions": []string{"users:read", "orders:read"}}).is(201)
	at := "/roles/tenant/support"
	if read := w.get(at).is(200); string(read.raw) != string(made.raw) {
		t.Errorf("made %s, read %s", made.raw, read.raw)
	}
	w.post("/roles", m{"scope": "tenant", "key": "support", "name": "Again"}).is(409, "role_key_taken")
	w.post("/roles", m{"scope": "tenant", "key": "administrator", "name": "Mine"}).is(409, "role_key_taken")
	w.post("/roles", m{"scope": "organization", "key": "x", "name": "X", "permissions": []string{"keys:rotate"}}).is(400, "invalid_role")
	w.post("/roles", m{"scope": "tenant", "key": "y", "name": "Y", "includes": []string{"nobody"}}).is(400, "invalid_role")
	w.post("/roles", m{"scope": "tenant", "key": "lead", "name": "Lead", "includes": []string{"support"}}).is(201)
	w.patch(at, m{"includes": []string{"lead"}}).is(400, "invalid_role")
	w.patch("/roles/tenant/administrator", m{"name": "Me"}).is(409, "role_built_in")
	changed := w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": made.Header.Get("ETag")}, body: m{"description": "Reads.", "permissions": nil}}).is(200)
	w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": made.Header.Get("ETag")}, body: m{"name": "S"}}).is(412)
	if changed.text("description") != "Reads." || len(changed.Body["permissions"].([]any)) != 0 {
		t.Errorf("got %s", changed.raw)
	}
	if all := w.get("/roles?scope=tenant").is(200).data(); len(all) != 3 {
		t.Errorf("got %v", all)
	}
	ann := w.User("ann@example.com")
	user := ann.PublicID()
	w.send(request{method: "PUT", path: "/users/" + user + "/roles/lead"}).is(204)
	if got := w.get("/users/" + user + "/roles").is(200); !strings.Contains(string(got.raw), `"roles":["lead"]`) {
		t.Errorf("got %s", got.raw)
	}
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "role_not_found")
	if lead := w.get("/roles/tenant/lead").is(200); len(lead.Body["includes"].([]any)) != 0 {
		t.Errorf("a role that is gone is included: %s", lead.raw)
	}
	w.send(request{method: "DELETE", path: "/users/" + user + "/roles/lead"}).is(204)
}

// userToken is a token that a user got for an application with scopes.
func (w *world) userToken(email, scope string) string {
	w.t.Helper()
	client, secret := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://admin.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
		Scope: "openid " + scope, Resources: []string{provider.ManagementResource(w.Tenant)},
	}, plintotest.FirstParty)
	return w.Tokens(client, secret, email, "openid "+scope)["access_token"]
}

func TestUsers_haveTheRightsOfTheirRolesAsFarAsTheScopesOfTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.User("ann@example.com")
	token := w.userToken("ann@example.com", "users:read users:write")
	w.send(request{method: "GET", path: "/users", token: token}).is(403, "permission_missing")
	if w.count(`SELECT count(*) FROM audit_log WHERE type = 'management.refused'`) != 1 {
		t.Error("the audit log does not show the refusal")
	}
	w.post("/roles", m{"scope": "tenant", "key": "reader", "name": "Reader", "permissions": []string{"users:read", "roles:read"}}).is(201)
	must(t, w.roles().Assign(w.In(), ann.ID, "reader"))
	w.send(request{method: "GET", path: "/users", token: token}).is(200) // at once, with the token of before
	w.send(request{method: "POST", path: "/users", token: token, body: m{"username": "x"}}).is(403, "permission_missing")
	w.send(request{method: "GET", path: "/roles", token: token}).is(403, "insufficient_scope")
	must(t, w.roles().Unassign(w.In(), ann.ID, "reader"))
	w.send(request{method: "GET", path: "/users", token: token}).is(403, "permission_missing")
	must(t, w.roles().Assign(w.In(), ann.ID, organization.Administrator))
	w.send(request{method: "POST", path: "/users", token: token, body: m{"username": "x"}}).is(201)
	// An application gives no right that it was not given, whoever its user is.
	narrow := w.userToken("ann@example.com", "roles:write")
	w.send(request{method: "POST", path: "/roles", token: narrow, body: m{"scope": "tenant", "key": "k", "name": "K", "permissions": []string{"keys:rotate"}}}).is(403, "cannot_confer")
}

// A client may only use the API when it names it, whatever its scopes are called.
func TestTokens_areForTheAPIOnlyWhenTheClientNamesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.API("https://orders.example", "Orders", "users:read")
	client, secret := w.Client(provider.Metadata{GrantTypes: []string{provider.GrantClientCredentials}, Scope: "users:read"})
	a := w.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"users:read"}}, plintotest.As(client, secret))
	token, ok := a.JSON["access_token"].(string)
	if !ok {
		t.Fatalf("no token: %s", a.Text)
	}
	w.send(request{method: "GET", path: "/users", token: token}).is(403, "insufficient_scope")
}

func TestAPIKeys_callTheAPIWithTheRightsTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := &apikey.Service{Store: w.Store.APIKeys, Roles: w.roles(), Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now}
	ann := w.User("ann@example.com")
	must(t, w.roles().Assign(w.In(), ann.ID, organization.Administrator))
	key, plain, err := keys.Create(w.In(), apikey.New{Name: "script", UserID: ann.ID, Permissions: []organization.Permission{organization.UsersRead}})
	must(t, err)
	w.send(request{method: "GET", path: "/users", token: plain.Reveal()}).is(200)
	w.send(request{method: "POST", path: "/users", token: plain.Reveal(), body: m{"username": "x"}}).is(403, "permission_missing")
	must(t, w.roles().Unassign(w.In(), ann.ID, organization.Administrator))
	w.send(request{method: "GET", path: "/users", token: plain.Reveal()}).is(403, "permission_missing")
	must(t, keys.Revoke(w.In(), key.ID))
	w.send(request{method: "GET", path: "/users", token: plain.Reveal()}).is(401, "invalid_token")
}
