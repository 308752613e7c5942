package storage

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/memory"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// ResourceServers implements provider.ResourceServers, from memory where it can.
type ResourceServers struct {
	*DB
	owners
	cache *copies[[]provider.ResourceServer]
}

func newResourceServers(db *DB, on copyOptions) *ResourceServers {
	s := &ResourceServers{DB: db, owners: resourceServerOwners(db), cache: newCopies[[]provider.ResourceServer](on, "resource_servers", memory.Limits{Announced: copyAnnounced, Unannounced: copyUnannounced})}
	s.cache.Share(on.shared, jsonCodec[[]provider.ResourceServer](2))
	return s
}

const resourceServerColumns = `id, identifier, name, scopes, format, signing_alg, token_ttl, version, created_at, updated_at, managed_by`

// toResourceServer reads one of several: see provider.ResourceServer.Unreadable.
func toResourceServer(row pgx.CollectableRow) (r provider.ResourceServer, err error) {
	err = row.Scan(&r.ID, &r.Identifier, &r.Name, &part[[]provider.Scope]{&r.Scopes, "scopes", &r.Unreadable}, &r.Format, &r.SigningAlg, &r.TokenTTL, &r.Version, &r.CreatedAt, &r.UpdatedAt, &r.ManagedBy)
	return r, err
}

// All implements provider.ResourceServers.
func (s *ResourceServers) All(ctx context.Context) ([]provider.ResourceServer, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	key := copyKey{Scope: t.ID}
	if all, ok := s.cache.Held(ctx, key); ok { // without the function below, which costs memory
		return all, nil
	}
	return s.cache.Get(ctx, key, func(ctx context.Context) ([]provider.ResourceServer, error) {
		all, err := pg.Query(ctx, s.DB, noting(ctx, toResourceServer), `
			SELECT `+resourceServerColumns+snapshotColumns+` FROM resource_servers ORDER BY identifier`)
		for i := range all {
			if r := &all[i]; r.Unreadable != "" {
				tellUnread(ctx, "resource server", r.Identifier, r.Unreadable)
			}
		}
		return all, pg.Wrap("list resource servers", err)
	})
}

// Find implements provider.ManagedResourceServers.
func (s *ResourceServers) Find(ctx context.Context, w keyset.Window) ([]provider.ResourceServer, error) {
	from, descending, limit := w.Scan()
	sql := `SELECT ` + resourceServerColumns + ` FROM resource_servers WHERE id > $1 ORDER BY id LIMIT $2`
	if descending {
		sql = `SELECT ` + resourceServerColumns + ` FROM resource_servers WHERE id < $1 ORDER BY id DESC LIMIT $2`
	}
	found, err := pg.Query(ctx, s.DB, toResourceServer, sql, from, limit)
	return found, pg.Wrap("list resource servers", err)
}

// ByID implements provider.ManagedResourceServers.
func (s *ResourceServers) ByID(ctx context.Context, id uuid.UUID) (provider.ResourceServer, error) {
	r, err := pg.One(ctx, s.DB, toResourceServer, `SELECT `+resourceServerColumns+` FROM resource_servers WHERE id = $1`, id)
	if err == nil && r.Unreadable != "" {
		err = provider.ErrResourceUnreadable
	}
	return r, pg.Wrap("find resource server", pg.Absent(err, provider.ErrResourceNotFound))
}

// Put implements provider.ResourceServers.
func (s *ResourceServers) Put(ctx context.Context, r provider.ResourceServer) error {
	if r.ID == uuid.Nil {
		r.ID = uuid.Must(uuid.NewV7())
	}
	if r.Format == "" {
		r.Format = provider.FormatJWT
	}
	if r.Scopes == nil {
		r.Scopes = []provider.Scope{}
	}
	return s.change(ctx, "put resource server", func(ctx context.Context) error {
		// Two that differ in spelling only are stored one after the other.
		if _, err := pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('resource servers ' || current_tenant(), 0))`); err != nil {
			return err
		}
		others, err := pg.Query(ctx, s.DB, pgx.RowTo[string], `SELECT identifier FROM resource_servers WHERE identifier <> $1`, r.Identifier)
		if err != nil {
			return err
		}
		if provider.HasResource(others, r.Identifier) {
			return provider.ErrResourceTaken
		}
		written, err := s.write(ctx, r)
		if err == nil && written == 0 {
			return fault.ErrChanged
		}
		return err
	})
}

// write creates r, or replaces it on its version, and returns how many rows it wrote. They
// are two statements, so that who replaces one that was deleted meanwhile does not bring it
// back. An insert that finds another one leaves the transaction usable.
func (s *ResourceServers) write(ctx context.Context, r provider.ResourceServer) (int64, error) {
	with := pg.Named{
		"identifier": r.Identifier, "name": r.Name, "scopes": r.Scopes,
		"format": string(r.Format), "signing_alg": r.SigningAlg, "token_ttl": r.TokenTTL,
	}
	if r.Version > 0 {
		with["version"] = r.Version
		return pg.Exec(ctx, s.DB, `
			UPDATE resource_servers SET name = @name, scopes = @scopes, format = @format, signing_alg = @signing_alg,
				token_ttl = @token_ttl, updated_at = now()
			WHERE identifier = @identifier AND version = @version`, with)
	}
	with["id"] = r.ID
	return pg.Exec(ctx, s.DB, `
		INSERT INTO resource_servers (id, identifier, name, scopes, format, signing_alg, token_ttl)
		VALUES (@id, @identifier, @name, @scopes, @format, @signing_alg, @token_ttl)
		ON CONFLICT ON CONSTRAINT resource_servers_identifier_key DO NOTHING`, with)
}

// Delete implements provider.ResourceServers.
func (s *ResourceServers) Delete(ctx context.Context, identifier string) error {
	return s.change(ctx, "delete resource server", func(ctx context.Context) error {
		deleted, err := pg.Exec(ctx, s.DB, `DELETE FROM resource_servers WHERE identifier = $1`, identifier)
		if err == nil && deleted == 0 {
			return provider.ErrResourceNotFound
		}
		return err
	})
}

// change makes one change in a transaction, and drops what memory holds when it is over.
func (s *ResourceServers) change(ctx context.Context, what string, do func(context.Context) error) error {
	if t, err := tenant.From(ctx); err == nil {
		defer pg.Afterwards(ctx, func() { s.cache.Invalidate(t.ID) })
	}
	return pg.Wrap(what, s.InTx(ctx, do))
}
