-- The kinds of password hashes that a tenant has are found by one look into an index for each, and not by reading all
-- users. Writers of users wait while it is made: 3 s for a million users.
--
-- The tenant is a part of the expression and not a column of the index, which would look cheap to every statement
-- that names the tenant.
CREATE FUNCTION password_kind(tenant uuid, hash text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN tenant::text || ' ' || CASE
        WHEN hash LIKE '$2%' THEN left(hash, 7)
        WHEN hash LIKE '$argon2%' THEN left(hash, 26)
        WHEN hash LIKE '{%' THEN split_part(hash, '}', 1)
        ELSE left(hash, 20) END;
CREATE INDEX users_by_password_kind ON users ((password_kind(tenant_id, password_hash) COLLATE "C")) WHERE password_hash IS NOT NULL;

-- Row-level security lets an index serve only conditions that cannot tell anybody about other rows, and this
-- one is none. So a function of the tables' owner looks (see find_users), in the tenant that the transaction named.
CREATE FUNCTION password_samples(most integer) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
AS $$
-- Returns one hash of each kind.
DECLARE
    last  text := current_tenant()::text || ' ';
    found record;
BEGIN
    FOR i IN 1..most LOOP
        SELECT password_kind(u.tenant_id, u.password_hash) AS kind, u.password_hash AS hash INTO found FROM users u
        WHERE u.password_hash IS NOT NULL AND password_kind(u.tenant_id, u.password_hash) COLLATE "C" > last
            AND password_kind(u.tenant_id, u.password_hash) COLLATE "C" < current_tenant()::text || '!' -- what follows a space
        ORDER BY password_kind(u.tenant_id, u.password_hash) COLLATE "C" LIMIT 1;
        EXIT WHEN found.kind IS NULL;
        RETURN NEXT found.hash;
        last := found.kind;
    END LOOP;
END $$;
ALTER FUNCTION password_samples(integer) SET enable_seqscan = off;
ALTER FUNCTION password_samples(integer) SET enable_bitmapscan = off;
ALTER FUNCTION password_samples(integer) SET enable_sort = off;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION password_samples(integer) SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION password_samples(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION password_samples(integer) TO plinto_app;
