package storage

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/testworld"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// expire runs the upkeep that ends sessions whose limits have passed.
func (w *world) expire() error {
	e := &expiry{pg.NewSystem(w.platform), newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always}), w.sessions, w.ends}
	return e.upkeep().Run(w.t.Context())
}

func (w *world) over(s story) bool {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM sessions WHERE id = $1 AND ended_at IS NOT NULL`, s.session.ID) == 1
}

func TestExpiry_endsWhatIsOverAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idle, absolute, live, ended := w.issued(), w.issued(), w.issued(), w.issued()
	stranger := testworld.User()
	must(t, w.users.Create(w.other(), stranger, ""))
	foreign := testworld.Session(stranger)
	must(t, w.sessions.Create(w.other(), foreign))
	must(t, w.ends.End(w.ctx(), ended.session.ID, event.SessionLoggedOut))
	w.sql(`UPDATE sessions SET seen_at = now() - idle_ttl WHERE id = ANY($1)`, []uuid.UUID{idle.session.ID, ended.session.ID, foreign.ID})
	w.sql(`UPDATE sessions SET expires_at = now() WHERE id = $1`, absolute.session.ID)
	must(t, w.expire())
	must(t, w.expire()) // again tells nothing again
	for what, c := range map[string]struct {
		session uuid.UUID
		want    string
	}{
		"idle": {idle.session.ID, "expired"}, "absolute": {absolute.session.ID, "expired"}, "of another tenant": {foreign.ID, "expired"},
		"live": {live.session.ID, ""}, "ended before": {ended.session.ID, "logout"},
	} {
		if got := w.whyEnded(c.session); got != c.want {
			t.Errorf("%s: the end says %q, want %q", what, got, c.want)
		}
	}
	if n := w.events(event.SessionEnded{}); n != 4 {
		t.Errorf("got %d events, want one for each session that ended", n)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'session.ended' AND actor_type <> 'system' AND data ->> 'reason' = 'expired'`); n != 0 {
		t.Error("somebody else than the system let a session expire")
	}
	if !w.revoked(idle) || w.revoked(live) {
		t.Error("want the grants of the expired session revoked, and no other")
	}
}

func TestExpiry_endsManyAndPassesOverATenantThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		SELECT $1, gen_random_uuid(), sha256(n::text::bytea), $2, now(), '1 hour', now() - n * interval '1 second'
		FROM generate_series(1, $3) n`, w.tenants[0].ID.String(), u.ID, 2*expiryBatch+1)
	must(t, w.users.Create(w.other(), u, ""))
	w.sql(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		VALUES ($1, gen_random_uuid(), '\x00', $2, now(), '1 hour', now() - interval '1 hour')`, w.tenants[1].ID.String(), u.ID)
	w.sql(`UPDATE tenants SET settings = '7' WHERE id = $1`, w.tenants[1].ID.String()) // cannot be read
	if err := w.expire(); err == nil {
		t.Error("the tenant that fails is not told of")
	}
	if n := w.count(`SELECT count(*) FROM sessions WHERE tenant_id = $1 AND ended_at IS NULL`, w.tenants[0].ID.String()); n != 0 {
		t.Errorf("%d sessions of the other tenant are left", n)
	}
}

// The session is used between the look and the end.
func TestExpiry_sparesASessionThatIsUsedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	w.sql(`UPDATE sessions SET seen_at = now() - idle_ttl WHERE id = $1`, s.session.ID)
	raced := w.holding(func(ctx context.Context) error {
		_, err := pg.Exec(ctx, w.db, `UPDATE sessions SET seen_at = now() WHERE id = $1`, s.session.ID)
		return err
	}, func(ctx context.Context) error {
		_, err := w.ends.Expire(ctx, w.sessions, []uuid.UUID{s.session.ID})
		return err
	})
	must(t, raced)
	if w.over(s) || w.events(event.SessionEnded{}) != 0 {
		t.Error("a session that is in use expired")
	}
}

func TestExpiry_notifiesApplicationsWhereTheTenantWantsIt(t *testing.T) {
	t.Parallel()
	for _, wants := range []bool{false, true} {
		w := newWorld(t)
		w.told.wants = event.LogoutQueued{}
		s := w.issued()
		w.tellable(s)
		w.sql(`UPDATE sessions SET expires_at = now() WHERE id = $1`, s.session.ID)
		of := *w.tenants[0]
		of.Settings.ExpiryLogsOut = wants
		n, err := w.ends.Expire(tenant.With(t.Context(), &of), w.sessions, []uuid.UUID{s.session.ID})
		must(t, err)
		if got := w.events(event.LogoutQueued{}); n != 1 || (got == 1) != wants {
			t.Errorf("expiry_logs_out %v: %d sessions ended, %d applications notified", wants, n, got)
		}
	}
}
