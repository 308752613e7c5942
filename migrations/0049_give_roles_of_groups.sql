-- Roles that a user has because their account at an identity provider is in a group there: noted with the identity, so that they
-- go when the group goes, and roles that somebody gave by hand do not.

ALTER TABLE user_identities ADD COLUMN given jsonb NOT NULL DEFAULT '[]'; -- [{"organization": id, or nil for the tenant, "role": key, "member": true}]
GRANT UPDATE (given) ON user_identities TO plinto_app;

-- An identity that is removed, by its user, with its connection or in whatever other way, takes the roles along that it gave.
CREATE FUNCTION take_given_roles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one jsonb;
    of  uuid;
BEGIN
    FOR one IN SELECT jsonb_array_elements(OLD.given) LOOP
        of := (one ->> 'organization')::uuid;
        IF of = '00000000-0000-0000-0000-000000000000' THEN
            DELETE FROM user_roles WHERE tenant_id = OLD.tenant_id AND user_id = OLD.user_id AND key = one ->> 'role';
            CONTINUE;
        END IF;
        DELETE FROM memberships WHERE tenant_id = OLD.tenant_id AND organization_id = of AND user_id = OLD.user_id
            AND (one -> 'member') = 'true' AND roles <@ ARRAY[one ->> 'role'];
        UPDATE memberships SET roles = array_remove(roles, one ->> 'role')
            WHERE tenant_id = OLD.tenant_id AND organization_id = of AND user_id = OLD.user_id AND (one ->> 'role') = ANY (roles);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER take_given_roles AFTER DELETE ON user_identities FOR EACH ROW WHEN (OLD.given <> '[]') EXECUTE FUNCTION take_given_roles();

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION take_given_roles() SET search_path = %I, pg_temp', current_schema());
END $$;
