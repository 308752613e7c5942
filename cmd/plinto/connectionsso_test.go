package main

import (
	"slices"
	"strings"
	"testing"
)

func TestConnectionSSO_saysWhomItAffects(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@acme.example")
	x.ok("user", "create", "bob@other.example")
	x.ok("org", "create", "acme", "--name", "Acme")
	x.ok("connection", "create", "work", "--name", "Work", "--issuer", "https://idp.example", "--client-id", "plinto",
		"--auth-method", "private_key_jwt", "--email-domains", "acme.example,gmail.com")
	var row ssoRow
	x.into(&row, "connection", "sso", "work")
	if row.SSO != "off" || row.Affected != 1 || row.More || !slices.Equal(row.Leads, []string{"acme.example"}) || !slices.Equal(row.Waits, []string{"gmail.com"}) {
		t.Errorf("before: %+v", row)
	}
	x.refused(exitUsage, "sso must be off", "connection", "update", "work", "--sso", "required")
	said := x.ok("connection", "update", "work", "--sso", "required", "--email-domains", "acme.example")
	if !strings.Contains(said, "alone from now on: 1.") {
		t.Errorf("required: %s", said)
	}
	x.ok("connection", "update", "work", "--sso-exempt", "alice@acme.example")
	if x.into(&row, "connection", "sso", "work"); row.SSO != "required" || row.Affected != 0 {
		t.Errorf("alice is exempt: %+v", row)
	}
	said = x.ok("connection", "update", "work", "--organization", "acme", "--sso", "offered")
	if !strings.Contains(said, "lead nobody") || !strings.Contains(said, "acme.example") {
		t.Errorf("of an organization that has not verified the domain: %s", said)
	}
}
