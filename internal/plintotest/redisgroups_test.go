package plintotest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/storage/storagetest"
)

// keysOf are the keys of a Redis, by kind.
func keysOf(t *testing.T, server *testservice.RedisServer) map[string]int {
	t.Helper()
	options, err := redis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer c.Close()
	keys, err := c.Keys(t.Context(), "plinto:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, key := range keys {
		if parts := strings.Split(key, ":"); len(parts) > 3 {
			kinds[parts[2]]++
		}
	}
	return kinds
}

// usesRedis has a browser that is signed in and one that fails leave their marks, and reports whether a
// server holds both.
func (s *Server) usesRedis(t *testing.T, client *provider.Client, b *Browser, at *testservice.RedisServer) bool {
	t.Helper()
	b.Open(s.Issuer() + "/")
	s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", "wrong")
	kinds := keysOf(t, at)
	return kinds["session"] > 0 && kinds["limit"] > 0
}

// Signing in goes on when the primary that Sentinels name is gone, and copies and limits are at the one
// that they promote, also with one Sentinel less.
func TestRedisSentinel_signInGoesOnOverAFailover(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	group := testservice.NewSentinels(t)
	s := startOn(t, server, group.URL())
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.signedIn(client)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	if !s.usesRedis(t, client, b, group.Primary) {
		t.Fatalf("the primary holds %v, so nothing is shown by its end", keysOf(t, group.Primary))
	}
	for _, stop := range []func() error{func() error { return group.StopSentinel(0) }, group.Primary.Stop} {
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	worksWithout(t, s, client, secret, b, tokens)
	other := s.signedIn(client)
	Eventually(t, "the replica is used as primary", func() bool { return s.keepsCopies(t, other, group.Replica) })
	if p := b.Open(s.AuthorizeURL(client, nil)); p.Left == nil {
		t.Errorf("a browser of before the failover has to sign in again: at %s", p.URL)
	}
	s.signsOut(t, other, client)
}

// keepsCopies reports whether a copy of the session of a browser is at a server, and Redis counts as there.
func (s *Server) keepsCopies(t *testing.T, b *Browser, at *testservice.RedisServer) bool {
	t.Helper()
	b.Open(s.Issuer() + "/")
	n, err := redisAt(t, at.URL()).Exists(t.Context(), s.copyKey(t, b)).Result()
	return err == nil && n == 1 && s.Store.RedisReady(t.Context()) == nil
}

// signsOut has a browser sign out, and looks whether it is.
func (s *Server) signsOut(t *testing.T, b *Browser, client *provider.Client) {
	t.Helper()
	b.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	if p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}})); p.Left != nil && p.Left.Query().Get("error") != "login_required" {
		t.Errorf("signed out, and the client was answered: %s", p.Left)
	}
}

// One login runs on a cluster, with the scripts of limits over several keys of a tenant, and goes on when
// the node that has the tenant's keys is gone.
func TestRedisCluster_signInGoesOnWithoutANode(t *testing.T) {
	t.Parallel()
	server, _ := storagetest.URL(t)
	cluster := testservice.NewRedisCluster(t)
	s := startOn(t, server, cluster.URL())
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.signedIn(client)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	owner := cluster.Owner(t, s.copyKey(t, b))
	if !s.usesRedis(t, client, b, cluster.Nodes[owner]) {
		t.Fatalf("the node of the tenant holds %v", keysOf(t, cluster.Nodes[owner]))
	}
	for i, node := range cluster.Nodes {
		if kinds := keysOf(t, node); i != owner && kinds["session"]+kinds["limit"] > 0 {
			t.Errorf("keys of the tenant are on two nodes: %v", kinds)
		}
	}
	if err := cluster.Nodes[owner].Stop(); err != nil {
		t.Fatal(err)
	}
	worksWithout(t, s, client, secret, b, tokens)
	other := s.signedIn(client)
	Eventually(t, "the replica of the node is used", func() bool { return s.keepsCopies(t, other, cluster.Replicas[owner]) })
	if p := b.Open(s.AuthorizeURL(client, nil)); p.Left == nil {
		t.Errorf("a browser of before has to sign in again: at %s", p.URL)
	}
	s.signsOut(t, other, client)
}
