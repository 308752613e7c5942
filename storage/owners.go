package storage

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/owner"
	"plinto/storage/internal/pg"
)

// owners implements owner.Rows with the statements of one table.
type owners struct {
	db               *DB
	lock, set, owned string
}

// LockOwner implements owner.Rows.
func (o owners) LockOwner(ctx context.Context, id uuid.UUID) (string, error) {
	has, err := pg.One(ctx, o.db, pgx.RowTo[string], o.lock, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return has, pg.Wrap("find owner", err)
}

// SetOwner implements owner.Rows.
func (o owners) SetOwner(ctx context.Context, id uuid.UUID, name string) error {
	_, err := pg.Exec(ctx, o.db, o.set, id, name)
	return pg.Wrap("set owner", err)
}

// Owned implements owner.Rows.
func (o owners) Owned(ctx context.Context) ([]owner.Owned, error) {
	all, err := pg.Query(ctx, o.db, pgx.RowToStructByPos[owner.Owned], o.owned)
	return all, pg.Wrap("list owners", err)
}

func clientOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM clients WHERE id = $1 FOR UPDATE`, `UPDATE clients SET managed_by = $2 WHERE id = $1`,
		`SELECT id, client_id, managed_by FROM clients WHERE managed_by <> '' ORDER BY client_id`,
	}
}

func resourceServerOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM resource_servers WHERE id = $1 FOR UPDATE`, `UPDATE resource_servers SET managed_by = $2 WHERE id = $1`,
		`SELECT id, identifier, managed_by FROM resource_servers WHERE managed_by <> '' ORDER BY identifier`,
	}
}

func roleOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM roles WHERE id = $1 FOR UPDATE`, `UPDATE roles SET managed_by = $2 WHERE id = $1`,
		`SELECT id, scope || '/' || key, managed_by FROM roles WHERE managed_by <> '' ORDER BY scope, key`,
	}
}

func organizationOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM organizations WHERE id = $1 FOR UPDATE`, `UPDATE organizations SET managed_by = $2 WHERE id = $1`,
		`SELECT id, slug, managed_by FROM organizations WHERE managed_by <> '' ORDER BY slug`,
	}
}

func connectionOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM connections WHERE id = $1 FOR UPDATE`, `UPDATE connections SET managed_by = $2 WHERE id = $1`,
		`SELECT id, slug, managed_by FROM connections WHERE managed_by <> '' ORDER BY slug`,
	}
}

func webhookOwners(db *DB) owners {
	return owners{
		db, `SELECT managed_by FROM webhook_endpoints WHERE id = $1 FOR UPDATE`, `UPDATE webhook_endpoints SET managed_by = $2 WHERE id = $1`,
		`SELECT id, url, managed_by FROM webhook_endpoints WHERE managed_by <> '' ORDER BY url`,
	}
}

// SetOwner implements owner.Rows: memory holds versions, which this counts.
func (s *ResourceServers) SetOwner(ctx context.Context, id uuid.UUID, name string) error {
	return s.change(ctx, "set owner", func(ctx context.Context) error { return s.owners.SetOwner(ctx, id, name) })
}

// LockOwner implements owner.Rows.
func (s *Tenants) LockOwner(ctx context.Context, id uuid.UUID) (has string, err error) {
	tx, err := pg.SystemTx(ctx)
	if err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, `SELECT managed_by FROM tenants WHERE id = $1 FOR UPDATE`, id).Scan(&has)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return has, pg.Wrap("find owner of tenant", err)
}

// SetOwner implements owner.Rows.
func (s *Tenants) SetOwner(ctx context.Context, id uuid.UUID, name string) error {
	_, err := pg.SystemExec(ctx, `UPDATE tenants SET managed_by = $2 WHERE id = $1`, id, name)
	return pg.Wrap("set owner of tenant", err)
}

// Owned implements owner.Rows.
func (s *Tenants) Owned(ctx context.Context) ([]owner.Owned, error) {
	all, err := pg.SystemQuery(ctx, s.System, pgx.RowToStructByPos[owner.Owned], `
		SELECT id, slug, managed_by FROM tenants WHERE managed_by <> '' ORDER BY slug`)
	return all, pg.Wrap("list owners of tenants", err)
}
