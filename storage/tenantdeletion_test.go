package storage_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// tablesOf connects, as the owner, to where the rows of a tenant are.
func tablesOf(t *testing.T, owner string, of *tenant.Tenant) *pgx.Conn {
	t.Helper()
	switch of.Placement.Isolation {
	case tenant.Database:
		return inDatabase(t, owner, of)
	case tenant.Schema:
		conn := storagetest.Owner(t, owner)
		if _, err := conn.Exec(t.Context(), `SELECT set_config('search_path', $1, false)`, schema.NameOf(of.ID)); err != nil {
			t.Fatal(err)
		}
		return conn
	default:
		return storagetest.Owner(t, owner)
	}
}

// A tenant with many rows is gone at once for everybody, wherever its rows are, and a worker deletes them. The
// system tenant has a job that says how far that is.
func TestTenants_areDeletedStepByStep(t *testing.T) {
	t.Parallel()
	for _, isolation := range []tenant.Isolation{tenant.Shared, tenant.Schema, tenant.Database} {
		t.Run(string(isolation), func(t *testing.T) {
			t.Parallel()
			server, owner := storagetest.URL(t)
			s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
			system := storagetest.Create(t, s, testworld.Tenant(tenant.SystemSlug))
			acme := storagetest.Create(t, s, testworld.Tenant("acme", func(t *tenant.Tenant) { t.Placement.Isolation = isolation }))
			other := storagetest.Create(t, s, testworld.Tenant("other"))
			there, shared := tablesOf(t, owner, acme), storagetest.Owner(t, owner)
			for _, of := range []struct {
				conn *pgx.Conn
				id   tenant.ID
			}{{there, acme.ID}, {shared, other.ID}} {
				for _, sql := range []string{
					`INSERT INTO users (tenant_id, id, username) SELECT $1, gen_random_uuid(), 'user ' || n FROM generate_series(1, 2500) n`,
					`INSERT INTO user_identifiers (tenant_id, canonical, kind, user_id) SELECT tenant_id, username, 'username', id FROM users WHERE tenant_id = $1`,
					`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
						SELECT tenant_id, gen_random_uuid(), decode(md5(id::text), 'hex'), id, now(), '1 hour', now() + interval '1 hour' FROM users WHERE tenant_id = $1`,
					`INSERT INTO events (tenant_id, id, type, body) SELECT $1, gen_random_uuid(), 'test', '{}' FROM generate_series(1, 2500) n`,
				} {
					if _, err := of.conn.Exec(t.Context(), sql, of.id.String()); err != nil {
						t.Fatal(err)
					}
				}
			}
			rows := func() int {
				id := acme.ID.String()
				return count(t, there, `SELECT (SELECT count(*) FROM users WHERE tenant_id = $1) + (SELECT count(*) FROM sessions WHERE tenant_id = $1)
					+ (SELECT count(*) FROM events WHERE tenant_id = $1) + (SELECT count(*) FROM tenants WHERE id = $1::uuid)`, id)
			}
			if err := storagetest.Registry(s).Delete(t.Context(), acme); err != nil {
				t.Fatal(err)
			}
			for name, err := range map[string]error{
				"by slug":       func() error { _, err := s.Tenants.BySlug(t.Context(), "acme"); return err }(),
				"by id":         func() error { _, err := s.Tenants.ByID(t.Context(), acme.ID); return err }(),
				"a second time": storagetest.Registry(s).Delete(t.Context(), acme),
				"to be enabled": storagetest.Registry(s).Enable(t.Context(), "acme"),
			} {
				if !errors.Is(err, tenant.ErrUnknown) {
					t.Errorf("it is found %s: %v", name, err)
				}
			}
			if all, err := tenant.All(t.Context(), s.Tenants); err != nil || len(all) != 2 {
				t.Errorf("%d tenants are listed (%v), want 2", len(all), err)
			}
			storagetest.Create(t, s, testworld.Tenant("acme")) // its slug is free
			if n := rows(); n < 7500 {
				t.Errorf("%d rows are left, want all while no worker runs", n)
			}
			storagetest.Run(t, s)
			eventually(t, "all rows to be deleted", func() bool {
				return count(t, shared, `SELECT count(*) FROM tenants WHERE id = $1`, acme.ID.String()) == 0 &&
					count(t, shared, `SELECT count(*) FROM jobs WHERE tenant_id = $1 AND kind = 'tenant_deletion' AND target = $2 AND state = 'succeeded' AND lines >= 7500`,
						system.ID.String(), acme.ID.String()) == 1
			})
			if n := rows(); n != 0 {
				t.Errorf("%d rows of it are left", n)
			}
			if n := count(t, shared, `SELECT (SELECT count(*) FROM users WHERE tenant_id = $1) + (SELECT count(*) FROM events WHERE tenant_id = $1 AND type = 'test')`, other.ID.String()); n != 5000 {
				t.Errorf("%d rows of another tenant are left, want 5000", n)
			}
			if n := count(t, there, `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'tenant.deleted'`, acme.ID.String()); n != 1 {
				t.Errorf("the audit log says %d times that it was deleted", n)
			}
		})
	}
}

// A tenant whose database is gone for good is deleted when its operator gives that database up.
func TestTenants_areDeletedWhoseDatabaseIsGone(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := storagetest.Open(t, server, func(c *storage.Config) { c.Owner = secret.NewString(owner) })
	acme := own(t, s, "acme")
	shared := storagetest.Owner(t, owner)
	s.Close()
	if _, err := shared.Exec(t.Context(), `DROP DATABASE `+schema.NameOf(acme.ID)+` WITH (FORCE)`); err != nil {
		t.Fatal(err)
	}
	again := storagetest.Open(t, server)
	if err := storagetest.Registry(again).Delete(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Tenants.BySlug(t.Context(), "acme"); !errors.Is(err, tenant.ErrUnknown) {
		t.Errorf("it is found: %v", err)
	}
	if n := count(t, shared, `SELECT count(*) FROM tenants WHERE id = $1 AND deleting_at IS NOT NULL`, acme.ID.String()); n != 1 {
		t.Errorf("%d rows say that it is to be deleted, want 1 while its database may come back", n)
	}
	if _, err := shared.Exec(t.Context(), `DELETE FROM tenant_databases WHERE id = $1`, acme.ID.String()); err != nil {
		t.Fatal(err)
	}
	storagetest.Run(t, again)
	eventually(t, "its row to go", func() bool {
		return count(t, shared, `SELECT count(*) FROM tenants WHERE id = $1`, acme.ID.String()) == 0
	})
}
