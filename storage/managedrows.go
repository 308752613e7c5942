package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/storage/internal/pg"
)

// ManagedRows implements admin.Rows.
type ManagedRows struct{ *DB }

// Lock implements admin.Rows.
func (s *ManagedRows) Lock(ctx context.Context, kind string, id uuid.UUID) (int64, error) {
	var sql string
	switch kind {
	case "user":
		sql = `SELECT version FROM users WHERE id = $1 FOR UPDATE`
	case "organization":
		sql = `SELECT version FROM organizations WHERE id = $1 FOR UPDATE`
	case "role":
		sql = `SELECT version FROM roles WHERE id = $1 FOR UPDATE`
	case "client":
		sql = `SELECT version FROM clients WHERE id = $1 FOR UPDATE`
	case "resource_server":
		sql = `SELECT version FROM resource_servers WHERE id = $1 FOR UPDATE`
	case "connection":
		sql = `SELECT version FROM connections WHERE id = $1 FOR UPDATE`
	case "webhook_endpoint":
		sql = `SELECT version FROM webhook_endpoints WHERE id = $1 FOR UPDATE`
	default:
		return 0, fmt.Errorf("there are no versions of %s", kind)
	}
	version, err := pg.One(ctx, s.DB, pgx.RowTo[int64], sql, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return version, pg.Wrap("lock row", err)
}

// Count implements admin.Rows.
func (s *ManagedRows) Count(ctx context.Context, list string, of uuid.UUID, filter string) (int64, error) {
	var sql string
	var named pg.Named
	switch list {
	case "clients":
		sql, named = `SELECT count(*) FROM clients WHERE (@filter::text = '' OR client_id = @filter) AND deleting_at IS NULL`, pg.Named{"filter": filter}
	case "resource_servers":
		sql, named = `SELECT count(*) FROM resource_servers`, pg.Named{}
	case "api_keys":
		sql = `SELECT count(*) FROM ` + apiKeyTables + ` WHERE (@of::uuid IS NULL OR k.user_id = @of) AND ` + apiKeyStands
		named = pg.Named{"of": zeronull.UUID(of)}
	case "webhook_deliveries":
		sql = `SELECT count(*) FROM webhook_deliveries v WHERE v.endpoint_id = @of AND (@filter::text = '' OR v.state = @filter)`
		named = pg.Named{"of": of, "filter": filter}
	case "sessions":
		sql = `SELECT count(*) FROM sessions s` + ofSession + ` WHERE s.user_id = @of AND ` + sessionStands
		named = pg.Named{"of": of, "tenant_mark": mark(ctx)}
	case "grants":
		sql = `SELECT count(*) FROM grants g` + ofGrant + ` WHERE g.user_id = @of AND ` + grantStands
		named = pg.Named{"of": of, "tenant_mark": mark(ctx)}
	case "organizations":
		sql = `SELECT count(*) FROM organizations WHERE @filter::text = '' OR starts_with(lower(slug), lower(@filter)) OR starts_with(lower(name), lower(@filter))`
		named = pg.Named{"filter": filter}
	case "members":
		sql, named = `SELECT count(*) FROM memberships WHERE organization_id = @of`, pg.Named{"of": of}
	case "user_organizations":
		sql, named = `SELECT count(*) FROM memberships WHERE user_id = @of`, pg.Named{"of": of}
	case "invitations":
		sql = `SELECT count(*) FROM organization_invitations WHERE organization_id = @of AND (@filter::text = '' OR ` + invitationState + ` = @filter)`
		named = pg.Named{"of": of, "filter": filter}
	case "domains":
		sql, named = `SELECT count(*) FROM organization_domains WHERE organization_id = @of`, pg.Named{"of": of}
	case "jobs":
		sql, named = `SELECT count(*) FROM jobs`, pg.Named{}
	default:
		return 0, fmt.Errorf("there is no list of %s", list)
	}
	n, err := pg.One(ctx, s.DB, pgx.RowTo[int64], sql, named)
	return n, pg.Wrap("count "+list, err)
}
