package storage

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/organization"
	"plinto/organization/domain"
)

// FED-20, FED-24: whose a domain is, what a user belongs to and how many there are is of the tenant alone, and as things are now.
func TestRealms_areOfTheirTenantAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.other()
	realms, organizations, domains := &Realms{w.db}, newOrganizations(w.db), &OrganizationDomains{w.db}
	user := w.someone("ann@acme.example")
	acme := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: "acme", Name: "Acme"}
	must(t, organizations.Create(w.ctx(), acme))
	d := domain.Domain{ID: uuid.Must(uuid.NewV7()), Organization: acme.ID, Name: "acme.example", Token: "t"}
	must(t, domains.Add(w.ctx(), d, 10))
	owner := func() uuid.UUID {
		t.Helper()
		id, err := realms.OwnerOf(w.ctx(), "acme.example")
		must(t, err)
		return id
	}
	affected := func(organization uuid.UUID, exempt ...string) int {
		t.Helper()
		n, err := realms.Affected(w.ctx(), organization, []string{"acme.example"}, exempt, 10)
		must(t, err)
		return n
	}
	if owner() != uuid.Nil {
		t.Error("a domain that nobody has verified has an owner")
	}
	_, err := domains.Claim(w.ctx(), &d)
	must(t, err)
	if owner() != acme.ID {
		t.Error("a verified domain has no owner")
	}
	if affected(acme.ID) != 0 || affected(uuid.Nil) != 1 || affected(uuid.Nil, "ann@acme.example") != 0 {
		t.Errorf("affected: %d, %d, %d", affected(acme.ID), affected(uuid.Nil), affected(uuid.Nil, "ann@acme.example"))
	}
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		_, err := organizations.SetMember(ctx, acme.ID, organization.Member{UserID: user})
		return err
	}))
	of := federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "acme", Spec: federation.Spec{Organization: acme.ID}}
	must(t, newConnections(w.db, copyOptions{heard: func(context.Context) bool { return false }}).Create(w.ctx(), of))
	if affected(acme.ID) != 1 {
		t.Error("a member is not counted")
	}
	m, err := realms.MemberOf(w.ctx(), user)
	must(t, err)
	if !slices.Equal(m.Addresses, []string{"ann@acme.example"}) || !slices.Equal(m.Organizations, []uuid.UUID{acme.ID}) || m.Manages || m.Owners["acme.example"] != acme.ID {
		t.Errorf("member: %+v", m)
	}
	w.sql(`INSERT INTO user_roles (tenant_id, user_id, key) SELECT tenant_id, id, 'support' FROM users WHERE id = $1`, user)
	if m, err = realms.MemberOf(w.ctx(), user); err != nil || !m.Manages || affected(acme.ID) != 0 {
		t.Errorf("with a role: %+v, %v, %d affected", m, err, affected(acme.ID))
	}
	if id, err := realms.OwnerOf(b, "acme.example"); err != nil || id != uuid.Nil {
		t.Errorf("another tenant: %v, %v", id, err)
	}
	if m, err := realms.MemberOf(b, user); err != nil || len(m.Addresses)+len(m.Organizations)+len(m.Owners) > 0 || m.Manages {
		t.Errorf("another tenant: %+v, %v", m, err)
	}
	if n, err := realms.Affected(b, uuid.Nil, []string{"acme.example"}, nil, 10); err != nil || n != 0 {
		t.Errorf("another tenant: %d, %v", n, err)
	}
	w.sql(`UPDATE organizations SET suspended_at = now() WHERE id = $1`, acme.ID)
	if owner() != uuid.Nil {
		t.Error("an organization that is suspended leads people")
	}
}
