package storage

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/federation"
	"plinto/internal/brand"
	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/organization/invitation"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// own and others are an organization and another one of the same tenant, each with a member, an invitation, a logo
// and a domain.
func (w *world) own() (own, others organization.Organization) {
	w.t.Helper()
	organizations, invitations, domains := newOrganizations(w.db), &OrganizationInvitations{w.db}, &OrganizationDomains{w.db}
	make := func(slug string) organization.Organization {
		o := organization.Organization{ID: uuid.Must(uuid.NewV7()), Slug: slug, Name: slug}
		must(w.t, organizations.Create(w.ctx(), o))
		must(w.t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
			_, err := organizations.SetMember(ctx, o.ID, organization.Member{UserID: w.user().ID})
			return err
		}))
		i := invitation.Invitation{ID: uuid.Must(uuid.NewV7()), Organization: o.ID, Email: "a@example.com"}
		must(w.t, invitations.Create(w.ctx(), i, "a@example.com", invitation.Mailed{Hash: random()}, invitation.Life, 10))
		logo := brand.Logo{Hash: "hash", PNG: []byte("png")}
		must(w.t, organizations.SetLogos(w.ctx(), organization.Organization{ID: o.ID, Branding: organization.Branding{Logo: logo.Hash}}, []brand.Logo{logo}))
		of := federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: slug, Spec: federation.Spec{Organization: o.ID}}
		must(w.t, newConnections(w.db, copyOptions{heard: func(context.Context) bool { return false }}).Create(w.ctx(), of))
		must(w.t, domains.Add(w.ctx(), domain.Domain{ID: uuid.Must(uuid.NewV7()), Organization: o.ID, Name: "a.example", Token: "t"}, 10))
		return o
	}
	return make("own"), make("others")
}

// TEN-17: whoever manages one organization sees and changes no row of another, whatever statement is sent for them.
func TestConfined_seesNoRowOfAnotherOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, others := w.own()
	ctx := tenant.Confine(w.ctx(), own.ID)
	w.sql(`UPDATE grants SET organization_id = $1 WHERE id = $2`, others.ID, w.issued().grant.ID)
	tables, err := w.owner.Query(t.Context(), `
		SELECT c.relname, CASE c.relname WHEN 'organizations' THEN 'id' ELSE 'organization_id' END FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('tenant_id')
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND (c.relname = 'organizations' OR EXISTS (
			SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'organization_id'))`)
	must(t, err)
	found, err := pgx.CollectRows(tables, pgx.RowToStructByPos[struct{ Table, Column string }])
	must(t, err)
	if len(found) < 5 {
		t.Fatalf("only %d tables of organizations", len(found))
	}
	for _, of := range found {
		if n := w.count(fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = $1`, of.Table, of.Column), others.ID); n == 0 {
			t.Errorf("%s has no row of the other organization: this test shows nothing", of.Table)
		}
		for statement, args := range map[string][]any{
			fmt.Sprintf(`SELECT %[2]s FROM %[1]s WHERE %[2]s = $1`, of.Table, of.Column):                {others.ID},
			fmt.Sprintf(`SELECT %[2]s FROM %[1]s WHERE %[2]s IS DISTINCT FROM $1`, of.Table, of.Column): {own.ID},
		} {
			seen, err := pg.Query(ctx, w.db, pgx.RowTo[*uuid.UUID], statement, args...)
			if err != nil || len(seen) > 0 {
				t.Errorf("%s: %d rows, %v", statement, len(seen), err)
			}
		}
		if of.Table == "grants" {
			continue // nobody deletes them
		}
		if n, err := pg.Exec(ctx, w.db, fmt.Sprintf(`DELETE FROM %s WHERE %s = $1`, of.Table, of.Column), others.ID); n != 0 || err != nil {
			t.Errorf("deleted %d rows of %s, %v", n, of.Table, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM memberships WHERE organization_id = $1`, others.ID); n != 1 {
		t.Errorf("%d members of the other organization are left, want 1", n)
	}
}

// TEN-17: what services do for whoever manages one organization, with the check of the route taken away.
func TestConfined_changesNothingOfAnotherOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, others := w.own()
	ctx := tenant.Confine(w.ctx(), own.ID)
	organizations, invitations, domains := newOrganizations(w.db), &OrganizationInvitations{w.db}, &OrganizationDomains{w.db}
	user := w.user().ID
	for name, do := range map[string]func(id uuid.UUID) error{
		"read": func(id uuid.UUID) error { _, err := organizations.ByID(ctx, id); return err },
		"change": func(id uuid.UUID) error {
			return organizations.Update(ctx, organization.Organization{ID: id, Slug: id.String()[:8] + "x", Name: "x", Version: 1})
		},
		"add a member": func(id uuid.UUID) error {
			return w.db.InTx(ctx, func(ctx context.Context) error {
				_, err := organizations.SetMember(ctx, id, organization.Member{UserID: user, Roles: []string{"owner"}})
				return err
			})
		},
		"invite": func(id uuid.UUID) error {
			i := invitation.Invitation{ID: uuid.Must(uuid.NewV7()), Organization: id, Email: "b@example.com"}
			return invitations.Create(ctx, i, "b@example.com", invitation.Mailed{Hash: random()}, invitation.Life, 10)
		},
		"add a domain": func(id uuid.UUID) error {
			return domains.Add(ctx, domain.Domain{ID: uuid.Must(uuid.NewV7()), Organization: id, Name: "b.example", Token: "t"}, 10)
		},
	} {
		if err := do(others.ID); err == nil {
			t.Errorf("%s: it was done to another organization", name)
		}
		if err := do(own.ID); err != nil {
			t.Errorf("%s: the own organization: %v", name, err)
		}
	}
	if page, err := organizations.Page(ctx, "", keyset.Window{Limit: 10}); err != nil || len(page) != 1 {
		t.Errorf("%d organizations, %v", len(page), err)
	}
	// A transaction is of one organization, or of all.
	for name, inner := range map[string]context.Context{"another": tenant.Confine(w.ctx(), others.ID), "none": w.ctx()} {
		err := w.db.InTx(ctx, func(tx context.Context) error {
			if name == "none" {
				inner = tenant.Confine(tx, uuid.Nil)
			} else {
				inner = tenant.Confine(tx, others.ID)
			}
			_, err := organizations.ByID(inner, others.ID)
			return err
		})
		if !errors.Is(err, pg.ErrOtherTenant) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if page, err := organizations.Page(w.ctx(), "", keyset.Window{Limit: 10}); err != nil || len(page) != 2 {
		t.Errorf("afterwards %d organizations, %v", len(page), err)
	}
}
