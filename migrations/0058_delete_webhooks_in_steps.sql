-- An endpoint with very many deliveries is deleted in many transactions, as connections are. Until the last of them its row is hidden
-- from whoever does not delete it: also from a server of the version before.
ALTER TABLE webhook_endpoints ADD COLUMN deleting_at timestamptz;
CREATE POLICY deleting ON webhook_endpoints AS RESTRICTIVE TO plinto_app
    USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');
