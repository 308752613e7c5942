-- Second factors of users: time-based one-time passwords (RFC 6238) and recovery codes.

CREATE TABLE totp_factors (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    id         uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    name       text        NOT NULL,
    secret     bytea       NOT NULL, -- encrypted under the root key
    last_step  bigint      NOT NULL, -- of the last code that was used: no code counts twice
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    CONSTRAINT totp_factors_pkey PRIMARY KEY (tenant_id, user_id, id),
    CONSTRAINT totp_factors_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE recovery_codes (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    user_id    uuid        NOT NULL,
    hash       bytea       NOT NULL, -- of the code, the user and the tenant
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (tenant_id, user_id, hash),
    CONSTRAINT recovery_codes_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['totp_factors', 'recovery_codes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO plinto_app', t);
    END LOOP;
END $$;
GRANT UPDATE (name, last_step, used_at) ON totp_factors TO plinto_app;
GRANT UPDATE (used_at) ON recovery_codes TO plinto_app;
