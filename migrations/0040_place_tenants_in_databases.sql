-- A tenant can have a database of its own.
--
-- Where it is outlives the tenant: the audit log stays there.
CREATE TABLE tenant_databases (
    id         uuid        PRIMARY KEY, -- of the tenant
    url        bytea,                   -- of the role that servers log in as, sealed; NULL: the database tenant_<id> beside this one
    created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON tenant_databases TO plinto_platform;

-- What is told about such a tenant is committed here with its change, and stays until it is in the tenant's database.
CREATE TABLE tenant_facts (
    id          uuid        PRIMARY KEY, -- of the event
    tenant      uuid        NOT NULL,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    body        jsonb       NOT NULL
);
GRANT SELECT, INSERT, DELETE ON tenant_facts TO plinto_platform;

