package storage_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// KEY-12: what failed in a tenant that can be read is tried once in a run, however many tenants cannot be.
func TestUpkeep_triesOnceWhatFails_KEY_12(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	all := []storage.Due{{TenantID: uuid.UUID(d.well.ID), ID: testworld.ID()}, {TenantID: uuid.UUID(d.well.ID), ID: testworld.ID()}}
	for _, slug := range []string{"a", "b", "c"} {
		victim := storagetest.Create(t, d.Store, testworld.Tenant(slug))
		d.damage("tenants", "settings", "id", victim)
		all = append(all, storage.Due{TenantID: uuid.UUID(victim.ID), ID: testworld.ID()})
	}
	fails, times, batches := all[0].ID, map[uuid.UUID]int{}, 0
	err := storage.EachDue(t.Context(), d.Store, func(_ context.Context, without []uuid.UUID) ([]storage.Due, error) {
		batches++
		left := slices.DeleteFunc(slices.Clone(all), func(one storage.Due) bool { return slices.Contains(without, one.TenantID) })
		return left[:min(len(left), 3)], nil // so that the tenants are found one after the other
	}, func(_ context.Context, one storage.Due) error {
		if times[one.ID]++; one.ID == fails {
			return errFails
		}
		return nil
	})
	if want := map[uuid.UUID]int{all[0].ID: 1, all[1].ID: 1}; !maps.Equal(times, want) || batches != 4 {
		t.Errorf("done %v in %d batches, want %v in 4", times, batches, want)
	}
	if !errors.Is(err, errFails) || !errors.Is(err, tenant.ErrUnreadable) || strings.Count(err.Error(), errFails.Error()) != 1 {
		t.Errorf("it says %v", err)
	}
}

var errFails = errors.New("this one fails")
