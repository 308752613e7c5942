-- Secrets with which scripts call the management API.

CREATE TABLE api_keys (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    user_id     uuid,                  -- NULL: of the tenant
    mark        timestamptz,           -- users.not_before when it was made: with another one it is over
    name        text        NOT NULL,
    hint        text        NOT NULL,  -- how the secret starts
    hash        bytea       NOT NULL,  -- of the secret and the tenant
    permissions text[]      NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT api_keys_hash_key UNIQUE (tenant_id, hash),
    CONSTRAINT api_keys_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT api_keys_mark_check CHECK ((user_id IS NULL) = (mark IS NULL))
);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON api_keys TO plinto_platform USING (true); -- for the cleanup
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO plinto_app;
GRANT SELECT, DELETE ON api_keys TO plinto_platform;
CREATE INDEX api_keys_by_user ON api_keys (tenant_id, user_id, id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);
