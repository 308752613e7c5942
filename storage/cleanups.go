package storage

// cleanups delete what expired, of all tenants: $1 rows at most, of those that ended at $2 or later, the
// oldest first, and say how many these were and when the last of them ended. What a table still says after
// its end decides how long it stays: a used code is evidence for an hour, a
// grant tells a reused refresh token from an unknown one for a week. A code that nobody
// redeemed stays, with its grant, until its flow is over (provider.FlowTTL), so that the
// flow gets no other. An assertion counts as spent for a minute more, see
// Assertions.Spend. A session whose end was not told yet (see expiry) stays for a week. What is not found once it has expired goes at once.
//
// Each reads an index in its order: without an order Postgres reads the table from its beginning, where
// what was deleted before lies.
var cleanups = []struct{ what, sql string }{
	{"grants of codes that nobody redeemed", `WITH gone AS (
			DELETE FROM grants g USING (
				SELECT tenant_id, grant_id, expires_at FROM codes
				WHERE expires_at >= $2 AND sole AND spent_at IS NULL AND expires_at < now() - interval '30 minutes' ORDER BY expires_at LIMIT $1) c
			WHERE g.tenant_id = c.tenant_id AND g.id = c.grant_id RETURNING c.expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"codes", `WITH gone AS (
			DELETE FROM codes WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM codes WHERE expires_at >= $2 AND expires_at < now() - interval '1 hour' AND NOT (sole AND spent_at IS NULL) ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"refresh tokens", `WITH gone AS (
			DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM refresh_tokens WHERE expires_at >= $2 AND expires_at < now() - interval '1 day' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"access tokens", `WITH gone AS (
			DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM access_tokens WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"marks of revoked JWTs", `WITH gone AS (
			DELETE FROM revoked_jwts WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM revoked_jwts WHERE expires_at >= $2 AND expires_at < now() - interval '1 hour' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"grants", `WITH gone AS (
			DELETE FROM grants WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM grants WHERE expires_at >= $2 AND expires_at < now() - interval '7 days' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"sessions", `WITH gone AS (
			DELETE FROM sessions WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM sessions WHERE expires_at >= $2 AND expires_at < now() - interval '1 day'
			AND (ended_at IS NOT NULL OR expires_at < now() - interval '7 days') ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"attempts", `WITH gone AS (
			DELETE FROM attempts WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM attempts WHERE tat >= $2 AND tat < now() ORDER BY tat LIMIT $1))
			RETURNING tat
		) SELECT count(*), max(tat) FROM gone`},
	{"devices that were not used", `WITH gone AS (
			DELETE FROM user_devices WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM user_devices WHERE used_at >= $2 AND used_at < now() - interval '400 days' ORDER BY used_at LIMIT $1))
			RETURNING used_at
		) SELECT count(*), max(used_at) FROM gone`},
	{"one-time tokens", `WITH gone AS (
			DELETE FROM one_time_tokens WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM one_time_tokens WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"addresses that nobody proved", `WITH gone AS (
			DELETE FROM user_emails WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM user_emails WHERE sent_at >= $2 AND verified_at IS NULL AND sent_at < now() - interval '1 day' ORDER BY sent_at LIMIT $1))
			RETURNING sent_at
		) SELECT count(*), max(sent_at) FROM gone`},
	{"changes of addresses", `WITH gone AS (
			DELETE FROM email_changes WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM email_changes WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING tenant_id, user_id, canonical, expires_at
		), free AS (
			DELETE FROM user_identifiers i USING gone o
			WHERE i.tenant_id = o.tenant_id AND i.user_id = o.user_id AND i.canonical = o.canonical AND i.kind = 'kept_email'
				AND NOT EXISTS (SELECT FROM email_changes c WHERE c.tenant_id = o.tenant_id AND c.user_id = o.user_id
					AND c.canonical = o.canonical AND c.revocable AND c.expires_at >= now())
		)
		SELECT count(*), max(expires_at) FROM gone`},
	{"user names that somebody had", `WITH gone AS (
			DELETE FROM retired_usernames WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM retired_usernames WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"challenges that were answered", `WITH gone AS (
			DELETE FROM spent_challenges WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM spent_challenges WHERE expires_at >= $2 AND expires_at < now() - interval '1 hour' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"answers of named requests", `WITH gone AS (
			DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM idempotency_keys WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"files that did not come whole", `WITH gone AS (
			DELETE FROM jobs WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM jobs WHERE created_at >= $2 AND state = 'receiving' AND created_at < now() - interval '1 hour' ORDER BY created_at LIMIT $1))
			RETURNING created_at
		) SELECT count(*), max(created_at) FROM gone`},
	{"jobs", `WITH gone AS (
			DELETE FROM jobs WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM jobs WHERE created_at >= $2 AND NOT (state = 'running' AND target IS NOT NULL) AND created_at < now() - interval '30 days' ORDER BY created_at LIMIT $1))
			RETURNING created_at
		) SELECT count(*), max(created_at) FROM gone`},
	{"invitations", `WITH gone AS (
			DELETE FROM organization_invitations WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM organization_invitations WHERE expires_at >= $2 AND expires_at < now() - interval '90 days' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"pushed requests", `WITH gone AS (
			DELETE FROM pushed_requests WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM pushed_requests WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"spent assertions", `WITH gone AS (
			DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM spent_assertions WHERE expires_at >= $2 AND expires_at < now() - interval '1 minute' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"assertions of deleted clients", `WITH gone AS (
			DELETE FROM retired_assertions WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM retired_assertions WHERE expires_at >= $2 AND expires_at < now() - interval '1 minute' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"initial access tokens", `WITH gone AS (
			DELETE FROM initial_access_tokens WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM initial_access_tokens WHERE expires_at >= $2 AND expires_at < now() - interval '30 days' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"API keys", `WITH gone AS (
			DELETE FROM api_keys WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM api_keys WHERE expires_at >= $2 AND expires_at < now() - interval '30 days' ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"flows", `WITH gone AS (
			DELETE FROM flows WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM flows WHERE expires_at >= $2 AND expires_at < now() ORDER BY expires_at LIMIT $1))
			RETURNING expires_at
		) SELECT count(*), max(expires_at) FROM gone`},
	{"statistics", `WITH gone AS (
			DELETE FROM statistics WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM statistics WHERE day >= $2::date AND day < now() - interval '25 months' ORDER BY day LIMIT $1))
			RETURNING day
		) SELECT count(*), max(day)::timestamp AT TIME ZONE 'UTC' FROM gone`},
	{"who was active", `WITH gone AS (
			DELETE FROM statistics_seen WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM statistics_seen WHERE seen_at >= $2 AND seen_at < now() - interval '62 days' ORDER BY seen_at LIMIT $1))
			RETURNING seen_at
		) SELECT count(*), max(seen_at) FROM gone`},
	{"trails of requests", `WITH gone AS (
			DELETE FROM request_trails WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM request_trails WHERE at >= $2 AND at < now() - interval '7 days' ORDER BY at LIMIT $1))
			RETURNING at
		) SELECT count(*), max(at) FROM gone`},
	{"webhook deliveries", `WITH gone AS (
			DELETE FROM webhook_deliveries WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM webhook_deliveries WHERE created_at >= $2 AND created_at < now() - interval '30 days' ORDER BY created_at LIMIT $1))
			RETURNING created_at
		) SELECT count(*), max(created_at) FROM gone`},
	{"events", `WITH gone AS (
			DELETE FROM events WHERE ctid = ANY(ARRAY(
				SELECT ctid FROM events WHERE occurred_at >= $2 AND occurred_at < now() - interval '30 days' ORDER BY occurred_at LIMIT $1))
			RETURNING occurred_at
		) SELECT count(*), max(occurred_at) FROM gone`},
}
