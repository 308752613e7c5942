package admin_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
)

func TestUsers_areCreatedReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post("/users", m{"email": "ann@example.com", "profile": m{"name": "Ann"}, "external_id": "crm/1", "private_metadata": m{"plan": "pro", "seats": 3}}).is(201)
	at := "/users/" + made.text("id")
	if got := made.Header.Get("Location"); got != w.Issuer()+"/admin/v1"+at {
		t.Errorf("Location is %s", got)
	}
	read := w.get(at).is(200)
	if read.Header.Get("ETag") != made.Header.Get("ETag") || string(read.raw) != string(made.raw) {
		t.Errorf("created %s %s, read %s %s", made.Header.Get("ETag"), made.raw, read.Header.Get("ETag"), read.raw)
	}
	changed := w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": read.Header.Get("ETag")}, body: m{
		"profile": m{"name": nil, "nickname": "A"}, "private_metadata": m{"seats": nil, "more": m{"x": 1}}, "external_id": nil,
	}}).is(200)
	if got := fmt.Sprint(changed.Body["profile"], changed.Body["private_metadata"], changed.Body["external_id"]); got != "map[nickname:A] map[more:map[x:1] plan:pro] <nil>" {
		t.Errorf("changed to %s", got)
	}
	w.send(request{method: "PATCH", path: at, header: map[string]string{"If-Match": read.Header.Get("ETag")}, body: m{"username": "ann"}}).is(412, "precondition_failed")
	w.send(request{method: "DELETE", path: at}).is(204)
	if got := w.get(at).is(200); got.Body["delete_at"] == nil {
		t.Errorf("a deleted user can be restored, got %s", got.raw)
	}
	if got := w.post(at+"/restore", nil).is(200); got.Body["delete_at"] != nil {
		t.Errorf("restored, got %s", got.raw)
	}
	w.send(request{method: "DELETE", path: at + "?permanent=true"}).is(204)
	w.get(at).is(404, "user_not_found")
}

func TestUsers_areBlockedAndGetLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/users/" + w.post("/users", m{"email": "bob@example.com"}).is(201).text("id")
	if got := w.post(at+"/block", nil).is(200); got.Body["blocked"] != true {
		t.Errorf("got %s", got.raw)
	}
	w.post(at+"/recovery-link", nil).is(400, "recovery_link_user")
	if got := w.post(at+"/unblock", nil).is(200); got.Body["blocked"] != false {
		t.Errorf("got %s", got.raw)
	}
	link := w.post(at+"/recovery-link", m{"expires_in": 600}).is(201).text("url")
	if page := w.Browser().Open(link); page.Status != 200 {
		t.Errorf("the link answers %d", page.Status)
	}
	w.post(at+"/require-password-change", nil).is(204)
	w.get(at + "/sessions").is(200)
	w.send(request{method: "DELETE", path: at + "/sessions"}).is(204)
}

func TestUsers_areUpsertedByExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/users/by-external-id?external_id=" + url.QueryEscape("crm/7 ü")
	put := func(body any) *answer { return w.send(request{method: "PUT", path: at, body: body}) }
	made := put(m{"email": "eve@example.com"}).is(201)
	if made.text("external_id") != "crm/7 ü" {
		t.Errorf("got %s", made.raw)
	}
	again := put(m{"email": "eve@example.com"}).is(200)
	if again.text("id") != made.text("id") || again.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("the same again changed something: %s, %s", made.raw, again.raw)
	}
	put(m{"external_id": "other"}).is(400, "invalid_body")
	w.post("/users", m{"email": "x@example.com", "external_id": "crm/7 ü"}).is(409, "external_id_taken")
	w.post("/users", m{"email": "EVE@example.com"}).is(409, "email_taken")
}

func TestUsers_areListedByCursorsBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for i := range 7 {
		want = append(want, w.post("/users", m{"username": fmt.Sprintf("user%d", i)}).is(201).text("id"))
	}
	for _, order := range []string{"asc", "desc"} {
		var got []string
		var previous string
		for at := "/users?limit=3&count=true&order=" + order; ; {
			page := w.get(at).is(200)
			for _, u := range page.data() {
				got = append(got, u["id"].(string))
			}
			if page.Body["total_count"] != float64(7) {
				t.Errorf("counted %v", page.Body["total_count"])
			}
			if page.Body["has_more"] != true {
				previous = page.text("previous_cursor")
				break
			}
			at = "/users?limit=3&count=true&order=" + order + "&after=" + page.text("next_cursor")
		}
		if !slices.Equal(got, want) && order == "asc" {
			t.Errorf("%s: got %v, want %v", order, got, want)
		}
		back := w.get("/users?limit=3&order=" + order + "&before=" + previous).is(200).data()
		if len(back) != 3 || back[2]["id"] != got[5] || back[0]["id"] != got[3] {
			t.Errorf("%s: before the last page is %v", order, back)
		}
		slices.Reverse(want)
	}
	if got := w.get("/users?identifier=USER3").is(200).data(); len(got) != 1 || got[0]["username"] != "user3" {
		t.Errorf("found %v", got)
	}
	w.post("/users/"+want[0]+"/block", nil).is(200)
	if got := w.get("/users?status=blocked").is(200).data(); len(got) != 1 || got[0]["id"] != want[0] {
		t.Errorf("blocked are %v", got)
	}
}

func TestUsers_areSearchedByPartsOfTheirNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 5 {
		w.post("/users", m{"email": fmt.Sprintf("walker%d@example.com", i), "profile": m{"name": "Ann Walker"}}).is(201)
	}
	w.post("/users", m{"username": "under_score"}).is(201)
	for query, want := range map[string]int{
		"ALKER": 5, "alker3@": 1, "der_s": 1, "der%25s": 0, "walk&match=prefix": 5, "alker&match=prefix": 0, "walker&status=blocked": 0, "wa": 5,
	} {
		got := w.get("/users?count=true&search=" + query).is(200)
		if len(got.data()) != want || got.Body["total_count"] != float64(want) {
			t.Errorf("%s finds %d, counts %v, want %d", query, len(got.data()), got.Body["total_count"], want)
		}
	}
	page := w.get("/users?search=walker&limit=3").is(200)
	rest := w.get("/users?search=walker&limit=3&after=" + page.text("next_cursor")).is(200)
	if page.Body["has_more"] != true || rest.Body["has_more"] != false || len(rest.data()) != 2 || rest.data()[0]["email"] != "walker1@example.com" {
		t.Errorf("the second page is %s", rest.raw)
	}
	w.get("/users?search=wal&after="+page.text("next_cursor")).is(400, "invalid_cursor")
	for _, bad := range []string{"search=%25", "match=prefix", "search=x&identifier=y", "search=", "search=x&match=suffix"} {
		w.get("/users?"+bad).is(400, "invalid_parameters")
	}
}
