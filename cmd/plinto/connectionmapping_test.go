package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"plinto/federation"
)

// A preset is enough, and what becomes of claims is seen before anybody has them.
func TestConnection_presetsAndMappings(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("org", "create", "customer", "--name", "Customer")
	x.in = "the secret\n"
	var made connectionRow
	x.into(&made, "connection", "create", "google", "--preset", "google", "--client-id", "id", "--secret-stdin")
	if made.Issuer != "https://accounts.google.com" || made.Name != "Google" || made.Preset != "google" {
		t.Fatalf("made %+v", made)
	}
	x.refused(exitUsage, "must be apple, auth0", "connection", "create", "other", "--preset", "myspace", "--client-id", "id", "--secret-stdin")
	x.refused(exitUsage, "tenants must name", "connection", "create", "other", "--preset", "microsoft", "--client-id", "id", "--secret-stdin")
	x.refused(exitUsage, "group-role must be", "connection", "update", "google", "--groups-claim", "groups", "--group-role", "staff")
	x.refused(exitUsage, "must be the key of a role", "connection", "update", "google", "--groups-claim", "groups", "--group-role", "staff=nobody")
	x.ok("connection", "update", "google", "--claims", "name=display_name,username=login", "--claims-update", "always", "--groups-claim", "groups",
		"--group-role", "cn=staff,ou=people=member@customer", "--group-role", "it=administrator")
	x.into(&made, "connection", "show", "google")
	if made.ClaimsUpdate != "always" || made.Claims["username"] != "login" || len(made.GroupRoles) != 2 || made.GroupRoles[1] != "it=administrator" {
		t.Errorf("shown %+v", made)
	}
	file := filepath.Join(t.TempDir(), "claims.json")
	claims, err := json.Marshal(map[string]any{
		"email": "a@gmail.com", "email_verified": true, "display_name": "Ann", "login": "ann", "groups": []string{"cn=staff,ou=people"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, claims, 0o600); err != nil {
		t.Fatal(err)
	}
	var seen federation.Preview
	x.into(&seen, "connection", "preview", "google", "--claims", file)
	if !seen.EmailVerified || seen.Profile["name"] != "Ann" || seen.Username != "ann" || len(seen.Roles) != 1 || seen.Roles[0].Role != "member" || seen.Roles[0].Withheld {
		t.Errorf("seen %+v", seen)
	}
	x.ok("connection", "preview", "google", "--claims", file)
	x.in = `{"groups":"staff"}`
	x.refused(exitFailed, "groups", "connection", "preview", "google", "--claims", "-")
	x.ok("connection", "update", "google", "--group-role", "")
	var after connectionRow
	x.into(&after, "connection", "show", "google")
	if len(after.GroupRoles) > 0 || !slices.Equal(after.Scopes, made.Scopes) {
		t.Errorf("shown %+v", after)
	}
}
