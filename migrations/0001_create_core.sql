-- The core schema: tenants, people, clients, grants and tokens, keys, events.
--
-- Tenancy. Every table with a tenant_id has row-level security, forced, and the
-- policy "tenant": a transaction sees the rows of the tenant it named by
-- set_config('plinto.tenant', …, true). The bare cast is wanted: a query that
-- named no tenant fails loudly. tenant_id defaults to that tenant, so no
-- statement repeats it. Row-level security guards neither foreign keys nor
-- unique indexes, so each of them carries tenant_id.
--
-- Keys start with the tenant. Other indexes end with it: as every statement has a
-- condition on the tenant, an index that starts with it looks good for any of
-- them while a table is small, and the plan is kept when it is not. Partial ones
-- look better still, so there are none on the hot tables.
--
-- Roles. The server runs as plinto_app, which owns nothing and cannot bypass row
-- security; cross-tenant work runs as plinto_platform, with a policy of its own
-- on exactly the tables it needs.

CREATE FUNCTION current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN current_setting('plinto.tenant')::uuid;

CREATE TABLE tenants (
    id          uuid        PRIMARY KEY,
    slug        text        NOT NULL CONSTRAINT tenants_slug_key UNIQUE,
    name        text        NOT NULL,
    host        text        CONSTRAINT tenants_host_key UNIQUE,
    isolation   text        NOT NULL DEFAULT 'shared' CONSTRAINT tenants_isolation_check CHECK (isolation IN ('shared', 'schema', 'database')),
    settings    jsonb       NOT NULL DEFAULT '{}',
    not_before  timestamptz NOT NULL DEFAULT '-infinity',
    disabled_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

-- The tenant's data key, wrapped under the installation's root key.
CREATE TABLE data_keys (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT data_keys_pkey PRIMARY KEY (tenant_id)
);

CREATE TABLE signing_keys (
    tenant_id    uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id           uuid        NOT NULL,
    kid          text        NOT NULL,
    alg          text        NOT NULL,
    state        text        NOT NULL CONSTRAINT signing_keys_state_check CHECK (state IN ('next', 'active', 'retiring')),
    public       bytea       NOT NULL,
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    activates_at timestamptz,
    retires_at   timestamptz,
    gone_at      timestamptz,
    CONSTRAINT signing_keys_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT signing_keys_kid_key UNIQUE (tenant_id, kid)
);
-- One next and one active key per algorithm: two instances that make the first
-- key at once cannot both win.
CREATE UNIQUE INDEX signing_keys_one_per_state ON signing_keys (tenant_id, alg, state) WHERE state IN ('next', 'active');

CREATE TABLE users (
    tenant_id          uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id                 uuid        NOT NULL,
    username           text,
    email              text,
    email_verified     boolean     NOT NULL DEFAULT false,
    phone              text,
    phone_verified     boolean     NOT NULL DEFAULT false,
    profile            jsonb       NOT NULL DEFAULT '{}',
    password_hash      text,
    password_set_at    timestamptz,
    disabled_at        timestamptz,
    not_before         timestamptz NOT NULL DEFAULT '-infinity',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (tenant_id, id)
);

-- What a user may type to sign in, in canonical form. Email and user name share
-- one name space, so a user name can never equal somebody else's email.
CREATE TABLE user_identifiers (
    tenant_id uuid NOT NULL DEFAULT current_tenant(),
    canonical text NOT NULL,
    kind      text NOT NULL CONSTRAINT user_identifiers_kind_check CHECK (kind IN ('email', 'username')),
    user_id   uuid NOT NULL,
    CONSTRAINT user_identifiers_pkey PRIMARY KEY (tenant_id, canonical),
    CONSTRAINT user_identifiers_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_identifiers_one_per_kind ON user_identifiers (tenant_id, user_id, kind);

-- Failed password tries per account, as the theoretical arrival time of GCRA.
CREATE TABLE attempts (
    tenant_id uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    key       text        NOT NULL,
    tat       timestamptz NOT NULL,
    CONSTRAINT attempts_pkey PRIMARY KEY (tenant_id, key)
);

CREATE TABLE sessions (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    id         uuid        NOT NULL,
    token_hash bytea       NOT NULL,
    user_id    uuid        NOT NULL,
    auth_time  timestamptz NOT NULL,
    amr        text[]      NOT NULL DEFAULT '{}',
    acr        text        NOT NULL DEFAULT '',
    ip         text        NOT NULL DEFAULT '',
    agent      text        NOT NULL DEFAULT '',
    remembered boolean     NOT NULL DEFAULT false,
    idle_ttl   interval    NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT sessions_token_hash_key UNIQUE (tenant_id, token_hash),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (user_id, tenant_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE resource_servers (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    identifier  text        NOT NULL,
    name        text        NOT NULL DEFAULT '',
    scopes      jsonb       NOT NULL DEFAULT '[]',
    format      text        NOT NULL DEFAULT 'jwt' CONSTRAINT resource_servers_format_check CHECK (format IN ('jwt', 'opaque')),
    signing_alg text        NOT NULL DEFAULT '',
    token_ttl   bigint      NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT resource_servers_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT resource_servers_identifier_key UNIQUE (tenant_id, identifier)
);

CREATE TABLE clients (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    client_id   text        NOT NULL,
    metadata    jsonb       NOT NULL,
    first_party boolean     NOT NULL DEFAULT false,
    not_before  timestamptz NOT NULL DEFAULT '-infinity',
    disabled_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT clients_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT clients_client_id_key UNIQUE (tenant_id, client_id)
);

CREATE TABLE client_secrets (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    id         uuid        NOT NULL,
    client_id  uuid        NOT NULL,
    hash       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    CONSTRAINT client_secrets_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT client_secrets_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_secrets_by_client ON client_secrets (client_id, tenant_id);

CREATE TABLE consents (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    user_id    uuid        NOT NULL,
    client_id  uuid        NOT NULL,
    scopes     text[]      NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT consents_pkey PRIMARY KEY (tenant_id, user_id, client_id),
    CONSTRAINT consents_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT consents_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX consents_by_client ON consents (client_id, tenant_id);

CREATE TABLE grants (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    id         uuid        NOT NULL,
    client_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    session_id uuid        NOT NULL,
    sid        text        NOT NULL DEFAULT '',
    scopes     text[]      NOT NULL,
    resources  text[]      NOT NULL DEFAULT '{}',
    claims     jsonb,
    auth_time  timestamptz NOT NULL,
    acr        text        NOT NULL DEFAULT '',
    amr        text[]      NOT NULL DEFAULT '{}',
    offline    boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT grants_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT grants_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT grants_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
-- session_id has no foreign key on purpose: an offline grant outlives the row of its session.
CREATE INDEX grants_by_session ON grants (session_id, tenant_id);
CREATE INDEX grants_by_user ON grants (user_id, client_id, tenant_id);
CREATE INDEX grants_by_client ON grants (client_id, tenant_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE codes (
    tenant_id         uuid        NOT NULL DEFAULT current_tenant(),
    hash              bytea       NOT NULL,
    flow_id           uuid        NOT NULL,
    grant_id          uuid        NOT NULL,
    redirect_uri      text        NOT NULL,
    redirect_uri_sent boolean     NOT NULL,
    challenge         text        NOT NULL DEFAULT '',
    nonce             text        NOT NULL DEFAULT '',
    issued_at         timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    spent_at          timestamptz,
    CONSTRAINT codes_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT codes_flow_id_key UNIQUE (tenant_id, flow_id),
    CONSTRAINT codes_grant_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX codes_by_grant ON codes (grant_id, tenant_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE refresh_tokens (
    tenant_id        uuid        NOT NULL DEFAULT current_tenant(),
    hash             bytea       NOT NULL,
    grant_id         uuid        NOT NULL,
    issued_at        timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    used_at          timestamptz,
    retries          smallint    NOT NULL DEFAULT 0,
    successor_hash   bytea,
    successor_sealed bytea,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT refresh_tokens_grant_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id, tenant_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE access_tokens (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    hash       bytea       NOT NULL,
    jti        text        NOT NULL,
    grant_id   uuid,
    client_id  uuid        NOT NULL,
    subject    text        NOT NULL,
    scopes     text[]      NOT NULL DEFAULT '{}',
    audience   text[]      NOT NULL DEFAULT '{}',
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT access_tokens_pkey PRIMARY KEY (tenant_id, hash),
    CONSTRAINT access_tokens_grant_fkey FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT access_tokens_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id, tenant_id);
CREATE INDEX access_tokens_by_client ON access_tokens (client_id, tenant_id);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- JWT access tokens that were revoked before they expired.
CREATE TABLE revoked_jwts (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    jti        text        NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT revoked_jwts_pkey PRIMARY KEY (tenant_id, jti)
);
CREATE INDEX revoked_jwts_by_expiry ON revoked_jwts (expires_at);

CREATE TABLE organizations (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    slug       text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organizations_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT organizations_slug_key UNIQUE (tenant_id, slug)
);

CREATE TABLE memberships (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant(),
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    roles           text[]      NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT memberships_pkey PRIMARY KEY (tenant_id, organization_id, user_id),
    CONSTRAINT memberships_organization_fkey FOREIGN KEY (tenant_id, organization_id) REFERENCES organizations (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT memberships_user_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX memberships_by_user ON memberships (user_id, tenant_id);

-- One-time links (first-administrator set-up; later password resets, invitations), by hash of purpose and token.
CREATE TABLE one_time_tokens (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL,
    purpose    text        NOT NULL,
    data       jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- The outbox: what happened, for subscribers.
CREATE TABLE events (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid        NOT NULL,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    body        jsonb       NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX events_by_time ON events (occurred_at);

-- The audit log: append only. The app role may insert and read, nothing else.
-- No foreign key: audit rows outlive their tenant.
CREATE TABLE audit_log (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor_type  text        NOT NULL,
    actor_id    text        NOT NULL DEFAULT '',
    subject     text        NOT NULL DEFAULT '',
    outcome     text        NOT NULL CONSTRAINT audit_log_outcome_check CHECK (outcome IN ('success', 'failure')),
    reason      text        NOT NULL DEFAULT '',
    ip          text        NOT NULL DEFAULT '',
    agent       text        NOT NULL DEFAULT '',
    request_id  text        NOT NULL DEFAULT '',
    data        jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT audit_log_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, occurred_at);
CREATE INDEX audit_log_by_subject ON audit_log (tenant_id, subject, occurred_at);

-- Row-level security, the same for every table that has a tenant.
DO $$
DECLARE t text;
BEGIN
    FOR t IN
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO plinto_app', t);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON audit_log FROM plinto_app;
REVOKE UPDATE, DELETE ON events FROM plinto_app;

-- Cross-tenant work: finding tenants, deleting what expired, rotating keys on
-- time, handing events to subscribers.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['sessions', 'codes', 'grants', 'refresh_tokens', 'access_tokens', 'revoked_jwts', 'attempts', 'one_time_tokens', 'events'] LOOP
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true)', t);
        EXECUTE format('GRANT SELECT, DELETE ON %I TO plinto_platform', t);
    END LOOP;
END $$;
CREATE POLICY platform ON signing_keys FOR SELECT TO plinto_platform USING (true);
GRANT SELECT ON signing_keys TO plinto_platform;
-- The audit row of a tenant's own making and end.
CREATE POLICY platform ON audit_log FOR INSERT TO plinto_platform WITH CHECK (true);
GRANT INSERT ON audit_log TO plinto_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO plinto_platform;

-- Every change of what instances keep in memory is announced by the database
-- itself, so no writer can forget it: "<table> <tenant id>".
CREATE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE tenant uuid;
BEGIN
    IF TG_TABLE_NAME = 'tenants' THEN
        tenant := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
    ELSE
        tenant := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
    END IF;
    PERFORM pg_notify('plinto_changes', TG_TABLE_NAME || ' ' || tenant);
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON clients FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON client_secrets FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON resource_servers FOR EACH ROW EXECUTE FUNCTION announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON signing_keys FOR EACH ROW EXECUTE FUNCTION announce_change();
