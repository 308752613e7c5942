-- Grants for an organization: tokens of such a one say so, and are good only while the user is a member
-- and the organization is not suspended. Servers from before know nothing of it, and make none.

ALTER TABLE organizations ADD COLUMN suspended_at timestamptz;

ALTER TABLE grants ADD COLUMN organization_id uuid,
    ADD CONSTRAINT grants_organization_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES organizations (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX grants_by_organization ON grants (organization_id, tenant_id) WHERE organization_id IS NOT NULL;

-- A membership is found by its whole key from either side, whatever plan was made while there were few.
DROP INDEX memberships_by_user;
CREATE INDEX memberships_of_user ON memberships (user_id, tenant_id, organization_id);

-- What instances hold of tokens ends with these.
CREATE TRIGGER announce AFTER DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce_roles AFTER UPDATE ON memberships FOR EACH ROW
    WHEN (OLD.roles IS DISTINCT FROM NEW.roles) EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER UPDATE ON organizations FOR EACH ROW
    WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at OR OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION announce_change();
