package admin_test

import (
	"fmt"
	"testing"
	"time"
)

// MGT-07: a row that somebody changes while it is to be deleted in the version of before is not deleted.
func TestDeletions_compareTheVersionWithTheRowThatTheyDelete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, table, create string
		body                m
		at                  func(made *answer) string
	}{
		{"user", "users", "/users", m{"username": "ann"}, func(a *answer) string { return "/users/" + a.text("id") + "?permanent=true" }},
		{"organization", "organizations", "/organizations", m{"slug": "one", "name": "One"}, func(a *answer) string { return "/organizations/" + a.text("id") }},
		{"role", "roles", "/roles", m{"scope": "tenant", "key": "one", "name": "One"}, func(*answer) string { return "/roles/tenant/one" }},
		{"client", "clients", "/clients", m{"grant_types": []string{"client_credentials"}}, func(a *answer) string { return "/clients/" + a.text("id") }},
		{"resource server", "resource_servers", "/resource-servers", m{"identifier": "https://one.example"}, func(a *answer) string { return "/resource-servers/" + a.text("id") }},
		{"connection", "connections", "/connections", m{"slug": "one", "name": "One", "issuer": "https://idp.example.com", "client_id": "plinto", "client_secret": "a secret"}, func(a *answer) string { return "/connections/" + a.text("id") }},
		{"webhook endpoint", "webhook_endpoints", "/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.deleted"}}, func(a *answer) string { return "/webhook-endpoints/" + a.text("id") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			made := w.post(c.create, c.body).is(201)
			at := c.at(made)
			if got := w.whileChanged(c.table, request{method: "DELETE", path: at, header: map[string]string{"If-Match": made.Header.Get("ETag")}}); got.Status != 412 {
				t.Errorf("it was changed meanwhile, and deleting it got %d %s", got.Status, got.raw)
			}
			now := w.get(at[:len(at)-len(afterPath(at))]).is(200).Header.Get("ETag")
			w.send(request{method: "DELETE", path: at, header: map[string]string{"If-Match": now}}).is(204)
		})
	}
}

// MGT-07: nor is an endpoint changed over what somebody else made of it.
func TestWebhookEndpoints_areChangedInTheVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/webhook-endpoints", m{"url": "https://hooks.example.com/in", "events": []string{"user.deleted"}}).is(201)
	q := request{method: "PATCH", path: "/webhook-endpoints/" + made.text("id"), body: m{"description": "x"}, header: map[string]string{"If-Match": made.Header.Get("ETag")}}
	if got := w.whileChanged("webhook_endpoints", q); got.Status != 412 {
		t.Errorf("it was changed meanwhile, and changing it got %d %s", got.Status, got.raw)
	}
}

// afterPath is the query of an address with its question mark.
func afterPath(at string) string {
	for i, c := range at {
		if c == '?' {
			return at[i:]
		}
	}
	return ""
}

// whileChanged sends a request while somebody changes every row of a table, and has it wait for them.
func (w *world) whileChanged(table string, q request) *answer {
	w.t.Helper()
	tx, err := w.Owner.Begin(w.t.Context())
	must(w.t, err)
	defer tx.Rollback(w.t.Context())
	_, err = tx.Exec(w.t.Context(), fmt.Sprintf(`UPDATE %q SET updated_at = now()`, table))
	must(w.t, err)
	done := make(chan *answer)
	go func() { done <- w.send(q) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case got := <-done:
			w.t.Fatalf("the request did not wait: %d %s", got.Status, got.raw)
		case <-tick.C:
			if w.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid`) == 0 {
				continue
			}
			must(w.t, tx.Commit(w.t.Context()))
			return <-done
		}
	}
}
