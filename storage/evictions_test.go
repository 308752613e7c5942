package storage

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/testworld"
)

// intruded gives a user more open sessions, which were seen before those that are there.
func (w *world) intruded(u identity.User, n int) {
	w.t.Helper()
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at, seen_at, mark)
		SELECT $1, gen_random_uuid(), sha256(($2 || n::text)::bytea), $2::text::uuid, now(), '1 hour', now() + interval '1 hour', now() - interval '10 minutes', not_before
		FROM users, generate_series(1, $3::int) n WHERE id = $2::text::uuid`, w.tenants[0].ID.String(), u.ID.String(), n)
}

// toldOf counts the sessions of a user whose end has an event, and these events, with a reason.
func (w *world) toldOf(u identity.User, why event.SessionEnd) (sessions, events int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.ctx(), `SELECT count(DISTINCT data ->> 'session_id'), count(*) FROM audit_log
		WHERE type = $1 AND subject = $2 AND data ->> 'reason' = $3`, string(event.SessionEnded{}.Type()), u.PublicID(), string(why)).Scan(&sessions, &events))
	return sessions, events
}

// open counts the sessions of a user that have not ended, dead or alive.
func (w *world) open(u identity.User) int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, u.ID)
}

// Whoever knows a password makes very many sessions. The act that throws them out ends all of them at once and tells of
// the end of some; a job tells of the others, once each, also when its process was killed, and leaves newer ones alone.
func TestEviction_ofVeryManySessionsEndsInSteps_DEL_07(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.told.wants = event.LogoutQueued{}
	const many = 3*identity.EndedStep + identity.MaxEnded
	s := w.issued()
	w.tellable(s)
	kept := w.session(s.user)
	w.intruded(s.user, many)
	w.sql(`UPDATE sessions SET seen_at = now() - interval '30 minutes' WHERE id = $1`, s.session.ID) // it is told of last
	w.signedIn(s.session)
	must(t, w.directory().SignOut(w.ctx(), byOperator, s.user.ID, kept.ID))

	if w.signedIn(s.session) || !w.signedIn(kept) {
		t.Error("want the kept session alive and no other, whatever was told")
	}
	if told, _ := w.toldOf(s.user, event.SessionSignedOut); told != identity.MaxEnded {
		t.Errorf("%d ends are told of with the act, want %d", told, identity.MaxEnded)
	}
	if n := w.count(`SELECT (data ->> 'sessions')::int FROM audit_log WHERE type = $1`, string(event.UserSignedOut{}.Type())); n != many+1 {
		t.Errorf("the act says that it ended %d sessions, want %d", n, many+1)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE args ->> 'task' = $1 AND args ->> 'of' = $2`, endTask(event.SessionSignedOut), s.user.ID.String()); n != 1 {
		t.Errorf("%d tasks go on, want 1", n)
	}

	newer := w.session(w.present(s.user))
	_, left, err := w.ends.EndRest(w.ctx(), s.user.ID, event.SessionSignedOut) // of a process that is killed after it
	must(t, err)
	if want := many + 1 - identity.MaxEnded - identity.EndedStep; left != want {
		t.Errorf("%d sessions are left after a step, want %d", left, want)
	}
	job := ending{w.ends, w.jobs}
	must(t, job.run(w.other(), s.user.ID, event.SessionSignedOut)) // of another tenant: there is no such user
	if w.open(s.user) != left+2 {
		t.Error("another tenant went on with it")
	}
	for range 2 { // the queue calls at least once
		must(t, job.run(w.ctx(), s.user.ID, event.SessionSignedOut))
	}
	if told, events := w.toldOf(s.user, event.SessionSignedOut); told != many+1 || events != told {
		t.Errorf("%d ends are told of, by %d events, want %d", told, events, many+1)
	}
	if n := w.events(event.LogoutQueued{}); n != 1 {
		t.Errorf("%d applications are told, want that of the session that was seen first", n)
	}
	if !w.signedIn(kept) || !w.signedIn(newer) || w.open(s.user) != 2 {
		t.Errorf("%d sessions are open, want the kept one and a newer one", w.open(s.user))
	}
}

// present is a user as they are now.
func (w *world) present(u identity.User) identity.User {
	w.t.Helper()
	u, err := w.users.ByID(w.ctx(), u.ID)
	must(w.t, err)
	return u
}

// Sessions of a user who is deleted go when their end was told.
func TestDeletion_tellsOfTheEndOfEachSession_DEL_08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = identity.EndedStep + 2*identity.MaxEnded
	u := w.user()
	w.intruded(u, many)
	must(t, w.directory().Delete(w.ctx(), byOperator, u.ID))
	job, err := w.jobs.Deleting(w.ctx(), u.ID)
	must(t, err)
	must(t, (ending{w.ends, w.jobs}).run(w.ctx(), u.ID, event.SessionUserDeleted)) // nobody is found; the deletion does it
	must(t, w.users.GoOnDeleting(w.ctx(), job.ID))
	if told, events := w.toldOf(u, event.SessionUserDeleted); told != many || events != many {
		t.Errorf("%d ends are told of, by %d events, want %d", told, events, many)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE id = $1`, u.ID) + w.count(`SELECT count(*) FROM sessions WHERE user_id = $1`, u.ID); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// Copies of very many sessions are not ended one by one: no process reads copies for a while.
func TestEviction_ofMoreSessionsThanHaveTheirCopiesEnded_CAC_15(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	s := w.session(u)
	w.intruded(u, copiesMost)
	w.signedIn(s) // there is a copy now
	must(t, w.users.forget(w.ctx(), u.ID))
	w.sql(`UPDATE sessions SET ended_at = now() WHERE id = $1`, s.ID)
	if w.signedIn(s) {
		t.Error("signed in by a copy")
	}
	few := w.session(w.user())
	w.signedIn(few)
	distrusted := w.sessions.hot.distrusted.Swap(0)
	if distrusted < time.Now().UnixNano() {
		t.Error("copies are read again already")
	}
	if n := w.counted.Count(func() { w.signedIn(few) }); n != 0 {
		t.Error("a copy of another user's is gone")
	}
}

// Sessions that are to be ended are locked once, however many there are beside them: a plan that joins them locks
// all of them again for each session of the tenant.
func TestSessions_areLockedOnceWhenTheyEnd_DEL_07(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	w.intruded(u, 1000)
	w.sql(`UPDATE sessions SET expires_at = now()`)
	w.mark(u)
	rows, err := w.owner.Query(t.Context(), `SELECT id FROM sessions LIMIT 200`)
	must(t, err)
	some, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	must(t, err)
	for name, plan := range map[string]string{"evicted": w.analyzed(endEvicted, u.ID, 200), "expired": w.analyzed(endExpired, some)} {
		locks := regexp.MustCompile(`LockRows .*rows=(\d+) loops=(\d+)`).FindStringSubmatch(plan)
		if locks == nil || locks[1] != "200" || locks[2] != "1" {
			t.Errorf("%s: locked %q:\n%s", name, locks, plan)
		}
	}
}

// analyzed is the plan of a statement that was done and taken back, of tenant a.
func (w *world) analyzed(sql string, args ...any) string {
	w.t.Helper()
	tx, err := w.app.Begin(w.ctx())
	must(w.t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(w.ctx(), `SELECT set_config('plinto.tenant', $1, true)`, w.tenants[0].ID.String())
	must(w.t, err)
	rows, err := tx.Query(w.ctx(), `EXPLAIN (ANALYZE, TIMING OFF) `+sql, args...)
	must(w.t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	return strings.Join(lines, "\n")
}

// BenchmarkEviction measures an act that throws out ten thousand sessions.
func BenchmarkEviction(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		b.StopTimer()
		u := testworld.User()
		must(b, w.users.Create(w.ctx(), u, "hash"))
		w.intruded(u, 10_000)
		w.sql(`ANALYZE sessions`)
		b.StartTimer()
		must(b, w.directory().SignOut(context.WithoutCancel(w.ctx()), byOperator, u.ID, uuid.Nil))
	}
}
