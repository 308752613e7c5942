package organization_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/testworld"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/storage"
	"plinto/storage/storagetest"
)

// A world is the service of a tenant on a real store.
type world struct {
	*organization.Service
	t     *testing.T
	store *storage.Store
	owner *pgx.Conn       // sees and may do everything
	ctx   context.Context //nolint:containedctx // a test is one context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	w.store, w.owner = storagetest.WithOwner(t)
	w.ctx = storagetest.Tenant(t, w.store, "a")
	w.Service = &organization.Service{Organizations: w.store.Organizations, Writes: w.store.Organizations, Roles: &organization.RoleService{Store: w.store.Roles, Outbox: w.store.Outbox, Tx: w.store.DB}, Outbox: w.store.Outbox, Tx: w.store.DB}
	return w
}

// organization makes an organization with a slug of its own, and returns it as it is stored.
func (w *world) organization() organization.Organization {
	w.t.Helper()
	made, err := w.Create(w.ctx, organization.Organization{Slug: "o" + uuid.NewString(), Name: "Acme"})
	must(w.t, err)
	stored, err := w.BySlug(w.ctx, made.Slug)
	must(w.t, err)
	return stored
}

func (w *world) user() identity.User {
	w.t.Helper()
	u := testworld.User()
	must(w.t, w.store.Users.Create(w.ctx, u, ""))
	return u
}

// events counts the events of the type of a fact.
func (w *world) events(of event.Fact) (n int) {
	w.t.Helper()
	must(w.t, w.owner.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_log WHERE type = $1`, string(of.Type())).Scan(&n))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SES-22: what others do to an organization between somebody's reading and writing it stands.
func TestOrganization_writersUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rename := func(o organization.Organization, meanwhile func()) (calls int, err error) {
		err = w.Update(w.ctx, o.Slug, func(o *organization.Organization) {
			if calls++; calls == 1 {
				meanwhile()
			}
			o.Name += " and more"
		})
		return calls, err
	}

	o := w.organization()
	calls, err := rename(o, func() {
		must(t, w.Update(w.ctx, o.Slug, func(o *organization.Organization) { o.Name = "Other" }))
	})
	if got, _ := w.BySlug(w.ctx, o.Slug); got.Name != "Other and more" || calls != 2 || err != nil {
		t.Errorf("renamed while it was renamed: got %q after %d calls, %v", got.Name, calls, err)
	}

	o = w.organization()
	u := w.user()
	calls, err = rename(o, func() { must(t, w.SetMember(w.ctx, o.ID, organization.Member{UserID: u.ID})) })
	if members, _ := w.Members(w.ctx, o.ID, keyset.Rows(uuid.Nil, 100)); len(members) != 1 || calls != 1 || err != nil {
		t.Errorf("renamed while it got a member: %d members, %d calls, %v", len(members), calls, err)
	}

	o = w.organization()
	_, err = rename(o, func() { must(t, w.Delete(w.ctx, o.ID)) })
	if !errors.Is(err, organization.ErrNotFound) {
		t.Errorf("renamed while it was deleted: got %v, want ErrNotFound", err)
	}
	if _, err := w.BySlug(w.ctx, o.Slug); !errors.Is(err, organization.ErrNotFound) {
		t.Errorf("it came back: %v", err)
	}
}

// Of eight who read the same organization and rename it one does; who is too late again
// and again is told.
func TestOrganization_isNotWrittenOverByWhoReadItEarlier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.organization()
	won := 0
	for _, err := range testworld.AtOnce(8, func(i int) error {
		mine := o
		mine.Name = strings.Repeat("x", i+1)
		return w.Writes.Update(w.ctx, mine)
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
	err := w.Update(w.ctx, o.Slug, func(o *organization.Organization) {
		o.Name += "y"
		_, err := w.owner.Exec(w.ctx, `UPDATE organizations SET name = name || 'z' WHERE id = $1`, o.ID)
		must(t, err)
	})
	if !errors.Is(err, fault.ErrChanged) || w.events(event.OrganizationUpdated{}) != 0 {
		t.Errorf("got %v and %d events, want ErrChanged and none", err, w.events(event.OrganizationUpdated{}))
	}
}

// Two set-up links that are used at once make one organization of operators.
func TestOrganization_isEnsuredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make([]uuid.UUID, 8)
	for _, err := range testworld.AtOnce(8, func(i int) error {
		return w.Tx.InTx(w.ctx, func(ctx context.Context) error {
			o, err := w.Ensure(ctx, "operators", "Operators")
			ids[i] = o.ID
			return err
		})
	}) {
		must(t, err)
	}
	if made := w.events(event.OrganizationCreated{}); made != 1 || len(slices.Compact(ids)) != 1 {
		t.Errorf("got %d events for %v, want one organization", made, ids)
	}
	if _, err := w.Create(w.ctx, organization.Organization{Slug: "operators", Name: "Again"}); !errors.Is(err, organization.ErrSlugTaken) {
		t.Errorf("created again: got %v, want ErrSlugTaken", err)
	}
}

func TestOrganization_changesAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	ctx := event.WithActor(w.ctx, event.Actor{Type: "operator", ID: "cli"})
	made, err := w.Create(ctx, organization.Organization{Slug: "acme", Name: "Acme"})
	must(t, err)
	for range 2 { // the second time nothing changes
		must(t, w.Update(ctx, "acme", func(o *organization.Organization) { o.Name = "ACME" }))
	}
	for _, roles := range [][]string{{"owner"}, {"owner"}, {"member"}, nil} {
		must(t, w.SetMember(ctx, made.ID, organization.Member{UserID: u.ID, Roles: roles}))
	}
	must(t, w.RemoveMember(ctx, made.ID, u.ID))
	must(t, w.RemoveMember(ctx, made.ID, u.ID))
	must(t, w.Delete(ctx, made.ID))

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
		"delete": w.Delete(ctx, made.ID), "rename": w.Update(ctx, "acme", func(*organization.Organization) {}),
		"set member": w.SetMember(ctx, made.ID, organization.Member{UserID: u.ID}),
	} {
		if !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("%s of a deleted one: got %v, want ErrNotFound", what, err)
		}
	}
	o := w.organization()
	if err := w.SetMember(ctx, o.ID, organization.Member{UserID: uuid.New()}); !errors.Is(err, identity.ErrUserNotFound) {
		t.Errorf("a member who is nobody: got %v, want ErrUserNotFound", err)
	}
}

func TestOrganizations_areListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, slug := range []string{"c", "a", "b"} {
		_, err := w.Create(w.ctx, organization.Organization{Slug: slug, Name: slug})
		must(t, err)
	}
	for after, want := range map[string]string{"": "ab", "a": "bc", "b": "c", "c": ""} {
		page, err := w.List(w.ctx, after, 2)
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

// An organization and its members belong to one tenant, whose ids and slugs name nothing in
// another.
func TestOrganization_isNobodysInAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, u := w.organization(), w.user()
	must(t, w.SetMember(w.ctx, o.ID, organization.Member{UserID: u.ID, Roles: []string{"owner"}}))
	b := storagetest.Tenant(t, w.store, "b")
	theirs := testworld.User()
	must(t, w.store.Users.Create(b, theirs, ""))
	for what, err := range map[string]error{
		"renamed":        w.Update(b, o.Slug, func(o *organization.Organization) { o.Name = "Taken" }),
		"given a member": w.SetMember(b, o.ID, organization.Member{UserID: theirs.ID}),
		"deleted":        w.Delete(b, o.ID),
	} {
		if !errors.Is(err, organization.ErrNotFound) {
			t.Errorf("%s by another tenant: got %v, want ErrNotFound", what, err)
		}
	}
	if err := w.RemoveMember(b, o.ID, u.ID); err != nil {
		t.Errorf("there is no such member in the other tenant, which is no error: got %v", err)
	}
	if err := w.SetMember(w.ctx, o.ID, organization.Member{UserID: theirs.ID}); !errors.Is(err, identity.ErrUserNotFound) {
		t.Errorf("a member of another tenant: got %v, want ErrUserNotFound", err)
	}
	got, err := w.BySlug(w.ctx, o.Slug)
	must(t, err)
	members, err := w.Members(w.ctx, o.ID, keyset.Rows(uuid.Nil, 100))
	must(t, err)
	if got.Name != o.Name || len(members) != 1 || members[0].UserID != u.ID {
		t.Errorf("the other tenant left %+v with members %+v", got, members)
	}
	if _, err := w.Create(b, organization.Organization{Slug: o.Slug, Name: "Theirs"}); err != nil {
		t.Errorf("the slug is taken in another tenant only: got %v", err)
	}
}

// Who deletes an organization or a user while somebody makes the one a member of the other
// leaves no membership behind, whoever is first.
func TestOrganization_hasNoMemberThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		o, u := w.organization(), w.user()
		set := func() error { return w.SetMember(w.ctx, o.ID, organization.Member{UserID: u.ID}) }
		both := []func() error{set, func() error { return w.store.Users.Delete(w.ctx, u.ID) }}
		errs := testworld.AtOnce(len(both), func(i int) error { return both[i]() })
		if errs[1] != nil || errs[0] != nil && !errors.Is(errs[0], identity.ErrUserNotFound) {
			t.Fatalf("member and deleted user: %v", errs)
		}
		if members, err := w.Members(w.ctx, o.ID, keyset.Rows(uuid.Nil, 100)); err != nil || len(members) != 0 {
			t.Fatalf("the user is gone: members %+v, %v", members, err)
		}

		u = w.user()
		both[1] = func() error { return w.Delete(w.ctx, o.ID) }
		errs = testworld.AtOnce(len(both), func(i int) error { return both[i]() })
		if errs[1] != nil || errs[0] != nil && !errors.Is(errs[0], organization.ErrNotFound) {
			t.Fatalf("member and deleted organization: %v", errs)
		}
		var left int
		must(t, w.owner.QueryRow(w.ctx, `SELECT count(*) FROM memberships`).Scan(&left))
		if left != 0 {
			t.Fatalf("%d memberships of nothing are left", left)
		}
	}
}

// Two who give the same user the same roles at once tell of it once.
func TestOrganization_memberSetAtOnceIsOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, u := w.organization(), w.user()
	for _, err := range testworld.AtOnce(8, func(int) error {
		return w.SetMember(w.ctx, o.ID, organization.Member{UserID: u.ID, Roles: []string{"owner"}})
	}) {
		must(t, err)
	}
	members, err := w.Members(w.ctx, o.ID, keyset.Rows(uuid.Nil, 100))
	must(t, err)
	if n := w.events(event.OrganizationMemberSet{}); n != 1 || len(members) != 1 || !slices.Equal(members[0].Roles, []string{"owner"}) {
		t.Errorf("got %d events and %+v, want one of each", n, members)
	}
}

// SES-22: of many who add roles to a member at the same time, nobody takes any away.
func TestAddMember_losesNoRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, u := w.organization(), w.user()
	var want []string
	var all sync.WaitGroup
	for i := range 12 {
		role := fmt.Sprintf("role-%d", i)
		want = append(want, role)
		all.Go(func() {
			if _, err := w.Writes.AddMember(w.ctx, o.ID, organization.Member{UserID: u.ID, Roles: []string{role, "member"}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := w.Member(w.ctx, o.ID, u.ID)
	must(t, err)
	if slices.Sort(got.Roles); !slices.Equal(got.Roles, slices.Sorted(slices.Values(append(want, "member")))) {
		t.Errorf("got %q", got.Roles)
	}
	if again, err := w.Writes.AddMember(w.ctx, o.ID, organization.Member{UserID: u.ID, Roles: want[:3]}); again || err != nil {
		t.Errorf("roles that they have: changed %t, %v", again, err)
	}
}

func TestSetMember_takesNoUnknownRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, u := w.organization(), w.user()
	err := w.SetMember(w.ctx, o.ID, organization.Member{UserID: u.ID, Roles: []string{"member", "nobody"}})
	if f, ok := fault.As(err); !ok || !errors.Is(err, organization.ErrRoleNotFound) || len(f.Fields) != 1 || f.Fields[0].Pointer != "/roles/1" {
		t.Errorf("got %v", err)
	}
}
