package storage

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/memory"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// Tenants implements tenant.Registry, from memory where it can, and registry.Writes.
type Tenants struct {
	*System
	outbox *Outbox       // only needed to change tenants
	owner  secret.String // URL of the role that owns the tables; empty where it is not known
	dbs    *schema.Databases
	root   secret.Root
	public *url.URL // see tenant.Issuer
	cache  *copies[*tenant.Tenant]
	found  placesMemo
	rounds *rounds
	log    *slog.Logger // nil: the default one
}

func newTenants(s *System, public *url.URL, on copyOptions) *Tenants {
	// Discovery and JWKS go on while Postgres is away.
	limits := memory.Limits{Announced: copyAnnounced, Unannounced: copyUnannounced, Away: copyAway}
	found := &Tenants{System: s, public: public, rounds: newRounds(), cache: newCopies[*tenant.Tenant](on, "tenants", limits)}
	found.cache.Share(on.shared, found.codec())
	return found
}

const tenantColumns = `id, slug, name, coalesce(host, ''), isolation, settings, nullif(not_before, '-infinity'), disabled_at, created_at, version, managed_by,
	ARRAY(SELECT DISTINCT unnest(w.events) FROM webhook_endpoints w WHERE w.tenant_id = tenants.id AND (w.disabled_at IS NULL OR w.disabled_reason = 'failing')),
	CASE WHEN isolation = 'database' THEN (SELECT d.url FROM tenant_databases d WHERE d.id = tenants.id) END,
	(SELECT k.sealed FROM tenant_keys k WHERE k.id = tenants.id)`

// ByHost implements tenant.Directory.
func (s *Tenants) ByHost(ctx context.Context, host string) (*tenant.Tenant, error) {
	return s.cache.Get(ctx, copyKey{Name: "host " + host}, func(ctx context.Context) (*tenant.Tenant, error) {
		t, err := pg.SystemOne(ctx, s.System, noting(ctx, s.read), `SELECT `+tenantColumns+snapshotColumns+` FROM tenants WHERE host = $1`, host)
		s.warn(ctx, &t)
		return &t, pg.Wrap("find tenant by host", pg.Absent(err, tenant.ErrUnknown))
	})
}

// BySlug implements tenant.Directory.
func (s *Tenants) BySlug(ctx context.Context, slug string) (*tenant.Tenant, error) {
	return s.cache.Get(ctx, copyKey{Name: "slug " + slug}, func(ctx context.Context) (*tenant.Tenant, error) {
		return s.Current(ctx, slug)
	})
}

// Current implements tenant.Registry.
func (s *Tenants) Current(ctx context.Context, slug string) (*tenant.Tenant, error) {
	t, err := pg.SystemOne(ctx, s.System, noting(ctx, s.read), `SELECT `+tenantColumns+snapshotColumns+` FROM tenants WHERE slug = $1 AND deleting_at IS NULL`, slug)
	s.warn(ctx, &t)
	return &t, pg.Wrap("find tenant by slug", pg.Absent(err, tenant.ErrUnknown))
}

// ByID returns one tenant or tenant.ErrUnknown.
func (s *Tenants) ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, error) {
	return s.cache.Get(ctx, copyKey{Name: "id " + id.String()}, func(ctx context.Context) (*tenant.Tenant, error) {
		t, err := pg.SystemOne(ctx, s.System, noting(ctx, s.read), `SELECT `+tenantColumns+snapshotColumns+` FROM tenants WHERE id = $1 AND deleting_at IS NULL`, uuid.UUID(id))
		s.warn(ctx, &t)
		return &t, pg.Wrap("find tenant by id", pg.Absent(err, tenant.ErrUnknown))
	})
}

// within does something in a tenant, in which upkeep found something to do. One that was deleted meanwhile has nothing left.
func (s *Tenants) within(ctx context.Context, id uuid.UUID, do func(context.Context) error) error {
	t, err := s.ByID(ctx, tenant.ID(id))
	if errors.Is(err, tenant.ErrUnknown) {
		return nil
	}
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return err
	}
	return do(tenant.With(ctx, t))
}

// List implements tenant.Registry.
func (s *Tenants) List(ctx context.Context, after string, limit int) ([]tenant.Tenant, error) {
	page, err := pg.SystemQuery(ctx, s.System, s.read, `SELECT `+tenantColumns+` FROM tenants WHERE slug > $1 AND deleting_at IS NULL ORDER BY slug LIMIT $2`, after, limit)
	return page, pg.Wrap("list tenants", err)
}

// Find implements registry.Finder.
func (s *Tenants) Find(ctx context.Context, f registry.Filter, w keyset.Window) ([]tenant.Tenant, error) {
	from, descending, limit := w.Scan()
	sql := `
		SELECT ` + tenantColumns + ` FROM tenants WHERE id > @from AND ` + tenantFilter + ` ORDER BY id LIMIT @limit`
	if descending {
		sql = `
		SELECT ` + tenantColumns + ` FROM tenants WHERE id < @from AND ` + tenantFilter + ` ORDER BY id DESC LIMIT @limit`
	}
	named := tenantFilterNamed(f)
	named["from"], named["limit"] = from, limit
	found, err := pg.SystemQuery(ctx, s.System, s.read, sql, named)
	return found, pg.Wrap("list tenants", err)
}

// tenantFilter is registry.Filter; tenants are thousands at most, so that one look at all of them is quick.
const tenantFilter = `deleting_at IS NULL AND (@slug = '' OR slug = @slug) AND (@host = '' OR host = @host)
	AND (@prefix = '' OR starts_with(slug, lower(@prefix)) OR starts_with(lower(name), lower(@prefix)))`

func tenantFilterNamed(f registry.Filter) pg.Named {
	return pg.Named{"slug": f.Slug, "host": f.Host, "prefix": f.Prefix}
}

// Count implements registry.Finder.
func (s *Tenants) Count(ctx context.Context, f registry.Filter) (int64, error) {
	n, err := pg.SystemOne(ctx, s.System, pgx.RowTo[int64], `SELECT count(*) FROM tenants WHERE `+tenantFilter, tenantFilterNamed(f))
	return n, pg.Wrap("count tenants", err)
}

// Insert implements registry.Writes.
func (s *Tenants) Insert(ctx context.Context, t tenant.Tenant) error {
	_, err := pg.SystemExec(ctx, `
		INSERT INTO tenants (id, slug, name, host, isolation, settings)
		VALUES (@id, @slug, @name, @host, @isolation, @settings)`, pg.Named{
		"id": uuid.UUID(t.ID), "slug": t.Slug, "name": t.Name, "host": zeronull.Text(t.Host),
		"isolation": string(isolation(t)), "settings": t.Settings,
	})
	if err == nil && isolation(t) == tenant.Database {
		err = s.insertDatabase(ctx, t)
	}
	if err == nil && t.OwnKeys {
		err = s.insertKeys(ctx, t.ID)
	}
	return pg.Wrap("create tenant", nameTaken(err))
}

// insertKeys gives a tenant keys that no other has.
func (s *Tenants) insertKeys(ctx context.Context, id tenant.ID) error {
	sealed, err := s.root.SealKeys(id, secret.NewKeys())
	if err == nil {
		_, err = pg.SystemExec(ctx, `INSERT INTO tenant_keys (id, sealed) VALUES ($1, $2)`, uuid.UUID(id), sealed)
	}
	if err == nil {
		_, err = pg.SystemExec(ctx, schema.RunsFromKeys)
	}
	return err
}

func isolation(t tenant.Tenant) tenant.Isolation {
	if t.Placement.Isolation == "" {
		return tenant.Shared
	}
	return t.Placement.Isolation
}

// SharesHost implements registry.Writes. Of two who name a host of each other at once the second waits.
func (s *Tenants) SharesHost(ctx context.Context, t tenant.Tenant) (shares bool, err error) {
	tx, err := pg.SystemTx(ctx)
	if err != nil {
		return false, err
	}
	if _, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('plinto/passkey-hosts', 0))`); err != nil {
		return false, pg.Wrap("lock hosts of passkeys", err)
	}
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM tenants o WHERE o.id <> @id AND (
			o.host = ANY(@named::text[]) OR o.settings #>> '{mfa,passkey_host}' = ANY(@all::text[])
			OR o.settings #> '{mfa,passkey_hosts}' ?| @all::text[]))`, pgx.NamedArgs{
		"id": uuid.UUID(t.ID), "named": t.Settings.MFA.HostsOfPasskeys(), "all": slices.DeleteFunc(append(t.Settings.MFA.HostsOfPasskeys(), t.Host),
			func(host string) bool { return host == "" }),
	}).Scan(&shares)
	return shares, pg.Wrap("compare hosts of passkeys", err)
}

// SetDetails implements registry.Writes. The version is compared in the statement that
// writes: of two who read the same row one writes.
func (s *Tenants) SetDetails(ctx context.Context, t tenant.Tenant) error {
	n, err := pg.SystemExec(ctx, `
		UPDATE tenants SET name = @name, host = @host, settings = @settings, updated_at = now()
		WHERE id = @id AND version = @version`, pg.Named{
		"id": uuid.UUID(t.ID), "version": t.Version, "name": t.Name, "host": zeronull.Text(t.Host), "settings": t.Settings,
	})
	if err == nil && n == 0 {
		err = s.missing(ctx, t.ID, fault.ErrChanged)
	}
	return pg.Wrap("update tenant", nameTaken(err))
}

// SetDisabled implements registry.Writes. The mark moves too, and forward, whatever the
// clock does.
func (s *Tenants) SetDisabled(ctx context.Context, id tenant.ID, disabled bool) (bool, error) {
	n, err := pg.SystemExec(ctx, `
		UPDATE tenants SET disabled_at = CASE WHEN @disabled THEN now() END, updated_at = now(),
			not_before = greatest(now(), not_before + interval '1 microsecond')
		WHERE id = @id AND (disabled_at IS NULL) = @disabled AND deleting_at IS NULL`, pg.Named{"id": uuid.UUID(id), "disabled": disabled})
	if err == nil && n == 0 {
		err = s.missing(ctx, id, nil)
	}
	return n > 0, pg.Wrap("disable or enable tenant", err)
}

// missing tells a tenant that is gone from one that was not as it was expected: otherwise.
func (s *Tenants) missing(ctx context.Context, id tenant.ID, otherwise error) error {
	tx, err := pg.SystemTx(ctx)
	if err != nil {
		return err
	}
	var there bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1 AND deleting_at IS NULL)`, uuid.UUID(id)).Scan(&there)
	switch {
	case err != nil:
		return err
	case !there:
		return tenant.ErrUnknown
	}
	return otherwise
}

// Remove implements registry.Writes. A database of the tenant's own is emptied when it hears of it: see
// factTeller. One with many rows is marked, and upkeep goes on: see tenantDeletion.
func (s *Tenants) Remove(ctx context.Context, id tenant.ID, version int64) error {
	moves, err := pg.SystemQuery(ctx, s.System, pgx.RowTo[bool], `SELECT switched_at IS NULL FROM tenant_moves WHERE tenant = $1`, uuid.UUID(id))
	switch {
	case err != nil:
		return pg.Wrap("find move of tenant", err)
	case len(moves) > 0 && moves[0]:
		return tenant.ErrMoving
	case len(moves) > 0:
		return registry.ErrUnconfirmed
	}
	found, err := pg.SystemQuery(ctx, s.System, s.read, `SELECT `+tenantColumns+` FROM tenants WHERE id = $1 AND version = $2 AND deleting_at IS NULL FOR UPDATE`, uuid.UUID(id), version)
	if err == nil && len(found) == 0 {
		err = s.missing(ctx, id, fault.ErrChanged)
	}
	if err != nil {
		return pg.Wrap("delete tenant", err)
	}
	t := &found[0]
	if err := t.Check(); err != nil {
		return err
	}
	inSteps := isolation(*t) == tenant.Database
	if !inSteps {
		if inSteps, err = s.holdsMuch(ctx, t); err != nil {
			return pg.Wrap("delete tenant", err)
		}
	}
	if inSteps {
		return pg.Wrap("delete tenant", s.markDeleted(ctx, id))
	}
	if _, err = pg.SystemExec(ctx, `DELETE FROM tenants WHERE id = $1`, uuid.UUID(id)); err == nil && isolation(*t) == tenant.Schema {
		err = s.empty(ctx, t)
	}
	return pg.Wrap("delete tenant", err)
}

// empty deletes what a tenant has in its schema, but for the audit log.
func (s *Tenants) empty(ctx context.Context, t *tenant.Tenant) error {
	tx, err := pg.SystemTxAt(ctx, pg.PlaceOf(t))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM tenants`)
	return err
}

func nameTaken(err error) error {
	switch pg.Constraint(err) {
	case "tenants_slug_key":
		return tenant.ErrSlugTaken
	case "tenants_host_key":
		return tenant.ErrHostTaken
	}
	return err
}

// InTx implements registry.Transactor. What memory holds of tenants is dropped after it,
// also after an error: a commit whose answer was lost may have happened.
func (s *Tenants) InTx(ctx context.Context, fn func(context.Context) error) error {
	defer s.cache.InvalidateAll()
	if _, nested := ctx.Value(changeKey{}).(*change); nested {
		return s.System.InTx(ctx, fn)
	}
	var c change
	err := s.System.InTx(context.WithValue(ctx, changeKey{}, &c), fn)
	if err != nil {
		return err
	}
	for _, then := range c.then {
		err = errors.Join(err, then(ctx))
	}
	// What cannot be told now is told later: the change is done.
	_ = s.facts(s.System).tell(ctx, c.of...)
	if c.deletes {
		s.goOnDeleting(ctx)
	}
	return err
}

// Append implements event.Outbox for facts about tenants, in the transaction of InTx.
func (s *Tenants) Append(ctx context.Context, events ...event.Event) error {
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	if level := isolation(*t); level == tenant.Database || level == tenant.Moving || t.Unreadable != "" {
		return s.note(ctx, t.ID, events)
	}
	return s.outbox.appendSystem(ctx, events...)
}
