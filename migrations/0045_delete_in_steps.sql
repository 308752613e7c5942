-- A user or an organization with very many rows is deleted in many transactions, as clients are. Until the last of
-- them its row is hidden from whoever does not delete it: also from a server of the version before.
ALTER TABLE users ADD COLUMN deleting_at timestamptz;
ALTER TABLE organizations ADD COLUMN deleting_at timestamptz;
CREATE POLICY deleting ON users AS RESTRICTIVE TO plinto_app
    USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');
CREATE POLICY deleting ON organizations AS RESTRICTIVE TO plinto_app
    USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');

-- So is a tenant. Its row says what is left to do; a job of the system tenant, where there is one, says how far it is.
ALTER TABLE tenants ADD COLUMN deleting_at timestamptz,
    ADD CONSTRAINT tenants_deleting_check CHECK (deleting_at IS NULL OR disabled_at IS NOT NULL);
CREATE INDEX tenants_deleting ON tenants (deleting_at) WHERE deleting_at IS NOT NULL;
CREATE INDEX jobs_by_target ON jobs (tenant_id, target) WHERE target IS NOT NULL;
GRANT INSERT, UPDATE (lines, state, finished_at) ON jobs TO plinto_platform;
