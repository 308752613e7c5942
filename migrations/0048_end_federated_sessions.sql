-- What was begun by an account at an identity provider hangs on that account and on its connection.

-- The epoch of a connection counts how often everything that was begun by it was ended.
ALTER TABLE connections ADD COLUMN epoch bigint NOT NULL DEFAULT 0, ADD COLUMN deleting_at timestamptz;
GRANT UPDATE (slug, epoch, deleting_at) ON connections TO plinto_app;

-- One with very many identities is deleted in many transactions, as users are. Nobody sees it meanwhile.
CREATE POLICY deleting ON connections AS RESTRICTIVE TO plinto_app
    USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');

-- Tokens that processes hold in memory may hang on one that goes.
CREATE TRIGGER announce AFTER DELETE ON user_identities FOR EACH ROW EXECUTE FUNCTION announce_change();

-- No foreign keys: a session or grant whose identity is gone says so, and counts for nothing.
ALTER TABLE sessions ADD COLUMN connection_id uuid, ADD COLUMN identity_id uuid, ADD COLUMN connection_epoch bigint,
    ADD COLUMN upstream_sid bytea; -- hash of the provider's own session
ALTER TABLE grants ADD COLUMN identity_id uuid, ADD COLUMN connection_epoch bigint;
CREATE INDEX sessions_by_connection ON sessions (connection_id, identity_id, tenant_id) WHERE ended_at IS NULL AND connection_id IS NOT NULL;
CREATE INDEX sessions_by_upstream ON sessions (upstream_sid, tenant_id) WHERE ended_at IS NULL AND upstream_sid IS NOT NULL;
