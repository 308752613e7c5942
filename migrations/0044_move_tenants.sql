-- Tenants are moved: between the shared tables, schemas and databases.

-- A tenant that is being moved is nowhere: who asks for it waits.
ALTER TABLE tenants DROP CONSTRAINT tenants_isolation_check,
    ADD CONSTRAINT tenants_isolation_check CHECK (isolation IN ('shared', 'schema', 'database', 'moving'));

-- Where tenants are moved from and to, until the old copy is removed. It counts in the shared tables.
CREATE TABLE tenant_moves (
    tenant      uuid        PRIMARY KEY REFERENCES tenants (id),
    attempt     uuid        NOT NULL, -- of the process that moves it: another one goes on with one of its own
    from_level  text        NOT NULL CONSTRAINT tenant_moves_from_check CHECK (from_level IN ('shared', 'schema', 'database')),
    from_url    bytea,                -- as in tenant_databases
    to_level    text        NOT NULL CONSTRAINT tenant_moves_to_check CHECK (to_level IN ('shared', 'schema', 'database')),
    to_url      bytea,
    started_at  timestamptz NOT NULL DEFAULT now(),
    switched_at timestamptz           -- since then the tenant is where it was moved to
);
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_moves TO plinto_platform;

-- Tenants that are not here, though their rows are, or were. Every transaction of a tenant asks, so that a process
-- which has not heard of a move reads and writes nothing in the old place.
CREATE TABLE tenant_fences (
    tenant    uuid        PRIMARY KEY,
    closed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON tenant_fences TO PUBLIC; -- behind a pooler a transaction asks before it has a role
GRANT DELETE ON tenant_fences TO plinto_platform;

CREATE FUNCTION tenant_moved() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the tenant was moved away' USING ERRCODE = 'PL001';
END $$;

-- The tenant whose rows the owner of the tables copies. Row-level security is forced on the owner too.
CREATE FUNCTION moved_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('plinto.moves', true), '')::uuid;

DO $$
DECLARE t text;
BEGIN
    FOR t IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY c.relname
    LOOP
        EXECUTE format('CREATE POLICY move ON %I TO %I USING (tenant_id = moved_tenant()) WITH CHECK (tenant_id = moved_tenant())', t, current_user);
        -- What works across tenants sees no row of one that is elsewhere, and writes none.
        IF EXISTS (SELECT FROM pg_policies WHERE schemaname = current_schema() AND tablename = t AND 'plinto_platform' = ANY (roles)) THEN
            EXECUTE format('CREATE POLICY elsewhere ON %I AS RESTRICTIVE TO plinto_platform
                USING (NOT EXISTS (SELECT FROM tenant_fences f WHERE f.tenant = tenant_id))', t);
        END IF;
    END LOOP;
END $$;

-- What was sealed is not to be sealed again where it is copied to.
DROP TRIGGER note ON audit_log;
CREATE TRIGGER note BEFORE INSERT ON audit_log FOR EACH ROW
    WHEN (moved_tenant() IS NULL OR current_user IN ('plinto_app', 'plinto_platform')) EXECUTE FUNCTION note_audit_row();
