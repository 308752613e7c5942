package main

import (
	"strings"
	"testing"

	"plinto/provider"
)

func TestInitialToken_isShownOnceListedAndRevoked(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	out := x.ok("client", "initial-token", "create", "--tenant", "acme", "--uses", "5", "--ttl", "1h", "--name", "partners")
	if !strings.Contains(out, provider.InitialTokenPrefix) || !strings.Contains(out, "registration is off") {
		t.Errorf("made: %s", out)
	}
	var made initialToken
	x.into(&made, "client", "initial-token", "create")
	var all []initialToken
	x.into(&all, "client", "initial-token", "list")
	if len(all) != 2 || all[0].ID != made.ID || all[0].UsesLeft != 1 || all[1].Name != "partners" || all[1].UsesLeft != 5 || all[0].Token+all[1].Token != "" {
		t.Errorf("listed %+v", all)
	}
	x.ok("client", "initial-token", "revoke", made.ID)
	x.refused(exitFailed, "there is no initial access token", "client", "initial-token", "revoke", made.ID)
	if out := x.ok("client", "initial-token", "list"); strings.Contains(out, made.ID) || strings.Contains(out, provider.InitialTokenPrefix) {
		t.Errorf("listed: %s", out)
	}
}

func TestInitialToken_refusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.refused(exitUsage, "--uses must be", "client", "initial-token", "create", "--uses", "0")
	x.refused(exitUsage, "--ttl must be", "client", "initial-token", "create", "--ttl", "-1h")
	x.refused(exitUsage, "--ttl must be", "client", "initial-token", "create", "--ttl", "9000h")
	x.refused(exitUsage, "--name must", "client", "initial-token", "create", "--name", strings.Repeat("x", 256))
	x.refused(exitUsage, "the id is that of", "client", "initial-token", "revoke", "x")
}
