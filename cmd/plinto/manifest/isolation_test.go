package manifest_test

import (
	"context"
	"fmt"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/storage/schema"
)

// A tenant that a manifest makes with tables of its own gets its parts there, in one run.
func TestApply_makesATenantWithTablesOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, isolation := range []string{"schema", "database"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			doc := fmt.Sprintf(`
tenants:
  - slug: acme
    isolation: %s
    resource_servers:
      - {identifier: https://api.example, scopes: [{name: read}]}
    clients:
      - {client_id: web, redirect_uris: [https://rp.example/cb], token_endpoint_auth_method: none}
`, isolation)
			s.apply(doc, false)
			acme, err := s.target.Tenants.Current(t.Context(), "acme")
			if err != nil || string(acme.Placement.Isolation) != isolation {
				t.Fatalf("made %+v, %v", acme, err)
			}
			t.Cleanup(func() {
				_, _ = s.owner.Exec(context.Background(), fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, schema.NameOf(acme.ID)))
			})
			if again := s.plan(doc, false); again.Count(manifest.Create)+again.Count(manifest.Update) > 0 {
				t.Errorf("applied again it changes something: %+v", again)
			}
		})
	}
}
