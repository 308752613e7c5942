-- Row versions, marks of users and clients, and the replays of deleted clients.

-- version counts the updates of a row. Who writes over something that was read
-- earlier names the version that was read, and writes nothing when it is not the
-- row's any more. A trigger counts, so that every writer does.
ALTER TABLE tenants ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE clients ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE resource_servers ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE organizations ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE FUNCTION count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER count_version BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER count_version BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER count_version BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER count_version BEFORE UPDATE ON resource_servers FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER count_version BEFORE UPDATE ON organizations FOR EACH ROW EXECUTE FUNCTION count_version();

-- not_before only moves forward: a server of the previous version writes back the
-- whole row that it read, and must not undo an eviction.
CREATE FUNCTION keep_not_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.not_before := greatest(NEW.not_before, OLD.not_before);
    RETURN NEW;
END $$;
CREATE TRIGGER keep_not_before BEFORE UPDATE OF not_before ON tenants FOR EACH ROW EXECUTE FUNCTION keep_not_before();
CREATE TRIGGER keep_not_before BEFORE UPDATE OF not_before ON users FOR EACH ROW EXECUTE FUNCTION keep_not_before();
CREATE TRIGGER keep_not_before BEFORE UPDATE OF not_before ON clients FOR EACH ROW EXECUTE FUNCTION keep_not_before();

-- The not_before of the user, and of the client, that a session or grant was made
-- under. It is good while they are the same: equality needs no clock and no lock,
-- whatever runs at once. NULL where a server of the previous version made the row:
-- then its time is compared, as before.
ALTER TABLE sessions ADD COLUMN mark timestamptz;
ALTER TABLE grants ADD COLUMN user_mark timestamptz, ADD COLUMN client_mark timestamptz;

-- The jti of assertions that a client had spent when it was deleted: a client that
-- is made with the same client_id, and perhaps the same keys, must not accept them.
CREATE TABLE retired_assertions (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    client_id  text        NOT NULL,
    jti_hash   bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT retired_assertions_pkey PRIMARY KEY (tenant_id, client_id, jti_hash)
);
CREATE INDEX retired_assertions_by_expiry ON retired_assertions (expires_at);
ALTER TABLE retired_assertions ENABLE ROW LEVEL SECURITY;
ALTER TABLE retired_assertions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON retired_assertions TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON retired_assertions TO plinto_platform USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON retired_assertions TO plinto_app;
GRANT SELECT, DELETE ON retired_assertions TO plinto_platform;
