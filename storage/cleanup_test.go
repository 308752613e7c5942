package storage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/explain"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/storage/internal/pg"
)

// Every table that expires loses its old rows of every tenant and keeps the rest.
func TestCleanup_deletesWhatIsOverAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.opaque(s)
	must(t, w.spends.RevokeJWT(w.ctx(), now(), grants.RevokedToken{JTI: "jti"}))
	if _, err := w.attempts.Verdict(w.ctx(), fivePerHour, "k", false); err != nil {
		t.Fatal(err)
	}
	w.sql(`INSERT INTO one_time_tokens (tenant_id, hash, purpose, expires_at) VALUES ($1, 'h', 'setup', now() + interval '1 hour')`, w.tenants[0].ID.String())
	must(t, newPushedRequests(w.db).Push(w.ctx(), random(), provider.PushedRequest{ClientID: s.client}, time.Minute))
	must(t, newAssertions(w.db).Spend(w.ctx(), s.client, random(), time.Now()))
	w.sql(`INSERT INTO initial_access_tokens (tenant_id, id, name, hash, uses_left, expires_at) VALUES ($1, $2, 'test', 'h', 1, now())`, w.tenants[0].ID.String(), uuid.New())
	w.sql(`INSERT INTO retired_assertions (tenant_id, client_id, jti_hash, expires_at) VALUES ($1, 'gone', 'h', now())`, w.tenants[0].ID.String())
	w.append(w.ctx(), event.Event{Fact: w.told.wants, Outcome: "success"})
	must(t, newFlows(w.db).Keep(w.ctx(), storedFlow("browser", "network"), time.Hour))
	must(t, (&Trails{w.db, pg.NewSystem(w.platform), newTenants(pg.NewSystem(w.platform), nil, copyOptions{heard: always})}).Keep(w.ctx(), []explain.Trail{{RequestID: "r", Tenant: w.tenants[0].ID, At: time.Now()}}))
	w.sql(`INSERT INTO spent_challenges (tenant_id, hash, expires_at) VALUES ($1, 'h', now())`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO user_emails (tenant_id, id, user_id, canonical, email) VALUES ($1, gen_random_uuid(), $2, 'x', 'x')`, w.tenants[0].ID.String(), s.user.ID)
	w.sql(`INSERT INTO email_changes (tenant_id, id, user_id, canonical, email, email_verified, promoted, promoted_canonical, verified_at, revocable, expires_at)
		VALUES ($1, gen_random_uuid(), $2, 'x', 'x', true, gen_random_uuid(), 'y', now(), true, now() + interval '1 hour')`, w.tenants[0].ID.String(), s.user.ID)
	w.sql(`INSERT INTO retired_usernames (tenant_id, hash, user_id, expires_at) VALUES ($1, 'h', gen_random_uuid(), now() + interval '1 hour')`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO statistics (tenant_id, day, metric, count) VALUES ($1, now(), 'sign_ins', 1)`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO statistics_seen (tenant_id, metric, start, user_id) VALUES ($1, 'active_users_by_day', now(), 'user_x')`, w.tenants[0].ID.String())
	w.sql(`WITH e AS (INSERT INTO webhook_endpoints (tenant_id, id, url, events, sealed) VALUES ($1, gen_random_uuid(), '', '{}', '') RETURNING tenant_id, id)
		INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, type, occurred_at, due_at, created_at)
		SELECT tenant_id, gen_random_uuid(), id, gen_random_uuid(), '', now(), now(), now() FROM e`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO user_devices (tenant_id, id, user_id, hash, mark, ip, agent) VALUES ($1, $2, $3, 'h', now(), '', '')`, w.tenants[0].ID.String(), uuid.New(), w.user().ID)
	w.sql(`INSERT INTO idempotency_keys (tenant_id, hash, fingerprint, claim, claimed_until, expires_at)
		VALUES ($1, 'h', 'f', gen_random_uuid(), now(), now() + interval '1 hour')`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO api_keys (tenant_id, id, name, hint, hash, permissions, expires_at) VALUES ($1, $2, '', '', 'h', '{}', now())`, w.tenants[0].ID.String(), uuid.New())
	w.sql(`WITH o AS (INSERT INTO organizations (tenant_id, id, slug, name) VALUES ($1, gen_random_uuid(), 'o', 'O') RETURNING tenant_id, id)
		INSERT INTO organization_invitations (tenant_id, id, organization_id, canonical, email, hash, expires_at)
		SELECT tenant_id, gen_random_uuid(), id, 'x', 'x', 'h', now() FROM o`, w.tenants[0].ID.String())
	w.sql(`INSERT INTO jobs (tenant_id, id, kind, dry_run, actor) VALUES ($1, $2, 'user_import', false, '{}')`, w.tenants[0].ID.String(), uuid.New())
	cleaned := 0
	for _, c := range []struct{ table, keep, gone string }{
		{"codes", `expires_at = now() - interval '59 minutes'`, `expires_at = now() - interval '61 minutes'`},
		{"access_tokens", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"refresh_tokens", `expires_at = now() - interval '23 hours'`, `expires_at = now() - interval '25 hours'`},
		{"revoked_jwts", `expires_at = now() - interval '59 minutes'`, `expires_at = now() - interval '61 minutes'`},
		{"grants", `expires_at = now() - interval '6 days'`, `expires_at = now() - interval '8 days'`},
		{"sessions", `ended_at = now(), expires_at = now() - interval '23 hours'`, `expires_at = now() - interval '25 hours'`},
		{"user_devices", `used_at = now() - interval '399 days'`, `used_at = now() - interval '401 days'`},
		{"attempts", `tat = now() + interval '1 minute'`, `tat = now() - interval '1 second'`},
		{"one_time_tokens", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"webhook_deliveries", `created_at = now() - interval '29 days'`, `created_at = now() - interval '31 days'`},
		{"events", `occurred_at = now() - interval '29 days'`, `occurred_at = now() - interval '31 days'`},
		{"pushed_requests", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"spent_assertions", `expires_at = now() - interval '45 seconds'`, `expires_at = now() - interval '61 seconds'`},
		{"spent_challenges", `expires_at = now() - interval '59 minutes'`, `expires_at = now() - interval '61 minutes'`},
		{"retired_assertions", `expires_at = now() - interval '45 seconds'`, `expires_at = now() - interval '61 seconds'`},
		{"statistics", `day = (now() - interval '24 months')::date`, `day = (now() - interval '26 months')::date`},
		{"statistics_seen", `seen_at = now() - interval '61 days'`, `seen_at = now() - interval '63 days'`},
		{"request_trails", `at = now() - interval '6 days'`, `at = now() - interval '8 days'`},
		{"flows", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 minute'`},
		{"user_emails", `sent_at = now() - interval '23 hours'`, `sent_at = now() - interval '25 hours'`},
		{"email_changes", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"retired_usernames", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"idempotency_keys", `expires_at = now() + interval '1 minute'`, `expires_at = now() - interval '1 second'`},
		{"api_keys", `expires_at = now() - interval '29 days'`, `expires_at = now() - interval '31 days'`},
		{"organization_invitations", `expires_at = now() - interval '89 days'`, `expires_at = now() - interval '91 days'`},
		{"jobs", `created_at = now() - interval '29 days'`, `created_at = now() - interval '31 days'`},
		{"initial_access_tokens", `expires_at = now() - interval '29 days'`, `expires_at = now() - interval '31 days'`},
	} {
		cleaned++
		before := w.count(`SELECT count(*) FROM ` + c.table)
		w.sql(`UPDATE ` + c.table + ` SET ` + c.keep)
		must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
		if n := w.count(`SELECT count(*) FROM ` + c.table); n != before || n == 0 {
			t.Errorf("%s: %d of %d rows left, want all", c.table, n, before)
		}
		w.sql(`UPDATE ` + c.table + ` SET ` + c.gone)
		must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
		if n := w.count(`SELECT count(*) FROM ` + c.table); n != 0 {
			t.Errorf("%s: %d rows left, want none", c.table, n)
		}
	}
	if cleaned != len(cleanups)-2 { // grants of codes that nobody redeemed and files that came in part have tests of their own
		t.Errorf("%d clean-ups are shown of %d", cleaned, len(cleanups)-2)
	}
	if w.count(`SELECT count(*) FROM audit_log`) == 0 {
		t.Error("the audit log was cleaned up")
	}
}

// COD-22: a grant whose code nobody redeemed goes once its flow is over, not at the end of
// the refresh tokens that it never had.
func TestCleanup_endsGrantsOfCodesThatNobodyRedeemed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sole, redeemed, hybrid := w.issued(), w.redeemed(), w.issued()
	for _, s := range []story{sole, redeemed} {
		w.sql(`UPDATE codes SET sole = true WHERE hash = $1`, s.code.Hash)
	}
	left := func(s story) int { return w.count(`SELECT count(*) FROM grants WHERE id = $1`, s.grant.ID) }
	for _, at := range []struct {
		end  string
		sole int
	}{{"29 minutes", 1}, {"31 minutes", 0}, {"2 hours", 0}} {
		w.sql(`UPDATE codes SET expires_at = now() - interval '` + at.end + `'`)
		must(t, clean(t.Context(), pg.NewSystem(w.platform), cleanupBatch))
		for name, c := range map[string]struct{ got, want int }{
			"never redeemed": {left(sole), at.sole}, "redeemed": {left(redeemed), 1}, "answered with more": {left(hybrid), 1},
		} {
			if c.got != c.want {
				t.Errorf("%s after the code: %s: got %d grants, want %d", at.end, name, c.got, c.want)
			}
		}
	}
}

// The row of a code that nobody redeemed does not go before its grant, which nothing else
// would lead to.
func TestCleanup_takesNoCodeAwayFromItsGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	w.sql(`UPDATE codes SET sole = true, expires_at = now() - interval '2 hours'`)
	for _, c := range cleanups {
		if c.what == "codes" {
			_, err := deleteBatch(t.Context(), pg.NewSystem(w.platform), c.sql, cleanupBatch, time.Time{})
			must(t, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM codes WHERE grant_id = $1`, s.grant.ID); n != 1 {
		t.Errorf("got %d codes, want 1", n)
	}
}

func TestCleanup_runsWhenAWorkerStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sql(`INSERT INTO attempts (tenant_id, key, tat) VALUES ($1, $2, now() - interval '1 day')`, w.tenants[0].ID.String(), uuid.NewString())
	conn, err := w.owner.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `
		LISTEN cleaned;
		CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('cleaned', ''); RETURN NULL; END $$;
		CREATE TRIGGER tell AFTER DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION tell()`)
	must(t, err)
	w.work()
	if _, err := conn.Conn().WaitForNotification(t.Context()); err != nil {
		t.Fatal(err)
	}
}
