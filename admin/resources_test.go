package admin_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestKeys_areListedAndRotated(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // its token made the first keys
	active := func() (kid string) {
		for _, k := range w.get("/keys").is(200).data() {
			if k["alg"] == "ES256" && k["state"] == "active" {
				kid = k["kid"].(string)
			}
		}
		return kid
	}
	first := active()
	w.post("/keys/rotate?validate_only=true", m{"algs": []string{"ES256"}}).is(200)
	if active() != first {
		t.Error("keys that were only checked were rotated")
	}
	w.post("/keys/rotate", m{"algs": []string{"ES256"}}).is(200)
	if now := active(); now == first || now == "" {
		t.Errorf("signs with %s, and did with %s", now, first)
	}
	w.post("/keys/rotate", m{"algs": []string{"none"}}).is(400, "invalid_body")
}

func TestRegistrationTokens_areMadeListedAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/registration-tokens", m{"name": "partners", "uses": 3}).is(201)
	if !strings.HasPrefix(made.text("token"), "plia_") {
		t.Errorf("made %s", made.raw)
	}
	list := w.get("/registration-tokens").is(200)
	if d := list.data(); len(d) != 1 || d[0]["id"] != made.text("id") || d[0]["uses_left"] != float64(3) || strings.Contains(string(list.raw), "plia_") {
		t.Errorf("listed %s", list.raw)
	}
	w.send(request{method: "DELETE", path: "/registration-tokens/" + made.text("id")}).is(204)
	w.send(request{method: "DELETE", path: "/registration-tokens/" + made.text("id")}).is(404, "registration_token_not_found")
}

func TestUserEmails_areAddedMadePrimaryAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/users/" + w.post("/users", m{"email": "ann@example.com", "email_verified": true}).is(201).text("id") + "/emails"
	added := w.post(at, m{"email": "ann@work.example"}).is(201)
	list := w.post(at+"/"+added.text("id")+"/make-primary", nil).is(200).data()
	if len(list) != 2 || list[0]["email"] != "ann@work.example" || list[0]["primary"] != true {
		t.Errorf("addresses are %v", list)
	}
	w.send(request{method: "DELETE", path: at + "/" + list[1]["id"].(string)}).is(204)
	if got := w.get(at).is(200).data(); len(got) != 1 {
		t.Errorf("addresses are %v", got)
	}
	w.post("/users", m{"email": "bob@example.com"}).is(201)
	w.post(at, m{"email": "bob@example.com"}).is(409, "email_taken")
}

func TestUserFactorsAndConsents_areListedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/users/" + w.post("/users", m{"email": "ann@example.com"}).is(201).text("id")
	if got := w.get(at + "/factors").is(200).data(); len(got) != 0 {
		t.Errorf("factors are %v", got)
	}
	w.send(request{method: "DELETE", path: at + "/factors"}).is(204)
	w.send(request{method: "DELETE", path: at + "/password"}).is(204) // there is none
	w.send(request{method: "DELETE", path: at + "/factors/pk_x"}).is(404, "factor_not_found")
	if got := w.get(at + "/consents").is(200).data(); len(got) != 0 {
		t.Errorf("consents are %v", got)
	}
	w.send(request{method: "DELETE", path: at + "/consents"}).is(204)
}

func TestAuditLog_isReadByCursorsAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := ""
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		id = w.post("/users", m{"username": name}).is(201).text("id")
	}
	seen := map[string]bool{}
	at := "/audit-log?type=user.created&limit=2"
	for n, next := 0, at; ; n++ {
		page := w.get(next).is(200)
		for _, row := range page.data() {
			seen[row["subject"].(string)] = true
		}
		if page.Body["has_more"] != true {
			if n != 2 || len(seen) != 5 {
				t.Errorf("%d users on %d pages", len(seen), n+1)
			}
			break
		}
		next = at + "&after=" + page.text("next_cursor")
	}
	rows := w.get("/audit-log?subject=" + id).is(200).data()
	if len(rows) != 1 || rows[0]["actor_type"] != "client" {
		t.Errorf("rows are %v", rows)
	}
	if got := w.get("/audit-log/" + rows[0]["id"].(string)).is(200); got.text("subject") != id {
		t.Errorf("got %s", got.raw)
	}
	w.get("/audit-log/nothing").is(404, "audit_row_unknown")
	w.get("/audit-log?since=yesterday").is(400, "invalid_parameters")
}

func TestEvents_areFollowedFromAPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/users", m{"username": "a"}).is(201)
	next := func(from string) (at string, types []string) {
		for at = from; ; {
			page := w.get("/events?limit=100&after=" + at).is(200)
			for _, e := range page.data() {
				if e["type"] != "audit.read" && e["type"] != "key.created" { // a worker makes keys of a new tenant when it comes to it
					types = append(types, e["type"].(string))
				}
			}
			at = fmt.Sprintf("%.0f", page.Body["next"])
			if page.Body["has_more"] != true {
				return at, types
			}
		}
	}
	at, types := next("-1")
	if !strings.Contains(strings.Join(types, " "), "user.created") {
		t.Errorf("events are %v", types)
	}
	w.post("/users", m{"username": "b"}).is(201)
	if _, types := next(at); len(types) != 1 || types[0] != "user.created" {
		t.Errorf("then %v", types)
	}
	w.get("/events?after=100000").is(400, "cursor_unknown")
}

func TestStatistics_areOfDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.get("/statistics?from=2026-01-01&to=2026-01-31").is(200); len(got.Body["days"].([]any)) != 31 {
		t.Errorf("got %s", got.raw)
	}
	w.get("/statistics?from=2026-02-01&to=2026-01-31").is(400, "invalid_parameters")
	w.get("/statistics?from=x").is(400, "invalid_parameters")
}
