package storage_test

import (
	"slices"
	"testing"

	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// Keys in the schema of a tenant are reminded of as those in the shared tables are.
func TestReminders_reachSchemas(t *testing.T) {
	t.Parallel()
	s, owner := storagetest.WithOwner(t)
	shared := storagetest.Create(t, s, testworld.Tenant("shared"))
	apart := storagetest.Create(t, s, testworld.Tenant("apart", func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Schema }))
	upkeep, err := s.Upkeep(storage.Config{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(upkeep, func(u queue.Upkeep) bool { return u.Name == "credential_reminders" })
	places := map[string]*tenant.Tenant{"public": shared, pg.SchemaName(apart.ID): apart}
	for schema, of := range places {
		if _, err := owner.Exec(t.Context(), `INSERT INTO `+schema+`.api_keys (tenant_id, id, name, hint, hash, permissions, created_at, expires_at, used_at)
			VALUES ($1, gen_random_uuid(), 'ci', 'plk_', '\x01', '{users:read}', now() - interval '80 days', now() + interval '10 days', now())`, of.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	if err := upkeep[i].Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for schema, of := range places {
		var told int
		if err := owner.QueryRow(t.Context(), `SELECT count(*) FROM `+schema+`.audit_log WHERE tenant_id = $1 AND type = 'api_key.expiring'`, of.ID.String()).Scan(&told); err != nil || told != 1 {
			t.Errorf("%s: told %d times, %v", of.Slug, told, err)
		}
	}
}
