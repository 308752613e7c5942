-- Counts by day. They are made of the sealed audit log and outlive it; days are in UTC.
CREATE TABLE statistics (
    tenant_id uuid   NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    day       date   NOT NULL,
    metric    text   NOT NULL,
    client    text   NOT NULL DEFAULT '', -- client_id, which may be gone
    kind      text   NOT NULL DEFAULT '',
    count     bigint NOT NULL,
    CONSTRAINT statistics_pkey PRIMARY KEY (tenant_id, day, metric, client, kind)
);
CREATE INDEX statistics_by_day ON statistics (day);

-- Who was active in a day or month, so that nobody counts twice. The rows go two months
-- after they came.
CREATE TABLE statistics_seen (
    tenant_id uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    metric    text        NOT NULL,
    start     date        NOT NULL,
    user_id   text        NOT NULL, -- public id
    seen_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT statistics_seen_pkey PRIMARY KEY (tenant_id, metric, start, user_id)
);
CREATE INDEX statistics_seen_by_time ON statistics_seen (seen_at);

-- How far the audit log is counted: the sequence number of the next leaf.
CREATE TABLE statistics_progress (
    tenant_id uuid   NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    seq       bigint NOT NULL,
    CONSTRAINT statistics_progress_pkey PRIMARY KEY (tenant_id)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['statistics', 'statistics_seen', 'statistics_progress'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO plinto_app', t);
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true)', t);
        EXECUTE format('GRANT SELECT, DELETE ON %I TO plinto_platform', t);
    END LOOP;
END $$;
