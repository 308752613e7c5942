-- Users have more mail addresses than one. users.email stays the primary one; those besides are
-- here, and an address is the user's once it was proved.

CREATE TABLE user_emails (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL, -- in order of time
    user_id     uuid        NOT NULL,
    canonical   text        NOT NULL,
    email       text        NOT NULL, -- as typed
    identifier  text, -- canonical, once it was proved
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz NOT NULL DEFAULT now(), -- the last mail that asks for a proof
    verified_at timestamptz,
    CONSTRAINT user_emails_pkey PRIMARY KEY (tenant_id, user_id, id),
    CONSTRAINT user_emails_canonical_key UNIQUE (tenant_id, user_id, canonical),
    CONSTRAINT user_emails_identifier_key UNIQUE (tenant_id, identifier),
    CONSTRAINT user_emails_identifier_check CHECK (identifier = canonical AND verified_at IS NOT NULL OR identifier IS NULL AND verified_at IS NULL),
    CONSTRAINT user_emails_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    -- What was proved signs in, and nobody else can take it. The version before this one writes all
    -- identifiers of a user anew: of a user with several addresses that fails until it is gone.
    CONSTRAINT user_emails_identifier_fkey FOREIGN KEY (tenant_id, identifier) REFERENCES user_identifiers (tenant_id, canonical) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX user_emails_pending ON user_emails (sent_at) WHERE verified_at IS NULL;

-- Changes of primary addresses that the mailbox of the old one can take back.
CREATE TABLE email_changes (
    tenant_id          uuid        NOT NULL DEFAULT current_tenant(),
    id                 uuid        NOT NULL,
    user_id            uuid        NOT NULL,
    canonical          text        NOT NULL, -- the old address
    email              text        NOT NULL,
    email_verified     boolean     NOT NULL,
    promoted           uuid        NOT NULL, -- what the new address was in user_emails
    promoted_canonical text        NOT NULL,
    verified_at        timestamptz NOT NULL, -- of the new address
    revocable          boolean     NOT NULL,
    changed_at         timestamptz NOT NULL DEFAULT now(),
    expires_at         timestamptz NOT NULL,
    CONSTRAINT email_changes_pkey PRIMARY KEY (tenant_id, user_id, id),
    CONSTRAINT email_changes_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX email_changes_by_expiry ON email_changes (expires_at);

-- other_email: a proved address that is not the primary one. kept_email: one that the user gave up
-- while the change to another can still be taken back. Nobody signs in with it, nobody takes it.
ALTER TABLE user_identifiers DROP CONSTRAINT user_identifiers_kind_check;
ALTER TABLE user_identifiers ADD CONSTRAINT user_identifiers_kind_check
    CHECK (kind IN ('email', 'username', 'other_email', 'kept_email')) NOT VALID;
DROP INDEX user_identifiers_one_per_kind;
CREATE UNIQUE INDEX user_identifiers_one_per_kind
    ON user_identifiers (tenant_id, user_id, kind, (CASE WHEN kind IN ('email', 'username') THEN '' ELSE canonical END));

-- User names that somebody had: for a time nobody else chooses them.
CREATE TABLE retired_usernames (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL, -- of tenant and canonical name
    user_id    uuid        NOT NULL, -- who had it, and may be gone
    expires_at timestamptz NOT NULL,
    CONSTRAINT retired_usernames_pkey PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX retired_usernames_by_expiry ON retired_usernames (expires_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['user_emails', 'email_changes', 'retired_usernames'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO plinto_app', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['user_emails', 'email_changes', 'retired_usernames'] LOOP
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true)', t);
        EXECUTE format('GRANT SELECT, DELETE ON %I TO plinto_platform', t);
    END LOOP;
END $$;
CREATE POLICY platform ON user_identifiers TO plinto_platform USING (kind = 'kept_email');
GRANT SELECT, DELETE ON user_identifiers TO plinto_platform;
GRANT UPDATE (email, identifier, sent_at, verified_at) ON user_emails TO plinto_app;
GRANT UPDATE (user_id, expires_at) ON retired_usernames TO plinto_app;
