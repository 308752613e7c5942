//go:build hashivault

package keeper

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plinto/internal/secret"
)

// A key of Vault's transit engine seals the root key beside one that the operator holds.
func TestParse_keysOfAService(t *testing.T) {
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent, data map[string]string
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.Header.Get("X-Vault-Token") != "token" {
			http.Error(w, `{"errors": ["permission denied"]}`, http.StatusForbidden)
			return
		}
		switch r.URL.Path {
		case "/v1/transit/encrypt/plinto":
			data = map[string]string{"ciphertext": "vault:v1:" + sent["plaintext"]}
		case "/v1/transit/decrypt/plinto":
			data = map[string]string{"plaintext": strings.TrimPrefix(sent["ciphertext"], "vault:v1:")}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	defer vault.Close()
	t.Setenv("VAULT_SERVER_URL", vault.URL)
	t.Setenv("VAULT_SERVER_TOKEN", "token")
	root, text := secret.NewRoot()
	all, err := Parse("hashivault://plinto," + text.Reveal())
	if err != nil || len(all) != 2 {
		t.Fatal(len(all), err)
	}
	if all[0].Name() != "hashivault://plinto" {
		t.Errorf("its name is %s", all[0].Name())
	}
	sealed, err := root.SealedBy(t.Context(), all[0])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := secret.OpenRoot(t.Context(), all[0], sealed); err != nil || again != root {
		t.Errorf("opened another key, or %v", err)
	}
}
