package plintotest

import (
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"plinto/identity"
	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// Every key that Redis holds starts with the tenant it belongs to, and neither keys
// nor values tell whom or what they are about.
func TestRedis_keysStartWithTheirTenant(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	address := testservice.Redis(t)
	s := startOn(t, server, address)
	main := s.Tenant
	for _, of := range []*tenant.Tenant{main, s.NewTenant("acme", "", tenant.Settings{})} {
		s.Tenant = of
		client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
		s.User("alice@example.com")
		s.Tokens(client, secret, "alice@example.com", "openid offline_access")
		s.authorizes(s.signedIn(client), client)
		s.tries(s.authorizeURL(client, nil), "alice@example.com", "wrong")
		s.machine(client, "wrong")
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	cache := redis.NewClient(options)
	defer cache.Close()
	keys, err := cache.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, key := range keys {
		parts := strings.Split(key, ":")
		if len(parts) < 4 || parts[0] != "plinto" || !slices.Contains([]string{main.ID.String(), s.Tenant.ID.String()}, parts[1]) {
			t.Errorf("key %q starts with no tenant of ours", key)
			continue
		}
		kinds[parts[1]+parts[2]] = true
		value, err := cache.Get(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range []string{"alice", "example.com", identity.SessionPrefix} {
			if strings.Contains(key, told) || strings.Contains(value, told) {
				t.Errorf("%s holds %q: %s", key, told, value)
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("%d keys of the kinds %v: want sessions and limits of two tenants", len(keys), kinds)
	}
}

// signedIn is a browser with a session.
func (s *Server) signedIn(client *provider.Client) *Browser {
	b := s.Browser()
	b.SignIn(s.authorizeURL(client, nil), "alice@example.com")
	return b
}
