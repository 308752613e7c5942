package plintotest

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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
		s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", "wrong")
		s.machine(client, "wrong")
	}
	cache := redisAt(t, address)
	keys, err := cache.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, key := range keys {
		parts := strings.Split(key, ":")
		all := []string{"{" + main.ID.String() + "}", "{" + s.Tenant.ID.String() + "}"}
		if len(parts) > 2 && parts[2] == "copy" {
			all = append(all, "{"+tenant.ID{}.String()+"}") // of tenants themselves
		}
		if len(parts) < 4 || parts[0] != "plinto" || !slices.Contains(all, parts[1]) {
			t.Errorf("key %q starts with no tenant of ours", key)
			continue
		}
		if parts[2] != "copy" {
			kinds[parts[1]+parts[2]] = true
		}
		value, err := cache.Get(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, told := range []string{"alice", "example.com", "127.0.0.1", "pwd", identity.SessionPrefix} {
			if strings.Contains(key, told) || strings.Contains(value, told) {
				t.Errorf("%s holds %q: %s", key, told, value)
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("%d keys of the kinds %v: want sessions and limits of two tenants", len(keys), kinds)
	}
}

func redisAt(t *testing.T, address string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// copyKey is where Redis keeps a copy of a browser's session.
func (s *Server) copyKey(t *testing.T, b *Browser) string {
	t.Helper()
	hash := identity.SessionHash(s.Tenant.ID, b.SessionCookie().Value)
	return "plinto:{" + s.Tenant.ID.String() + "}:session:" + hex.EncodeToString(hash)
}

// CAC-01: who can write to Redis stays who they are, whatever they write over the copy
// of their own session.
func TestRedis_whoCanWriteThereIsNobodyElse(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	address := testservice.Redis(t)
	s := startOn(t, server, address)
	cache := redisAt(t, address)
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	s.User("mallory@example.com")
	alice, mallory := s.Browser(), s.Browser()
	alice.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	mallory.SignIn(s.AuthorizeURL(client, nil), "mallory@example.com")
	for _, b := range []*Browser{alice, mallory} {
		b.Open(s.Issuer() + "/") // now there are copies
	}
	stolen, err := cache.Get(t.Context(), s.copyKey(t, alice)).Result()
	if err != nil {
		t.Fatal(err)
	}
	if err := cache.Set(t.Context(), s.copyKey(t, mallory), stolen, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if who := mallory.Open(s.Issuer() + "/").Doc.Find("#signed-in").Text(); !strings.Contains(who, "mallory@") {
		t.Errorf("signed in: %q, want mallory", who)
	}
	redeemed := s.Succeeds(s.Redeem(client, secret, s.authorizes(mallory, client)))
	access, _ := redeemed.JSON["access_token"].(string)
	a := s.Succeeds(s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+access)))
	if strings.Contains(a.Text, "alice") {
		t.Errorf("a token of alice's: %s", a.Text)
	}
}

// CAC-02: a copy that is put back after its session ended answers no form and gives no
// code.
func TestRedis_aCopyPutBackAnswersNoForm(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	address := testservice.Redis(t)
	s := startOn(t, server, address)
	cache := redisAt(t, address)
	third, _ := s.Client(web("https://rp.example/cb"))
	first, _ := s.Client(web("https://first.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(first, nil), "alice@example.com")
	consent := b.Open(s.AuthorizeURL(third, nil))
	key := s.copyKey(t, b)
	kept, err := cache.Get(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.Store.Users.Credential(s.In(), "alice@example.com", nil)
	user := held.User
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.Store.Sessions.Of(s.In(), user.ID, 10)
	if err != nil || len(open) != 1 {
		t.Fatalf("%d sessions, %v", len(open), err)
	}
	if _, err := s.Store.Sessions.End(s.In(), open[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := cache.Set(t.Context(), key, kept, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if who := b.Open(s.Issuer() + "/").Doc.Find("#signed-in").Text(); !strings.Contains(who, "alice@") {
		t.Fatalf("the copy that was put back is not read (%q): this test shows nothing", who)
	}
	if p := consent.Submit("allow", nil); p.Doc == nil || p.Doc.Find("#password").Length() != 1 {
		t.Errorf("consent was answered by a session that ended: at %s, %v", p.URL, p.Left)
	}
	if err := cache.Set(t.Context(), key, kept, time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	var remembered int
	if err := storagetest.Owner(t, owner).QueryRow(t.Context(), `SELECT count(*) FROM user_consents`).Scan(&remembered); err != nil || remembered > 0 {
		t.Errorf("%d consents were remembered, %v", remembered, err)
	}
	if p := b.Open(s.AuthorizeURL(first, nil)); p.Left != nil {
		t.Errorf("the client was answered: %s", p.Left)
	}
}

// signedIn is a browser with a session.
func (s *Server) signedIn(client *provider.Client) *Browser {
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	return b
}
