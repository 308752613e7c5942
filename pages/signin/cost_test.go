package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plinto/internal/password"
	"plinto/internal/plintotest"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
)

// ENU-02: who is refused costs the same statements and the same hash, whatever the
// name, and whether or not the account's counter is exhausted.
func TestSignIn_everyRefusalCostsTheSame(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	hasher := password.New(password.Options{Cost: password.Cost{Memory: 64 << 10, Time: 2}, Pepper: password.Pepper{ID: "t"}})
	server, owner := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Database: server, Tracer: tracer, Hasher: hasher, Proxied: true})
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	disabled := s.User("dora@example.com")
	s.Disable(disabled)
	address := s.AuthorizeURL(client, nil)
	s.Browser().Open(address).Submit("submit", map[string]string{"username": "warm@example.com", "password": "wrong-password"})
	work, took := map[string]string{}, map[string]time.Duration{}
	try := func(n int, what, name, password string) {
		p := s.Browser().From(fmt.Sprintf("198.51.%d.7", n)).Open(address)
		began := time.Now()
		sent, trips := tracer.During(func() { p.Submit("submit", map[string]string{"username": name, "password": password}) })
		if d := time.Since(began); took[what] == 0 || d < took[what] {
			took[what] = d
		}
		// On a busy machine something else may be read again meanwhile: the least counts.
		if all := strings.Join(sent, ";\n") + strings.Repeat("+", trips); work[what] == "" || len(all) < len(work[what]) {
			work[what] = all
		}
	}
	// Counters run empty while a slow machine hashes: these stay where they are.
	conn := storagetest.Owner(t, owner)
	for n := range 6 { // fewer than those after which an effort is demanded for a name
		if n == 3 {
			if _, err := conn.Exec(t.Context(), `UPDATE attempts SET tat = now() + interval '1 day'`); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"alice@example.com", "dora@example.com", "nobody@example.com"} {
			what := name
			if n >= 3 {
				what += ", exhausted"
			}
			try(n, what, name, "wrong-password")
		}
	}
	for n := range 3 {
		try(n, "the right password, exhausted", "alice@example.com", plintotest.Password)
	}
	if len(work) != 7 {
		t.Fatalf("%d kinds of refusals are compared", len(work))
	}
	for what := range work {
		if work[what] != work["alice@example.com"] {
			t.Errorf("%s costs other statements:\n%s\nwhere a wrong password costs\n%s", what, work[what], work["alice@example.com"])
		}
		// However fast or busy the machine: argon2id over 64 MiB twice takes longer, the
		// rest of a refusal does not.
		if took[what] < 40*time.Millisecond {
			t.Errorf("%s is refused after %s: not the same hashes", what, took[what])
		}
	}
}
