package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
	"plinto/storage/internal/pg"
)

// nameHash is how a user name is kept that somebody had: the name of a user who is gone is nobody's
// to read.
const nameHash = `sha256(convert_to(current_tenant()::text || ' ' || `

// retireName keeps the user name of a user from others for a time, unless it is still the canonical
// name.
func (s *Users) retireName(ctx context.Context, id uuid.UUID, name string) error {
	_, err := pg.Exec(ctx, s.DB, `
		INSERT INTO retired_usernames (hash, user_id, expires_at)
		SELECT `+nameHash+`canonical, 'UTF8')), user_id, now() + $3::interval FROM user_identifiers
		WHERE user_id = $1 AND kind = 'username' AND canonical <> $2
		ON CONFLICT (tenant_id, hash) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at`,
		id, name, identity.NameRest)
	return pg.Wrap("retire user name", err)
}

// NameRetired implements identity.UserWrites.
func (s *Users) NameRetired(ctx context.Context, id uuid.UUID, name string) (bool, error) {
	canonical, err := identity.Canonical(name)
	if err != nil {
		return false, err
	}
	retired, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `
		SELECT EXISTS (SELECT FROM retired_usernames WHERE hash = `+nameHash+`$2::text, 'UTF8')) AND user_id <> $1 AND expires_at > now())`, id, canonical)
	return retired, pg.Wrap("find retired user name", err)
}
