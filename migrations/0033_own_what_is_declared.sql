-- What a manifest declares says which manifest that is. Servers of the version before change it as
-- they did: they do not know of owners.

ALTER TABLE tenants ADD COLUMN managed_by text NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN managed_by text NOT NULL DEFAULT '';
ALTER TABLE resource_servers ADD COLUMN managed_by text NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN managed_by text NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN managed_by text NOT NULL DEFAULT '';
ALTER TABLE webhook_endpoints ADD COLUMN managed_by text NOT NULL DEFAULT '';
