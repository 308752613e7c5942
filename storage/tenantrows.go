package storage

// rowsOfTenants delete some rows, $1 at most, of each table that grows, as the app role: row-level security leaves them
// those of the tenant. Each goes along the primary key, which begins with the tenant: of other tenants' rows
// it reads none. A table is behind those whose rows would go with its own.
var rowsOfTenants = []batched{
	{sql: `DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM refresh_tokens ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM access_tokens ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM codes WHERE ctid = ANY(ARRAY(SELECT ctid FROM codes ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM user_consents WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_consents ORDER BY tenant_id, user_id, client_id, shown LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM grants WHERE ctid = ANY(ARRAY(SELECT ctid FROM grants ORDER BY tenant_id, id LIMIT $1))`, most: deletedGrants},
	{sql: `DELETE FROM sessions WHERE ctid = ANY(ARRAY(SELECT ctid FROM sessions ORDER BY tenant_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM user_devices WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_devices ORDER BY tenant_id, user_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM memberships WHERE ctid = ANY(ARRAY(SELECT ctid FROM memberships ORDER BY tenant_id, organization_id, user_id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM organization_invitations WHERE ctid = ANY(ARRAY(SELECT ctid FROM organization_invitations ORDER BY tenant_id, organization_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM organizations WHERE ctid = ANY(ARRAY(SELECT ctid FROM organizations ORDER BY tenant_id, id LIMIT $1))`, most: deletedGrants},
	{sql: `DELETE FROM user_emails WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_emails ORDER BY tenant_id, user_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM email_changes WHERE ctid = ANY(ARRAY(SELECT ctid FROM email_changes ORDER BY tenant_id, user_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM user_identifiers WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_identifiers ORDER BY tenant_id, canonical LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM password_history WHERE ctid = ANY(ARRAY(SELECT ctid FROM password_history ORDER BY tenant_id, user_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM password_checks WHERE ctid = ANY(ARRAY(SELECT ctid FROM password_checks ORDER BY tenant_id, user_id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM passkeys WHERE ctid = ANY(ARRAY(SELECT ctid FROM passkeys ORDER BY tenant_id, user_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM recovery_codes WHERE ctid = ANY(ARRAY(SELECT ctid FROM recovery_codes ORDER BY tenant_id, user_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM user_identities WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_identities ORDER BY tenant_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM users WHERE ctid = ANY(ARRAY(SELECT ctid FROM users ORDER BY tenant_id, id LIMIT $1))`, most: deletedGrants},
	{sql: `DELETE FROM pushed_requests WHERE ctid = ANY(ARRAY(SELECT ctid FROM pushed_requests ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(SELECT ctid FROM spent_assertions ORDER BY tenant_id, client_id, jti_hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM clients WHERE ctid = ANY(ARRAY(SELECT ctid FROM clients ORDER BY tenant_id, id LIMIT $1))`, most: deletedGrants},
	{sql: `DELETE FROM retired_assertions WHERE ctid = ANY(ARRAY(SELECT ctid FROM retired_assertions ORDER BY tenant_id, client_id, jti_hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM retired_usernames WHERE ctid = ANY(ARRAY(SELECT ctid FROM retired_usernames ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM attempts WHERE ctid = ANY(ARRAY(SELECT ctid FROM attempts ORDER BY tenant_id, key LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM revoked_jwts WHERE ctid = ANY(ARRAY(SELECT ctid FROM revoked_jwts ORDER BY tenant_id, jti LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM one_time_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM one_time_tokens ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM flows WHERE ctid = ANY(ARRAY(SELECT ctid FROM flows ORDER BY tenant_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM api_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM api_keys ORDER BY tenant_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM initial_access_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM initial_access_tokens ORDER BY tenant_id, id LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM job_reports WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_reports ORDER BY tenant_id, job_id, line LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM job_parts WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_parts ORDER BY tenant_id, job_id, number LIMIT $1))`, most: 200},
	{sql: `DELETE FROM job_names WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_names ORDER BY tenant_id, job_id, name LIMIT $1))`, most: deletedAtOnce},
	{sql: `DELETE FROM jobs WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs ORDER BY tenant_id, id LIMIT $1))`, most: deletedGrants},
}

// kept delete rows, $2 at most, of tenant $1 that requests may not delete, as the platform role.
var kept = []batched{
	{sql: `DELETE FROM webhook_attempts WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM webhook_attempts WHERE tenant_id = $1 ORDER BY tenant_id, id LIMIT $2))`, most: deletedAtOnce},
	{sql: `DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM webhook_deliveries WHERE tenant_id = $1 ORDER BY tenant_id, id LIMIT $2))`, most: deletedGrants},
	{sql: `DELETE FROM events WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM events WHERE tenant_id = $1 ORDER BY tenant_id, id LIMIT $2))`, most: deletedAtOnce},
	{sql: `DELETE FROM request_trails WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM request_trails WHERE tenant_id = $1 ORDER BY tenant_id, id LIMIT $2))`, most: deletedAtOnce},
	{sql: `DELETE FROM statistics WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM statistics WHERE tenant_id = $1 ORDER BY tenant_id, day, metric, client, kind LIMIT $2))`, most: deletedAtOnce},
	{sql: `DELETE FROM statistics_seen WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM statistics_seen WHERE tenant_id = $1 ORDER BY tenant_id, metric, start, user_id LIMIT $2))`, most: deletedAtOnce},
	{sql: `DELETE FROM spent_challenges WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM spent_challenges WHERE tenant_id = $1 ORDER BY tenant_id, hash LIMIT $2))`, most: deletedAtOnce},
}
