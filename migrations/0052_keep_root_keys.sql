-- The root key of the installation, sealed once by each key that opens it: PLINTO_ENCRYPTION_KEY may name several. There
-- is one root key, so every row opens to the same. Where tenants have tables of their own it is empty.
CREATE TABLE root_keys (
    keeper     text        PRIMARY KEY, -- which key sealed it; says nothing of it
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON root_keys TO plinto_platform;

-- A program of the release before takes the encryption key for the root key. Once that is wrong it must not start any more.
GRANT UPDATE (runs_from) ON schema_migrations TO plinto_platform;
