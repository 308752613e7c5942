-- Browsers that signed a user in. On one that was remembered the second factor is not asked for.

CREATE TABLE user_devices (
    tenant_id        uuid        NOT NULL DEFAULT current_tenant(),
    id               uuid        NOT NULL,
    user_id          uuid        NOT NULL,
    hash             bytea       NOT NULL, -- of the secret in the browser's cookie, and the tenant
    mark             timestamptz NOT NULL, -- users.not_before then: with another one the browser is not known
    ip               text        NOT NULL,
    agent            text        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    used_at          timestamptz NOT NULL DEFAULT now(),
    remembered_at    timestamptz,
    remembered_until timestamptz,
    CONSTRAINT user_devices_pkey PRIMARY KEY (tenant_id, user_id, hash),
    CONSTRAINT user_devices_id_key UNIQUE (tenant_id, user_id, id),
    CONSTRAINT user_devices_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_devices_remembered_check CHECK ((remembered_at IS NULL) = (remembered_until IS NULL))
);
ALTER TABLE user_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_devices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON user_devices TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON user_devices TO plinto_platform USING (true); -- for the cleanup
GRANT SELECT, INSERT, UPDATE, DELETE ON user_devices TO plinto_app;
GRANT SELECT, DELETE ON user_devices TO plinto_platform;
CREATE INDEX user_devices_used_at_idx ON user_devices (used_at);

-- Browsers from before this table are known by a mark in their cookie alone. That counts for users
-- that there are now, until all that they have is ended, or one browser of theirs.
ALTER TABLE users ADD COLUMN known_by_cookie boolean NOT NULL DEFAULT true;
ALTER TABLE users ALTER COLUMN known_by_cookie SET DEFAULT false;

CREATE FUNCTION forget_cookies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.known_by_cookie := false;
    RETURN NEW;
END $$;
CREATE TRIGGER users_forget_cookies BEFORE UPDATE OF not_before ON users
    FOR EACH ROW WHEN (OLD.known_by_cookie AND NEW.not_before IS DISTINCT FROM OLD.not_before) EXECUTE FUNCTION forget_cookies();

-- The remembered browser that stood in for the second factor of a session.
ALTER TABLE sessions ADD COLUMN waived_by uuid;
