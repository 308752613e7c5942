-- A client that authenticates by assertions (RFC 7523) may have hundreds of thousands that are spent and not over. Where it is deleted in
-- steps they stay where they are until a step moves them; its row says under which client_id they were spent. A server of the version before
-- copies all of them when it deletes, and does not look here for a client that is made anew under the same client_id meanwhile.
ALTER TABLE clients ADD COLUMN deleted_client_id text;
CREATE INDEX clients_by_deleted_client_id ON clients (tenant_id, deleted_client_id) WHERE deleted_client_id IS NOT NULL;
