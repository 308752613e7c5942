-- What users do with their own account: they call passkeys by names of theirs, and delete the
-- account after a time in which they can change their mind.

GRANT UPDATE (name) ON passkeys TO plinto_app;

ALTER TABLE users ADD COLUMN delete_at timestamptz;
-- The process that deletes them sees no other users.
CREATE POLICY platform ON users FOR SELECT TO plinto_platform USING (delete_at IS NOT NULL);
GRANT SELECT (tenant_id, id, delete_at) ON users TO plinto_platform;
CREATE INDEX users_by_deletion ON users (delete_at) WHERE delete_at IS NOT NULL;
