-- Logos of tenants: drawn by us, named by the hash of what they are. Which of them a tenant
-- shows is in its settings. The platform writes them, with the settings.
CREATE TABLE logos (
    tenant_id  uuid        NOT NULL DEFAULT current_tenant() REFERENCES tenants (id) ON DELETE CASCADE,
    hash       text        NOT NULL,
    png        bytea       NOT NULL CONSTRAINT logos_png_check CHECK (octet_length(png) <= 262144),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT logos_pkey PRIMARY KEY (tenant_id, hash)
);
ALTER TABLE logos ENABLE ROW LEVEL SECURITY;
ALTER TABLE logos FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON logos TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY platform ON logos TO plinto_platform USING (true) WITH CHECK (true);
GRANT SELECT ON logos TO plinto_app;
GRANT SELECT, INSERT, DELETE ON logos TO plinto_platform;

-- The color of buttons is one of the colors of branding. What it was is left for servers of
-- the previous version.
UPDATE tenants SET settings = jsonb_set(settings, '{branding}', jsonb_build_object('light', jsonb_build_object('primary', settings ->> 'accent_color')))
WHERE settings ->> 'accent_color' ~ '^#[0-9a-fA-F]{6}$';
