-- Webhooks: endpoints of a tenant, what is delivered to them, and each attempt to.

-- seq orders events: those of one aggregate grow in the order of their changes, because a
-- service holds the aggregate's row lock when it appends. A sequence is not transactional:
-- numbers of different aggregates may be committed out of order, and some are missing. Old
-- rows have none. The default is set afterwards, so that no row is rewritten.
CREATE SEQUENCE events_seq AS bigint;
GRANT USAGE ON SEQUENCE events_seq TO plinto_app;
ALTER TABLE events ADD COLUMN seq bigint;
ALTER TABLE events ALTER COLUMN seq SET DEFAULT nextval('events_seq');

-- sealed has the secret and the Ed25519 key; previous_sealed those from before the last
-- rotation, which sign beside them until previous_until.
CREATE TABLE webhook_endpoints (
    tenant_id       uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    url             text        NOT NULL,
    description     text        NOT NULL DEFAULT '',
    events          text[]      NOT NULL,
    payload         text        NOT NULL DEFAULT 'full' CONSTRAINT webhook_endpoints_payload_check CHECK (payload IN ('full', 'thin')),
    sealed          bytea       NOT NULL,
    previous_sealed bytea,
    previous_until  timestamptz,
    disabled_at     timestamptz,
    disabled_reason text        NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    version         bigint      NOT NULL DEFAULT 1,
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (tenant_id, id)
);
CREATE TRIGGER count_version BEFORE UPDATE ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION count_version();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION announce_change();

-- The state of sending to an endpoint, which workers write: apart from the endpoint, which
-- people write. wake_at is when a queued job will look for deliveries. lease is the job that
-- is sending; another may take over after leased_until. The row is the lock of both: see
-- storage/webhookdrains.go.
CREATE TABLE webhook_drains (
    tenant_id     uuid        NOT NULL DEFAULT current_tenant(),
    endpoint_id   uuid        NOT NULL,
    wake_at       timestamptz,
    not_before    timestamptz, -- an endpoint that fails is left alone until then
    lease         uuid,
    leased_until  timestamptz,
    failures      integer     NOT NULL DEFAULT 0, -- attempts since the last success
    failing_since timestamptz,                    -- first failure since the last success
    broke_at      timestamptz,                    -- failing_since, kept when it works again
    CONSTRAINT webhook_drains_pkey PRIMARY KEY (tenant_id, endpoint_id),
    CONSTRAINT webhook_drains_endpoint_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);

-- user_id is the user that the event is about: when there is no such user any more, nothing
-- about them is sent.
CREATE TABLE webhook_deliveries (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL,
    endpoint_id uuid        NOT NULL,
    event_id    uuid        NOT NULL,
    replay      integer     NOT NULL DEFAULT 0,
    type        text        NOT NULL,
    user_id     uuid,
    occurred_at timestamptz NOT NULL,
    state       text        NOT NULL DEFAULT 'pending' CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('pending', 'delivered', 'failed', 'dropped')),
    reason      text        NOT NULL DEFAULT '',
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_deliveries_event_key UNIQUE (tenant_id, endpoint_id, event_id, replay),
    CONSTRAINT webhook_deliveries_endpoint_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at, tenant_id) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id, tenant_id);
CREATE INDEX webhook_deliveries_by_user ON webhook_deliveries (user_id, tenant_id) WHERE user_id IS NOT NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

CREATE TABLE webhook_attempts (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL,
    delivery_id uuid        NOT NULL,
    at          timestamptz NOT NULL,
    latency_ms  integer     NOT NULL,
    status      integer     NOT NULL DEFAULT 0,
    error       text        NOT NULL DEFAULT '',
    answer      text        NOT NULL DEFAULT '',
    cut         boolean     NOT NULL DEFAULT false,
    CONSTRAINT webhook_attempts_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_attempts_delivery_fkey FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, tenant_id);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['webhook_endpoints', 'webhook_drains', 'webhook_deliveries', 'webhook_attempts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO plinto_app', t);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON webhook_attempts FROM plinto_app;

-- Cross-tenant work: tenants are read with the types that their endpoints want; endpoints
-- whose job was lost are found; old deliveries, and those of erased users, are deleted.
CREATE POLICY platform ON webhook_endpoints FOR SELECT TO plinto_platform USING (true);
GRANT SELECT (tenant_id, id, events, disabled_at, disabled_reason) ON webhook_endpoints TO plinto_platform;
CREATE POLICY platform ON webhook_drains TO plinto_platform USING (true);
GRANT SELECT ON webhook_drains TO plinto_platform;
GRANT UPDATE (wake_at) ON webhook_drains TO plinto_platform;
CREATE POLICY platform ON webhook_deliveries TO plinto_platform USING (true);
GRANT SELECT, DELETE ON webhook_deliveries TO plinto_platform;
GRANT UPDATE (state, reason, finished_at) ON webhook_deliveries TO plinto_platform;
CREATE POLICY platform ON webhook_attempts TO plinto_platform USING (true);
GRANT SELECT, DELETE ON webhook_attempts TO plinto_platform;
