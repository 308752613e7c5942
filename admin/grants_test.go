package admin_test

import (
	"strings"
	"testing"

	"plinto/organization"
	"plinto/provider"
)

func TestGrants_areListedAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.User("ann@example.com"), w.User("bob@example.com")
	shop, secret := w.Client(provider.Metadata{RedirectURIs: []string{"https://shop.example/cb"}, Scope: "openid offline_access", GrantTypes: []string{provider.GrantCode, provider.GrantRefresh}})
	first := w.Tokens(shop, secret, "ann@example.com", "openid offline_access")
	w.Tokens(shop, secret, "ann@example.com", "openid")
	w.Tokens(shop, secret, "bob@example.com", "openid")
	path := "/users/" + ann.PublicID() + "/grants"
	all := w.get(path + "?order=asc&count=true").is(200)
	grants := all.data()
	if len(grants) != 2 || all.Body["total_count"] != 2.0 || grants[0]["offline"] != true || grants[0]["client"] != shop.PublicID() || !strings.HasPrefix(grants[0]["id"].(string), "grant_") {
		t.Fatalf("got %s", all.raw)
	}
	page := w.get(path + "?limit=1").is(200)
	if next := w.get(path + "?limit=1&after=" + page.text("next_cursor")).is(200); next.data()[0]["id"] != grants[0]["id"] || next.Body["has_more"] != false {
		t.Errorf("the second page is %s", next.raw)
	}
	w.get("/users/"+bob.PublicID()+"/grants?after="+page.text("next_cursor")).is(400, "invalid_cursor")

	one := path + "/" + grants[0]["id"].(string)
	w.send(request{method: "DELETE", path: "/users/" + bob.PublicID() + "/grants/" + grants[0]["id"].(string)}).is(404, "grant_not_found")
	w.send(request{method: "DELETE", path: one + "?validate_only=true"}).is(204)
	if left := w.get(path).is(200).data(); len(left) != 2 {
		t.Errorf("a try ended a grant: %v", left)
	}
	w.send(request{method: "DELETE", path: one, token: w.tokenFor(w.Tenant, organization.GrantsRead)}).is(403, "insufficient_scope")
	w.send(request{method: "DELETE", path: one}).is(204)
	w.send(request{method: "DELETE", path: one}).is(404, "grant_not_found")
	if left := w.get(path).is(200).data(); len(left) != 1 || left[0]["id"] != grants[1]["id"] {
		t.Errorf("left are %v", left)
	}
	if got := w.Send("POST", "/oauth2/token", map[string][]string{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"]}, "client_id": {shop.ClientID}, "client_secret": {secret}}); got.StatusCode != 400 {
		t.Errorf("the refresh token of the grant is good: %s", got.Text)
	}
	if rows := w.log(w.Tenant, "grant.revoked"); len(rows) != 1 || !strings.HasPrefix(rows[0], "client ") {
		t.Errorf("the log has %q", rows)
	}
}

func TestSessions_thatAreNotThereCannotBeEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.User("ann@example.com"), w.User("bob@example.com")
	shop, secret := w.Client(provider.Metadata{RedirectURIs: []string{"https://shop.example/cb"}, Scope: "openid"})
	w.Tokens(shop, secret, "ann@example.com", "openid")
	all := w.get("/users/" + ann.PublicID() + "/sessions?count=true").is(200)
	if all.Body["total_count"] != 1.0 {
		t.Errorf("counted %s", all.raw)
	}
	id := all.data()[0]["id"].(string)
	w.send(request{method: "DELETE", path: "/users/" + bob.PublicID() + "/sessions/" + id}).is(404, "session_not_found")
	w.send(request{method: "DELETE", path: "/users/" + ann.PublicID() + "/sessions/" + id}).is(204)
	w.send(request{method: "DELETE", path: "/users/" + ann.PublicID() + "/sessions/" + id}).is(404, "session_not_found")
}

func TestLists_countWhenTheyAreAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.things(w.Tenant)
	endpoint := w.get("/webhook-endpoints").is(200).data()[0]["id"].(string)
	w.post("/webhook-endpoints/"+endpoint+"/test", nil).is(200)
	for path, least := range map[string]float64{
		"/clients": 3, "/clients?client_id=nobody": 0, "/resource-servers": 1, "/api-keys": 1, "/webhook-endpoints/" + endpoint + "/deliveries": 0,
	} {
		with := path + "?count=true"
		if strings.Contains(path, "?") {
			with = path + "&count=true"
		}
		if n, ok := w.get(with).is(200).Body["total_count"].(float64); !ok || n < least || least == 0 && strings.Contains(path, "nobody") && n != 0 {
			t.Errorf("%s counts %v", path, n)
		}
		if _, counted := w.get(path).is(200).Body["total_count"]; counted {
			t.Errorf("%s counts without being asked", path)
		}
	}
}
