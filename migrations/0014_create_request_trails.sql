-- What the server decided about requests, for a week, so that it can be explained. Rows
-- come in batches after the answers, of many tenants at once, from the platform role.
CREATE TABLE request_trails (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    request_id text        NOT NULL,
    at         timestamptz NOT NULL,
    flow       text        NOT NULL DEFAULT '',
    body       jsonb       NOT NULL,
    CONSTRAINT request_trails_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX request_trails_by_request ON request_trails (request_id);
CREATE INDEX request_trails_by_flow ON request_trails (tenant_id, flow) WHERE flow <> '';
CREATE INDEX request_trails_by_time ON request_trails (at);
ALTER TABLE request_trails ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_trails FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON request_trails TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON request_trails TO plinto_platform USING (true) WITH CHECK (true);
GRANT SELECT ON request_trails TO plinto_app;
GRANT SELECT, INSERT, DELETE ON request_trails TO plinto_platform;
