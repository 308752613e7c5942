package admin_test

import (
	"net/url"
	"strings"
	"testing"

	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
)

// ADR-14: who changes the primary address has both mailboxes told, whichever way; the new one is not verified unless the same
// request says so.
func TestUsers_areToldOfAnotherAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true})
	patch := func(at string, body m) *answer {
		return w.send(request{method: "PATCH", path: "/users/" + at, body: body})
	}
	for name, c := range map[string]struct {
		body     m
		upsert   bool
		verified any
	}{
		"patch":             {m{"email": "patch.new@example.com"}, false, nil},
		"patch.verified":    {m{"email": "patch.verified.new@example.com", "email_verified": true}, false, true},
		"upsert":            {m{"email": "upsert.new@example.com"}, true, nil},
		"patch.otherwise":   {m{"email": "patch.otherwise.new@example.com", "phone_number": "+4930999999"}, false, nil},
		"patch.both.phones": {m{"email": "patch.both.phones.new@example.com", "phone_number_verified": true}, false, nil},
	} {
		made := w.post("/users", m{
			"email": name + "@example.com", "email_verified": true, "external_id": name, "phone_number": "+4930123456", "phone_number_verified": true,
		}).is(201)
		var got *answer
		if c.upsert {
			got = w.send(request{method: "PUT", path: "/users/by-external-id?external_id=" + url.QueryEscape(name), body: c.body})
		} else {
			got = patch(made.text("id"), c.body)
		}
		if got.is(200); got.Body["email_verified"] != c.verified {
			t.Errorf("%s: verified is %v, want %v", name, got.Body["email_verified"], c.verified)
		}
		if _, other := c.body["phone_number"]; other == (got.Body["phone_number_verified"] == true) {
			t.Errorf("%s: the phone number is verified: %v", name, got.Body["phone_number_verified"])
		}
		for _, to := range []string{name + "@example.com", c.body["email"].(string)} {
			if told := w.Mail(func(mail mailcatcher.Mail) bool { return mail.To == to }, 1); strings.Contains(told.Text, "/not-me?") {
				t.Errorf("%s: the mail to %s has a link:\n%s", name, to, told.Text)
			}
		}
	}
}

func TestUsers_keepAnAddressThatIsSpeltInAnotherWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true})
	made := w.post("/users", m{"email": "ann@example.com", "email_verified": true}).is(201)
	got := w.send(request{method: "PATCH", path: "/users/" + made.text("id"), body: m{"email": "Ann@Example.com"}}).is(200)
	if got.text("email") != "Ann@Example.com" || got.Body["email_verified"] != true {
		t.Errorf("%s", got.raw)
	}
	got = w.send(request{method: "PATCH", path: "/users/" + made.text("id"), body: m{"email": nil, "username": "ann"}}).is(200)
	if got.Body["email"] != nil || got.Body["email_verified"] != nil {
		t.Errorf("without an address: %s", got.raw)
	}
	// The first mail is about that it is gone: none was about the spelling.
	if told := w.Mail(func(mail mailcatcher.Mail) bool { return strings.EqualFold(mail.To, "ann@example.com") }, 1); told.To != "Ann@Example.com" {
		t.Errorf("told %s", told.To)
	}
}
