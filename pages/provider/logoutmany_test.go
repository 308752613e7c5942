package provider_test

import (
	"net/http"
	"testing"

	"plinto/identity"
	"plinto/internal/plintotest"
)

// FED-45: a logout token ends all sessions of the account, and not the first hundred alone.
func TestProvider_aLogoutTokenEndsVeryManySessions(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{})
	v := w.enters(secret, "")
	byPassword := &visitor{Browser: w.Browser()}
	byPassword.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	of := w.identities("alice@example.com")[0]
	w.exec(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, connection_id, identity_id, connection_epoch)
		SELECT $1, gen_random_uuid(), sha256(n::text::bytea), $2, now(), '1 hour', now() + interval '1 hour', $3, $4, 0 FROM generate_series(1, $5::int) n`,
		w.Tenant.ID.String(), of.UserID, w.conn.ID, of.ID, 2*identity.MaxEnded)
	if answer := w.logsOut(w.idp.LogoutToken("logout+jwt", "alice", "")); answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, answer.Text)
	}
	var open, told int
	must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE ended_at IS NULL) FROM sessions WHERE identity_id = $1`, of.ID).Scan(&open))
	must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND data ->> 'reason' = 'upstream_logout'`).Scan(&told))
	if open != 0 || told != 2*identity.MaxEnded+1 || w.signed(v) || !w.signed(byPassword) {
		t.Errorf("%d are open, %d told of; who signed in by password is signed in: %v", open, told, w.signed(byPassword))
	}
}
