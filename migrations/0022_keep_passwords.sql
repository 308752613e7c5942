-- What is known of a password besides its hash: that it has leaked, or that its user has to set
-- another one. Setting one takes it away.

ALTER TABLE users ADD COLUMN password_state text
    CONSTRAINT users_password_state_check CHECK (password_state IN ('breached', 'due'));

-- Hashes of passwords that users had, where the tenant refuses those.
CREATE TABLE password_history (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    id         uuid        NOT NULL, -- in order of time
    user_id    uuid        NOT NULL,
    hash       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT password_history_pkey PRIMARY KEY (tenant_id, user_id, id),
    CONSTRAINT password_history_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE password_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_history FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON password_history TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, DELETE ON password_history TO plinto_app;
