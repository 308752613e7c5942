package plintotest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"plinto/organization"
	"plinto/organization/domain"
	"plinto/tenant"
)

// A noRecord is a DNS that has none.
type noRecord struct{}

// TXT implements domain.Resolver.
func (noRecord) TXT(context.Context, string) ([]string, error) { return nil, nil }

// Those who manage the domains of an organization are told before it loses one, and nobody else.
func TestDomain_thatLapsesIsToldToWhoManagesIt(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true})
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	organizations := &organization.Service{Organizations: s.Store.Organizations, Writes: s.Store.Organizations, Roles: roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	made, err := roles.Create(s.In(), organization.Role{Scope: organization.OrganizationRole, Key: "dns", Name: "DNS", Permissions: []organization.Permission{organization.DomainsWrite}})
	s.must(err)
	o, err := organizations.Create(s.In(), organization.Organization{Slug: "acme", Name: "Acme"})
	s.must(err)
	members := map[string]string{
		"owner@example.com": organization.Owner, "admin@example.com": organization.Admin, "dns@example.com": made.Key, "member@example.com": organization.MemberRole, "gone@example.com": organization.Owner,
	}
	for email, role := range members {
		u := s.User(email)
		s.must(organizations.SetMember(s.In(), o.ID, organization.Member{UserID: u.ID, Roles: []string{role}}))
		if email == "gone@example.com" {
			s.Disable(u)
		}
	}
	domains := &domain.Service{Domains: s.Store.Domains, Resolver: noRecord{}, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	d, err := domains.Add(s.In(), o.ID, "acme.example")
	s.must(err)
	_, err = s.Store.Domains.Claim(s.In(), &d)
	s.must(err)
	s.must(domains.Check(s.In(), o.ID, d.ID))
	for _, email := range []string{"owner@example.com", "admin@example.com", "dns@example.com"} {
		if m := s.Mailed(email, 1); m.Subject != "Acme verliert bald eine Domain bei "+s.Tenant.Brand() { // users of tests speak German
			t.Errorf("%s gets %q: %s", email, m.Subject, m.Text)
		}
	}
	keys, err := roles.Giving(s.In(), organization.DomainsWrite)
	s.must(err)
	for nth, want := range []bool{true, true, true, false} {
		user, err := s.Store.Domains.Manager(s.In(), o.ID, keys, nth)
		if s.must(err); (user != uuid.Nil) != want {
			t.Errorf("there is a member %d to tell: %s", nth, user)
		}
	}
	other := s.NewTenant("other", "", tenant.Settings{})
	if user, err := s.Store.Domains.Manager(tenant.With(t.Context(), other), o.ID, keys, 0); err != nil || user != uuid.Nil {
		t.Errorf("in another tenant it is %s (%v)", user, err)
	}
}
