-- Rows that are over are deleted in the order of their end, and tables that grow with requests are vacuumed when
-- a fiftieth of them is dead: by default it is a fifth, which for ten million rows is two million.
CREATE INDEX attempts_by_expiry ON attempts (tat);
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['access_tokens', 'attempts', 'codes', 'events', 'flows', 'grants', 'idempotency_keys', 'one_time_tokens',
        'pushed_requests', 'refresh_tokens', 'request_trails', 'revoked_jwts', 'sessions', 'spent_assertions', 'webhook_deliveries'] LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1)', t);
    END LOOP;
END $$;

-- A client that was granted much is deleted in many transactions. Until the last of them its row has another
-- name, and is disabled: nobody finds it, and everything that asks whether it stands is told no.
ALTER TABLE clients ADD COLUMN deleting_at timestamptz,
    ADD CONSTRAINT clients_deleting_check CHECK (deleting_at IS NULL OR disabled_at IS NOT NULL);
ALTER TABLE jobs ADD COLUMN target uuid; -- what a job deletes
