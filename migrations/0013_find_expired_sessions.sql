-- When a session ends if nobody uses it, so that upkeep finds those that are over and tells
-- of their end. Times are compared in UTC: an index cannot have what the time zone of a
-- connection changes. Building it keeps sign-ins waiting for about a second a million
-- sessions; sessions that ended are not in it.
CREATE INDEX sessions_by_end ON sessions (least(expires_at AT TIME ZONE 'UTC', (seen_at AT TIME ZONE 'UTC') + idle_ttl))
    WHERE ended_at IS NULL;
