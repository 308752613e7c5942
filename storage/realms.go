package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/federation"
	"plinto/storage/internal/pg"
)

// Realms implements federation.Domains.
type Realms struct{ *DB }

// OwnerOf implements federation.Domains.
func (s *Realms) OwnerOf(ctx context.Context, domain string) (uuid.UUID, error) {
	owners, err := pg.Query(ctx, s.DB, pgx.RowTo[uuid.UUID], `
		SELECT d.organization_id FROM organization_domains d JOIN organizations o ON o.id = d.organization_id AND o.suspended_at IS NULL
		WHERE d.verified = $1`, domain)
	if err != nil || len(owners) == 0 {
		return uuid.Nil, pg.Wrap("find owner of domain", err)
	}
	return owners[0], nil
}

// MemberOf implements federation.Domains. Of the organizations those that have connections matter.
func (s *Realms) MemberOf(ctx context.Context, user uuid.UUID) (federation.Member, error) {
	m, err := pg.One(ctx, s.DB, toRealmMember, `
		WITH held AS MATERIALIZED (SELECT canonical FROM user_identifiers WHERE user_id = $1 AND kind IN ('email', 'other_email'))
		SELECT ARRAY(SELECT canonical FROM held ORDER BY 1),
			ARRAY(SELECT m.organization_id FROM memberships m WHERE m.user_id = $1
				AND EXISTS (SELECT FROM connections c WHERE c.organization_id = m.organization_id)),
			EXISTS (SELECT FROM user_roles WHERE user_id = $1),
			(SELECT coalesce(jsonb_object_agg(d.verified, d.organization_id), '{}') FROM organization_domains d
				JOIN organizations o ON o.id = d.organization_id AND o.suspended_at IS NULL
				WHERE d.verified = ANY(ARRAY(SELECT split_part(canonical, '@', 2) FROM held)))`, user)
	return m, pg.Wrap("find what a user belongs to", err)
}

func toRealmMember(row pgx.CollectableRow) (m federation.Member, err error) {
	var owners []byte
	if err = row.Scan(&m.Addresses, &m.Organizations, &m.Manages, &owners); err != nil {
		return m, err
	}
	if err = json.Unmarshal(owners, &m.Owners); err != nil {
		return m, fmt.Errorf("read owners of domains: %w", err)
	}
	return m, nil
}

// Affected implements federation.Domains.
func (s *Realms) Affected(ctx context.Context, organization uuid.UUID, domains, exempt []string, limit int) (int, error) {
	n, err := pg.One(ctx, s.DB, pgx.RowTo[int], `
		SELECT count(*) FROM (
			SELECT DISTINCT i.user_id FROM user_identifiers i
			WHERE i.kind IN ('email', 'other_email') AND split_part(i.canonical, '@', 2) = ANY($2)
				AND ($1::uuid IS NULL OR EXISTS (SELECT FROM memberships m WHERE m.organization_id = $1 AND m.user_id = i.user_id))
				AND NOT EXISTS (SELECT FROM user_roles r WHERE r.user_id = i.user_id)
				AND NOT EXISTS (SELECT FROM user_identifiers x WHERE x.user_id = i.user_id AND x.canonical = ANY($3))
			LIMIT $4) affected`, zeronull.UUID(organization), list(domains), list(exempt), limit)
	return n, pg.Wrap("count users of domains", err)
}
