package provider_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/storage/storagetest"
)

// ACT-03: of two ways in, one tab takes the passkey and another the account at a provider. Each has taken its own and looked what is left
// before either is committed, which the database is made to wait with. One of the two stays.
func TestAccountIdentities_ofTwoTabsOneLeavesAWayIn(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	db := storagetest.Owner(t, owner)
	w := newWorld(t, plintotest.Options{Host: plintotest.KeyHost, Database: database})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	plintotest.NewKey(t).Makes(b.Open(w.Issuer() + "/account/security/passkey"))
	exec := func(sql string) {
		t.Helper()
		_, err := db.Exec(t.Context(), sql)
		must(t, err)
	}
	exec(`UPDATE users SET password_hash = NULL`)
	exec(`CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(3); RETURN NULL; END $$`)
	for _, table := range []string{"passkeys", "user_identities"} {
		exec(`CREATE CONSTRAINT TRIGGER hold AFTER DELETE ON ` + table + ` DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()`)
	}
	remove, _ := b.Open(w.Issuer() + "/account/security").Doc.Find("a.remove").First().Attr("href")
	asked := map[*plintotest.Page]string{
		b.Open(w.site().Scheme + "://" + w.site().Host + remove): "submit",
		b.Open(w.Issuer() + "/account/identities"):               "unlink-" + w.identities("alice@example.com")[0].PublicID(),
	}
	if len(asked) != 2 || remove == "" {
		t.Fatalf("there is no passkey: %q", remove)
	}

	exec(`SELECT pg_advisory_lock(3)`)
	statuses := make(chan int, len(asked))
	var group sync.WaitGroup
	for page, button := range asked {
		group.Go(func() { statuses <- page.Submit(button, nil).Status })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for waiting := 0; waiting < len(asked); time.Sleep(10 * time.Millisecond) {
		err := db.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			exec(`SELECT pg_advisory_unlock(3)`)
			t.Fatalf("%d transactions wait: %v", waiting, err)
		}
	}
	exec(`SELECT pg_advisory_unlock(3)`)
	group.Wait()
	close(statuses)
	refused := 0
	for status := range statuses {
		if status == http.StatusConflict {
			refused++
		}
	}
	var left int
	must(t, db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM passkeys) + (SELECT count(*) FROM user_identities)`).Scan(&left))
	if left != 1 || refused != 1 {
		t.Errorf("%d ways in are left, %d refusals", left, refused)
	}
}
