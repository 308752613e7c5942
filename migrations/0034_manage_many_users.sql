-- Users are found by parts of their names.
--
-- Trigrams find a text within others by an index. Both extensions come with Postgres, and who may
-- create objects in the database may add them.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['pg_trgm', 'btree_gin'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = name);
        BEGIN
            EXECUTE format('CREATE EXTENSION %I', name);
        EXCEPTION WHEN OTHERS THEN
            RAISE EXCEPTION 'the extension % cannot be added: %', name, SQLERRM
                USING HINT = format('Have a superuser run CREATE EXTENSION %s in this database (it is in the package postgresql-contrib where it is not installed), then run plinto migrate again.', name);
        END;
    END LOOP;
END $$;

-- What users are searched by, a line each, so that no match reaches from one into the next.
CREATE FUNCTION user_search_text(email text, username text, external_id text, profile jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(E'\n' || coalesce(email, '') || E'\n' || coalesce(username, '') || E'\n' || coalesce(external_id, '')
        || E'\n' || coalesce(profile ->> 'name', ''));

-- Writers of users wait while it is made: 40 s for a million users.
DO $$
DECLARE trigrams text;
BEGIN
    SELECT format('%I.gin_trgm_ops', n.nspname) INTO trigrams
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    EXECUTE 'CREATE INDEX users_search ON users USING gin (tenant_id, user_search_text(email, username, external_id, profile) ' || trigrams || ')';
END $$;

-- Row-level security lets an index serve only conditions that cannot tell anybody about other rows,
-- and LIKE is none. So a function of the tables' owner searches, with the tenant in its own condition:
-- it takes the tenant that the transaction named, not one that its caller says, and returns ids.
DO $$
BEGIN
    -- Forced row-level security binds the owner too. It could end it anyway.
    EXECUTE format('CREATE POLICY search ON users FOR SELECT TO %I USING (true)', current_user);
END $$;
CREATE FUNCTION find_users(looked_for text, at_start boolean, blocked boolean, beyond uuid, descending boolean, most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
AS $$
-- Returns the ids beyond one, in order, of users with a line that holds the text or starts with it.
-- most NULL: of all. The text is taken as it is, in any case.
DECLARE
    pattern text := '%' || CASE WHEN at_start THEN E'\n' ELSE '' END
        || replace(replace(replace(lower(looked_for), '\', '\\'), '%', '\%'), '_', '\_') || '%';
    seen    integer := 0;
    part    text;
BEGIN
    part := CASE WHEN descending THEN '< $2 ORDER BY u.id DESC' ELSE '> $2 ORDER BY u.id' END;
    -- What many have is found among the next users.
    IF most IS NOT NULL THEN
        RETURN QUERY EXECUTE 'SELECT w.id FROM (
                SELECT u.* FROM users u WHERE u.tenant_id = current_tenant() AND u.id ' || part || ' LIMIT 5000) w
            WHERE user_search_text(w.email, w.username, w.external_id, w.profile) LIKE $1 AND ($3 IS NULL OR (w.disabled_at IS NOT NULL) = $3)
            LIMIT $4' USING pattern, beyond, blocked, most;
        GET DIAGNOSTICS seen = ROW_COUNT;
    END IF;
    IF seen = most THEN
        RETURN;
    END IF;
    -- What few have, by the index. The planner takes all texts of four letters for as frequent, so it is
    -- not asked.
    RETURN QUERY EXECUTE 'WITH found AS MATERIALIZED (
            SELECT u.id FROM users u WHERE u.tenant_id = current_tenant() AND ($3 IS NULL OR (u.disabled_at IS NOT NULL) = $3)
                AND user_search_text(u.email, u.username, u.external_id, u.profile) LIKE $1)
        SELECT u.id FROM found u WHERE u.id ' || part || ' OFFSET $4 LIMIT $5' USING pattern, beyond, blocked, seen, most - seen;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION find_users(text, boolean, boolean, uuid, boolean, integer) SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION find_users(text, boolean, boolean, uuid, boolean, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_users(text, boolean, boolean, uuid, boolean, integer) TO plinto_app;

-- Work that takes long, such as an import of users. Each step commits with what it changed, so
-- whoever goes on with a job that was interrupted does no line twice.
CREATE TABLE jobs (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL, -- in order of time
    kind        text        NOT NULL,
    state       text        NOT NULL DEFAULT 'running' CONSTRAINT jobs_state_check CHECK (state IN ('running', 'succeeded', 'failed', 'canceled')),
    dry_run     boolean     NOT NULL,
    fingerprint bytea,                -- of the file, where a command does the work and may have to go on
    actor       jsonb       NOT NULL,
    rights      text[],               -- of who asked for it; NULL: an operator, who may do everything
    parts       integer     NOT NULL DEFAULT 0,
    lines       bigint      NOT NULL DEFAULT 0, -- that are done
    created     bigint      NOT NULL DEFAULT 0,
    updated     bigint      NOT NULL DEFAULT 0,
    unchanged   bigint      NOT NULL DEFAULT 0,
    refused     bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT jobs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT jobs_finished_check CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX jobs_running ON jobs (tenant_id, fingerprint) WHERE state = 'running';
CREATE INDEX jobs_by_age ON jobs (created_at);

-- What a job is to work on: sealed, as it holds hashes of passwords and people's data. It goes with the end of the job.
CREATE TABLE job_parts (
    tenant_id uuid    NOT NULL DEFAULT current_tenant(),
    job_id    uuid    NOT NULL,
    number    integer NOT NULL,
    sealed    bytea   NOT NULL,
    CONSTRAINT job_parts_pkey PRIMARY KEY (tenant_id, job_id, number),
    CONSTRAINT job_parts_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES jobs (tenant_id, id) ON DELETE CASCADE
);

-- What became of its lines: lines of JSON, from a line of the file on. Sealed too: it names people.
CREATE TABLE job_reports (
    tenant_id uuid   NOT NULL DEFAULT current_tenant(),
    job_id    uuid   NOT NULL,
    line      bigint NOT NULL,
    sealed    bytea  NOT NULL,
    CONSTRAINT job_reports_pkey PRIMARY KEY (tenant_id, job_id, line),
    CONSTRAINT job_reports_job_fkey FOREIGN KEY (tenant_id, job_id) REFERENCES jobs (tenant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['jobs', 'job_parts', 'job_reports'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO plinto_app', t);
    END LOOP;
END $$;
GRANT UPDATE (state, lines, created, updated, unchanged, refused, finished_at) ON jobs TO plinto_app;
CREATE POLICY platform ON jobs TO plinto_platform USING (true); -- for the cleanup
GRANT SELECT, DELETE ON jobs TO plinto_platform;
