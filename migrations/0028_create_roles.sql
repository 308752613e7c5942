-- Roles that a tenant makes, and who has roles of the tenant. Roles that are built in have no row.

CREATE TABLE roles (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    scope       text        NOT NULL CONSTRAINT roles_scope_check CHECK (scope IN ('tenant', 'organization')),
    key         text        NOT NULL,
    name        text        NOT NULL,
    description text        NOT NULL DEFAULT '',
    permissions text[]      NOT NULL DEFAULT '{}',
    includes    text[]      NOT NULL DEFAULT '{}',
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT roles_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT roles_key_key UNIQUE (tenant_id, scope, key)
);
ALTER TABLE roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON roles TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON roles TO plinto_app;
CREATE TRIGGER count_version BEFORE UPDATE ON roles FOR EACH ROW EXECUTE FUNCTION count_version();

CREATE TABLE user_roles (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    user_id    uuid        NOT NULL,
    key        text        NOT NULL, -- of a role of scope tenant
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_roles_pkey PRIMARY KEY (tenant_id, user_id, key),
    CONSTRAINT user_roles_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_roles FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON user_roles TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON user_roles TO plinto_app;
CREATE INDEX user_roles_by_key ON user_roles (key, tenant_id);
