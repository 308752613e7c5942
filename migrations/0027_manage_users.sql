-- What other systems keep with a user, and the answers of the management API by the name of the request.

-- Not read at sign-in or by tokens: what people put here may be large.
ALTER TABLE users ADD COLUMN external_id text,
    ADD COLUMN public_metadata  jsonb,
    ADD COLUMN private_metadata jsonb,
    ADD CONSTRAINT users_external_id_key UNIQUE (tenant_id, external_id);

-- A request with an Idempotency-Key. Whoever serves it has claimed it; an answer is stored with what
-- the request changed. hash is of the caller and the key, fingerprint of the request.
CREATE TABLE idempotency_keys (
    tenant_id     uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    hash          bytea       NOT NULL,
    fingerprint   bytea       NOT NULL,
    claim         uuid        NOT NULL,
    claimed_until timestamptz NOT NULL,
    answer        bytea,               -- sealed: it may hold a secret that is shown once
    expires_at    timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (tenant_id, hash)
);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON idempotency_keys TO plinto_platform USING (true); -- for the cleanup
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO plinto_app;
GRANT SELECT, DELETE ON idempotency_keys TO plinto_platform;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
