package main

import (
	"slices"
	"strings"
	"testing"

	"plinto/internal/secret"
	"plinto/organization"
	"plinto/organization/apikey"
)

func TestRole_fromCreateToDelete(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com")
	var made roleRow
	x.into(&made, "role", "create", "helpdesk", "--name", "Help desk", "--permission", "users:read,sessions:read")
	if !strings.HasPrefix(made.ID, "role_") || made.BuiltIn || len(made.Permissions) != 2 {
		t.Errorf("made %+v", made)
	}
	x.ok("role", "create", "lead", "--include", "helpdesk", "--permission", "users:write")
	x.refused(exitFailed, "Another role has that key", "role", "create", "lead")
	x.refused(exitFailed, "This role is part of Plinto", "role", "update", "administrator", "--name", "x")
	x.refused(exitFailed, "The role is not valid", "role", "update", "helpdesk", "--include", "lead")
	x.refused(exitFailed, "There is no such role", "user", "roles", "add", "alice@example.com", "nobody")

	x.ok("user", "roles", "add", "alice@example.com", "lead")
	var rights userRights
	x.into(&rights, "user", "roles", "list", "alice@example.com")
	if !slices.Equal(rights.Roles, []string{"lead"}) || !slices.Equal(rights.Permissions, []organization.Permission{"sessions:read", "users:read", "users:write"}) {
		t.Errorf("alice has %+v", rights)
	}
	x.ok("role", "update", "helpdesk", "--permission", "audit:read")
	x.ok("role", "delete", "lead")
	x.ok("user", "roles", "add", "alice@example.com", "helpdesk")
	x.into(&rights, "user", "roles", "list", "alice@example.com")
	if !slices.Equal(rights.Roles, []string{"helpdesk"}) || !slices.Equal(rights.Permissions, []organization.Permission{"audit:read"}) {
		t.Errorf("after the change alice has %+v", rights)
	}
	x.ok("user", "roles", "remove", "alice@example.com", "helpdesk")
	if x.into(&rights, "user", "roles", "list", "alice@example.com"); len(rights.Roles) != 0 || len(rights.Permissions) != 0 {
		t.Errorf("in the end alice has %+v", rights)
	}
	var all []roleRow
	x.into(&all, "role", "list")
	keys := make([]string, len(all))
	for i, r := range all {
		keys[i] = string(r.Scope) + "/" + r.Key
	}
	if want := []string{"tenant/administrator", "organization/owner", "organization/admin", "organization/member", "tenant/helpdesk"}; !slices.Equal(keys, want) {
		t.Errorf("listed %v, want %v", keys, want)
	}
}

func TestAPIKey_fromCreateToRevoke(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com")
	x.refused(exitFailed, "cannot have rights that its user has not", "api-key", "create", "ci", "--user", "alice@example.com", "--permission", "users:read")
	x.refused(exitFailed, "The API key is not valid", "api-key", "create", "ci")
	x.refused(exitFailed, `there is no user "bob"`, "api-key", "list", "--user", "bob")
	x.refused(exitUsage, "the id is that of plinto api-key list", "api-key", "revoke", "1")
	x.ok("user", "roles", "add", "alice@example.com", "administrator")
	var made, tenants apiKeyRow
	x.into(&made, "api-key", "create", "ci", "--user", "alice@example.com", "--permission", "users:read")
	x.into(&tenants, "api-key", "create", "backup", "--permission", "users:export", "--ttl", "17520h")
	if !secret.WellFormed(apikey.SecretPrefix, made.Key) || !strings.HasPrefix(made.Key, made.Hint) || made.User == "" || tenants.User != "" {
		t.Errorf("made %+v and %+v", made, tenants)
	}
	listed := func(args ...string) string {
		out := x.ok(append([]string{"api-key", "list"}, args...)...)
		if strings.Contains(out, made.Key) || strings.Contains(out, tenants.Key) {
			t.Errorf("the list shows a key: %s", out)
		}
		return out
	}
	if out := listed("--user", "alice@example.com"); !strings.Contains(out, made.ID) || strings.Contains(out, tenants.ID) {
		t.Errorf("of alice: %s", out)
	}
	x.ok("user", "sign-out", "alice@example.com")
	if out := listed(); strings.Contains(out, made.ID) || !strings.Contains(out, tenants.ID) {
		t.Errorf("after alice was signed out everywhere: %s", out)
	}
	x.ok("api-key", "revoke", tenants.ID)
	x.refused(exitFailed, "There is no such API key", "api-key", "revoke", tenants.ID)
}
