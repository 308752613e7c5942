-- The documents about apps are asked for by anybody. A tenant has few clients with apps among many.
CREATE INDEX clients_with_apps ON clients (tenant_id, client_id)
    WHERE first_party AND (metadata ? 'android_apps' OR metadata ? 'apple_apps');
