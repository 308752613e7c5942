package storage

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/storage/internal/pg"
)

// managedColumns are read by managedFields, of a table named u.
const managedColumns = userColumns + `, coalesce(u.external_id, ''), u.public_metadata, u.private_metadata`

func managedFields(to []any, u *identity.User) []any {
	u.Kept = new(identity.Kept)
	return append(addUserFields(to, u), &u.Kept.ExternalID, &u.Kept.Public, &u.Kept.Private)
}

func toManaged(row pgx.CollectableRow) (u identity.User, err error) {
	err = row.Scan(managedFields(nil, &u)...)
	return u, err
}

// takenUser says what of a user another one has.
func takenUser(err error) error {
	if pg.Constraint(err) == "users_external_id_key" {
		return identity.ErrExternalID
	}
	return err
}

// Managed implements identity.ManagedUsers.
func (s *Users) Managed(ctx context.Context, id uuid.UUID) (identity.User, error) {
	u, err := pg.One(ctx, s.DB, toManaged, `SELECT `+managedColumns+` FROM users u WHERE u.id = $1`, id)
	return u, pg.Wrap("find user", pg.Absent(err, identity.ErrUserNotFound))
}

// Many implements identity.ManagedUsers.
func (s *Users) Many(ctx context.Context, ids []uuid.UUID) ([]identity.User, error) {
	found, err := pg.Query(ctx, s.DB, toManaged, `SELECT `+managedColumns+` FROM users u WHERE u.id = ANY($1)`, ids)
	return found, pg.Wrap("find users", err)
}

// Find implements identity.ManagedUsers. An identifier or external id is looked up by its index, and the rest
// of the filter is applied to what that finds.
func (s *Users) Find(ctx context.Context, f identity.UserFilter, w keyset.Window) ([]identity.User, error) {
	from, descending, limit := w.Scan()
	var sql string
	switch {
	case f.Identifier != "" || f.ExternalID != "":
		return s.findExactly(ctx, f, from, descending, limit)
	case f.Search.Text != "":
		return s.search(ctx, f, from, descending, limit)
	case descending:
		sql = `SELECT ` + managedColumns + ` FROM users u
			WHERE u.id < $1 AND ($2::boolean IS NULL OR (u.disabled_at IS NOT NULL) = $2) ORDER BY u.id DESC LIMIT $3`
	default:
		sql = `SELECT ` + managedColumns + ` FROM users u
			WHERE u.id > $1 AND ($2::boolean IS NULL OR (u.disabled_at IS NOT NULL) = $2) ORDER BY u.id LIMIT $3`
	}
	found, err := pg.QueryPage(ctx, s.DB, limit, managedFields, sql, from, f.Blocked, limit)
	return found, pg.Wrap("list users", err)
}

// search finds users by parts of their names: see find_users.
func (s *Users) search(ctx context.Context, f identity.UserFilter, from uuid.UUID, descending bool, limit int) ([]identity.User, error) {
	found, err := pg.Query(ctx, s.DB, toManaged, `
		SELECT `+managedColumns+` FROM find_users($1, $2, $3, $4, $5, $6) found
			CROSS JOIN LATERAL (SELECT * FROM users WHERE id = found OFFSET 0) u`,
		f.Search.Text, f.Search.Start, f.Blocked, from, descending, limit)
	slices.SortFunc(found, func(a, b identity.User) int {
		order := bytes.Compare(a.ID[:], b.ID[:])
		if descending {
			return -order
		}
		return order
	})
	return found, pg.Wrap("search users", err)
}

// findExactly finds the one user there can be.
func (s *Users) findExactly(ctx context.Context, f identity.UserFilter, from uuid.UUID, descending bool, limit int) ([]identity.User, error) {
	canonical, err := identity.Canonical(f.Identifier)
	if err != nil && f.Identifier != "" {
		return nil, nil // it belongs to nobody
	}
	var found []identity.User
	if canonical != "" {
		found, err = pg.Query(ctx, s.DB, toManaged, `
			SELECT `+managedColumns+` FROM user_identifiers i CROSS JOIN LATERAL (SELECT * FROM users WHERE id = i.user_id OFFSET 0) u
			WHERE i.canonical = $1 AND i.kind <> 'kept_email' AND ($2::text IS NULL OR u.external_id = $2) AND ($3::boolean IS NULL OR (u.disabled_at IS NOT NULL) = $3)`,
			canonical, zeronull.Text(f.ExternalID), f.Blocked)
	} else {
		found, err = pg.Query(ctx, s.DB, toManaged, `
			SELECT `+managedColumns+` FROM users u WHERE u.external_id = $1 AND ($2::boolean IS NULL OR (u.disabled_at IS NOT NULL) = $2)`,
			f.ExternalID, f.Blocked)
	}
	if err != nil {
		return nil, pg.Wrap("find user", err)
	}
	if len(found) == 1 && limit > 0 && inside(found[0].ID, from, descending) {
		return found, nil
	}
	return nil, nil
}

func inside(id, from uuid.UUID, descending bool) bool {
	if descending {
		return bytes.Compare(id[:], from[:]) < 0
	}
	return bytes.Compare(id[:], from[:]) > 0
}

// Count implements identity.ManagedUsers.
func (s *Users) Count(ctx context.Context, f identity.UserFilter) (int64, error) {
	if f.Identifier != "" || f.ExternalID != "" {
		found, err := s.findExactly(ctx, f, uuid.Nil, false, 1)
		return int64(len(found)), err
	}
	if f.Search.Text != "" {
		n, err := pg.One(ctx, s.DB, pgx.RowTo[int64], `SELECT count(*) FROM find_users($1, $2, $3, $4, false, NULL)`,
			f.Search.Text, f.Search.Start, f.Blocked, uuid.Nil)
		return n, pg.Wrap("count users", err)
	}
	n, err := pg.One(ctx, s.DB, pgx.RowTo[int64], `SELECT count(*) FROM users u WHERE $1::boolean IS NULL OR (u.disabled_at IS NOT NULL) = $1`, f.Blocked)
	return n, pg.Wrap("count users", err)
}
