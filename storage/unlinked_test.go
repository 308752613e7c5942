package storage

import (
	"testing"

	"plinto/event"
	"plinto/identity"
)

// begunOften gives the identity more sessions.
func (w *federatedWorld) begunOften(n int) {
	w.t.Helper()
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, connection_id, identity_id, connection_epoch)
		SELECT $1, gen_random_uuid(), sha256(n::text::bytea), $2, now(), '1 hour', now() + interval '1 hour', $3, $4, 0 FROM generate_series(1, $5::int) n`,
		w.tenants[0].ID.String(), w.i.UserID, w.c.ID, w.i.ID, n)
}

// FED-44: whoever knows a password, or has the account at the provider, makes very many sessions. Those that an identity began are dead with
// it, all of them; some are told of in the act, and a task tells of the others, once each.
func TestUnlink_ofVeryManySessionsEndsInSteps(t *testing.T) {
	t.Parallel()
	w := newFederatedWorld(newWorld(t))
	const many = identity.MaxEnded + 2*sessionsAtOnce
	w.begunOften(many - 1)
	mine := w.begins("")
	other := w.session(w.user())
	task := unlinked{w.ends, w.sessions}
	must(t, task.run(w.ctx(), w.i.ID))
	if !w.signedIn(mine) {
		t.Fatal("the task ends sessions of an identity that is somebody's")
	}
	w.unlinks()
	if w.signedIn(mine) {
		t.Error("a session that was begun with it serves")
	}
	told := func() (n int) {
		n, events := w.toldOf(identity.User{ID: w.i.UserID}, event.SessionIdentityUnlinked)
		if n != events {
			t.Errorf("%d events for %d sessions", events, n)
		}
		return n
	}
	if n := told(); n != identity.MaxEnded {
		t.Errorf("%d are told of with the act", n)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE args ->> 'task' = $1 AND args ->> 'of' = $2`, IdentitySessionsTask, w.i.ID.String()); n != 1 {
		t.Fatalf("%d tasks go on", n)
	}
	must(t, task.run(w.other(), w.i.ID)) // of another tenant, which has no such session
	if n := told(); n != identity.MaxEnded {
		t.Errorf("another tenant goes on with it: %d", n)
	}
	for range 2 { // the queue calls at least once
		must(t, task.run(w.ctx(), w.i.ID))
	}
	if n := told(); n != many || !w.signedIn(other) {
		t.Errorf("%d are told of in the end, want %d", n, many)
	}
}
