package main

import (
	"net/url"
	"testing"

	"plinto/identity/recovery"
)

func TestUserRecover_printsALinkOfTheTenant(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com")
	var made recoveryLink
	x.into(&made, "user", "recover", "alice@example.com", "--reset-factors")
	link, err := url.Parse(made.URL)
	if err != nil || link.Host != "id.example.com" || link.Path != "/t/acme/recover/link" || !recovery.LinkWellFormed(link.Query().Get("token")) || !made.ResetFactors {
		t.Errorf("got %+v, %v", made, err)
	}
	x.refused(exitFailed, "at most seven days", "user", "recover", "alice@example.com", "--for", "200h")
	x.refused(exitFailed, `no user "bob@example.com"`, "user", "recover", "bob@example.com")
	x.ok("user", "disable", "alice@example.com")
	x.refused(exitFailed, "is disabled", "user", "recover", "alice@example.com")
}
