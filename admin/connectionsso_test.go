package admin_test

import "testing"

// Whom a connection leads by the domain of their address can be asked before it is set, with how many users that are.
func TestConnectionSSO_saysWhomItAffects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User("alice@acme.example")
	w.User("bob@acme.example")
	w.User("carol@other.example")
	body := connectionOf("work")
	body["email_domains"] = []string{"acme.example", "gmail.com"}
	w.post("/connections", body).is(201)
	asked := w.get("/connections/work/sso").is(200)
	if asked.text("sso") != "off" || asked.Body["affected_users"] != float64(2) || asked.Body["affected_more"] != false ||
		len(asked.Body["leads"].([]any)) != 1 || asked.Body["waits"].([]any)[0] != "gmail.com" {
		t.Errorf("before: %s", asked.raw)
	}
	patch := func(change m) *answer { return w.patch("/connections/work", change) }
	patch(m{"sso": "required"}).is(400, "invalid_connection") // gmail.com is nobody's own
	got := patch(m{"sso": "required", "email_domains": []string{"acme.example"}, "sso_exempt": []string{"bob@acme.example"}}).is(200)
	if got.text("sso") != "required" || got.Body["sso_exempt"].([]any)[0] != "bob@acme.example" {
		t.Errorf("changed: %s", got.raw)
	}
	if asked := w.get("/connections/work/sso").is(200); asked.text("sso") != "required" || asked.Body["affected_users"] != float64(1) {
		t.Errorf("after: %s", asked.raw)
	}
	if got := patch(m{"sso": nil, "sso_exempt": []string{}}).is(200); got.text("sso") != "off" {
		t.Errorf("taken back: %s", got.raw)
	}
	w.get("/connections/nobody/sso").is(404, "connection_not_found")
}
