package storage

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/tenant"
)

// tenantEntries bounds the tenants held in memory, each under two names.
const tenantEntries = 20_000

// Tenants implements tenant.Registry, from memory where it can.
type Tenants struct {
	*System
	// Prepare completes a tenant that was loaded, before it is held: every request
	// would do it anew. Nil leaves tenants as they are.
	Prepare func(*tenant.Tenant) *tenant.Tenant
	cache   *cache[*tenant.Tenant]
}

func newTenants(s *System, h *hearing) *Tenants {
	c := newCache[*tenant.Tenant](tenantEntries, h)
	c.limits.stale = cacheStale // discovery and JWKS go on
	return &Tenants{System: s, cache: c}
}

const tenantColumns = `id, slug, name, coalesce(host, ''), isolation, settings, nullif(not_before, '-infinity'), disabled_at, created_at`

func toTenant(row pgx.CollectableRow) (t tenant.Tenant, err error) {
	var id uuid.UUID
	err = row.Scan(&id, &t.Slug, &t.Name, &t.Host, &t.Placement.Isolation, &t.Settings,
		(*zeronull.Timestamptz)(&t.NotBefore), (*zeronull.Timestamptz)(&t.DisabledAt), &t.CreatedAt)
	t.ID = tenant.ID(id)
	return t, err
}

// ByHost implements tenant.Directory.
func (s *Tenants) ByHost(ctx context.Context, host string) (*tenant.Tenant, error) {
	return s.cache.get(ctx, cacheKey{name: "host " + host}, func(ctx context.Context) (*tenant.Tenant, error) {
		t, err := systemOne(ctx, s.System, toTenant, `SELECT `+tenantColumns+` FROM tenants WHERE host = $1`, host)
		return s.prepared(&t), wrap("find tenant by host", absent(err, tenant.ErrUnknown))
	})
}

// BySlug implements tenant.Directory.
func (s *Tenants) BySlug(ctx context.Context, slug string) (*tenant.Tenant, error) {
	return s.cache.get(ctx, cacheKey{name: "slug " + slug}, func(ctx context.Context) (*tenant.Tenant, error) {
		t, err := systemOne(ctx, s.System, toTenant, `SELECT `+tenantColumns+` FROM tenants WHERE slug = $1`, slug)
		return s.prepared(&t), wrap("find tenant by slug", absent(err, tenant.ErrUnknown))
	})
}

// ByID returns one tenant or tenant.ErrUnknown.
func (s *Tenants) ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, error) {
	return s.cache.get(ctx, cacheKey{name: "id " + id.String()}, func(ctx context.Context) (*tenant.Tenant, error) {
		t, err := systemOne(ctx, s.System, toTenant, `SELECT `+tenantColumns+` FROM tenants WHERE id = $1`, uuid.UUID(id))
		return s.prepared(&t), wrap("find tenant by id", absent(err, tenant.ErrUnknown))
	})
}

func (s *Tenants) prepared(t *tenant.Tenant) *tenant.Tenant {
	if s.Prepare == nil {
		return t
	}
	return s.Prepare(t)
}

// List implements tenant.Registry.
func (s *Tenants) List(ctx context.Context) ([]tenant.Tenant, error) {
	all, err := systemQuery(ctx, s.System, toTenant, `SELECT `+tenantColumns+` FROM tenants ORDER BY slug`)
	return all, wrap("list tenants", err)
}

// Create implements tenant.Registry.
func (s *Tenants) Create(ctx context.Context, t tenant.Tenant) error {
	return s.change(ctx, "create tenant", t.ID, &t.Slug, event.TenantCreated, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO tenants (id, slug, name, host, isolation, settings)
			VALUES (@id, @slug, @name, @host, @isolation, @settings)`, named{
			"id": uuid.UUID(t.ID), "slug": t.Slug, "name": t.Name, "host": zeronull.Text(t.Host),
			"isolation": string(isolation(t)), "settings": t.Settings,
		})
		return err
	})
}

func isolation(t tenant.Tenant) tenant.Isolation {
	if t.Placement.Isolation == "" {
		return tenant.Shared
	}
	return t.Placement.Isolation
}

// Update implements tenant.Registry.
func (s *Tenants) Update(ctx context.Context, t tenant.Tenant) error {
	return s.change(ctx, "update tenant", t.ID, &t.Slug, event.TenantUpdated, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE tenants SET name = @name, host = @host, settings = @settings, disabled_at = @disabled_at,
				not_before = coalesce(@not_before::timestamptz, '-infinity'), updated_at = now()
			WHERE id = @id`, named{
			"id": uuid.UUID(t.ID), "name": t.Name, "host": zeronull.Text(t.Host), "settings": t.Settings,
			"disabled_at": zeronull.Timestamptz(t.DisabledAt), "not_before": zeronull.Timestamptz(t.NotBefore),
		})
		if err == nil && tag.RowsAffected() == 0 {
			return tenant.ErrUnknown
		}
		return err
	})
}

// Delete implements tenant.Registry.
func (s *Tenants) Delete(ctx context.Context, id tenant.ID) error {
	var slug string
	return s.change(ctx, "delete tenant", id, &slug, event.TenantDeleted, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `DELETE FROM tenants WHERE id = $1 RETURNING slug`, uuid.UUID(id)).Scan(&slug)
		return absent(err, tenant.ErrUnknown)
	})
}

// change makes one change and its audit row in one transaction. slug is read when
// the change is made.
func (s *Tenants) change(ctx context.Context, what string, id tenant.ID, slug *string, kind event.Type, do func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*statementWait) // it has two
	defer cancel()
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		origin := event.OriginFrom(ctx)
		_, err := tx.Exec(ctx, `
			INSERT INTO audit_log (tenant_id, id, type, actor_type, subject, outcome, ip, agent, request_id)
			VALUES (@tenant, @id, @type, 'operator', @subject, 'success', @ip, @agent, @request)`, named{
			"tenant": uuid.UUID(id), "id": uuid.Must(uuid.NewV7()), "type": string(kind), "subject": *slug,
			"ip": origin.IP, "agent": origin.UserAgent, "request": origin.RequestID,
		})
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		return nil
	})
	s.cache.dropAll()
	switch constraint(err) {
	case "tenants_slug_key":
		return tenant.ErrSlugTaken
	case "tenants_host_key":
		return tenant.ErrHostTaken
	}
	return wrap(what, unavailable(err))
}
