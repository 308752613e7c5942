package admin_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/organization"
	"plinto/provider"
)

// What is named besides a list is shown to who may read it, by one statement for each kind.
func TestExpand_showsWhatMayBeRead(t *testing.T) {
	t.Parallel()
	sql := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: sql})
	ann := w.User("ann@example.com")
	at := w.acme()
	w.send(request{method: "PUT", path: at + "/members/" + ann.PublicID(), body: m{"roles": []string{"member"}}}).is(200)
	for range 2 {
		shop, secret := w.Client(provider.Metadata{ClientName: "Shop", RedirectURIs: []string{"https://shop.example/cb"}, Scope: "openid"})
		w.TokensIn("acme", shop, secret, "ann@example.com", "openid")
	}
	path := "/users/" + ann.PublicID() + "/grants"
	all := w.get(path + "?expand=client,organization").is(200).data()
	if len(all) != 2 {
		t.Fatalf("got %v", all)
	}
	for _, g := range all {
		app, org := g["application"].(m), g["organization"].(m)
		if app["id"] != g["client"] || app["client_name"] != "Shop" || org["id"] != g["organization_id"] || org["slug"] != "acme" {
			t.Errorf("got %v", g)
		}
	}
	if plain := w.get(path).is(200).data()[0]; plain["application"] != nil || plain["organization"] != nil {
		t.Errorf("without being asked for: %v", plain)
	}
	for _, c := range w.get("/users/" + ann.PublicID() + "/consents?expand=client").is(200).data() {
		if c["application"].(m)["id"] != c["client"] {
			t.Errorf("got %v", c)
		}
	}
	sent, _ := sql.During(func() { w.get(path + "?expand=client").is(200) })
	clients := 0
	for _, s := range sent {
		if strings.Contains(s, "FROM clients c WHERE c.id = ANY") {
			clients++
		}
	}
	if clients != 1 {
		t.Errorf("%d statements for clients: %q", clients, sent)
	}
}

// TEN-06: expand is no way around the right to read what is expanded.
func TestExpand_needsTheRightToReadIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	boss := w.insider(at, "boss@example.com", "owner")
	ann := w.User("ann@example.com")
	w.send(request{method: "POST", path: at + "/invitations", body: m{"email": "bob@example.com"}, token: boss}).is(201)
	if i := w.get(at + "/invitations?expand=inviter").is(200).data()[0]; i["inviter"].(m)["email"] != "boss@example.com" || i["inviter"].(m)["id"] != i["inviter_id"] {
		t.Errorf("got %v", i)
	}
	reader := w.tokenFor(w.Tenant, organization.GrantsRead, organization.MembersRead)
	for _, c := range []struct{ path, token string }{
		{"/users/" + ann.PublicID() + "/grants?expand=client", reader},
		{"/users/" + ann.PublicID() + "/grants?expand=organization", reader},
		{"/users/" + ann.PublicID() + "/grants?expand=client,organization", w.tokenFor(w.Tenant, organization.GrantsRead, organization.ClientsRead)},
		{"/users/" + ann.PublicID() + "/consents?expand=client", reader},
		{at + "/invitations?expand=inviter", reader},
		{at + "/invitations?expand=inviter", boss},
	} {
		w.send(request{method: "GET", path: c.path, token: c.token}).is(403, "permission_missing")
		path, _, _ := strings.Cut(c.path, "?")
		w.send(request{method: "GET", path: path, token: c.token}).is(200)
	}
}
