-- What clients bring themselves: pushed requests, registrations, assertions.

-- Secrets that the server must be able to read again, because the client makes
-- or reads HMACs with them (client_secret_jwt, HS256): sealed, bound to tenant,
-- client and row. NULL for every other client.
ALTER TABLE client_secrets ADD COLUMN sealed bytea;

-- Pushed authorization requests (RFC 9126), by hash of the request_uri. A row is
-- used up when its flow ends, not when it is first looked at.
CREATE TABLE pushed_requests (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    hash       bytea       NOT NULL,
    client_id  uuid        NOT NULL,
    request    jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    CONSTRAINT pushed_requests_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT pushed_requests_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX pushed_requests_by_client ON pushed_requests (client_id, tenant_id);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

-- The jti of every client assertion that authenticated (RFC 7523 §3): the insert
-- is the gate. By hash, because the client chooses what a jti is.
CREATE TABLE spent_assertions (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    client_id  uuid        NOT NULL,
    jti_hash   bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT spent_assertions_pkey PRIMARY KEY (tenant_id, client_id, jti_hash),
    CONSTRAINT spent_assertions_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX spent_assertions_by_expiry ON spent_assertions (expires_at);

-- Tokens that let their bearer register clients (RFC 7591 §3), by hash.
CREATE TABLE initial_access_tokens (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    name       text        NOT NULL DEFAULT '',
    hash       bytea       NOT NULL,
    uses_left  integer     NOT NULL CONSTRAINT initial_access_tokens_uses_check CHECK (uses_left >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT initial_access_tokens_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT initial_access_tokens_hash_key UNIQUE (tenant_id, hash)
);
CREATE INDEX initial_access_tokens_by_expiry ON initial_access_tokens (expires_at);

-- Clients that registered themselves, with the hash of their registration access
-- token (RFC 7592 §1.2).
CREATE TABLE client_registrations (
    tenant_id        uuid        NOT NULL DEFAULT current_tenant(),
    client_id        uuid        NOT NULL,
    token_hash       bytea       NOT NULL,
    initial_token_id uuid,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT client_registrations_pkey PRIMARY KEY (tenant_id, client_id),
    CONSTRAINT client_registrations_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['pushed_requests', 'spent_assertions', 'initial_access_tokens', 'client_registrations'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO plinto_app', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['pushed_requests', 'spent_assertions', 'initial_access_tokens'] LOOP
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true)', t);
        EXECUTE format('GRANT SELECT, DELETE ON %I TO plinto_platform', t);
    END LOOP;
END $$;

-- Instances hold for some seconds what they know of a token. What ends one is
-- announced too. Expired rows that are cleaned away are no news.
CREATE TRIGGER announce AFTER UPDATE OF revoked_at ON grants FOR EACH ROW
    WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER UPDATE OF ended_at ON sessions FOR EACH ROW
    WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER DELETE ON access_tokens FOR EACH ROW
    WHEN (OLD.expires_at > now()) EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER INSERT ON revoked_jwts FOR EACH ROW EXECUTE FUNCTION announce_change();
