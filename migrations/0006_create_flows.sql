-- Flows that do not fit into a browser's cookies: with a long state, or one of many.
-- Most flows are in a cookie and have no row.
--
-- sealed opens only with a secret that the browser holds, of which browser is a keyed
-- hash: neither a copy of the database nor another browser can read a flow or go on
-- with it. network is what the quotas of strangers are counted by.
CREATE TABLE flows (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    browser    bytea       NOT NULL,
    network    text        NOT NULL,
    sealed     bytea       NOT NULL CONSTRAINT flows_sealed_check CHECK (octet_length(sealed) <= 32768),
    version    integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT flows_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX flows_by_browser ON flows (browser, id, tenant_id);
CREATE INDEX flows_by_network ON flows (network, id, tenant_id);
CREATE INDEX flows_by_expiry ON flows (expires_at);
ALTER TABLE flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE flows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON flows TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON flows TO plinto_platform USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON flows TO plinto_app;
GRANT SELECT, DELETE ON flows TO plinto_platform;
