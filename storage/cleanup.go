package storage

import (
	"context"
	"fmt"
	"time"

	"plinto/storage/queue"
)

const (
	cleanupEvery = 5 * time.Minute
	cleanupBatch = 1000 // rows of one statement: short locks
	cleanupMax   = 200  // statements per table and run: the next run goes on
)

// cleanups delete what expired, of all tenants. What a table still says after
// its end decides how long it stays: a used code is evidence for an hour, a
// grant tells a reused refresh token from an unknown one for a week. A code that nobody
// redeemed stays, with its grant, until its flow is over (provider.FlowTTL), so that the
// flow gets no other. An assertion counts as spent for a minute more, see
// Assertions.Spend. A session whose end was not told yet (see expiry) stays for a week. What is not found once it has expired goes at once.
var cleanups = []struct{ what, sql string }{
	{"grants of codes that nobody redeemed", `DELETE FROM grants g USING (
		SELECT tenant_id, grant_id FROM codes
		WHERE sole AND spent_at IS NULL AND expires_at < now() - interval '30 minutes' LIMIT $1) c
		WHERE g.tenant_id = c.tenant_id AND g.id = c.grant_id`},
	{"codes", `DELETE FROM codes WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM codes WHERE expires_at < now() - interval '1 hour' AND NOT (sole AND spent_at IS NULL) LIMIT $1))`},
	{"refresh tokens", `DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM refresh_tokens WHERE expires_at < now() - interval '1 day' LIMIT $1))`},
	{"access tokens", `DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM access_tokens WHERE expires_at < now() LIMIT $1))`},
	{"marks of revoked JWTs", `DELETE FROM revoked_jwts WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM revoked_jwts WHERE expires_at < now() - interval '1 hour' LIMIT $1))`},
	{"grants", `DELETE FROM grants WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM grants WHERE expires_at < now() - interval '7 days' LIMIT $1))`},
	{"sessions", `DELETE FROM sessions WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM sessions WHERE expires_at < now() - interval '1 day'
			AND (ended_at IS NOT NULL OR expires_at < now() - interval '7 days') LIMIT $1))`},
	{"attempts", `DELETE FROM attempts WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM attempts WHERE tat < now() LIMIT $1))`},
	{"devices that were not used", `DELETE FROM user_devices WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM user_devices WHERE used_at < now() - interval '400 days' LIMIT $1))`},
	{"one-time tokens", `DELETE FROM one_time_tokens WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM one_time_tokens WHERE expires_at < now() LIMIT $1))`},
	{"addresses that nobody proved", `DELETE FROM user_emails WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM user_emails WHERE verified_at IS NULL AND sent_at < now() - interval '1 day' LIMIT $1))`},
	{"changes of addresses", `WITH over AS (
			DELETE FROM email_changes WHERE ctid = ANY(ARRAY(SELECT ctid FROM email_changes WHERE expires_at < now() LIMIT $1))
			RETURNING tenant_id, user_id, canonical
		), free AS (
			DELETE FROM user_identifiers i USING over o
			WHERE i.tenant_id = o.tenant_id AND i.user_id = o.user_id AND i.canonical = o.canonical AND i.kind = 'kept_email'
				AND NOT EXISTS (SELECT FROM email_changes c WHERE c.tenant_id = o.tenant_id AND c.user_id = o.user_id
					AND c.canonical = o.canonical AND c.revocable AND c.expires_at >= now())
		)
		SELECT FROM over`},
	{"user names that somebody had", `DELETE FROM retired_usernames WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM retired_usernames WHERE expires_at < now() LIMIT $1))`},
	{"challenges that were answered", `DELETE FROM spent_challenges WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM spent_challenges WHERE expires_at < now() - interval '1 hour' LIMIT $1))`},
	{"answers of named requests", `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM idempotency_keys WHERE expires_at < now() LIMIT $1))`},
	{"files that did not come whole", `DELETE FROM jobs WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM jobs WHERE state = 'receiving' AND created_at < now() - interval '1 hour' LIMIT $1))`},
	{"jobs", `DELETE FROM jobs WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM jobs WHERE created_at < now() - interval '30 days' LIMIT $1))`},
	{"invitations", `DELETE FROM organization_invitations WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM organization_invitations WHERE expires_at < now() - interval '90 days' LIMIT $1))`},
	{"pushed requests", `DELETE FROM pushed_requests WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM pushed_requests WHERE expires_at < now() LIMIT $1))`},
	{"spent assertions", `DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM spent_assertions WHERE expires_at < now() - interval '1 minute' LIMIT $1))`},
	{"assertions of deleted clients", `DELETE FROM retired_assertions WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM retired_assertions WHERE expires_at < now() - interval '1 minute' LIMIT $1))`},
	{"initial access tokens", `DELETE FROM initial_access_tokens WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM initial_access_tokens WHERE expires_at < now() - interval '30 days' LIMIT $1))`},
	{"API keys", `DELETE FROM api_keys WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM api_keys WHERE expires_at < now() - interval '30 days' LIMIT $1))`},
	{"flows", `DELETE FROM flows WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM flows WHERE expires_at < now() LIMIT $1))`},
	{"statistics", `DELETE FROM statistics WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM statistics WHERE day < now() - interval '25 months' LIMIT $1))`},
	{"who was active", `DELETE FROM statistics_seen WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM statistics_seen WHERE seen_at < now() - interval '62 days' LIMIT $1))`},
	{"trails of requests", `DELETE FROM request_trails WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM request_trails WHERE at < now() - interval '7 days' LIMIT $1))`},
	{"webhook deliveries", `DELETE FROM webhook_deliveries WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM webhook_deliveries WHERE created_at < now() - interval '30 days' LIMIT $1))`},
	{"events", `DELETE FROM events WHERE ctid = ANY(ARRAY(
		SELECT ctid FROM events WHERE occurred_at < now() - interval '30 days' LIMIT $1))`},
}

// cleanup has clean run again and again.
func cleanup(system *System) queue.Upkeep {
	return queue.Upkeep{Name: "cleanup", Every: cleanupEvery, Run: func(ctx context.Context) error { return clean(ctx, system) }}
}

// clean deletes table after table, in batches that commit by themselves.
func clean(ctx context.Context, system *System) error {
	for _, c := range cleanups {
		for range cleanupMax {
			deleted, err := system.Exec(ctx, c.sql, cleanupBatch)
			if err != nil {
				return fmt.Errorf("clean up %s: %w", c.what, err)
			}
			if deleted < cleanupBatch {
				break
			}
		}
	}
	return nil
}
