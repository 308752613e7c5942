-- A role that very many have is taken from them in many transactions. Until the last of them its row keeps its key from another role,
-- which all of them would have then. It gives nothing and is hidden from whoever does not delete it: also from a server of the version before.
ALTER TABLE roles ADD COLUMN deleting_at timestamptz;
CREATE POLICY deleting ON roles AS RESTRICTIVE TO plinto_app
    USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');
