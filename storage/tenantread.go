package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// read reads a row, and says of a tenant that cannot be worked with why: others are listed with it.
func (s *Tenants) read(row pgx.CollectableRow) (t tenant.Tenant, err error) {
	var id uuid.UUID
	var settings, database []byte
	err = row.Scan(&id, &t.Slug, &t.Name, &t.Host, &t.Placement.Isolation, &settings,
		(*zeronull.Timestamptz)(&t.NotBefore), (*zeronull.Timestamptz)(&t.DisabledAt), &t.CreatedAt, &t.Version, &t.ManagedBy, &t.Webhooks, &database, &t.Keys)
	if err != nil {
		return t, err
	}
	t.ID = tenant.ID(id)
	t.Issuer, t.Path = tenant.Issuer(s.public, t.Slug, t.Host)
	s.unreadable(&t, "its settings (tenants.settings)", json.Unmarshal(settings, &t.Settings))
	if t.Placement.Isolation == tenant.Database {
		t.Placement.Database, err = s.dbs.Open(t.ID, database)
		if s.root != (secret.Root{}) { // who has no key knows of no database elsewhere
			s.unreadable(&t, "the URL of its database (tenant_databases.url)", err)
		}
	}
	s.unreadable(&t, "its keys (tenant_keys.sealed)", s.adopt(&t))
	return t, nil
}

// unreadable notes that something of a tenant cannot be read.
func (s *Tenants) unreadable(t *tenant.Tenant, what string, err error) {
	if err == nil {
		return
	}
	if t.Unreadable != "" {
		t.Unreadable += "; "
	}
	t.Settings = tenant.Settings{} // not a part of them
	t.Unreadable += what + " cannot be read: " + err.Error()
}

// adopt has this process use the keys that a tenant was restored with. Whoever works with a tenant has read it before.
func (s *Tenants) adopt(t *tenant.Tenant) error {
	if err := s.root.Adopt(t.ID, t.Keys); err != nil {
		return fmt.Errorf("open keys of tenant %s: %w", t.ID, err)
	}
	return nil
}

// know is adopt for work on a tenant of which nothing but the id is known. It may have been deleted: its audit log stays.
func (s *Tenants) know(ctx context.Context, id tenant.ID) error {
	t, err := s.ByID(ctx, id)
	if err == nil {
		return t.Check()
	}
	if !errors.Is(err, tenant.ErrUnknown) {
		return err
	}
	sealed, err := pg.SystemQuery(ctx, s.System, pgx.RowTo[[]byte], `SELECT sealed FROM tenant_keys WHERE id = $1`, uuid.UUID(id))
	if err != nil {
		return pg.Wrap("find keys of tenant", err)
	}
	return s.adopt(&tenant.Tenant{ID: id, Keys: slices.Concat(sealed...)})
}

// warn tells of a tenant that was asked for and cannot be read. Memory holds it, so that is once a minute at most for each way to ask.
func (s *Tenants) warn(ctx context.Context, t *tenant.Tenant) {
	if t.Unreadable == "" {
		return
	}
	cmp.Or(s.log, slog.Default()).ErrorContext(ctx, "tenant cannot be read and answers nobody", "tenant", t.Slug, "tenant_id", t.ID.String(), "reason", t.Unreadable)
}
