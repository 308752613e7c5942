package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/fault"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// A world is the service of a real store.
type world struct {
	*registry.Service
	t     *testing.T
	owner *pgx.Conn // sees and may do everything
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, owner := storagetest.WithOwner(t)
	return &world{t: t, Service: storagetest.Registry(store), owner: owner}
}

// named makes a tenant without a host of its own and returns its slug.
func (w *world) named(slug string) string {
	w.t.Helper()
	_, err := w.Create(w.t.Context(), testworld.Tenant(slug, func(t *tenant.Tenant) { t.Host = "" }))
	must(w.t, err)
	return slug
}

// move gives a tenant a host of its own.
func (w *world) move(slug string) error {
	_, err := w.Update(w.t.Context(), slug, func(t *tenant.Tenant) error { t.Host = t.Slug + ".example"; return nil })
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SES-22: what others do to a tenant between somebody's reading and writing it stands: of
// each pair of writers none undoes the other.
func TestTenant_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := func(slug string) *tenant.Tenant {
		found, err := w.Tenants.Current(t.Context(), slug)
		must(t, err)
		return found
	}
	type act struct {
		do   func(slug string) error
		done func(*tenant.Tenant) bool
	}
	rename := func(slug string) error {
		_, err := w.Update(t.Context(), slug, func(t *tenant.Tenant) error { t.Name = "Renamed"; return nil })
		return err
	}
	set := func(slug string) error {
		_, err := w.Update(t.Context(), slug, func(t *tenant.Tenant) error { t.Settings.RequirePKCE = true; return nil })
		return err
	}
	acts := map[string]act{
		"renamed":  {rename, func(t *tenant.Tenant) bool { return t.Name == "Renamed" }},
		"set":      {set, func(t *tenant.Tenant) bool { return t.Settings.RequirePKCE }},
		"moved":    {func(slug string) error { return w.move(slug) }, func(t *tenant.Tenant) bool { return t.Host == t.Slug+".example" }},
		"disabled": {func(slug string) error { return w.Disable(t.Context(), slug) }, func(t *tenant.Tenant) bool { return !t.DisabledAt.IsZero() }},
		"not before": {
			func(slug string) error {
				_, err := w.owner.Exec(t.Context(), `UPDATE tenants SET not_before = now() WHERE slug = $1`, slug)
				return err
			}, func(t *tenant.Tenant) bool { return !t.NotBefore.IsZero() },
		},
	}
	for first, a := range acts {
		for second, b := range acts {
			if first == second || first == "disabled" || first == "not before" {
				continue // these write without reading
			}
			slug := w.named("t" + uuid.NewString())
			meanwhile := false
			_, err := w.Update(t.Context(), slug, func(t *tenant.Tenant) error {
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

// A writer that read an older version writes nothing, and says so.
func TestTenant_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.named("stale")
	read, err := w.Tenants.Current(t.Context(), slug)
	must(t, err)
	must(t, w.move(slug))
	stale := *read
	stale.Name = "Stale"
	err = w.Tx.InTx(t.Context(), func(ctx context.Context) error { return w.Writes.SetDetails(ctx, stale) })
	if !errors.Is(err, fault.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	stale.ID = tenant.ID(uuid.New())
	err = w.Tx.InTx(t.Context(), func(ctx context.Context) error { return w.Writes.SetDetails(ctx, stale) })
	if !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("of nobody: got %v, want ErrUnknown", err)
	}
}

func TestTenant_changesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	made := testworld.Tenant("told", func(t *tenant.Tenant) { t.Host, t.DisabledAt = "", time.Now() })
	_, err := w.Create(ctx, made)
	must(t, err)
	for range 2 { // the second time it has that host already
		must(t, w.Enable(ctx, "told"))
		must(t, w.move("told"))
		must(t, w.Disable(ctx, "told"))
		must(t, w.Disable(ctx, "told"))
	}
	if err := w.Delete(ctx, &made); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("deleted as it was before: got %v, want ErrChanged", err)
	}
	last, err := w.Tenants.Current(ctx, "told")
	must(t, err)
	must(t, w.Delete(ctx, last))
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
	if err := w.Delete(ctx, last); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("deleted again: got %v, want ErrUnknown", err)
	}
}

// SES-21: who is let in again has to sign in.
func TestTenant_enabledAgainIsOneWithoutItsOldSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.named("back")
	current := func() *tenant.Tenant {
		found, err := w.Tenants.Current(t.Context(), slug)
		must(t, err)
		return found
	}
	must(t, w.Disable(t.Context(), slug))
	disabled := current()
	must(t, w.Enable(t.Context(), slug))
	enabled := current()
	if disabled.NotBefore.IsZero() || disabled.DisabledAt.IsZero() || !enabled.DisabledAt.IsZero() || !enabled.NotBefore.After(disabled.NotBefore) {
		t.Errorf("disabled %+v, enabled %+v", disabled, enabled)
	}
}

// Of eight who make a tenant of one slug, or two of one host, one does; nobody else's leaves
// a trace.
func TestTenant_isMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, want := range map[string]error{"slug": tenant.ErrSlugTaken, "host": tenant.ErrHostTaken} {
		won := 0
		for _, err := range testworld.AtOnce(8, func(i int) error {
			made := testworld.Tenant(what, func(t *tenant.Tenant) {
				if what == "slug" {
					t.Host = fmt.Sprintf("host%d.example", i)
				} else {
					t.Slug = fmt.Sprintf("slug%d", i)
				}
			})
			_, err := w.Create(t.Context(), made)
			return err
		}) {
			if err == nil {
				won++
			} else if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", what, err, want)
			}
		}
		if won != 1 {
			t.Errorf("%s: %d made a tenant, want 1", what, won)
		}
	}
	if n := w.told("tenant.created"); n != 2 {
		t.Errorf("%d tenants were told of, want 2", n)
	}
}

// PKY-10: passkeys of a tenant work on its own hosts and on none of another tenant, whoever comes first.
func TestTenant_sharesNoHostOfPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := testworld.Tenant("first", func(t *tenant.Tenant) {
		t.Host, t.Settings.MFA.PasskeyHosts, t.Settings.MFA.PasskeyHost = "first.example", []string{"app.first.example"}, "old.example"
	})
	_, err := w.Create(t.Context(), first)
	must(t, err)
	for name, change := range map[string]func(*tenant.Tenant){
		"its host":             func(t *tenant.Tenant) { t.Settings.MFA.PasskeyHosts = []string{"first.example"} },
		"its host as RP ID":    func(t *tenant.Tenant) { t.Settings.MFA.PasskeyHost = "first.example" },
		"another host of it":   func(t *tenant.Tenant) { t.Settings.MFA.PasskeyHosts = []string{"b.example", "app.first.example"} },
		"the same RP ID":       func(t *tenant.Tenant) { t.Settings.MFA.PasskeyHost = "old.example" },
		"answers on its host":  func(t *tenant.Tenant) { t.Host = "app.first.example" },
		"answers on its RP ID": func(t *tenant.Tenant) { t.Host = "old.example" },
	} {
		other := testworld.Tenant("other", change)
		if _, err := w.Create(t.Context(), other); !errors.Is(err, tenant.ErrPasskeyHostTaken) {
			t.Errorf("%s: created, %v", name, err)
		}
	}
	_, err = w.Create(t.Context(), testworld.Tenant("other", func(t *tenant.Tenant) { t.Host = "other.example" }))
	must(t, err)
	_, err = w.Update(t.Context(), "other", func(t *tenant.Tenant) error { t.Settings.MFA.PasskeyHosts = []string{"first.example"}; return nil })
	if !errors.Is(err, tenant.ErrPasskeyHostTaken) {
		t.Errorf("changed: %v", err)
	}
	_, err = w.Update(t.Context(), "first", func(t *tenant.Tenant) error { t.Name = "Its own are no others"; return nil })
	must(t, err)
}

// Several operators who disable a tenant at once end its sessions once, and tell of it once.
func TestTenant_disabledAtOnceIsOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.named("busy")
	for _, err := range testworld.AtOnce(8, func(int) error { return w.Disable(t.Context(), slug) }) {
		must(t, err)
	}
	got, err := w.Tenants.Current(t.Context(), slug)
	must(t, err)
	if n := w.told("tenant.disabled"); n != 1 || got.DisabledAt.IsZero() {
		t.Errorf("got %d events, disabled at %v, want one", n, got.DisabledAt)
	}
}

// SES-22: who renames a tenant while it is deleted does not bring it back.
func TestTenant_deletedMeanwhileStaysAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.named("gone")
	read, err := w.Tenants.Current(t.Context(), slug)
	must(t, err)
	_, err = w.Update(t.Context(), slug, func(edited *tenant.Tenant) error {
		edited.Name = "Back"
		return w.Delete(t.Context(), read)
	})
	if !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
	if _, err := w.Tenants.Current(t.Context(), slug); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("it came back: %v", err)
	}
	if n := w.told("tenant.updated"); n != 0 {
		t.Errorf("%d updates were told of that did not happen", n)
	}
}

// An edit may change what an operator sets, and nothing that other changes own.
func TestTenant_updateLeavesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slug := w.named("own")
	before, err := w.Tenants.Current(t.Context(), slug)
	must(t, err)
	_, err = w.Update(t.Context(), slug, func(t *tenant.Tenant) error {
		t.Name, t.Slug, t.ID, t.DisabledAt, t.NotBefore = "Renamed", "other", tenant.ID(testworld.ID()), time.Now(), time.Now()
		return nil
	})
	must(t, err)
	after, err := w.Tenants.Current(t.Context(), slug)
	must(t, err)
	if after.Name != "Renamed" || after.ID != before.ID || !after.DisabledAt.IsZero() || !after.NotBefore.Equal(before.NotBefore) {
		t.Errorf("got %+v, want another name and nothing else", after)
	}
	stop := errors.New("not like this")
	if _, err := w.Update(t.Context(), slug, func(t *tenant.Tenant) error { t.Name = "No"; return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want what the edit said", err)
	}
	if again, _ := w.Tenants.Current(t.Context(), slug); again == nil || again.Name != "Renamed" {
		t.Errorf("an edit that failed was stored: %+v", again)
	}
}

// told counts the rows of the audit log of a type.
func (w *world) told(kind string) (n int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, kind).Scan(&n))
	return n
}
