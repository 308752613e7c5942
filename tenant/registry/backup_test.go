package registry_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

var errLoaded = errors.New("it came to the rows of the bundle")

// oneBundle has everybody who restores find the same bundle, of which reading the rows fails.
type oneBundle struct {
	registry.Backups
	of   registry.Bundle
	fail error
}

// Load implements registry.Backups.
func (b oneBundle) Load(_ context.Context, _ io.Reader, _ secret.Keeper, plan func(registry.Bundle) (registry.Restoration, error), _ func(registry.Progress)) error {
	if _, err := plan(b.of); err != nil {
		return err
	}
	return b.fail
}

// restoring is a service that restores a bundle of a tenant.
func restoring(t *testing.T, of tenant.Tenant, fail error) (*registry.Service, *pgx.Conn) {
	t.Helper()
	store, owner := storagetest.WithOwner(t)
	service := storagetest.Registry(store)
	service.Backups = oneBundle{store.Backups, registry.Bundle{Tenant: of}, fail}
	return service, owner
}

// BAK-11: a backup that somebody else made does not become the tenant whose users manage all others, unless that is said.
func TestRestore_makesNobodyTheOperators_BAK_11(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slug, as string
		want     error
	}{
		{tenant.SystemSlug, "", registry.ErrSystemBackup}, {tenant.SystemSlug, tenant.SystemSlug, errLoaded}, {tenant.SystemSlug, "acme", errLoaded}, {"acme", "", errLoaded},
	} {
		service, _ := restoring(t, testworld.Tenant(c.slug), errLoaded)
		if _, _, err := service.Restore(t.Context(), registry.Restore{Slug: c.as}, nil); !errors.Is(err, c.want) {
			t.Errorf("%s as %q: %v, want %v", c.slug, c.as, err, c.want)
		}
	}
}

// BAK-11: whoever restores a tenant that another process is restoring leaves what that one has made. Its own it removes.
func TestRestore_removesNothingOfAnotherProcess_BAK_11(t *testing.T) {
	t.Parallel()
	for fail, stays := range map[error]bool{tenant.ErrGoingOn: true, errLoaded: false} {
		of := testworld.Tenant("acme")
		service, owner := restoring(t, of, fail)
		_, _, err := service.Restore(t.Context(), registry.Restore{Placement: tenant.Placement{Isolation: tenant.Schema}}, nil)
		if !errors.Is(err, fail) {
			t.Fatalf("%v, want %v", err, fail)
		}
		var there bool
		must(t, owner.QueryRow(t.Context(), `SELECT to_regnamespace($1) IS NOT NULL`, schema.NameOf(of.ID)).Scan(&there))
		if there != stays {
			t.Errorf("after %v its schema is there: %v, want %v", fail, there, stays)
		}
	}
}
