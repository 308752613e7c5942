-- Consents are bound to what was shown, pairwise subjects to a sector that is stored.

-- What a user allowed a client, by a digest of what the consent page showed of the
-- client: name, logo, documents, redirect host, subject type, sector. One user and
-- client have several rows where the client has redirect URIs on several hosts.
-- scopes[i] was allowed at resources[i]; '' stands for no resource server, or for a
-- resource server without scopes.
--
-- It takes the place of consents, whose rows say too little to count: users are asked
-- once more. The table stays for instances of the previous version that still run.
CREATE TABLE user_consents (
    tenant_id     uuid        NOT NULL DEFAULT current_tenant(),
    user_id       uuid        NOT NULL,
    client_id     uuid        NOT NULL,
    shown         bytea       NOT NULL,
    client_name   text        NOT NULL,
    redirect_host text        NOT NULL,
    scopes        text[]      NOT NULL,
    resources     text[]      NOT NULL CONSTRAINT user_consents_resources_check CHECK (cardinality(resources) = cardinality(scopes)),
    granted_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_consents_pkey PRIMARY KEY (tenant_id, user_id, client_id, shown),
    CONSTRAINT user_consents_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT user_consents_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX user_consents_by_client ON user_consents (client_id, tenant_id);
ALTER TABLE user_consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_consents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON user_consents TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON user_consents TO plinto_app;

-- The sector of a pairwise client (OpenID Connect Core 1.0 §8.1): written with the
-- metadata that decide it and verified then, not derived at every use. '' is a client
-- with public subjects, or one that an instance of the previous version made. Clients
-- that exist keep the sector, and so the subjects, that they had.
ALTER TABLE clients ADD COLUMN sector text NOT NULL DEFAULT '';
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY; -- or the owner would see no rows
UPDATE clients SET sector = coalesce(
        nullif(substring(coalesce(nullif(metadata->>'sector_identifier_uri', ''), metadata->'redirect_uris'->>0)
            FROM '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]+)'), ''),
        client_id)
    WHERE metadata->>'subject_type' = 'pairwise';
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
