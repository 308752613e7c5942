-- The audit log shows tampering: every row becomes a leaf of its tenant's Merkle tree
-- (RFC 6962), whose heads are signed. See docs/audit.md.
--
-- Rows are written by the business transaction and sealed afterwards, so that events of a
-- tenant do not wait for each other. A trigger notes what is not sealed yet: it sees the rows
-- of every writer, those of servers of the version before too, and the note is committed with
-- the row. It also takes addresses and browsers out of the row: they are only kept encrypted,
-- under a key of the person, so that erasing the key erases them.
--
-- The role that answers requests may read seals and write none. The platform role seals.

-- What is not sealed yet, with the personal detail of it.
CREATE TABLE audit_pending (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    detail      jsonb,
    CONSTRAINT audit_pending_pkey PRIMARY KEY (tenant_id, id)
);

-- How far a tenant is sealed. Its row is the lock that sealers queue for. Rows from before
-- this migration are sealed first, in the order of time; past_* say how far.
CREATE TABLE audit_trees (
    tenant_id uuid        NOT NULL DEFAULT current_tenant(),
    size      bigint      NOT NULL DEFAULT 0,
    past_done boolean     NOT NULL DEFAULT false,
    past_at   timestamptz NOT NULL DEFAULT '-infinity',
    past_id   uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    head_size bigint      NOT NULL DEFAULT 0, -- of the newest signed head
    head_at   timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT audit_trees_pkey PRIMARY KEY (tenant_id)
);

CREATE INDEX audit_trees_to_sign ON audit_trees (tenant_id) WHERE size > head_size;

-- What leaf seq says. Leaves stay when retention drops their rows.
CREATE TABLE audit_leaves (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    seq         bigint      NOT NULL,
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    row_hash    bytea       NOT NULL,
    detail_hash bytea       NOT NULL, -- empty: there was no detail
    CONSTRAINT audit_leaves_pkey PRIMARY KEY (tenant_id, seq),
    CONSTRAINT audit_leaves_id_key UNIQUE (tenant_id, id)
);

-- The hashes of the tree, in tiles of 256 (golang.org/x/mod/sumdb/tlog).
CREATE TABLE audit_tiles (
    tenant_id uuid     NOT NULL DEFAULT current_tenant(),
    level     smallint NOT NULL,
    n         bigint   NOT NULL,
    hashes    bytea    NOT NULL,
    CONSTRAINT audit_tiles_pkey PRIMARY KEY (tenant_id, level, n)
);

-- Signed heads: C2SP checkpoints.
CREATE TABLE audit_heads (
    tenant_id uuid        NOT NULL DEFAULT current_tenant(),
    size      bigint      NOT NULL,
    signed_at timestamptz NOT NULL,
    note      text        NOT NULL,
    CONSTRAINT audit_heads_pkey PRIMARY KEY (tenant_id, size)
);

-- The key pair that signs heads; the private half is encrypted under the root key.
CREATE TABLE audit_keys (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    verifier   text        NOT NULL,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_keys_pkey PRIMARY KEY (tenant_id)
);

-- The key of each person, encrypted under the root key; empty once erased. A month stands
-- for people who are not known.
CREATE TABLE audit_persons (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant(),
    person     text        NOT NULL,
    sealed     bytea       NOT NULL,
    erased_at  timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_persons_pkey PRIMARY KEY (tenant_id, person)
);

-- Personal detail of audit rows, encrypted under the key of the person.
CREATE TABLE audit_details (
    tenant_id   uuid        NOT NULL DEFAULT current_tenant(),
    id          uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    person      text        NOT NULL,
    sealed      bytea       NOT NULL,
    CONSTRAINT audit_details_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_details_by_person ON audit_details (tenant_id, person);
CREATE INDEX audit_details_by_time ON audit_details USING brin (occurred_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_pending', 'audit_trees', 'audit_leaves', 'audit_tiles', 'audit_heads', 'audit_keys', 'audit_persons', 'audit_details'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
        EXECUTE format('CREATE POLICY platform ON %I TO plinto_platform USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT ON %I TO plinto_app', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO plinto_platform', t);
    END LOOP;
END $$;
GRANT INSERT ON audit_pending TO plinto_app;
GRANT DELETE ON audit_pending TO plinto_platform;
GRANT UPDATE ON audit_trees TO plinto_platform;
GRANT UPDATE (hashes) ON audit_tiles TO plinto_platform;

-- Deleting a user erases their key. The role can do nothing else to keys, and delete no
-- detail but that of somebody erased.
GRANT INSERT, UPDATE (sealed, erased_at) ON audit_persons TO plinto_app;
GRANT DELETE ON audit_details TO plinto_app;
CREATE POLICY make ON audit_persons AS RESTRICTIVE FOR INSERT TO plinto_app WITH CHECK (sealed = '' AND erased_at IS NOT NULL);
CREATE POLICY erase ON audit_persons AS RESTRICTIVE FOR UPDATE TO plinto_app USING (true) WITH CHECK (sealed = '' AND erased_at IS NOT NULL);
CREATE POLICY erase ON audit_details AS RESTRICTIVE FOR DELETE TO plinto_app USING (
    EXISTS (SELECT FROM audit_persons p WHERE p.tenant_id = audit_details.tenant_id AND p.person = audit_details.person AND p.erased_at IS NOT NULL));

-- The sealer locks keys against being erased meanwhile, for which Postgres wants UPDATE. It
-- changes none. Retention takes the keys of months and the details of dropped rows.
GRANT UPDATE (sealed), DELETE ON audit_persons TO plinto_platform;
GRANT DELETE ON audit_details TO plinto_platform;
CREATE POLICY locked ON audit_persons AS RESTRICTIVE FOR UPDATE TO plinto_platform USING (true) WITH CHECK (false);
CREATE POLICY months ON audit_persons AS RESTRICTIVE FOR DELETE TO plinto_platform USING (person LIKE 'month:%');
CREATE POLICY retention ON audit_details AS RESTRICTIVE FOR DELETE TO plinto_platform USING (occurred_at < now() - interval '90 days');

-- The sealer reads the rows that it seals. Of rows from before this migration it empties
-- address and browser, and can write nothing else.
CREATE POLICY platform_read ON audit_log FOR SELECT TO plinto_platform USING (true);
CREATE POLICY platform_hide ON audit_log FOR UPDATE TO plinto_platform USING (true) WITH CHECK (ip = '' AND agent = '');
GRANT SELECT, UPDATE (ip, agent) ON audit_log TO plinto_platform;

CREATE FUNCTION note_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    detail jsonb;
BEGIN
    IF NEW.ip <> '' OR NEW.agent <> '' OR NEW.data ? 'first_ip' THEN
        detail := jsonb_strip_nulls(jsonb_build_object('ip', nullif(NEW.ip, ''), 'agent', nullif(NEW.agent, ''), 'first_ip', NEW.data -> 'first_ip'));
        NEW.ip := '';
        NEW.agent := '';
        NEW.data := NEW.data - 'first_ip';
    END IF;
    INSERT INTO audit_pending (tenant_id, id, occurred_at, detail) VALUES (NEW.tenant_id, NEW.id, NEW.occurred_at, detail);
    RETURN NEW;
END $$;
CREATE TRIGGER note BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION note_audit_row();

-- Who follows a tenant's events hears that there are more.
CREATE TRIGGER announce AFTER UPDATE ON audit_trees FOR EACH ROW EXECUTE FUNCTION announce_change();

CREATE FUNCTION audit_log_begins() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    -- Where the oldest partition begins: what is from before was dropped.
    SELECT coalesce(min(coalesce(substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)')::timestamptz, '-infinity')), '-infinity')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'audit_log'::regclass AND c.relname <> 'audit_log_default'
$$;
