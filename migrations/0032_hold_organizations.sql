-- What organizations ask of their members holds when they sign in.

-- The longest time that a session was not used since its user proved who they are.
ALTER TABLE sessions ADD COLUMN gap interval NOT NULL DEFAULT '0';

-- Whoever manages one organization alone has transactions that see that one. Without the setting, or with
-- an empty one, which is what a transaction before leaves behind, all are seen.
CREATE FUNCTION current_organization() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('plinto.organization', true), '')::uuid;

CREATE POLICY organization ON organizations AS RESTRICTIVE TO plinto_app
    USING (current_organization() IS NULL OR id = current_organization())
    WITH CHECK (current_organization() IS NULL OR id = current_organization());
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['memberships', 'organization_invitations', 'organization_domains', 'grants'] LOOP
        EXECUTE format('CREATE POLICY organization ON %I AS RESTRICTIVE TO plinto_app
            USING (current_organization() IS NULL OR organization_id = current_organization())
            WITH CHECK (current_organization() IS NULL OR organization_id = current_organization())', t);
    END LOOP;
END $$;

-- Who made an invitation by rights that they can lose, as type:id of an actor; empty: an operator.
ALTER TABLE organization_invitations ADD COLUMN made_by text NOT NULL DEFAULT '';
