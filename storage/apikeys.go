package storage

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/organization/apikey"
	"plinto/storage/internal/pg"
)

// APIKeys implements apikey.Store.
type APIKeys struct{ *DB }

const (
	apiKeyColumns = `k.id, k.name, k.hint, k.user_id, k.permissions, k.created_at, k.expires_at, k.used_at`
	// apiKeyStands is whether key k, of user u or of nobody, is good.
	apiKeyStands = `k.expires_at > now() AND (k.user_id IS NULL OR u.disabled_at IS NULL AND u.not_before = k.mark)`
	apiKeyTables = `api_keys k LEFT JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id`
)

func scanAPIKey(k *apikey.Key) []any {
	return []any{&k.ID, &k.Name, &k.Hint, (*zeronull.UUID)(&k.UserID), &k.Permissions, &k.CreatedAt, &k.ExpiresAt, (*zeronull.Timestamptz)(&k.UsedAt)}
}

func toAPIKey(row pgx.CollectableRow) (k apikey.Key, err error) {
	return k, row.Scan(scanAPIKey(&k)...)
}

// Create implements apikey.Store. The user is locked: one who is thrown out meanwhile leaves no key
// behind, and of two keys that are made at once both are counted.
func (s *APIKeys) Create(ctx context.Context, k apikey.Key, hash []byte, most int) error {
	err := s.InTx(ctx, func(ctx context.Context) error {
		if k.UserID != uuid.Nil {
			if _, err := pg.One(ctx, s.DB, pgx.RowTo[uuid.UUID], `SELECT id FROM users WHERE id = $1 AND disabled_at IS NULL FOR NO KEY UPDATE`, k.UserID); err != nil {
				return pg.Absent(err, identity.ErrUserNotFound)
			}
		}
		n, err := pg.Exec(ctx, s.DB, `
			INSERT INTO api_keys (id, user_id, mark, name, hint, hash, permissions, created_at, expires_at)
			SELECT @id, @user::uuid, (SELECT not_before FROM users WHERE id = @user::uuid), @name, @hint, @hash, @permissions, @created::timestamptz, @expires::timestamptz
			WHERE @most > (SELECT count(*) FROM `+apiKeyTables+` WHERE k.user_id IS NOT DISTINCT FROM @user::uuid AND `+apiKeyStands+`)`,
			pg.Named{
				"id": k.ID, "user": zeronull.UUID(k.UserID), "name": k.Name, "hint": k.Hint, "hash": hash,
				"permissions": permissions(k.Permissions), "created": k.CreatedAt, "expires": k.ExpiresAt, "most": most,
			})
		if err == nil && n == 0 {
			err = apikey.ErrTooMany
		}
		return err
	})
	return pg.Wrap("create API key", err)
}

// Use implements apikey.Store. Noting the use waits for no lock: of two requests at once, one notes it.
func (s *APIKeys) Use(ctx context.Context, hash []byte) (apikey.Presented, error) {
	var roles []byte
	p, err := pg.One(ctx, s.DB, func(row pgx.CollectableRow) (p apikey.Presented, err error) {
		return p, row.Scan(append(scanAPIKey(&p.Key), &p.Held.Tenant, &roles)...)
	}, `
		WITH noted AS (
			UPDATE api_keys SET used_at = now() WHERE id IN (
				SELECT id FROM api_keys WHERE hash = $1 AND expires_at > now() AND coalesce(used_at < now() - interval '1 minute', true)
				FOR UPDATE SKIP LOCKED)
		)
		SELECT `+apiKeyColumns+`, ARRAY(SELECT key FROM user_roles WHERE user_id = k.user_id),
			CASE WHEN k.user_id IS NULL THEN '[]' ELSE (`+everyRole+`) END
		FROM `+apiKeyTables+` WHERE k.hash = $1 AND `+apiKeyStands, hash)
	if err == nil {
		err = json.Unmarshal(roles, &p.Held.Roles)
	}
	return p, pg.Wrap("use API key", pg.Absent(err, apikey.ErrUnknown))
}

// Find implements apikey.Store.
func (s *APIKeys) Find(ctx context.Context, id uuid.UUID) (apikey.Key, error) {
	k, err := pg.One(ctx, s.DB, toAPIKey, `SELECT `+apiKeyColumns+` FROM `+apiKeyTables+` WHERE k.id = $1 AND `+apiKeyStands, id)
	return k, pg.Wrap("find API key", pg.Absent(err, apikey.ErrNotFound))
}

// List implements apikey.Store.
func (s *APIKeys) List(ctx context.Context, user, after uuid.UUID, limit int) ([]apikey.Key, error) {
	all, err := pg.Query(ctx, s.DB, toAPIKey, `
		SELECT `+apiKeyColumns+` FROM `+apiKeyTables+`
		WHERE ($1::uuid IS NULL OR k.user_id = $1) AND k.id > $2 AND `+apiKeyStands+` ORDER BY k.id LIMIT $3`, zeronull.UUID(user), after, limit)
	return all, pg.Wrap("list API keys", err)
}

// Revoke implements apikey.Store.
func (s *APIKeys) Revoke(ctx context.Context, id uuid.UUID) error {
	n, err := pg.Exec(ctx, s.DB, `DELETE FROM api_keys WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = apikey.ErrNotFound
	}
	return pg.Wrap("revoke API key", err)
}
