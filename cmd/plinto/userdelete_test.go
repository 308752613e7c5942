package main

import "testing"

func TestUserDelete_canBeTakenBack(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com")
	x.refused(exitUsage, "add --yes", "user", "delete", "alice@example.com", "--after", "24h")
	x.refused(exitUsage, "--after must be", "user", "delete", "alice@example.com", "--after", "9000h", "--yes")
	x.ok("user", "delete", "alice@example.com", "--after", "24h", "--yes")
	var u userRow
	if x.into(&u, "user", "show", "alice@example.com"); u.DeleteAt == "" {
		t.Error("nothing says when the user will be deleted")
	}
	x.ok("user", "keep", "alice@example.com")
	u = userRow{}
	if x.into(&u, "user", "show", "alice@example.com"); u.DeleteAt != "" {
		t.Errorf("deleted at %s", u.DeleteAt)
	}
	x.ok("user", "delete", "alice@example.com", "--yes")
	x.refused(exitFailed, "no user", "user", "keep", "alice@example.com")
}
