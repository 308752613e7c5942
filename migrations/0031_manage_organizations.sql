-- Organizations can be suspended, have names in other systems, a policy, invitations and domains.

ALTER TABLE organizations
    ADD COLUMN external_id      text,
    ADD COLUMN public_metadata  jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN private_metadata jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN policy           jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT organizations_external_id_key UNIQUE (tenant_id, external_id);

CREATE TABLE organization_invitations (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant(),
    id              uuid        NOT NULL, -- in order of time
    organization_id uuid        NOT NULL,
    canonical       text        NOT NULL, -- the address
    email           text        NOT NULL, -- as typed
    roles           text[]      NOT NULL DEFAULT '{}',
    inviter_id      uuid,                 -- a user, who may be gone; null: an operator
    client_id       text,                 -- the application to which acceptance leads
    lang            text        NOT NULL DEFAULT '',
    hash            bytea       NOT NULL, -- of the token of the last mail, and the tenant
    letter          bytea,                -- sealed: that token; until the invitation is over
    created_at      timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    accepted_at     timestamptz,
    accepted_by     uuid,
    revoked_at      timestamptz,
    CONSTRAINT organization_invitations_pkey PRIMARY KEY (tenant_id, organization_id, id),
    CONSTRAINT organization_invitations_id_key UNIQUE (tenant_id, id),
    CONSTRAINT organization_invitations_over_check CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT organization_invitations_organization_fkey FOREIGN KEY (tenant_id, organization_id)
        REFERENCES organizations (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT organization_invitations_accepted_by_fkey FOREIGN KEY (tenant_id, accepted_by)
        REFERENCES users (tenant_id, id) ON DELETE CASCADE -- no address of theirs stays
);
CREATE INDEX organization_invitations_by_user ON organization_invitations (accepted_by, tenant_id) WHERE accepted_by IS NOT NULL;
-- An address has one invitation at a time to an organization.
CREATE UNIQUE INDEX organization_invitations_open ON organization_invitations (tenant_id, organization_id, canonical)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX organization_invitations_by_expiry ON organization_invitations (expires_at);

CREATE TABLE organization_domains (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant(),
    id              uuid        NOT NULL, -- in order of time
    organization_id uuid        NOT NULL,
    domain          text        NOT NULL, -- in ASCII, lower case
    token           text        NOT NULL, -- what the TXT record holds: public once it is there
    verified        text, -- the domain, while it is the organization's
    created_at      timestamptz NOT NULL DEFAULT now(),
    verified_at     timestamptz,
    checked_at      timestamptz,
    failures        integer     NOT NULL DEFAULT 0, -- in a row
    CONSTRAINT organization_domains_pkey PRIMARY KEY (tenant_id, organization_id, id),
    CONSTRAINT organization_domains_domain_key UNIQUE (tenant_id, organization_id, domain),
    -- Any number of organizations may try; one has it.
    CONSTRAINT organization_domains_verified_key UNIQUE (tenant_id, verified),
    CONSTRAINT organization_domains_verified_check
        CHECK (verified = domain AND verified_at IS NOT NULL OR verified IS NULL AND verified_at IS NULL),
    CONSTRAINT organization_domains_organization_fkey FOREIGN KEY (tenant_id, organization_id)
        REFERENCES organizations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX organization_domains_by_check ON organization_domains (checked_at) WHERE verified IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['organization_invitations', 'organization_domains'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO plinto_app', t);
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true)', t);
    END LOOP;
END $$;
GRANT UPDATE (hash, letter, lang, sent_at, expires_at, accepted_at, accepted_by, revoked_at) ON organization_invitations TO plinto_app;
GRANT UPDATE (verified, verified_at, checked_at, failures) ON organization_domains TO plinto_app;
GRANT SELECT, DELETE ON organization_invitations TO plinto_platform; -- for the cleanup
GRANT SELECT ON organization_domains TO plinto_platform; -- for the weekly check
