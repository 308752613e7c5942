-- The certificates of providers expire: who looks after them is told before. That looks at the connections of all tenants, and
-- at nothing that shows a provider who we are.

CREATE POLICY platform ON connections TO plinto_platform USING (true);
GRANT SELECT (tenant_id, id, spec, disabled_at) ON connections TO plinto_platform;
CREATE POLICY elsewhere ON connections AS RESTRICTIVE TO plinto_platform
    USING (NOT EXISTS (SELECT FROM tenant_fences f WHERE f.tenant = tenant_id));
