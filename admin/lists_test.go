package admin_test

import (
	"slices"
	"strings"
	"testing"

	"plinto/admin"
)

// Every list that has pages can be counted. The events are one stream: nobody goes through it to its end.
func TestLists_canBeCounted(t *testing.T) {
	t.Parallel()
	lists := 0
	for _, op := range contract.Operations {
		has := func(name string) bool {
			return slices.ContainsFunc(op.Parameters, func(p admin.Parameter) bool { return p.Name == name })
		}
		if op.Method != "GET" || !has("limit") || op.ID == "listEvents" {
			continue
		}
		lists++
		if !has("count") {
			t.Errorf("%s has no count", op.ID)
		}
	}
	if lists < 14 {
		t.Errorf("only %d lists", lists)
	}
}

func TestLists_countWhatFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme()
	w.post("/organizations", m{"slug": "globex", "name": "Globex", "external_id": "crm-1"}).is(201)
	u := w.User("ann@example.com")
	for _, role := range []string{"member", "admin"} {
		w.send(request{method: "PUT", path: at + "/members/" + u.PublicID(), body: m{"roles": []string{role}}}).is(200)
	}
	for _, name := range []string{"a.example", "b.example", "c.example"} {
		w.post(at+"/domains", m{"domain": name}).is(201)
		w.post(at+"/invitations", m{"email": "bob@" + name}).is(201)
	}
	first := w.get(at + "/invitations?limit=1").is(200).data()[0]
	w.send(request{method: "DELETE", path: at + "/invitations/" + first["id"].(string)}).is(204)
	for path, want := range map[string]float64{
		"/organizations?": 2, "/organizations?prefix=gl&": 1, "/organizations?slug=acme&": 1, "/organizations?slug=nobody&": 0, "/organizations?external_id=crm-1&": 1,
		at + "/members?": 1, at + "/domains?": 3, at + "/invitations?": 3, at + "/invitations?state=open&": 2, at + "/invitations?state=revoked&": 1,
		at + "/invitations?state=accepted&": 0, at + "/invitations?state=expired&": 0,
		"/users/" + u.PublicID() + "/organizations?": 1, "/jobs?": 0, "/audit-log?type=organization.created&": 2,
		"/audit-log?type=domain.added,organization.domain_added&outcome=failure&": 0,
	} {
		got := w.get(path + "limit=1&count=true").is(200)
		if got.Body["total_count"] != want || got.Body["has_more"] != (want > 1) {
			t.Errorf("%s: %s, want %v", path, got.raw, want)
		}
		if got := w.get(path + "limit=1").is(200); got.Body["total_count"] != nil {
			t.Errorf("%s is counted without being asked for", path)
		}
	}
}

// A cursor of one state is none of another.
func TestInvitations_areListedByState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.acme() + "/invitations"
	var ids []string
	for _, name := range []string{"a", "b", "c", "d"} {
		ids = append(ids, w.post(at, m{"email": name + "@example.com"}).is(201).text("id"))
	}
	w.send(request{method: "DELETE", path: at + "/" + ids[1]}).is(204)
	_, err := w.Owner.Exec(t.Context(), `UPDATE organization_invitations SET expires_at = now() - interval '1 day' WHERE email = 'd@example.com'`)
	must(t, err)
	listed := func(state string) (out string) {
		for _, i := range w.get(at + "?state=" + state).is(200).data() {
			if i["state"] != state {
				t.Errorf("listed as %s: %v", state, i)
			}
			out += i["email"].(string)[:1]
		}
		return out
	}
	if got := strings.Join([]string{listed("open"), listed("revoked"), listed("expired"), listed("accepted")}, " "); got != "ac b d " {
		t.Errorf("got %q", got)
	}
	page := w.get(at + "?state=open&limit=1").is(200)
	w.get(at+"?limit=1&after="+page.text("next_cursor")).is(400, "invalid_cursor")
	w.get(at+"?state=lost").is(400, "invalid_parameters")
}
