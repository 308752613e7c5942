package storagetest

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"plinto/provider"
)

func TestStore_keepsAClientWithItsSecrets(t *testing.T) {
	t.Parallel()
	s := New(t)
	ctx := Tenant(t, s, "a")
	c := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: "web", Metadata: provider.Metadata{
		ClientName: "Web", RedirectURIs: []string{"https://rp.example/cb"}, Extra: map[string]json.RawMessage{"dpop_bound_access_tokens": json.RawMessage("true")},
	}.WithDefaults(), Secrets: []provider.ClientSecret{{ID: uuid.Must(uuid.NewV7()), Hash: []byte("12345678901234567890123456789012")}}}
	if err := s.Clients.Create(ctx, c); err != nil {
		t.Fatal(err)
	}
	got, err := s.Clients.ByClientID(ctx, "web")
	if err != nil {
		t.Fatal(err)
	}
	if got.ClientName != "Web" || len(got.Secrets) != 1 || string(got.Secrets[0].Hash) != "12345678901234567890123456789012" || string(got.Extra["dpop_bound_access_tokens"]) != "true" {
		t.Errorf("got %+v", got)
	}
}
