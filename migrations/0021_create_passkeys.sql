-- Passkeys of users (Web Authentication Level 3), and the challenges that were answered.

CREATE TABLE passkeys (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant(),
    id              uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    credential_id   bytea       NOT NULL CONSTRAINT passkeys_credential_id_check CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key      bytea       NOT NULL, -- COSE_Key
    aaguid          uuid        NOT NULL, -- model of the authenticator, as it says
    sign_count      bigint      NOT NULL, -- the highest that was seen
    transports      text[]      NOT NULL,
    backup_eligible boolean     NOT NULL, -- synced, as opposed to bound to a device
    backed_up       boolean     NOT NULL,
    name            text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    used_at         timestamptz,
    CONSTRAINT passkeys_pkey PRIMARY KEY (tenant_id, user_id, id),
    CONSTRAINT passkeys_credential_key UNIQUE (tenant_id, credential_id),
    CONSTRAINT passkeys_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- A challenge is signed, so none is kept until it is answered.
CREATE TABLE spent_challenges (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    hash       bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT spent_challenges_pkey PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['passkeys', 'spent_challenges'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE ON passkeys TO plinto_app;
GRANT UPDATE (sign_count, backed_up, used_at) ON passkeys TO plinto_app;
GRANT SELECT, INSERT ON spent_challenges TO plinto_app;
CREATE POLICY platform ON spent_challenges TO plinto_platform USING (true);
GRANT SELECT, DELETE ON spent_challenges TO plinto_platform;
