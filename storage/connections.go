package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/memory"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Connections implements federation.Connections, from memory where it says so, and federation.Writes.
type Connections struct {
	*DB
	owners
	cache *copies[[]federation.Connection]
	jobs  *Jobs // deletes those with very many identities
	ender *identity.SessionEnder
	begun identity.FederatedSessions
	roles *federation.RoleGiver // only needed to delete connections, which take along the roles that they gave
}

func newConnections(db *DB, on copyOptions) *Connections {
	return &Connections{DB: db, owners: connectionOwners(db), cache: newCopies[[]federation.Connection](
		on, "connections", memory.Limits{Announced: copyAnnounced, Unannounced: copyUnannounced})}
}

const connectionColumns = `id, slug, organization_id, spec, sealed, disabled_at, created_at, version, managed_by, epoch, metadata, metadata_state, metadata_due_at,
	NOT (` + organizationTakes + `)`

// organizationTakes is whether a row of connections is of no organization, or of one that is there and not suspended.
const organizationTakes = `connections.organization_id IS NULL
	OR EXISTS (SELECT FROM organizations o WHERE o.id = connections.organization_id AND o.suspended_at IS NULL)`

func toConnection(row pgx.CollectableRow) (c federation.Connection, err error) {
	var spec, metadata, state []byte
	var organization zeronull.UUID
	if err = row.Scan(&c.ID, &c.Slug, &organization, &spec, &c.Sealed, (*zeronull.Timestamptz)(&c.DisabledAt), &c.CreatedAt, &c.Version, &c.ManagedBy, &c.Epoch,
		&metadata, &state, (*zeronull.Timestamptz)(&c.MetadataDue), &c.Suspended); err != nil {
		return c, err
	}
	if err = json.Unmarshal(spec, &c.Spec); err == nil {
		err = readConnectionMetadata(&c, metadata, state)
	}
	if err != nil { // others are listed with it
		c.Spec, c.Unreadable = federation.Spec{Name: unreadableName}, err.Error()
		if c.DisabledAt.IsZero() {
			c.DisabledAt = c.CreatedAt
		}
	}
	c.Organization = uuid.UUID(organization)
	return c, nil
}

// ByID implements federation.Connections.
func (s *Connections) ByID(ctx context.Context, id uuid.UUID) (federation.Connection, error) {
	c, err := pg.One(ctx, s.DB, toConnection, `SELECT `+connectionColumns+` FROM connections WHERE id = $1`, id)
	return c, pg.Wrap("find connection", pg.Absent(err, federation.ErrNotFound))
}

// BySlug implements federation.Connections.
func (s *Connections) BySlug(ctx context.Context, slug string) (federation.Connection, error) {
	c, err := pg.One(ctx, s.DB, toConnection, `SELECT `+connectionColumns+` FROM connections WHERE slug = $1`, slug)
	return c, pg.Wrap("find connection", pg.Absent(err, federation.ErrNotFound))
}

// List implements federation.Connections.
func (s *Connections) List(ctx context.Context) ([]federation.Connection, error) {
	all, err := pg.Query(ctx, s.DB, toConnection, `SELECT `+connectionColumns+` FROM connections ORDER BY slug`)
	return all, pg.Wrap("list connections", err)
}

// Offered implements federation.Connections.
func (s *Connections) Offered(ctx context.Context) ([]federation.Connection, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return nil, err
	}
	return s.cache.Get(ctx, copyKey{Scope: t.ID}, func(ctx context.Context) ([]federation.Connection, error) {
		all, err := pg.Query(ctx, s.DB, toConnection, `SELECT `+connectionColumns+` FROM connections WHERE disabled_at IS NULL AND (`+organizationTakes+`)`)
		all = slices.DeleteFunc(all, func(c federation.Connection) bool { return leftOut(ctx, &c) })
		slices.SortStableFunc(all, func(a, b federation.Connection) int { return strings.Compare(a.Name, b.Name) })
		for i := range all {
			all[i].Sealed = nil // nobody who shows connections needs it
		}
		return all, pg.Wrap("list connections", err)
	})
}

// leftOut tells of a connection that cannot be read, and reports whether it is one.
func leftOut(ctx context.Context, c *federation.Connection) bool {
	if c.Unreadable == "" {
		return false
	}
	slog.ErrorContext(ctx, "connection cannot be read and signs nobody in", "tenant", tenant.Must(ctx).Slug, "connection", c.Slug, "reason", c.Unreadable)
	return true
}

// Create implements federation.Writes. Connections are counted under a lock of the tenant's: of two who make the last one,
// one does.
func (s *Connections) Create(ctx context.Context, c federation.Connection) error { //nolint:gocritic // as the interface has it
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return fmt.Errorf("write spec of connection: %w", err)
	}
	metadata, state, err := connectionMetadata(&c)
	if err != nil {
		return err
	}
	return pg.Wrap("create connection", connectionError(s.change(ctx, func(ctx context.Context) error {
		if _, err := pg.Exec(ctx, s.DB, `SELECT pg_advisory_xact_lock(hashtextextended('connections ' || current_tenant(), 0))`); err != nil {
			return err
		}
		taken, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM connections WHERE slug = $1)`, c.Slug)
		if err == nil && taken {
			err = federation.ErrSlugTaken
		}
		if err != nil {
			return err
		}
		n, err := pg.Exec(ctx, s.DB, `
			INSERT INTO connections (id, slug, organization_id, spec, sealed, metadata, metadata_state, metadata_due_at)
			SELECT @id, @slug, @organization, @spec, @sealed, @metadata::jsonb, @state::jsonb, @due::timestamptz
			WHERE (SELECT count(*) FROM connections) < @most`, pg.Named{
			"id": c.ID, "slug": c.Slug, "organization": zeronull.UUID(c.Organization), "spec": spec, "sealed": c.Sealed, "most": federation.MaxConnections,
			"metadata": metadata, "state": state, "due": zeronull.Timestamptz(c.MetadataDue),
		})
		if err == nil && n == 0 {
			err = federation.ErrTooMany
		}
		return err
	})))
}

func connectionError(err error) error {
	switch pg.Constraint(err) {
	case "connections_organization_fkey":
		return federation.ErrOrganization
	case "connections_slug_key":
		return federation.ErrSlugTaken
	}
	return err
}

// SetSpec implements federation.Writes.
func (s *Connections) SetSpec(ctx context.Context, c federation.Connection) error { //nolint:gocritic // as the interface has it
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return fmt.Errorf("write spec of connection: %w", err)
	}
	metadata, state, err := connectionMetadata(&c)
	if err != nil {
		return err
	}
	return s.versioned(ctx, "update connection", c.ID, func(ctx context.Context) (int64, error) {
		n, err := pg.Exec(ctx, s.DB, `
			UPDATE connections SET organization_id = $3, spec = $4, sealed = $5, metadata = $6, metadata_state = $7, metadata_due_at = $8, updated_at = now()
			WHERE id = $1 AND version = $2`,
			c.ID, c.Version, zeronull.UUID(c.Organization), spec, c.Sealed, metadata, state, zeronull.Timestamptz(c.MetadataDue))
		return n, connectionError(err)
	})
}

// SetDisabled implements federation.Writes.
func (s *Connections) SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (bool, error) {
	return switched(ctx, s.versioned, "disable or enable connection", id, func(ctx context.Context) (int64, error) {
		pg.EndsTokens(ctx, s.DB)
		return pg.Exec(ctx, s.DB, `
			UPDATE connections SET disabled_at = CASE WHEN $2 THEN now() END, updated_at = now()
			WHERE id = $1 AND (disabled_at IS NULL) = $2`, id, disabled)
	})
}

// Delete implements federation.Writes.
func (s *Connections) Delete(ctx context.Context, id uuid.UUID) error {
	return s.versioned(ctx, "delete connection", id, func(ctx context.Context) (int64, error) {
		pg.EndsTokens(ctx, s.DB)
		if begun, err := s.deleter().begin(ctx, id); err != nil || begun {
			return 1, err
		}
		if _, err := s.removeIdentities(ctx, id); err != nil { // there are fewer than that removes
			return 0, err
		}
		return pg.Exec(ctx, s.DB, `DELETE FROM connections WHERE id = $1`, id)
	})
}

// versioned makes a change that one row has to have.
func (s *Connections) versioned(ctx context.Context, what string, id uuid.UUID, do func(context.Context) (int64, error)) error {
	return pg.Wrap(what, s.change(ctx, func(ctx context.Context) error {
		n, err := do(ctx)
		if err != nil || n > 0 {
			return err
		}
		there, err := pg.One(ctx, s.DB, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM connections WHERE id = $1)`, id)
		return changedOr(federation.ErrNotFound, there, err)
	}))
}

// change makes one change, and has memory forget the tenant's connections.
func (s *Connections) change(ctx context.Context, do func(context.Context) error) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		pg.Afterwards(ctx, func() { s.cache.Invalidate(t.ID) })
		return do(ctx)
	})
}
