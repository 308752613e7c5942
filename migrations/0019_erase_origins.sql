-- Deleting a user empties the address and the browser in what is kept of their events for
-- mails and webhooks, as it erases them from the audit log. See docs/audit.md.

-- Whose address, browser or first_ip the body has: a user, or NULL if nobody or it has none.
-- Servers of the version before set none; what they write goes after 30 days.
ALTER TABLE events ADD COLUMN person text;
CREATE INDEX events_by_person ON events (tenant_id, person) WHERE person IS NOT NULL;

-- The role that answers requests may do that and nothing else to events: of somebody whose
-- key is destroyed, and whatever it writes, this is what becomes of the row.
CREATE FUNCTION forget_event_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW := OLD;
    NEW.person := NULL;
    NEW.body := OLD.body - 'ip' - 'user_agent' #- '{data,first_ip}';
    RETURN NEW;
END $$;
CREATE TRIGGER forget BEFORE UPDATE ON events FOR EACH ROW WHEN (current_user = 'plinto_app') EXECUTE FUNCTION forget_event_person();
GRANT UPDATE (person) ON events TO plinto_app;
CREATE POLICY erase ON events AS RESTRICTIVE FOR UPDATE TO plinto_app USING (
    EXISTS (SELECT FROM audit_persons p WHERE p.tenant_id = events.tenant_id AND p.person = events.person AND p.erased_at IS NOT NULL))
    WITH CHECK (person IS NULL);

-- Rows of the audit log from before it was sealed may have first_ip in their data. It goes
-- when the sealer empties address and browser, as the trigger of 0015 takes it out of rows of
-- today. The sealer has no right to write data.
CREATE FUNCTION hide_first_ip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.data := OLD.data - 'first_ip';
    RETURN NEW;
END $$;
CREATE TRIGGER hide BEFORE UPDATE ON audit_log FOR EACH ROW WHEN (current_user = 'plinto_platform') EXECUTE FUNCTION hide_first_ip();
