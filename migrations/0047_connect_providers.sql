-- Sign-in with identity providers: connections to them, and whose account there is whose here.

CREATE TABLE connections (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    slug            text        NOT NULL, -- in addresses that providers are told; it never changes
    organization_id uuid,                 -- whose it is; NULL: the tenant's
    spec            jsonb       NOT NULL, -- what people decide of it: see federation.Spec
    sealed          bytea,                -- secret or key with which we show the provider who we are
    disabled_at     timestamptz,
    managed_by      text        NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         bigint      NOT NULL DEFAULT 1,
    CONSTRAINT connections_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT connections_slug_key UNIQUE (tenant_id, slug),
    CONSTRAINT connections_organization_fkey FOREIGN KEY (tenant_id, organization_id)
        REFERENCES organizations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX connections_by_organization ON connections (organization_id, tenant_id) WHERE organization_id IS NOT NULL;
CREATE TRIGGER count_version BEFORE UPDATE ON connections FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON connections FOR EACH ROW EXECUTE FUNCTION announce_change();

-- An account at a provider is known by connection, issuer and subject, and by nothing else: whatever address it has there
-- is a label.
CREATE TABLE user_identities (
    tenant_id     uuid        NOT NULL DEFAULT current_tenant(),
    id            uuid        NOT NULL, -- in order of time
    connection_id uuid        NOT NULL,
    issuer        text        NOT NULL,
    subject       text        NOT NULL,
    user_id       uuid        NOT NULL,
    label         text        NOT NULL DEFAULT '', -- how the provider calls the account, for people to read
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz,
    CONSTRAINT user_identities_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT user_identities_subject_key UNIQUE (tenant_id, connection_id, issuer, subject),
    CONSTRAINT user_identities_connection_fkey FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_identities_user_fkey FOREIGN KEY (tenant_id, user_id)
        REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX user_identities_by_user ON user_identities (user_id, tenant_id);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['connections', 'user_identities'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('CREATE POLICY move ON %I TO %I USING (tenant_id = moved_tenant()) WITH CHECK (tenant_id = moved_tenant())', t, current_user);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN tenant_id SET STATISTICS 0', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO plinto_app', t);
    END LOOP;
END $$;
GRANT UPDATE (organization_id, spec, sealed, disabled_at, managed_by, updated_at) ON connections TO plinto_app;
GRANT UPDATE (label, used_at) ON user_identities TO plinto_app;
CREATE POLICY organization ON connections AS RESTRICTIVE TO plinto_app
    USING (current_organization() IS NULL OR organization_id = current_organization())
    WITH CHECK (current_organization() IS NULL OR organization_id = current_organization());
