-- When the password of a user was last looked up in lists of breached passwords, and in which. It
-- says nothing about the password, and counts for none that was set later. Servers from before look
-- every password up and note nothing.

CREATE TABLE password_checks (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    user_id    uuid        NOT NULL,
    checked_at timestamptz NOT NULL,
    list       text        NOT NULL, -- the edition of the lists that were asked
    CONSTRAINT password_checks_pkey PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT password_checks_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE password_checks ALTER COLUMN tenant_id SET STATISTICS 0;
ALTER TABLE password_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON password_checks TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON password_checks TO plinto_platform USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON password_checks TO plinto_app;
