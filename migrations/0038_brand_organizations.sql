-- What pages and mails look like that are for an organization: what it chooses instead of its tenant.
ALTER TABLE organizations ADD COLUMN branding jsonb NOT NULL DEFAULT '{}';

-- Logos of organizations, as logos of tenants: drawn by us, named by the hash of what they are. Which of
-- them an organization shows is in its branding.
CREATE TABLE organization_logos (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant(),
    organization_id uuid        NOT NULL,
    hash            text        NOT NULL,
    png             bytea       NOT NULL CONSTRAINT organization_logos_png_check CHECK (octet_length(png) <= 262144),
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organization_logos_pkey PRIMARY KEY (tenant_id, organization_id, hash),
    CONSTRAINT organization_logos_organization_fkey FOREIGN KEY (tenant_id, organization_id)
        REFERENCES organizations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX organization_logos_by_hash ON organization_logos (tenant_id, hash);
ALTER TABLE organization_logos ALTER COLUMN tenant_id SET STATISTICS 0;
ALTER TABLE organization_logos ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_logos FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization_logos TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY organization ON organization_logos AS RESTRICTIVE TO plinto_app
    USING (current_organization() IS NULL OR organization_id = current_organization())
    WITH CHECK (current_organization() IS NULL OR organization_id = current_organization());
CREATE POLICY platform ON organization_logos TO plinto_platform USING (true);
GRANT SELECT, INSERT, DELETE ON organization_logos TO plinto_app;

-- What an organization asks of sign-ins holds for its access tokens at once, also for those that servers hold in memory.
DROP TRIGGER announce ON organizations;
CREATE TRIGGER announce AFTER UPDATE ON organizations FOR EACH ROW
    WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at OR OLD.slug IS DISTINCT FROM NEW.slug OR OLD.policy IS DISTINCT FROM NEW.policy)
    EXECUTE FUNCTION announce_change();

-- The answer to a request that changes tenants is stored in the platform's transaction.
GRANT UPDATE (answer) ON idempotency_keys TO plinto_platform;
