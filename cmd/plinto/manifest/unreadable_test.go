package manifest_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/federation"
	"plinto/identity"
	"plinto/organization"
	"plinto/provider"
)

// KEY-14: an export writes what can be read, names the rest, and fails: applied with --prune, a file that lacks something would delete it.
func TestExport_leavesOutWhatCannotBeRead_KEY_14(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(`
tenants:
  - slug: acme
    name: Acme
    resource_servers: [{identifier: "https://good-api.example"}, {identifier: "https://bad-api.example"}]
    clients: [{client_id: good-client, grant_types: [client_credentials]}, {client_id: bad-client, grant_types: [client_credentials]}]
    users: [{email: good-user@example.com}, {email: bad-user@example.com}]
    connections:
      - {slug: good-idp, name: Good, issuer: "https://idp.example.com", client_id: plinto, client_secret: a secret}
      - {slug: bad-idp, name: Bad, issuer: "https://idp.example.com", client_id: plinto, client_secret: a secret}
    organizations:
      - {slug: good-org, name: Good, members: [{email: good-user@example.com}, {email: bad-user@example.com}]}
      - {slug: bad-org, name: Bad}
`, false)
	for _, sql := range []string{
		`UPDATE resource_servers SET scopes = '7' WHERE identifier = 'https://bad-api.example'`,
		`UPDATE clients SET metadata = '7' WHERE client_id = 'bad-client'`,
		`UPDATE users SET profile = '7' WHERE email = 'bad-user@example.com'`,
		`UPDATE connections SET spec = '7' WHERE slug = 'bad-idp'`,
		`UPDATE organizations SET branding = '7' WHERE slug = 'bad-org'`,
	} {
		if tag, err := s.owner.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%s: %v, %v", sql, tag, err)
		}
	}
	var out bytes.Buffer
	err := manifest.Export(t.Context(), s.target, &out, true)
	for _, want := range []error{provider.ErrResourceUnreadable, provider.ErrClientUnreadable, identity.ErrUserUnreadable, federation.ErrUnreadable, organization.ErrUnreadable} {
		if !errors.Is(err, want) {
			t.Errorf("it fails with %v, and not with %v", err, want)
		}
	}
	for _, good := range []string{"good-api", "good-client", "good-user", "good-idp", "good-org"} {
		if !strings.Contains(out.String(), good) || strings.Contains(out.String(), strings.Replace(good, "good", "bad", 1)) {
			t.Errorf("of %s and the bad one it has\n%s", good, out.String())
		}
	}
	for _, bad := range []string{"bad-api", "bad-client", "user user_", "bad-idp", "bad-org"} {
		if err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("it does not name %s: %v", bad, err)
		}
	}
}
