-- Tenants that were restored from another installation bring the keys along that their rows are kept under, and some were made with
-- keys of their own; sealed here under the root key. It counts in the shared tables, and outlives the tenant: its audit log stays, and is sealed.
CREATE TABLE tenant_keys (
    id         uuid        PRIMARY KEY,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON tenant_keys TO plinto_platform;
