package plintotest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/testservice"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// A crowd signs in from one address, again and again, all with the right password.
type crowd struct {
	signIns atomic.Int32
	stop    func()
}

func (s *Server) crowd(t *testing.T, address string) *crowd {
	t.Helper()
	c := &crowd{}
	var all sync.WaitGroup
	var over atomic.Bool
	for range 12 { // at once: more than an account's limit
		all.Go(func() {
			for !over.Load() {
				if status := s.Tries(address, "alice@example.com", Password, With("X-Forwarded-For", "198.51.100.1")); status != http.StatusSeeOther {
					t.Errorf("a good sign-in is answered %d", status)
					return
				}
				c.signIns.Add(1)
			}
		})
	}
	c.stop = sync.OnceFunc(func() { over.Store(true); all.Wait() })
	t.Cleanup(c.stop)
	return c
}

// more waits until some more have signed in.
func (c *crowd) more(t *testing.T, what string, n int32) {
	t.Helper()
	until := c.signIns.Load() + n
	Eventually(t, fmt.Sprint(what, ": the crowd signs in"), func() bool { return c.signIns.Load() >= until || t.Failed() })
}

// Redis gets slow, dies, and comes back empty under the load of a crowd behind one
// address: no good sign-in is throttled for it, and an attacker who was throttled
// before a change is throttled after it.
func TestSignIn_isThrottledAlikeWhileRedisWavers(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	cache := testservice.NewRedis(t)
	network, address := through(t, cache.URL())
	s := startOn(t, database, address, func(c *storage.Config) { c.RedisBudget = 20 * time.Millisecond })
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	page := s.AuthorizeURL(client, nil)

	attack := func(n int) (checked int) {
		for i := range n {
			if s.Tries(page, fmt.Sprintf("user%d@example.com", i), "wrong", With("X-Forwarded-For", "203.0.113.9")) == http.StatusUnauthorized {
				checked++
			}
		}
		return checked
	}
	began := time.Now()
	total := attack(30)
	if total > 20+int(time.Since(began)/(2*time.Second)) {
		t.Fatalf("%d of the attacker's first tries were checked", total)
	}
	c := s.crowd(t, page)
	c.more(t, "alive", 20)
	for _, change := range []struct {
		name string
		do   func() error
	}{
		{"slow", func() error { network.Slow(time.Second); return nil }},
		{"quick again", func() error { network.Slow(0); return nil }},
		{"silent", func() error { network.Silence(); return nil }},
		{"answering again", func() error { network.Answer(); return nil }},
		{"dead", cache.Stop},
		{"alive again and empty", cache.Start},
	} {
		if err := change.do(); err != nil {
			t.Fatalf("%s: %v", change.name, err)
		}
		c.more(t, change.name, 20)
		total += attack(8)
		// 20 at once, and one every two seconds; two for what was in the air.
		if most := 22 + int(time.Since(began)/(2*time.Second)); total > most {
			t.Errorf("%s: %d of the attacker's tries were checked so far, want at most %d: it was forgotten", change.name, total, most)
		}
	}
	c.more(t, "in the end", 20)
	c.stop()
	t.Logf("%d good sign-ins in %v", c.signIns.Load(), time.Since(began))
}
