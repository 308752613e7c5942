package admin_test

import (
	"slices"
	"testing"

	"plinto/organization"
)

// MGT-10: who tries what they may not is seen, and nobody fills the log by it.
func TestRefusals_areInTheLogAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokenOf(w.Tenant, "curious", organization.UsersRead, organization.RolesWrite)
	w.send(request{method: "GET", path: "/settings", token: token}).is(403, "insufficient_scope")
	w.send(request{method: "POST", path: "/roles", token: token, body: m{"scope": "tenant", "key": "x", "name": "X", "permissions": []string{"keys:rotate"}}}).is(403, "cannot_confer")
	want := []string{"client curious getSettings failure", "client curious createRole failure"}
	if rows := w.log(w.Tenant, "management.refused"); !slices.Equal(rows, want) {
		t.Errorf("got %q, want %q", rows, want)
	}
	for range 30 {
		w.send(request{method: "GET", path: "/settings", token: token}).is(403)
	}
	for _, nobody := range []string{"none", "wrong", "plk_wrong"} {
		w.send(request{method: "GET", path: "/settings", token: nobody}).is(401)
	}
	if rows := w.log(w.Tenant, "management.refused"); len(rows) < 10 || len(rows) > 12 {
		t.Errorf("%d rows, want 10", len(rows))
	}
	// What was refused for want of a right changed nothing; its reason is in the row.
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'management.refused' AND reason IN ('insufficient_scope', 'cannot_confer')`); n < 10 {
		t.Errorf("%d rows have their reason", n)
	}
}
