package plintotest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

// KEY-12: of a tenant whose keys or settings cannot be read, clients and browsers hear that it is not there right now and when to
// ask again; nothing of what is wrong. The others notice nothing, and it is there again when it is mended.
func TestTenant_thatCannotBeReadAnswersInWords_KEY_12(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	c, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	alice := s.User("alice@example.com")
	keyless, unset, fine := s.NewTenant("keyless", "", tenant.Settings{}), s.NewTenant("unset", "", tenant.Settings{}), s.NewTenant("fine", "", tenant.Settings{})
	for _, sql := range []string{
		`INSERT INTO tenant_keys (id, sealed) SELECT id, 'damaged' FROM tenants WHERE slug = 'keyless'`,
		`UPDATE tenants SET settings = '{"access_token_ttl": "for ever"}' WHERE slug = 'unset'`,
	} {
		if _, err := s.shared.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, of := range []*tenant.Tenant{keyless, unset} {
		for _, path := range []string{"/.well-known/openid-configuration", "/oauth2/token", "/login", "/account"} {
			method := http.MethodGet
			if path == "/oauth2/token" {
				method = http.MethodPost
			}
			a := s.Send(method, "/t/"+of.Slug+path, nil)
			if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "60" || strings.Contains(a.Text, "damaged") || strings.Contains(a.Text, "for ever") {
				t.Errorf("%s of %s: %d, Retry-After %q: %s", path, of.Slug, a.StatusCode, a.Header.Get("Retry-After"), a.Text)
			}
		}
	}
	s.Succeeds(s.Send(http.MethodGet, "/t/"+fine.Slug+"/.well-known/jwks.json", nil))
	if tokens := s.Tokens(c, secret, "alice@example.com", "openid"); tokens["access_token"] == "" {
		t.Errorf("the tenant of %s issues no tokens: %v", alice.ID, tokens)
	}
	if _, err := s.shared.Exec(t.Context(), `UPDATE tenants SET settings = '{}' WHERE id = $1`, uuid.UUID(unset.ID)); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(10 * time.Second); s.Send(http.MethodGet, "/t/"+unset.Slug+"/.well-known/openid-configuration", nil).StatusCode != http.StatusOK; <-time.After(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("it does not answer although it was mended")
		}
	}
}
