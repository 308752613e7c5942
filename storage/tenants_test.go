package storage

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/provider"
	"plinto/storage/internal/pg"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// registryOf is the service that changes tenants, as everybody has it.
func registryOf(s *Tenants) *registry.Service {
	return &registry.Service{Tenants: s, Writes: s, Outbox: s, Tx: s}
}

// registry is registryOf for the world's database, by an instance of its own.
func (w *world) registry() *registry.Service {
	return registryOf(newTenants(pg.NewSystem(w.platform), nil, always))
}

// tenantNamed makes a tenant and returns its slug.
func (w *world) tenantNamed(slug string) string {
	w.t.Helper()
	_, err := w.registry().Create(w.t.Context(), tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: slug, Name: slug})
	must(w.t, err)
	return slug
}

// SES-22: what others do to a tenant between somebody's reading and writing it stands: of
// each pair of writers none undoes the other.
func TestTenant_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.registry()
	now := func(slug string) *tenant.Tenant {
		found, err := r.Tenants.Current(t.Context(), slug)
		must(t, err)
		return found
	}
	type act struct {
		do   func(slug string) error
		done func(*tenant.Tenant) bool
	}
	rename := func(slug string) error {
		_, err := r.Update(t.Context(), slug, func(t *tenant.Tenant) error { t.Name = "Renamed"; return nil })
		return err
	}
	set := func(slug string) error {
		_, err := r.Update(t.Context(), slug, func(t *tenant.Tenant) error { t.Settings.RequirePKCE = true; return nil })
		return err
	}
	acts := map[string]act{
		"renamed":  {rename, func(t *tenant.Tenant) bool { return t.Name == "Renamed" }},
		"set":      {set, func(t *tenant.Tenant) bool { return t.Settings.RequirePKCE }},
		"moved":    {func(slug string) error { return w.move(slug) }, func(t *tenant.Tenant) bool { return t.Host == t.Slug+".example" }},
		"disabled": {func(slug string) error { return r.Disable(t.Context(), slug) }, func(t *tenant.Tenant) bool { return !t.DisabledAt.IsZero() }},
		"not before": {
			func(slug string) error {
				w.sql(`UPDATE tenants SET not_before = now() WHERE slug = $1`, slug)
				return nil
			}, func(t *tenant.Tenant) bool { return !t.NotBefore.IsZero() },
		},
	}
	for first, a := range acts {
		for second, b := range acts {
			if first == second || first == "disabled" || first == "not before" {
				continue // these write without reading
			}
			slug := w.tenantNamed("t" + uuid.NewString())
			meanwhile := false
			_, err := r.Update(t.Context(), slug, func(t *tenant.Tenant) error {
				if !meanwhile {
					meanwhile = true
					if err := b.do(slug); err != nil {
						return err
					}
				}
				switch first {
				case "renamed":
					t.Name = "Renamed"
				case "set":
					t.Settings.RequirePKCE = true
				case "moved":
					t.Host = t.Slug + ".example"
				}
				return nil
			})
			must(t, err)
			if got := now(slug); !a.done(got) || !b.done(got) {
				t.Errorf("%s while somebody else %s: %+v", first, second, got)
			}
		}
	}
}

func (w *world) move(slug string) error {
	_, err := w.registry().Update(w.t.Context(), slug, func(t *tenant.Tenant) error { t.Host = t.Slug + ".example"; return nil })
	return err
}

// A writer that read an older version writes nothing, and says so.
func TestTenant_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.tenantNamed("stale")
	r := w.registry()
	read, err := r.Tenants.Current(t.Context(), slug)
	must(t, err)
	must(t, w.move(slug))
	stale := *read
	stale.Name = "Stale"
	err = r.Tx.InTx(t.Context(), func(ctx context.Context) error { return r.Writes.SetDetails(ctx, stale) })
	if !errors.Is(err, fault.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	stale.ID = tenant.ID(uuid.New())
	err = r.Tx.InTx(t.Context(), func(ctx context.Context) error { return r.Writes.SetDetails(ctx, stale) })
	if !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("of nobody: got %v, want ErrUnknown", err)
	}
}

func TestTenant_changesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, ctx := w.registry(), t.Context()
	made := tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: "told", Name: "Told", DisabledAt: time.Now()}
	_, err := r.Create(ctx, made)
	must(t, err)
	for range 2 { // the second time it has that host already
		must(t, r.Enable(ctx, "told"))
		must(t, w.move("told"))
		must(t, r.Disable(ctx, "told"))
		must(t, r.Disable(ctx, "told"))
	}
	must(t, r.Delete(ctx, &made))
	var got []string
	rows, err := w.owner.Query(ctx, `SELECT type || coalesce(' ' || (data ->> 'fields'), '') FROM audit_log WHERE subject = 'told' ORDER BY id`)
	must(t, err)
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		got = append(got, line)
	}
	want := []string{"tenant.created", "tenant.enabled", `tenant.updated ["host"]`, "tenant.disabled", "tenant.enabled", "tenant.disabled", "tenant.deleted"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := r.Delete(ctx, &made); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("deleted again: got %v, want ErrUnknown", err)
	}
}

// A resource server is replaced by who read what it replaces, and by nobody else.
func TestResourceServer_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newResourceServers(w.db, always)
	read := func() provider.ResourceServer {
		all, err := s.All(w.ctx())
		must(t, err)
		return all[0]
	}
	must(t, s.Put(w.ctx(), provider.ResourceServer{Identifier: "https://api.example", Name: "API"}))
	if err := s.Put(w.ctx(), provider.ResourceServer{Identifier: "https://api.example", Name: "new"}); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("made a second time: got %v, want ErrChanged", err)
	}
	first, second := read(), read()
	first.Name, second.TokenTTL = "First", 60
	must(t, s.Put(w.ctx(), first))
	if err := s.Put(w.ctx(), second); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("by who read it earlier: got %v, want ErrChanged", err)
	}
	if got := read(); got.Name != "First" || got.TokenTTL != 0 {
		t.Errorf("got %+v", got)
	}
}

// SES-22: who replaces a resource server that was deleted meanwhile does not bring it back,
// nor does who was too late tell of anything.
func TestResourceServer_thatWasDeletedStaysAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stored := newResourceServers(w.db, always)
	s := &provider.ResourceServerService{Servers: stored, Outbox: w.outbox, Tx: w.db}
	const api = "https://api.example"
	must(t, s.Put(w.ctx(), provider.ResourceServer{Identifier: api}))
	all, err := stored.All(w.ctx())
	must(t, err)
	read := all[0]
	must(t, s.Delete(w.ctx(), api))
	if err := s.Put(w.ctx(), read); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("replaced: got %v, want ErrChanged", err)
	}
	if err := s.Delete(w.ctx(), api); !errors.Is(err, provider.ErrResourceNotFound) {
		t.Errorf("deleted again: got %v, want ErrResourceNotFound", err)
	}
	if n := w.count(`SELECT count(*) FROM resource_servers`); n != 0 {
		t.Errorf("%d are stored", n)
	}
	if set, deleted := w.events(event.ResourceServerUpdated{}), w.events(event.ResourceServerDeleted{}); set != 1 || deleted != 1 {
		t.Errorf("%d and %d events, want 1 and 1", set, deleted)
	}
}

// SES-21: who is let in again has to sign in.
func TestTenant_enabledAgainIsOneWithoutItsOldSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, slug := w.registry(), w.tenantNamed("back")
	current := func() *tenant.Tenant {
		found, err := r.Tenants.Current(t.Context(), slug)
		must(t, err)
		return found
	}
	must(t, r.Disable(t.Context(), slug))
	disabled := current()
	must(t, r.Enable(t.Context(), slug))
	enabled := current()
	if disabled.NotBefore.IsZero() || disabled.DisabledAt.IsZero() || !enabled.DisabledAt.IsZero() || !enabled.NotBefore.After(disabled.NotBefore) {
		t.Errorf("disabled %+v, enabled %+v", disabled, enabled)
	}
}

// Two spellings of one identifier do not become two resource servers, whoever is first.
func TestResourceServer_isOneInEverySpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := newResourceServers(w.db, always)
	for range 5 {
		w.sql(`DELETE FROM resource_servers`)
		errs := parallel(2, func(i int) error {
			return s.Put(w.ctx(), provider.ResourceServer{Identifier: []string{"https://api.example/v1", "https://API.example:443/v1"}[i]})
		})
		if n := w.count(`SELECT count(*) FROM resource_servers`); n != 1 {
			t.Fatalf("%d are stored, %v", n, errs)
		}
	}
}
