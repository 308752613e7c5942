-- audit_log is divided by month, so that what is too old goes by dropping a table. What
-- is in it becomes the partition audit_log_past, which needs no look at its rows: its
-- constraint is checked (0010, 0011), and it has all indexes of the parent.
--
-- The parent has no primary key. It would have to hold occurred_at, and be built on all
-- old rows while nobody can sign in. Each partition has (tenant_id, id) as its own.
--
-- Servers read and write through the parent, whose row-level security counts. They have no
-- right on any partition; row-level security is forced there all the same.
DO $$
DECLARE bound timestamptz;
BEGIN
    SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') INTO STRICT bound FROM pg_constraint
    WHERE conname = 'audit_log_past_check' AND conrelid = 'audit_log'::regclass;

    ALTER TABLE audit_log RENAME TO audit_log_past;
    ALTER TABLE audit_log_past RENAME CONSTRAINT audit_log_pkey TO audit_log_past_pkey;
    ALTER INDEX audit_log_by_time RENAME TO audit_log_past_by_time;
    ALTER INDEX audit_log_by_subject RENAME TO audit_log_past_by_subject;
    REVOKE ALL ON audit_log_past FROM plinto_app, plinto_platform;
    DROP POLICY platform ON audit_log_past;

    CREATE TABLE audit_log (
        tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
        id          uuid        NOT NULL,
        type        text        NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT now(),
        actor_type  text        NOT NULL,
        actor_id    text        NOT NULL DEFAULT '',
        subject     text        NOT NULL DEFAULT '',
        outcome     text        NOT NULL CONSTRAINT audit_log_outcome_check CHECK (outcome IN ('success', 'failure')),
        reason      text        NOT NULL DEFAULT '',
        ip          text        NOT NULL DEFAULT '',
        agent       text        NOT NULL DEFAULT '',
        request_id  text        NOT NULL DEFAULT '',
        data        jsonb       NOT NULL DEFAULT '{}'
    ) PARTITION BY RANGE (occurred_at);
    CREATE INDEX audit_log_by_time ON audit_log (tenant_id, occurred_at);
    CREATE INDEX audit_log_by_subject ON audit_log (tenant_id, subject, occurred_at);
    ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
    ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON audit_log TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
    CREATE POLICY platform ON audit_log FOR INSERT TO plinto_platform WITH CHECK (true);
    GRANT SELECT, INSERT ON audit_log TO plinto_app;
    GRANT INSERT ON audit_log TO plinto_platform;

    -- The size, because row-level security hides the rows from the owner.
    IF pg_relation_size('audit_log_past') = 0 THEN
        DROP TABLE audit_log_past; -- a new installation has no past
    ELSE
        EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION audit_log_past FOR VALUES FROM (MINVALUE) TO (%L)', bound);
    END IF;

    -- A row of a month without a partition is not lost, and keeps nobody from signing in.
    CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
    ALTER TABLE audit_log_default ADD CONSTRAINT audit_log_default_pkey PRIMARY KEY (tenant_id, id);
    ALTER TABLE audit_log_default ENABLE ROW LEVEL SECURITY;
    ALTER TABLE audit_log_default FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON audit_log_default TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
END $$;

-- Upkeep makes and drops partitions, which takes their owner. So it calls these functions,
-- which do nothing else, whatever they are given: they act on the audit log of the schema
-- they were made in, and their search path cannot be changed by who calls them.
CREATE FUNCTION extend_audit_log(ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET timezone = 'UTC' SET lock_timeout = '1s'
AS $$
-- Makes the partitions of this month and of so many months ahead, and returns how many it
-- made. Rows that came when there was none move there; those of a time far away, which
-- only a wrong clock can have given them, stay in the default partition.
DECLARE
    this  date := date_trunc('month', now());
    past  timestamptz; -- where the partition of all rows from before ends
    stray boolean := pg_relation_size('audit_log_default') > 0;
    month date;
    part  text;
    made  integer := 0;
BEGIN
    IF ahead IS NULL OR ahead < 0 OR ahead > 24 THEN
        RAISE EXCEPTION 'cannot make partitions % months ahead', ahead USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock('audit_log'::regclass::oid::bigint); -- one at a time
    IF stray THEN -- nobody adds to them, or reads them, while they move
        LOCK TABLE audit_log_default IN ACCESS EXCLUSIVE MODE;
        ALTER TABLE audit_log_default NO FORCE ROW LEVEL SECURITY; -- or the owner would see no rows
    END IF;
    SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)') INTO past
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'audit_log'::regclass AND c.relname = 'audit_log_past';
    FOR month IN
        SELECT (this + make_interval(months => n))::date FROM generate_series(0, ahead) n
        UNION
        SELECT date_trunc('month', occurred_at)::date FROM audit_log_default
        WHERE stray AND occurred_at >= this - interval '5 years' AND occurred_at < this + make_interval(months => ahead + 1)
        ORDER BY 1
    LOOP
        part := 'audit_log_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL OR month < past;
        EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        IF stray THEN
            EXECUTE format('WITH moved AS (DELETE FROM audit_log_default WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)
                INSERT INTO %I SELECT * FROM moved', month, month + interval '1 month', part);
        END IF;
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (tenant_id, id)', part);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', part);
        EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, month, month + interval '1 month');
        made := made + 1;
    END LOOP;
    IF stray THEN
        ALTER TABLE audit_log_default FORCE ROW LEVEL SECURITY;
    END IF;
    RETURN made;
END $$;

CREATE FUNCTION trim_audit_log(keep interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET timezone = 'UTC' SET lock_timeout = '1s'
AS $$
-- Drops the partitions of which every row is older than that, and returns how many. It
-- refuses less than 90 days: who gets hold of the server's database role must not be able
-- to delete what they did.
DECLARE
    part    text;
    dropped integer := 0;
BEGIN
    IF keep IS NULL OR now() - keep > now() - interval '90 days' THEN
        RAISE EXCEPTION 'the audit log is kept for at least 90 days' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock('audit_log'::regclass::oid::bigint); -- one at a time
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'audit_log'::regclass
            AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz <= now() - keep
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION extend_audit_log(integer) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION trim_audit_log(interval) SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION extend_audit_log(integer), trim_audit_log(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION extend_audit_log(integer), trim_audit_log(interval) TO plinto_platform;
SELECT extend_audit_log(3);
