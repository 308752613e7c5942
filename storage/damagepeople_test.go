package storage_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/brand"
	"plinto/internal/keyset"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
)

func damagedUser(d *damagedRow) {
	d.t.Helper()
	var both [2]identity.User
	for i := range both {
		both[i] = testworld.User(func(u *identity.User) {
			u.Kept = &identity.Kept{ExternalID: fmt.Sprint("ext-", i), Public: []byte(`{"a": 1}`), Private: []byte(`{"b": 1}`)}
		})
		must(d.t, d.Users.Create(d.ctx, both[i], ""))
	}
	good, bad := both[0].ID, both[1].ID
	d.breaks(bad)
	_, column, _ := strings.Cut(d.column, ".")
	of := func(u *identity.User) (uuid.UUID, string) {
		if u.Active() != (u.Unreadable == "") || u.Unreadable == "profile" && u.Profile != (identity.Profile{}) {
			d.t.Errorf("%s = %s: active %v, %+v", d.column, d.value, u.Active(), u.Profile)
		}
		return u.ID, u.Unreadable
	}
	held := func(c *identity.Credential) (uuid.UUID, string) { return of(&c.User) }
	basic := ""
	if column == "profile" {
		basic = column
	}
	search, err := identity.NewSearch("example", false)
	must(d.t, err)
	all, err := d.Users.List(d.ctx, uuid.Nil, 10)
	d.wants("a plain list", listed(all, of), err, good, bad, basic)
	for what, filter := range map[string]identity.UserFilter{"a list": {}, "a search": {Search: search}} {
		for _, descending := range []bool{false, true} {
			all, err = d.Users.Find(d.ctx, filter, keyset.Window{Limit: 10, Descending: descending})
			d.wants(what, listed(all, of), err, good, bad, column)
		}
	}
	all, err = d.Users.Many(d.ctx, []uuid.UUID{good, bad})
	d.wants("many", listed(all, of), err, good, bad, column)
	page, err := d.Users.Page(d.ctx, uuid.Nil, 10)
	d.wants("an export", listed(page, held), err, good, bad, column)
	page, err = d.Users.Held(d.ctx, []string{"ext-0", "ext-1"})
	d.wants("an import", listed(page, held), err, good, bad, column)
	for what, filter := range map[string]identity.UserFilter{"by external id": {ExternalID: "ext-1"}, "by address": {Identifier: both[1].Email}} {
		if found, err := d.Users.Find(d.ctx, filter, keyset.Window{Limit: 1}); err != nil || len(found) != 1 || found[0].ID != bad || found[0].Unreadable != column {
			d.t.Errorf("%s = %s: found %s: %+v, %v", d.column, d.value, what, found, err)
		}
	}
	found, err := d.Users.Managed(d.ctx, bad)
	if d.refused("alone", err, identity.ErrUserUnreadable); found.ID != bad {
		d.t.Errorf("%s = %s: the error comes without the id", d.column, d.value)
	}
	if basic != "" {
		_, err = d.Users.ByID(d.ctx, bad)
		d.refused("by id", err, identity.ErrUserUnreadable)
		_, err = d.Users.Credential(d.ctx, both[1].Email, nil)
		d.refused("a sign-in", err, identity.ErrUserUnreadable)
	}
	if err := d.Users.Delete(d.ctx, bad); err != nil {
		d.t.Errorf("%s = %s: delete: %v", d.column, d.value, err)
	}
	if _, err := d.Users.Credential(d.ctx, both[0].Email, nil); err != nil {
		d.t.Errorf("%s = %s: the other user: %v", d.column, d.value, err)
	}
}

func damagedOrganization(d *damagedRow) {
	d.t.Helper()
	user := testworld.User()
	must(d.t, d.Users.Create(d.ctx, user, ""))
	var both [2]organization.Organization
	for i, slug := range []string{"good", "bad"} {
		both[i] = organization.Organization{ID: testworld.ID(), Slug: slug, Name: slug, ExternalID: slug, Branding: organization.Branding{Light: brand.Colors{Primary: "#123456"}}}
		must(d.t, d.Organizations.Create(d.ctx, both[i]))
		_, err := d.Organizations.SetMember(d.ctx, both[i].ID, organization.Member{UserID: user.ID, Roles: []string{"member"}})
		must(d.t, err)
	}
	good, bad := both[0].ID, both[1].ID
	d.breaks(bad)
	_, column, _ := strings.Cut(d.column, ".")
	of := func(o *organization.Organization) (uuid.UUID, string) {
		if o.Suspended() != (o.Unreadable != "") {
			d.t.Errorf("%s = %s: suspended %v", d.column, d.value, o.Suspended())
		}
		return o.ID, o.Unreadable
	}
	all, err := d.Organizations.List(d.ctx, "", 10)
	d.wants("a plain list", listed(all, of), err, good, bad, column)
	for _, descending := range []bool{false, true} {
		all, err = d.Organizations.Page(d.ctx, "", keyset.Window{Limit: 10, Descending: descending})
		d.wants("a list", listed(all, of), err, good, bad, column)
		joined, err := d.Organizations.Of(d.ctx, user.ID, keyset.Window{Limit: 10, Descending: descending})
		d.wants("those of a user", listed(joined, func(j *organization.Joined) (uuid.UUID, string) { return of(&j.Organization) }), err, good, bad, column)
	}
	all, err = d.Organizations.Many(d.ctx, []uuid.UUID{good, bad})
	d.wants("many", listed(all, of), err, good, bad, column)
	found, err := d.Organizations.ByID(d.ctx, bad)
	if d.refused("by id", err, organization.ErrUnreadable); found.ID != bad {
		d.t.Errorf("%s = %s: the error comes without the id", d.column, d.value)
	}
	_, err = d.Organizations.BySlug(d.ctx, "bad")
	d.refused("by slug", err, organization.ErrUnreadable)
	_, err = d.Organizations.ByExternalID(d.ctx, "bad")
	d.refused("by external id", err, organization.ErrUnreadable)
	d.signsIn(&user, &both[1])
	if err := d.Organizations.Delete(d.ctx, bad); err != nil {
		d.t.Errorf("%s = %s: delete: %v", d.column, d.value, err)
	}
	if _, err := d.Organizations.ByID(d.ctx, good); err != nil {
		d.t.Errorf("%s = %s: the other one: %v", d.column, d.value, err)
	}
}

// signsIn fails unless nobody signs in to an organization whose policy or look cannot be read, and to the others as ever.
func (d *damagedRow) signsIn(user *identity.User, bad *organization.Organization) {
	d.t.Helper()
	look := strings.HasSuffix(d.column, "branding")
	closed := look || strings.HasSuffix(d.column, "policy")
	all, err := d.Memberships.Of(d.ctx, user.ID, 10)
	if err != nil || len(all) != 2 {
		d.t.Fatalf("%s = %s: memberships are %+v, %v", d.column, d.value, all, err)
	}
	for i := range all {
		if m := &all[i]; m.Suspended != (closed && m.ID == bad.ID) {
			d.t.Errorf("%s = %s: %s is suspended: %v", d.column, d.value, m.Slug, m.Suspended)
		}
	}
	if m, err := d.Memberships.In(d.ctx, user.ID, bad.Slug); err != nil || m.Suspended != closed {
		d.t.Errorf("%s = %s: the membership is %+v, %v", d.column, d.value, m, err)
	}
	if _, err := d.Memberships.Shown(d.ctx, bad.Slug); look != errors.Is(err, provider.ErrNotMember) || !look && err != nil {
		d.t.Errorf("%s = %s: shown: %v", d.column, d.value, err)
	}
	if _, err := d.Brandings.Branding(d.ctx, bad.ID); look != errors.Is(err, organization.ErrNotFound) || !look && err != nil {
		d.t.Errorf("%s = %s: its look: %v", d.column, d.value, err)
	}
}
