package plintotest

import (
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// ownTables has Owner find the tables of the tenant.
func (s *Server) ownTables() {
	s.t.Helper()
	switch s.Isolation {
	case tenant.Shared, tenant.Moving:
	case tenant.Database:
		s.Owner = s.OwnerOf(s.Tenant)
	case tenant.Schema:
		_, err := s.Owner.Exec(s.t.Context(), `SELECT set_config('search_path', $1 || ', public', false)`, schema.NameOf(s.Tenant.ID))
		if err != nil {
			s.t.Fatalf("find tables of the tenant: %v", err)
		}
	}
}

// OwnerOf returns a connection of the superuser to the database of a tenant.
func (s *Server) OwnerOf(t *tenant.Tenant) *pgx.Conn {
	s.t.Helper()
	if t.Placement.Isolation != tenant.Database {
		return s.shared
	}
	return storagetest.Owner(s.t, ownerOf(s.t, t.Placement.Database.Reveal(), secret.NewString(s.shared.Config().ConnString())).Reveal())
}

// ownerOf is the URL of the owner of a database of the same server as that of another owner.
func ownerOf(t testing.TB, database string, other secret.String) secret.String {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := url.Parse(other.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	u.User = owner.User
	return secret.NewString(u.String())
}
