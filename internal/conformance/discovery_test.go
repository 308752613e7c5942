package conformance

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/plintotest"
)

// jwks fetches the published keys; each has its own kid and no private part.
func jwks(t *testing.T, s *plintotest.Server) jose.JSONWebKeySet {
	t.Helper()
	a := s.Send(http.MethodGet, "/.well-known/jwks.json", nil)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(a.Text), &set); err != nil {
		t.Fatalf("JWKS: %v", err)
	}
	seen := map[string]bool{}
	for _, key := range set.Keys {
		if !key.Valid() || !key.IsPublic() || key.KeyID == "" || seen[key.KeyID] {
			t.Errorf("key %q: valid %v, public %v, seen %v", key.KeyID, key.Valid(), key.IsPublic(), seen[key.KeyID])
		}
		seen[key.KeyID] = true
	}
	return set
}
