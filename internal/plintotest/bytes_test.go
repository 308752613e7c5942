package plintotest

import (
	"fmt"
	"testing"

	"plinto/tenant"
)

// size is how many bytes the tables of the shared database take, with their indexes.
func (s *Server) size(b *testing.B) (bytes int64) {
	b.Helper()
	err := s.Owner.QueryRow(b.Context(), `SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`).Scan(&bytes)
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// What the database keeps of a user who signs in once by the pages and gets a refresh token: the user with
// password, session, known browser, grant, tokens, events and audit log. For docs/scale.md.
func BenchmarkBytesOfAUser(b *testing.B) {
	const users = 1000
	s := Start(b, Options{})
	client, secret := s.Client(web("https://rp.example/cb"), FirstParty)
	s.User("first@example.com")
	s.Tokens(client, secret, "first@example.com", "openid offline_access")
	for range b.N {
		before := s.size(b)
		for i := range users {
			email := fmt.Sprintf("user-%d-%d@example.com", b.N, i)
			s.User(email)
			s.Tokens(client, secret, email, "openid offline_access")
		}
		b.ReportMetric(float64(s.size(b)-before)/users, "bytes/user")
	}
}

// What the database keeps of a tenant that nobody has used. For docs/scale.md.
func BenchmarkBytesOfATenant(b *testing.B) {
	const tenants = 300
	s := Start(b, Options{})
	for range b.N {
		before := s.size(b)
		for i := range tenants {
			s.NewTenant(fmt.Sprintf("t%d-%d", b.N, i), "", tenant.Settings{})
		}
		b.ReportMetric(float64(s.size(b)-before)/tenants, "bytes/tenant")
	}
}
