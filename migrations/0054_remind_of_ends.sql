-- Somebody is told before an API key ends that is still used, or the secret of a client that a rotation left good for a while. That looks at the
-- keys and secrets of all tenants, and at nothing that opens anything.

ALTER TABLE api_keys ADD COLUMN told_end timestamptz;       -- the end that somebody was told of
ALTER TABLE client_secrets ADD COLUMN told_end timestamptz;
ALTER TABLE client_secrets ADD COLUMN used_at timestamptz;  -- when one that ends was last used, to the hour

CREATE INDEX client_secrets_by_end ON client_secrets (expires_at) WHERE used_at IS NOT NULL;

CREATE POLICY platform ON client_secrets TO plinto_platform USING (true);
GRANT SELECT (tenant_id, id, client_id, created_at, expires_at, used_at, told_end) ON client_secrets TO plinto_platform;
CREATE POLICY elsewhere ON client_secrets AS RESTRICTIVE TO plinto_platform
    USING (NOT EXISTS (SELECT FROM tenant_fences f WHERE f.tenant = tenant_id));
