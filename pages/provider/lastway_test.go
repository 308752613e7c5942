package provider_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/storage/storagetest"
	"plinto/tenant"
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

// ACT-03: what is left has to sign the user in as things are: with a connection that is offered, a passkey where the tenant takes them, or codes by mail.
func TestAccountIdentities_theLastUsableWayInStays(t *testing.T) {
	t.Parallel()
	const passkey, identity = "passkey", "identity"
	disabled := func(w *world) { must(t, w.service().Disable(w.In(), w.conn.ID)) }
	for name, tt := range map[string]struct {
		options plintotest.Options
		before  func(*world) // after the user has signed in
		remove  string
		allowed bool
	}{
		"a connection that is offered":    {remove: passkey, allowed: true},
		"a connection that is disabled":   {before: disabled, remove: passkey},
		"passkeys that are taken":         {remove: identity, allowed: true},
		"passkeys that are not taken":     {options: plintotest.Options{Settings: tenant.Settings{MFA: tenant.MFA{Passkeys: tenant.PasskeysOff}}}, remove: identity},
		"codes by mail":                   {options: plintotest.Options{Mail: true, Settings: byMail()}, before: disabled, remove: passkey, allowed: true},
		"codes by mail, no server's mail": {options: plintotest.Options{Settings: byMail()}, before: disabled, remove: passkey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.options.Host = plintotest.KeyHost
			w := newWorld(t, tt.options)
			b := w.holdsTwoWays()
			if tt.before != nil {
				tt.before(w)
			}
			page, button := b.Open(w.Issuer()+"/account/identities"), ""
			if tt.remove == identity {
				button = "unlink-" + w.identities("alice@example.com")[0].PublicID()
			} else {
				page, button = w.removal(b), "submit"
			}
			p := page.Submit(button, nil)
			left := w.waysLeft()
			if allowed := p.Status == http.StatusOK && left == 1; allowed != tt.allowed || !allowed && (p.Status != http.StatusConflict || left != 2) {
				t.Errorf("%d at %s, %d ways in are left: %s", p.Status, p.URL, left, text(p))
			}
		})
	}
}

func byMail() tenant.Settings {
	return tenant.Settings{EmailSignIn: tenant.EmailSignInOn, Devices: tenant.Devices{Check: tenant.CheckOff}}
}

// holdsTwoWays returns a browser in which somebody is signed in who has a passkey and an account at the provider, and no password.
func (w *world) holdsTwoWays() *plintotest.Browser {
	w.t.Helper()
	u := w.User("alice@example.com")
	w.link(u.Email, "alice")
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), u.Email)
	_, err := w.Owner.Exec(w.t.Context(), `
		INSERT INTO passkeys (tenant_id, id, user_id, credential_id, public_key, aaguid, sign_count, transports, backup_eligible, backed_up, user_verified, name)
		SELECT $1, gen_random_uuid(), $2, uuid_send(gen_random_uuid()), '\x00', gen_random_uuid(), 0, '{}', false, false, true, 'Key'`, w.Tenant.ID, u.ID)
	must(w.t, err)
	_, err = w.Owner.Exec(w.t.Context(), `UPDATE users SET password_hash = NULL WHERE tenant_id = $1`, w.Tenant.ID)
	must(w.t, err)
	_, err = w.Owner.Exec(w.t.Context(), `UPDATE sessions SET amr = '{pwd,hwk,user,mfa}' WHERE tenant_id = $1`, w.Tenant.ID)
	must(w.t, err)
	return b
}

// removal is the page that asks whether the passkey is to go.
func (w *world) removal(b *plintotest.Browser) *plintotest.Page {
	w.t.Helper()
	link, found := b.Open(w.Issuer() + "/account/security").Doc.Find("a.remove").First().Attr("href")
	if !found {
		w.t.Fatal("there is no passkey")
	}
	return b.Open(w.site().Scheme + "://" + w.site().Host + link)
}

// waysLeft counts the passkeys and the accounts at providers.
func (w *world) waysLeft() (left int) {
	w.t.Helper()
	must(w.t, w.Owner.QueryRow(w.t.Context(), `
		SELECT (SELECT count(*) FROM passkeys WHERE tenant_id = $1) + (SELECT count(*) FROM user_identities WHERE tenant_id = $1)`, w.Tenant.ID).Scan(&left))
	return left
}
