-- What providers of SAML publish of themselves is read each day, and sessions end on both sides.

ALTER TABLE connections
    ADD COLUMN metadata        jsonb,       -- what counts of it: see federation.Metadata; NULL: it is not read
    ADD COLUMN metadata_state  jsonb,       -- how reading it went: see federation.MetadataState
    ADD COLUMN metadata_due_at timestamptz; -- when it is read again
GRANT UPDATE (metadata, metadata_state, metadata_due_at) ON connections TO plinto_app;
GRANT SELECT (metadata_due_at) ON connections TO plinto_platform;

-- Reading it makes no other version of a connection, unless that says updated_at: who signs in meanwhile goes on.
DROP TRIGGER count_version ON connections;
CREATE TRIGGER count_version BEFORE UPDATE OF slug, organization_id, spec, sealed, disabled_at, managed_by, updated_at, epoch, deleting_at
    ON connections FOR EACH ROW EXECUTE FUNCTION count_version();

ALTER TABLE sessions ADD COLUMN upstream_name bytea; -- how a provider of SAML is asked to end its own session, sealed
