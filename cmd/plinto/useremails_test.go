package main

import "testing"

func TestUserEmails_areListedAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com", "--email-verified")
	x.ok("user", "create", "bob@example.com")
	x.ok("user", "emails", "add", "alice@example.com", "Alice@work.example")
	x.refused(exitFailed, "already", "user", "emails", "add", "alice@example.com", "alice@WORK.example")
	x.refused(exitFailed, "already", "user", "emails", "add", "alice@example.com", "alice@example.com")
	x.refused(exitFailed, "Another user has", "user", "emails", "add", "bob@example.com", "alice@work.example")
	x.refused(exitFailed, "not an email address", "user", "emails", "add", "bob@example.com", "bob")
	x.ok("user", "emails", "primary", "alice@example.com", "alice@work.example")
	var rows []emailRow
	x.into(&rows, "user", "emails", "list", "alice@example.com")
	if len(rows) != 2 || rows[0].Email != "Alice@work.example" || !rows[0].Primary || !rows[0].Verified || rows[1].Email != "alice@example.com" || !rows[1].Verified || rows[1].ID == "" {
		t.Errorf("got %+v", rows)
	}
	x.refused(exitFailed, "primary", "user", "emails", "remove", "alice@example.com", "alice@work.example")
	x.refused(exitFailed, "no such email", "user", "emails", "remove", "alice@example.com", "bob@example.com")
	x.ok("user", "emails", "remove", "alice@example.com", "alice@example.com")
	x.refused(exitFailed, `no user "alice@example.com"`, "user", "show", "alice@example.com")
	x.ok("user", "create", "alice@example.com") // an operator's change is not kept from others
}
