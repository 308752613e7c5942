package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/provider/keys"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// heardWithin is the promise of docs/operations.md.
const heardWithin = time.Second

// stopListeners stops the processes of Postgres that announce changes to servers.
func stopListeners(t *testing.T, owner *pgx.Conn, want int) {
	t.Helper()
	rows, _ := owner.Query(t.Context(), `
		SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND (query = 'LISTEN plinto_changes' OR query LIKE 'SELECT pg_snapshot_xmax%') AND state = 'idle'`)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || len(pids) != want {
		t.Fatalf("%d processes announce changes, %v; want %d", len(pids), err, want)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Skipf("a process of Postgres cannot be stopped by this user: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	}
}

// CAC-03: what one instance ended, no other takes for good when it is asked a second
// later, although nothing is announced any more and no connection was closed.
func TestInstances_agreeWithinASecondWhenNothingIsAnnounced(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	here := startOn(t, server, testservice.Redis(t))
	there := here.twin(t, server)
	web1, secret := here.Client(web("https://rp.example/cb"), FirstParty)
	web2, secret2 := here.Client(web("https://rp.example/cb"), FirstParty)
	here.User("alice@example.com")
	tokens := here.Tokens(web1, secret, "alice@example.com", "openid offline_access")
	second := here.NewTenant("second", "", tenant.Settings{})
	userinfo := func() Answer {
		return there.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+tokens["access_token"]))
	}
	discovery := func() Answer {
		return there.Send(http.MethodGet, "/t/second/.well-known/openid-configuration", nil)
	}
	jwks := func() string { return there.Succeeds(there.Send(http.MethodGet, "/.well-known/jwks.json", nil)).Text }
	there.Succeeds(userinfo())
	there.Succeeds(discovery())
	there.Succeeds(there.machine(web1, secret))
	there.Succeeds(there.machine(web2, secret2))
	published := jwks()
	stopListeners(t, storagetest.Owner(t, owner), 2)

	var all sync.WaitGroup
	within := func(what string, changed func() bool) {
		t.Helper()
		over := time.Now()
		all.Go(func() {
			for {
				asked := time.Now()
				late := asked.Sub(over) > heardWithin
				if done := changed(); late && !done {
					t.Errorf("%s: unknown to the other instance when it is asked %v later", what, asked.Sub(over))
				}
				if late {
					return
				}
			}
		})
	}
	// All at once: a connection that does not answer is given up after four seconds.
	here.Succeeds(here.Send(http.MethodPost, "/oauth2/revoke", url.Values{"token": {tokens["access_token"]}}, As(web1, secret)))
	within("token revoked", func() bool { return userinfo().StatusCode == http.StatusUnauthorized })
	try(t, here.Registrar().Disable(here.In(), web1.ClientID))
	// In the end it is 429: these are failures.
	within("client disabled", func() bool { return there.machine(web1, secret).StatusCode >= http.StatusBadRequest })
	_, err := here.Registrar().RotateSecret(here.In(), web2.ClientID, true)
	try(t, err)
	within("secret rotated", func() bool { return there.machine(web2, secret2).StatusCode >= http.StatusBadRequest })
	try(t, here.Registry().Disable(t.Context(), second.Slug))
	within("tenant disabled", func() bool { return discovery().StatusCode == http.StatusNotFound })
	ring := &keys.Service{Keys: here.Store.Keys, Outbox: here.Store.Outbox, Tx: here.Store.DB, Root: here.Root, Now: time.Now}
	try(t, ring.Rotate(here.In(), provider.AlgAccessToken))
	within("key rotated", func() bool { return strings.Count(jwks(), `"kid"`) > strings.Count(published, `"kid"`) })
	all.Wait()
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
