package storage

import (
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/bulk"
)

// Tasks that delete in steps.
const (
	ClientDeletionTask       = "clients.delete"
	UserDeletionTask         = "users.delete"
	OrganizationDeletionTask = "organizations.delete"
	WebhookDeletionTask      = "webhooks.delete"
)

// clientSteps delete a client. It is disabled and renamed, as its row can be seen.
var clientSteps = stepwise{
	kind: bulk.ClientDeletion,
	task: ClientDeletionTask,
	many: []batched{{sql: `
		SELECT greatest((SELECT count(*) FROM (SELECT FROM grants WHERE client_id = $1 LIMIT $2) g),
			(SELECT count(*) FROM (SELECT FROM access_tokens WHERE client_id = $1 LIMIT $2) a),
			(SELECT count(*) FROM (SELECT FROM user_consents WHERE client_id = $1 LIMIT $2) c),
			(SELECT count(*) FROM (SELECT FROM pushed_requests WHERE client_id = $1 LIMIT $2) p),
			(SELECT count(*) FROM (SELECT FROM spent_assertions WHERE client_id = $1 LIMIT $2) s))`, most: deletedAtOnce}},
	mark: []string{
		`UPDATE clients SET client_id = 'deleted:' || id, deleted_client_id = client_id, managed_by = '', deleting_at = now(), disabled_at = coalesce(disabled_at, now()),
			not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now() WHERE id = $1`,
		`DELETE FROM client_secrets WHERE client_id = $1`,
		`DELETE FROM client_registrations WHERE client_id = $1`,
	},
	// Tokens and codes of grants go with these, but for refresh tokens, of which one may have thousands.
	rows: []batched{
		{sql: `DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
			SELECT r.ctid FROM (SELECT id FROM grants WHERE client_id = $1 LIMIT 500) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM grants WHERE ctid = ANY(ARRAY(SELECT ctid FROM grants WHERE client_id = $1 LIMIT $2))`, most: deletedGrants},
		{sql: `DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(SELECT ctid FROM access_tokens WHERE client_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM user_consents WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_consents WHERE client_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM pushed_requests WHERE ctid = ANY(ARRAY(SELECT ctid FROM pushed_requests WHERE client_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `WITH gone AS (
				DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(SELECT ctid FROM spent_assertions WHERE client_id = $1 LIMIT $2))
					AND (SELECT deleted_client_id FROM clients WHERE id = $1) IS NOT NULL
				RETURNING jti_hash, expires_at)
			INSERT INTO retired_assertions AS r (client_id, jti_hash, expires_at)
			SELECT c.deleted_client_id, g.jti_hash, g.expires_at FROM gone g JOIN clients c ON c.id = $1` + retireOver, most: deletedAtOnce},
		// The version before retired them all when it began.
		{sql: `DELETE FROM spent_assertions WHERE ctid = ANY(ARRAY(SELECT ctid FROM spent_assertions WHERE client_id = $1 LIMIT $2))
			AND (SELECT deleted_client_id FROM clients WHERE id = $1) IS NULL`, most: deletedAtOnce},
	},
	last: `DELETE FROM clients WHERE id = $1 AND deleting_at IS NOT NULL`,
}

// person names a user in events and the audit log.
func person(id uuid.UUID) string { return (&identity.User{ID: id}).PublicID() }

// userSteps delete a user. The first empties the row and takes away all that the user had; what events and the
// audit log say of them, of which erase destroys the key at once, goes later.
var userSteps = stepwise{
	kind: bulk.UserDeletion,
	task: UserDeletionTask,
	many: []batched{{sql: `
		SELECT greatest((SELECT count(*) FROM (SELECT FROM grants WHERE user_id = $1 LIMIT $2) g),
			(SELECT count(*) FROM (SELECT FROM (SELECT id FROM grants WHERE user_id = $1 LIMIT $2) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2) r),
			(SELECT count(*) FROM (SELECT FROM (SELECT id FROM grants WHERE user_id = $1 LIMIT $2) g JOIN access_tokens a ON a.grant_id = g.id LIMIT $2) a),
			(SELECT count(*) FROM (SELECT FROM sessions WHERE user_id = $1 LIMIT $2) s),
			(SELECT CASE WHEN EXISTS (SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NULL) THEN $2 ELSE 0 END),
			(SELECT count(*) FROM (SELECT FROM user_devices WHERE user_id = $1 LIMIT $2) d),
			(SELECT count(*) FROM (SELECT FROM memberships WHERE user_id = $1 LIMIT $2) m))`, most: deletedAtOnce}, {sql: `
		SELECT greatest((SELECT count(*) FROM (SELECT FROM audit_details WHERE person = $1 LIMIT $2) d),
			(SELECT count(*) FROM (SELECT FROM events WHERE person = $1 LIMIT $2) e))`, most: deletedAtOnce, name: person}},
	mark: []string{
		`DELETE FROM user_emails WHERE user_id = $1`,
		`DELETE FROM email_changes WHERE user_id = $1`,
		`DELETE FROM user_identifiers WHERE user_id = $1`,
		`DELETE FROM passkeys WHERE user_id = $1`,
		`DELETE FROM totp_factors WHERE user_id = $1`,
		`DELETE FROM recovery_codes WHERE user_id = $1`,
		`DELETE FROM password_history WHERE user_id = $1`,
		`DELETE FROM password_checks WHERE user_id = $1`,
		`DELETE FROM api_keys WHERE user_id = $1`,
		`DELETE FROM user_roles WHERE user_id = $1`,
		`UPDATE users SET username = NULL, email = NULL, email_verified = false, phone = NULL, phone_verified = false, profile = '{}',
			password_hash = NULL, password_set_at = NULL, password_state = NULL, reset_at = NULL, external_id = NULL,
			public_metadata = '{}', private_metadata = '{}', delete_at = NULL, deleting_at = now(), disabled_at = coalesce(disabled_at, now()),
			not_before = greatest(now(), not_before + interval '1 microsecond'), updated_at = now() WHERE id = $1`,
	},
	rows: []batched{
		{sql: `DELETE FROM memberships WHERE ctid = ANY(ARRAY(SELECT ctid FROM memberships WHERE user_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
			SELECT r.ctid FROM (SELECT id FROM grants WHERE user_id = $1 LIMIT 500) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(
			SELECT a.ctid FROM (SELECT id FROM grants WHERE user_id = $1 LIMIT 500) g JOIN access_tokens a ON a.grant_id = g.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM grants WHERE ctid = ANY(ARRAY(SELECT ctid FROM grants WHERE user_id = $1 LIMIT $2))`, most: deletedGrants},
		{sql: `DELETE FROM sessions WHERE ctid = ANY(ARRAY(SELECT ctid FROM sessions WHERE user_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM user_consents WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_consents WHERE user_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM user_devices WHERE ctid = ANY(ARRAY(SELECT ctid FROM user_devices WHERE user_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM audit_details WHERE ctid = ANY(ARRAY(SELECT ctid FROM audit_details WHERE person = $1 LIMIT $2))`, most: deletedAtOnce, name: person},
		{sql: `UPDATE events SET person = NULL WHERE ctid = ANY(ARRAY(SELECT ctid FROM events WHERE person = $1 LIMIT $2))`, most: deletedAtOnce, name: person},
	},
	last: `DELETE FROM users WHERE id = $1 AND deleting_at IS NOT NULL`,
}

// organizationSteps delete an organization.
var organizationSteps = stepwise{
	kind: bulk.OrganizationDeletion,
	task: OrganizationDeletionTask,
	many: []batched{{
		sql: `
		SELECT greatest((SELECT count(*) FROM (SELECT FROM memberships WHERE organization_id = $1 LIMIT $2) m),
			(SELECT count(*) FROM (SELECT FROM organization_invitations WHERE organization_id = $1 LIMIT $2) i),
			(SELECT count(*) FROM (SELECT FROM grants WHERE organization_id = $1 LIMIT $2) g),
			(SELECT count(*) FROM (SELECT FROM (SELECT id FROM grants WHERE organization_id = $1 LIMIT $2) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2) r),
			(SELECT count(*) FROM (SELECT FROM (SELECT id FROM grants WHERE organization_id = $1 LIMIT $2) g JOIN access_tokens a ON a.grant_id = g.id LIMIT $2) a),
			(SELECT count(*) FROM (SELECT FROM (SELECT id FROM connections WHERE organization_id = $1 LIMIT 100) c
				JOIN user_identities i ON i.connection_id = c.id LIMIT $2) i))`,
		most: deletedAtOnce,
	}, {
		sql: `
		SELECT count(*) FROM (SELECT FROM (SELECT id FROM connections WHERE organization_id = $1 LIMIT 100) c
			JOIN sessions s ON s.connection_id = c.id AND s.ended_at IS NULL LIMIT $2) s`,
		most: 1,
	}},
	mark: []string{
		`UPDATE connections SET slug = 'deleted:' || id, sealed = NULL, managed_by = '', deleting_at = now(),
			disabled_at = coalesce(disabled_at, now()), updated_at = now() WHERE organization_id = $1`,
		`DELETE FROM organization_domains WHERE organization_id = $1`,
		`DELETE FROM organization_logos WHERE organization_id = $1`,
		`UPDATE organizations SET slug = 'deleted:' || id, name = '', external_id = NULL, public_metadata = '{}', private_metadata = '{}', policy = '{}',
			branding = '{}', managed_by = '', suspended_at = coalesce(suspended_at, now()), deleting_at = now(), updated_at = now() WHERE id = $1`,
	},
	rows: []batched{
		{sql: `DELETE FROM user_identities WHERE ctid = ANY(ARRAY(
			SELECT i.ctid FROM (SELECT id FROM connections WHERE organization_id = $1 LIMIT 100) c JOIN user_identities i ON i.connection_id = c.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM organization_invitations WHERE ctid = ANY(ARRAY(SELECT ctid FROM organization_invitations WHERE organization_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM memberships WHERE ctid = ANY(ARRAY(SELECT ctid FROM memberships WHERE organization_id = $1 LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM refresh_tokens WHERE ctid = ANY(ARRAY(
			SELECT r.ctid FROM (SELECT id FROM grants WHERE organization_id = $1 LIMIT 500) g JOIN refresh_tokens r ON r.grant_id = g.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM access_tokens WHERE ctid = ANY(ARRAY(
			SELECT a.ctid FROM (SELECT id FROM grants WHERE organization_id = $1 LIMIT 500) g JOIN access_tokens a ON a.grant_id = g.id LIMIT $2))`, most: deletedAtOnce},
		{sql: `DELETE FROM grants WHERE ctid = ANY(ARRAY(SELECT ctid FROM grants WHERE organization_id = $1 LIMIT $2))`, most: deletedGrants},
	},
	last: `DELETE FROM organizations WHERE id = $1 AND deleting_at IS NOT NULL`,
}

// webhookSteps delete an endpoint. Attempts go with their deliveries, and what it was sent with goes at once.
var webhookSteps = stepwise{
	kind: bulk.WebhookDeletion,
	task: WebhookDeletionTask,
	many: []batched{{sql: `SELECT count(*) FROM (SELECT FROM webhook_deliveries WHERE endpoint_id = $1 AND EXISTS (SELECT FROM webhook_endpoints WHERE id = $1) LIMIT $2) d`, most: deletedDeliveries}},
	mark: []string{
		`UPDATE webhook_endpoints SET sealed = '', previous_sealed = NULL, previous_until = NULL, managed_by = '', deleting_at = now(),
			disabled_at = coalesce(disabled_at, now()), disabled_reason = 'deleted', updated_at = now() WHERE id = $1`,
	},
	rows: []batched{
		{sql: `DELETE FROM webhook_deliveries WHERE ctid = ANY(ARRAY(SELECT ctid FROM webhook_deliveries WHERE endpoint_id = $1 LIMIT $2))`, most: deletedDeliveries},
	},
	last: `DELETE FROM webhook_endpoints WHERE id = $1 AND deleting_at IS NOT NULL`,
}
