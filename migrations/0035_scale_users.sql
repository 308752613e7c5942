-- Whose rows a statement sees is in every plan, and statistics mislead there: a tenant that they have not
-- seen has no rows by them, so reading all of its rows looks as cheap as looking one up by its key. Of a column
-- without statistics Postgres takes a two-hundredth of the table for each value, whoever it is, and prefers
-- the whole key. Partitions of the audit log have one key only.
DO $$
DECLARE t regclass;
BEGIN
    FOR t IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'audit_log'
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET STATISTICS 0', t);
        -- What was gathered before stays, unless it is removed: by the owner since Postgres 18, before by superusers.
        IF current_setting('server_version_num')::integer >= 180000 THEN
            EXECUTE format('SELECT pg_clear_attribute_stats(%L, %L, ''tenant_id'', false)', current_schema(), (SELECT relname FROM pg_class WHERE oid = t));
        ELSIF current_setting('is_superuser') = 'on' THEN
            DELETE FROM pg_statistic s USING pg_attribute a
            WHERE s.starelid = t AND a.attrelid = t AND a.attname = 'tenant_id' AND s.staattnum = a.attnum;
        END IF;
    END LOOP;
END $$;

-- A file is stored piece by piece, before there is a job that works it off. Nobody is shown a job whose file has
-- not come; it goes an hour later.
ALTER TABLE jobs DROP CONSTRAINT jobs_state_check, DROP CONSTRAINT jobs_finished_check,
    ADD CONSTRAINT jobs_state_check CHECK (state IN ('receiving', 'running', 'succeeded', 'failed', 'canceled')),
    ADD CONSTRAINT jobs_finished_check CHECK ((state IN ('receiving', 'running')) = (finished_at IS NULL));
GRANT UPDATE (parts) ON jobs TO plinto_app;

-- What a dry run would have given to users, by hash: it stores none who could tell a later line. They go with the job's end.
CREATE TABLE job_names (
    tenant_id uuid  NOT NULL DEFAULT current_tenant(),
    job_id    uuid  NOT NULL,
    name      bytea NOT NULL, -- HMAC-SHA-256, by a key of the installation
    CONSTRAINT job_names_pkey PRIMARY KEY (tenant_id, job_id, name),
    CONSTRAINT job_names_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES jobs (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE job_names ALTER COLUMN tenant_id SET STATISTICS 0;
ALTER TABLE job_names ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_names FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON job_names TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, DELETE ON job_names TO plinto_app;

-- The next users of a tenant are read in the order of their ids. Without statistics Postgres thinks that sorting all
-- of them is as cheap.
ALTER FUNCTION find_users(text, boolean, boolean, uuid, boolean, integer) SET enable_sort = off;
