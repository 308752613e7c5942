-- What is noted of the roles that an identity gave may be unreadable, for somebody altered it. That keeps nobody from removing the
-- identity, or from deleting its user, connection or tenant: what can be read is taken along, and the rest stays with the user.
CREATE OR REPLACE FUNCTION take_given_roles() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one jsonb;
    of  uuid;
BEGIN
    IF jsonb_typeof(OLD.given) <> 'array' THEN
        RETURN NULL;
    END IF;
    FOR one IN SELECT jsonb_array_elements(OLD.given) LOOP
        CONTINUE WHEN coalesce(one ->> 'organization', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
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

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION take_given_roles() SET search_path = %I, pg_temp', current_schema());
END $$;
