package plintotest

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// ENG-03: a synchronous standby is promoted while the primary hangs, and the primary goes on afterwards.
// Everything that was answered is there, each code and refresh token is good once, and nothing goes to the
// old primary again, though the URL names it first and it still takes writes.
func TestPostgres_failsOverToASynchronousStandby(t *testing.T) {
	t.Parallel()
	primary := testservice.NewPrimary(t)
	if _, err := schema.Migrate(t.Context(), primary.URL(), &schema.LoginRole{Name: storagetest.LoginRole}); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	standby := primary.NewReplica(t)
	primary.WaitForReplicas(t)
	database := testservice.Multi(storagetest.LoginRole, primary, standby)
	s := startOn(t, database, testservice.Redis(t))
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.signedIn(client)
	tokens := s.Tokens(client, secret, "alice@example.com", "openid offline_access")
	code := s.Code(client, "alice@example.com", "openid")
	spent := s.Code(client, "alice@example.com", "openid")
	s.Succeeds(s.Redeem(client, secret, spent))

	primary.Freeze(t)
	standby.Promote(t)
	Eventually(t, "the server works on the promoted standby", func() bool { return s.ready(b) })
	if a := s.Redeem(client, secret, code); a.StatusCode != http.StatusOK {
		t.Errorf("a code of before: %d %s", a.StatusCode, a.Text)
	}
	s.Redeem(client, secret, spent).Wants(t, http.StatusBadRequest, "invalid_grant")

	primary.Thaw(t)
	worksWithout(t, s, client, secret, b, tokens)
	Eventually(t, "no connection of ours is left at the old primary", func() bool {
		var n int
		primary.Ask(t, &n, `SELECT count(*)::int FROM pg_stat_activity WHERE usename = 'plinto_server' AND wait_event IS DISTINCT FROM 'SyncRep'`)
		return n <= 1 // the one that looks what it is
	})
	s.onlyAtTheNew(t, primary, standby, "bob@example.com")
	s.hears(t, standby)

	// A process that starts now has not seen the failover.
	second := s.twin(t, database)
	second.onlyAtTheNew(t, primary, standby, "carol@example.com")
	if a := second.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, As(client, secret)); a.StatusCode != http.StatusOK {
		t.Errorf("a machine at the second: %d %s", a.StatusCode, a.Text)
	}
}

// onlyAtTheNew makes a user, and looks where it is.
func (s *Server) onlyAtTheNew(t *testing.T, old, promoted *testservice.PostgresServer, email string) {
	t.Helper()
	user := s.User(email)
	for at, want := range map[*testservice.PostgresServer]int{old: 0, promoted: 1} {
		var n int
		at.Ask(t, &n, `SELECT count(*)::int FROM users WHERE id = '`+user.ID.String()+`'`)
		if n != want {
			t.Errorf("%s is there %d times, want %d", email, n, want)
		}
	}
}

// hears looks whether announcements of changes and the queue are those of the promoted server.
func (s *Server) hears(t *testing.T, promoted *testservice.PostgresServer) {
	t.Helper()
	Eventually(t, "changes are heard", func() bool { return s.Store.Announced(s.In()) })
	heard := make(chan struct{}, 1)
	s.Store.OnChange("clients", func(tenant.ID) {
		select {
		case heard <- struct{}{}:
		default:
		}
	}, func() {})
	owner, err := pgx.Connect(t.Context(), promoted.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if _, err := owner.Exec(t.Context(), `UPDATE clients SET updated_at = now()`); err != nil {
		t.Fatal(err)
	}
	<-heard
	var since string
	promoted.Ask(t, &since, `SELECT now()::text`)
	s.User("dave@example.com")
	Eventually(t, "the queue is worked off", func() bool {
		var n int
		promoted.Ask(t, &n, `SELECT count(*)::int FROM river_job WHERE state = 'completed' AND created_at > '`+since+`'`)
		return n > 0
	})
}
