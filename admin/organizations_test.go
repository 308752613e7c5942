package admin_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
)

func TestOrganizations_areManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/organizations", m{"slug": "acme", "name": "Acme", "external_id": "crm/1", "public_metadata": m{"plan": "pro"}}).is(201)
	at := "/organizations/" + made.text("id")
	if read := w.get(at).is(200); string(read.raw) != string(made.raw) || read.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("made %s, read %s", made.raw, read.raw)
	}
	w.post("/organizations", m{"slug": "acme", "name": "Again"}).is(409, "organization_slug_taken")
	changed := w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": made.Header.Get("ETag")}, body: m{"name": "Acme Inc.", "public_metadata": m{"plan": nil}}}).is(200)
	w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": made.Header.Get("ETag")}, body: m{"name": "X"}}).is(412, "precondition_failed")
	if got := w.get(at).is(200); got.text("name") != "Acme Inc." || got.Header.Get("ETag") != changed.Header.Get("ETag") {
		t.Errorf("got %s", got.raw)
	}
	w.post("/organizations", m{"slug": "beta", "name": "Beta"}).is(201)
	for query, want := range map[string]int{"": 2, "?prefix=ac": 1, "?slug=beta": 1, "?slug=nobody": 0, "?external_id=crm/1": 1} {
		if got := w.get("/organizations" + query).is(200).data(); len(got) != want {
			t.Errorf("%s: %d organizations, want %d", query, len(got), want)
		}
	}
	page := w.get("/organizations?limit=1").is(200)
	if rest := w.get("/organizations?limit=1&after=" + page.text("next_cursor")).is(200); rest.Body["has_more"] != false || len(rest.data()) != 1 {
		t.Errorf("got %s", rest.raw)
	}
	if got := w.post(at+"/suspend", nil).is(200); got.Body["suspended"] != true {
		t.Errorf("got %s", got.raw)
	}
	if got := w.post(at+"/resume", nil).is(200); got.Body["suspended"] != false {
		t.Errorf("got %s", got.raw)
	}
	ann := w.User("ann@example.com")
	w.send(request{method: "PUT", path: at + "/members/" + ann.PublicID(), body: m{"roles": []string{"nobody"}}}).is(404, "role_not_found")
	w.send(request{method: "PUT", path: at + "/members/" + ann.PublicID(), body: m{"roles": []string{"owner"}}}).is(200)
	if got := w.get(at + "/members?count=true").is(200); got.Body["total_count"] != float64(1) || len(got.data()) != 1 {
		t.Errorf("got %s", got.raw)
	}
	of := w.get("/users/" + ann.PublicID() + "/organizations?expand=organization").is(200).data()
	if len(of) != 1 || of[0]["organization"].(m)["name"] != "Acme Inc." || of[0]["roles"].([]any)[0] != "owner" {
		t.Errorf("got %v", of)
	}
	w.send(request{method: "DELETE", path: at + "/members/" + ann.PublicID()}).is(204)
	w.get(at+"/members/"+ann.PublicID()).is(404, "member_not_found")
	w.send(request{method: "DELETE", path: at}).is(204)
	w.get(at).is(404, "organization_not_found")
}

// TEN-10: an administrator of an organization manages that one, as far as their own rights there, and nothing else.
func TestOrganizations_theirAdministratorsManageThemAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := "/organizations/" + w.post("/organizations", m{"slug": "acme", "name": "Acme"}).is(201).text("id")
	other := "/organizations/" + w.post("/organizations", m{"slug": "other", "name": "Other"}).is(201).text("id")
	ann, bob := w.User("ann@example.com"), w.User("bob@example.com")
	for _, at := range []string{acme, other} {
		w.send(request{method: "PUT", path: at + "/members/" + bob.PublicID(), body: m{"roles": []string{"owner"}}}).is(200)
		w.send(request{method: "PUT", path: at + "/members/" + ann.PublicID(), body: m{"roles": []string{"admin"}}}).is(200)
	}
	var all []string
	for _, p := range organization.Permissions {
		if !p.OfSystem() {
			all = append(all, string(p))
		}
	}
	client, secret := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://admin.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
		Scope: "openid " + strings.Join(all, " "), Resources: []string{provider.ManagementResource(w.Tenant)},
	}, plintotest.FirstParty)
	token := w.TokensIn("acme", client, secret, "ann@example.com", "openid "+strings.Join(all, " "))
	send := func(method, path string, body any) *answer {
		return w.send(request{method: method, path: path, body: body, token: token})
	}
	carl := w.User("carl@example.com")
	send("GET", acme, nil).is(200)
	send("GET", acme+"/members", nil).is(200)
	// Nobody is added without being asked, and whether there is such a user is not told.
	send("PUT", acme+"/members/"+carl.PublicID(), m{"roles": []string{"member"}}).is(403, "member_invitation_needed")
	send("PUT", acme+"/members/user_01h455vb4pex5vsknk084sn02q", m{"roles": []string{"member"}}).is(403, "member_invitation_needed")
	w.send(request{method: "PUT", path: acme + "/members/" + carl.PublicID(), body: m{"roles": []string{"member"}}}).is(200)
	send("PUT", acme+"/members/"+carl.PublicID(), m{"roles": []string{"admin"}}).is(200)
	send("PUT", acme+"/members/"+carl.PublicID(), m{"roles": []string{"owner"}}).is(403, "cannot_confer")
	send("PUT", acme+"/members/"+ann.PublicID(), m{"roles": []string{"owner"}}).is(403, "cannot_confer")
	send("DELETE", acme+"/members/"+bob.PublicID(), nil).is(403, "cannot_act_on")
	send("PATCH", acme, m{"name": "Mine"}).is(403, "permission_missing")
	for _, path := range []string{other, other + "/members", other + "/members/" + bob.PublicID(), "/organizations", "/users", "/clients", "/roles", "/api-keys"} {
		send("GET", path, nil).is(403, "permission_missing")
	}
	send("PUT", other+"/members/"+carl.PublicID(), m{"roles": []string{"member"}}).is(403, "permission_missing")
	w.post(acme+"/suspend", nil).is(200)
	send("GET", acme, nil).is(401, "invalid_token")
}

// PAG-08: mails and the consent page call an organization by its name, so whoever manages it alone does not take the tenant's, the
// product's, or that of an office.
func TestOrganizations_theirAdministratorsGiveNoMisleadingNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := "/organizations/" + w.post("/organizations", m{"slug": "acme", "name": "Acme"}).is(201).text("id")
	ann := w.User("ann@example.com")
	w.send(request{method: "PUT", path: acme + "/members/" + ann.PublicID(), body: m{"roles": []string{"owner"}}}).is(200)
	scope := "openid " + string(organization.OrganizationsRead) + " " + string(organization.OrganizationsWrite)
	client, secret := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://admin.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
		Scope: scope, Resources: []string{provider.ManagementResource(w.Tenant)},
	}, plintotest.FirstParty)
	token := w.TokensIn("acme", client, secret, "ann@example.com", scope)
	patch := func(body m) *answer { return w.send(request{method: "PATCH", path: acme, body: body, token: token}) }
	w.send(request{method: "PATCH", path: "/branding", body: m{"name": "North Bank"}}).is(200)
	for _, body := range []m{{"name": w.Tenant.Name}, {"name": "North Bank™"}, {"slug": "north-bank"}, {"name": "Plint\u043e"}, {"name": "Security Team"}, {"slug": "plinto"}} {
		patch(body).is(400, "organization_name_misleads")
	}
	patch(m{"name": "Acme Ltd", "slug": "acme-ltd"}).is(200)
	w.send(request{method: "PATCH", path: acme, body: m{"name": w.Tenant.Name}}).is(200) // who manages the tenant may
	patch(m{"external_id": "x"}).is(200)                                                 // and it stays
}

func TestAPIKeys_areMadeAndRevokedByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/api-keys", m{"name": "script", "permissions": []string{"users:read"}, "expires_in": 3600}).is(201)
	key := made.text("secret")
	w.send(request{method: "GET", path: "/users", token: key}).is(200)
	if got := w.get("/api-keys").is(200); len(got.data()) != 1 || strings.Contains(string(got.raw), key) {
		t.Errorf("got %s", got.raw)
	}
	maker := w.tokenFor(w.Tenant, organization.APIKeysWrite)
	w.send(request{method: "POST", path: "/api-keys", body: m{"name": "more", "permissions": []string{"users:read"}}, token: maker}).is(403, "cannot_confer")
	w.send(request{method: "DELETE", path: "/api-keys/" + made.text("id"), token: maker}).is(403, "cannot_act_on")
	w.send(request{method: "DELETE", path: "/api-keys/" + made.text("id")}).is(204)
	w.send(request{method: "GET", path: "/users", token: key}).is(401, "invalid_token")
}

func TestOrganizations_areCreatedOrChangedByTheirExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(query string, body m) *answer {
		return w.send(request{method: "PUT", path: "/organizations/by-external-id?external_id=crm-7" + query, body: body})
	}
	acme := m{"slug": "acme", "name": "Acme", "private_metadata": m{"plan": "pro"}}
	put("", m{"slug": "acme"}).is(400, "invalid_body")
	put("", m{"slug": "acme", "name": "Acme", "external_id": "crm-8"}).is(400, "invalid_body")
	put("&validate_only=true", acme).is(201)
	if n := w.count(`SELECT count(*) FROM organizations`); n != 0 {
		t.Fatalf("%d organizations after a try", n)
	}
	made := put("", acme).is(201)
	if made.text("external_id") != "crm-7" || made.Header.Get("Location") == "" {
		t.Errorf("made %s", made.raw)
	}
	if again := put("", acme).is(200); again.text("id") != made.text("id") || again.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("again: %s", again.raw)
	}
	if got := put("", m{"name": "Acme Inc."}).is(200); got.text("name") != "Acme Inc." || got.text("slug") != "acme" || got.Body["private_metadata"].(m)["plan"] != "pro" {
		t.Errorf("changed: %s", got.raw)
	}
	_, err := w.Owner.Exec(t.Context(), `UPDATE organizations SET managed_by = 'acme.yaml'`)
	must(t, err)
	put("", m{"name": "Other"}).is(409, "managed_by_manifest")
	put("&force=true", m{"name": "Other"}).is(200)
	w.send(request{method: "PUT", path: "/organizations/by-external-id?external_id=crm-9", body: acme, token: w.tokenFor(w.Tenant, organization.OrganizationsRead)}).is(403, "insufficient_scope")
}
