package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/organization"
)

func (w *world) organizations() *organization.Service {
	s := newOrganizations(w.db)
	return &organization.Service{Organizations: s, Writes: s, Outbox: w.outbox, Tx: w.db}
}

// organization makes an organization with a slug of its own, and returns it as it is stored.
func (w *world) organization() organization.Organization {
	w.t.Helper()
	s := w.organizations()
	made, err := s.Create(w.ctx(), "o"+uuid.NewString(), "Acme")
	must(w.t, err)
	stored, err := s.BySlug(w.ctx(), made.Slug)
	must(w.t, err)
	return stored
}

// SES-22: what others do to an organization between somebody's reading and writing it stands.
func TestOrganization_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.organizations()
	rename := func(o organization.Organization, meanwhile func()) (calls int, err error) {
		err = s.Update(w.ctx(), o.Slug, func(o *organization.Organization) {
			if calls++; calls == 1 {
				meanwhile()
			}
			o.Name += " and more"
		})
		return calls, err
	}

	o := w.organization()
	calls, err := rename(o, func() {
		must(t, s.Update(w.ctx(), o.Slug, func(o *organization.Organization) { o.Name = "Other" }))
	})
	if got, _ := s.BySlug(w.ctx(), o.Slug); got.Name != "Other and more" || calls != 2 || err != nil {
		t.Errorf("renamed while it was renamed: got %q after %d calls, %v", got.Name, calls, err)
	}

	o = w.organization()
	u := w.user()
	calls, err = rename(o, func() { must(t, s.SetMember(w.ctx(), o.ID, organization.Member{UserID: u.ID})) })
	if members, _ := s.Members(w.ctx(), o.ID); len(members) != 1 || calls != 1 || err != nil {
		t.Errorf("renamed while it got a member: %d members, %d calls, %v", len(members), calls, err)
	}

	o = w.organization()
	_, err = rename(o, func() { must(t, s.Delete(w.ctx(), o.ID)) })
	if !errors.Is(err, organization.ErrNotFound) {
		t.Errorf("renamed while it was deleted: got %v, want ErrNotFound", err)
	}
	if _, err := s.BySlug(w.ctx(), o.Slug); !errors.Is(err, organization.ErrNotFound) {
		t.Errorf("it came back: %v", err)
	}
}

// Of eight who read the same organization and rename it one does; who is too late again
// and again is told.
func TestOrganization_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, o := w.organizations(), w.organization()
	won := 0
	for _, err := range parallel(8, func(i int) error {
		mine := o
		mine.Name = strings.Repeat("x", i+1)
		return s.Writes.SetName(w.ctx(), mine)
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, fault.ErrChanged) {
			t.Errorf("got %v, want ErrChanged", err)
		}
	}
	if won != 1 {
		t.Errorf("%d wrote, want 1", won)
	}
	err := s.Update(w.ctx(), o.Slug, func(o *organization.Organization) {
		o.Name += "y"
		w.sql(`UPDATE organizations SET name = name || 'z' WHERE id = $1`, o.ID)
	})
	if !errors.Is(err, fault.ErrChanged) || w.events(event.OrganizationUpdated{}) != 0 {
		t.Errorf("got %v and %d events, want ErrChanged and none", err, w.events(event.OrganizationUpdated{}))
	}
}

// Two set-up links that are used at once make one organization of operators.
func TestOrganization_isEnsuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.organizations()
	ids := make([]uuid.UUID, 8)
	for _, err := range parallel(8, func(i int) error {
		return w.db.InTx(w.ctx(), func(ctx context.Context) error {
			o, err := s.Ensure(ctx, "operators", "Operators")
			ids[i] = o.ID
			return err
		})
	}) {
		must(t, err)
	}
	if made := w.events(event.OrganizationCreated{}); made != 1 || len(slices.Compact(ids)) != 1 {
		t.Errorf("got %d events for %v, want one organization", made, ids)
	}
	if _, err := s.Create(w.ctx(), "operators", "Again"); !errors.Is(err, organization.ErrSlugTaken) {
		t.Errorf("created again: got %v, want ErrSlugTaken", err)
	}
}

func TestOrganization_changesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, u := w.organizations(), w.user()
	ctx := event.WithActor(w.ctx(), event.Actor{Type: "operator", ID: "cli"})
	made, err := s.Create(ctx, "acme", "Acme")
	must(t, err)
	for range 2 { // the second time nothing changes
		must(t, s.Update(ctx, "acme", func(o *organization.Organization) { o.Name = "ACME" }))
	}
	for _, roles := range [][]string{{"owner"}, {"owner"}, {"member"}, nil} {
		must(t, s.SetMember(ctx, made.ID, organization.Member{UserID: u.ID, Roles: roles}))
	}
	must(t, s.RemoveMember(ctx, made.ID, u.ID))
	must(t, s.RemoveMember(ctx, made.ID, u.ID))
	must(t, s.Delete(ctx, made.ID))

	rows, err := w.owner.Query(ctx, `SELECT type || coalesce(' ' || (data ->> 'fields'), '') || coalesce(' ' || (data ->> 'user'), '') FROM audit_log
		WHERE subject = $1 AND actor_id = 'cli' ORDER BY id`, tid.Format(organization.Prefix, made.ID))
	must(t, err)
	var got []string
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		got = append(got, line)
	}
	must(t, rows.Err())
	set, removed := "organization.member_set "+u.PublicID(), "organization.member_removed "+u.PublicID()
	want := []string{"organization.created", `organization.updated ["name"]`, set, set, set, removed, "organization.deleted"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for what, err := range map[string]error{
		"delete": s.Delete(ctx, made.ID), "rename": s.Update(ctx, "acme", func(*organization.Organization) {}),
		"set member": s.SetMember(ctx, made.ID, organization.Member{UserID: u.ID}),
	} {
		if !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("%s of a deleted one: got %v, want ErrNotFound", what, err)
		}
	}
	o := w.organization()
	if err := s.SetMember(ctx, o.ID, organization.Member{UserID: uuid.New()}); !errors.Is(err, identity.ErrUserNotFound) {
		t.Errorf("a member who is nobody: got %v, want ErrUserNotFound", err)
	}
}

func TestOrganizations_areListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.organizations()
	for _, slug := range []string{"c", "a", "b"} {
		_, err := s.Create(w.ctx(), slug, slug)
		must(t, err)
	}
	for after, want := range map[string]string{"": "ab", "a": "bc", "b": "c", "c": ""} {
		page, err := s.List(w.ctx(), after, 2)
		must(t, err)
		got := ""
		for _, o := range page {
			got += o.Slug
		}
		if got != want {
			t.Errorf("two after %q: got %q, want %q", after, got, want)
		}
	}
}
