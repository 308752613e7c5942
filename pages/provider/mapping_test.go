package provider_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fakeidp"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/organization"
)

func (w *world) roles() *organization.RoleService {
	return &organization.RoleService{Store: w.Store.Roles, Outbox: w.Store.Outbox, Tx: w.Store.DB}
}

func (w *world) organizations() *organization.Service {
	return &organization.Service{Organizations: w.Store.Organizations, Writes: w.Store.Organizations, Roles: w.roles(), Outbox: w.Store.Outbox, Tx: w.Store.DB}
}

// organization makes one.
func (w *world) organization(slug string) uuid.UUID {
	w.t.Helper()
	o, err := w.organizations().Ensure(w.In(), slug, slug)
	must(w.t, err)
	return o.ID
}

// says has an account at the provider have claims.
func (w *world) says(subject string, more map[string]any) {
	w.idp.Add(fakeidp.Account{Subject: subject, More: more})
}

// held are the roles of a user in an organization (nil: in the tenant), and whether they are a member.
func (w *world) held(u identity.User, in uuid.UUID) (roles []string, member bool) {
	w.t.Helper()
	held, err := w.Store.Identities.Holdings(w.In(), u.ID, []uuid.UUID{in})
	must(w.t, err)
	slices.Sort(held[in].Roles)
	return held[in].Roles, held[in].Member
}

// signs signs a subject in.
func (w *world) signs(subject string) *plintotest.Page {
	w.t.Helper()
	p := w.through(w.Browser(), subject)
	if !signedIn(p) {
		w.t.Fatalf("on %s (%d), %q: %s", p.URL, p.Status, code(p), text(p))
	}
	return p
}

// Claims become what the connection says, at the first sign-in or at each; what is no claim of the list, and the address, stays.
func TestMapping_takesClaimsOver(t *testing.T) {
	t.Parallel()
	for update, want := range map[string]string{federation.ClaimsFirst: "Alice First", federation.ClaimsAlways: "Alice Second"} {
		w := newWorld(t, plintotest.Options{}, trusting, func(s *federation.Spec) {
			s.Provision, s.ClaimsUpdate = federation.ProvisionDomain, update
			s.Claims = map[string]string{"name": "display_name", "locale": "locale", "username": "login"}
		})
		w.says("alice", map[string]any{"email": "alice@example.com", "email_verified": true, "name": "Not this", "display_name": "Alice First", "locale": "de_DE", "login": "alice"})
		w.signs("alice")
		w.says("alice", map[string]any{"email": "other@example.com", "email_verified": true, "display_name": "Alice Second", "login": "owner"})
		w.signs("alice")
		held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
		must(t, err)
		if u := held.User; u.Profile.Name != want || u.Profile.Locale != "de-DE" || u.Username != "alice" || u.Email != "alice@example.com" {
			t.Errorf("%s: %+v", update, u)
		}
	}
}

// A user name that somebody has, or that passes for an office, is nobody's new one; the account is made all the same.
func TestMapping_leavesUserNamesThatAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, trusting, func(s *federation.Spec) {
		s.Provision, s.Claims = federation.ProvisionDomain, map[string]string{"username": "login"}
	})
	_, err := w.directory().Create(w.In(), event.Actor{Type: "operator"}, identity.User{Username: "bob", Email: "somebody@example.com"}, "")
	must(t, err)
	for subject, login := range map[string]string{"one": "bob", "two": "admin", "three": "BOB"} {
		email := subject + "@example.com"
		w.says(subject, map[string]any{"email": email, "email_verified": true, "login": login})
		w.signs(subject)
		held, err := w.Store.Users.Credential(w.In(), email, nil)
		if err != nil || held.User.Username != "" {
			t.Errorf("%s is called %q (%v)", login, held.User.Username, err)
		}
	}
}

func (w *world) directory() *identity.Directory {
	return &identity.Directory{Users: w.Store.Users, Managed: w.Store.Users, Writes: w.Store.Users, Deletions: w.Store.Users, Sessions: w.Store.Sessions, Outbox: w.Store.Outbox, Tx: w.Store.DB}
}

// FED-32: groups give roles while they last, and take none that somebody gave by hand.
func TestGroups_giveRolesWhileTheyLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	acme, other := w.organization("acme"), w.organization("other")
	w.edit(func(s *federation.Spec) {
		s.GroupsClaim = "groups"
		s.GroupRoles = []federation.GroupRole{
			{Group: "staff", Role: "member", Organization: acme},
			{Group: "leads", Role: "admin", Organization: acme},
			{Group: "guests", Role: "member", Organization: other},
			{Group: "it", Role: organization.Administrator},
		}
	})
	alice := w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	must(t, w.organizations().SetMember(w.In(), acme, organization.Member{UserID: alice.ID, Roles: []string{"owner", "member"}}))
	type roles = []string
	for i, step := range []struct {
		groups              any
		inAcme, here, there roles
		guest               bool
	}{
		{[]string{"staff", "leads", "guests", "it"}, roles{"admin", "member", "owner"}, roles{organization.Administrator}, roles{"member"}, true},
		{[]string{"staff", "leads", "guests", "it"}, roles{"admin", "member", "owner"}, roles{organization.Administrator}, roles{"member"}, true},
		{[]string{"leads"}, roles{"admin", "member", "owner"}, nil, nil, false},
		{[]string{}, roles{"member", "owner"}, nil, nil, false},
		{[]string{"it"}, roles{"member", "owner"}, roles{organization.Administrator}, nil, false},
		{nil, roles{"member", "owner"}, nil, nil, false},
	} {
		w.says("alice", map[string]any{"email": "alice@example.com", "groups": step.groups})
		w.signs("alice")
		inAcme, _ := w.held(alice, acme)
		here, _ := w.held(alice, uuid.Nil)
		there, guest := w.held(alice, other)
		if !slices.Equal(inAcme, step.inAcme) || !slices.Equal(here, step.here) || !slices.Equal(there, step.there) || guest != step.guest {
			t.Errorf("step %d: in acme %q, in the tenant %q, elsewhere %q (%v)", i, inAcme, here, there, guest)
		}
	}
	var told int
	err := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type IN ('organization.member_set', 'organization.member_removed', 'user.role_assigned', 'user.role_removed') AND actor_type = 'connection'`).Scan(&told)
	if err != nil || told < 7 {
		t.Errorf("%d changes are told (%v)", told, err)
	}
}

// FED-32: an identity that is gone, and a rule that is gone, take their roles along.
func TestGroups_takeTheirRolesAlong(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, alice identity.User){
		"the identity": func(w *world, alice identity.User) {
			held := w.identities("alice@example.com")
			_, err := w.Store.Identities.Remove(w.In(), alice.ID, held[0].ID)
			must(w.t, err)
		},
		"the connection": func(w *world, _ identity.User) { must(w.t, w.service().Delete(w.In(), w.conn.ID)) },
		"the rules": func(w *world, _ identity.User) {
			w.edit(func(s *federation.Spec) { s.GroupRoles = nil })
			w.signs("alice")
		},
	} {
		w := newWorld(t, plintotest.Options{})
		acme, other := w.organization("acme"), w.organization("other")
		w.edit(func(s *federation.Spec) {
			s.GroupsClaim = "groups"
			s.GroupRoles = []federation.GroupRole{
				{Group: "g", Role: "admin", Organization: acme}, {Group: "g", Role: "member", Organization: other}, {Group: "g", Role: organization.Administrator},
			}
		})
		alice := w.User("alice@example.com")
		w.link("alice@example.com", "alice")
		must(t, w.organizations().SetMember(w.In(), acme, organization.Member{UserID: alice.ID, Roles: []string{"owner"}}))
		w.says("alice", map[string]any{"email": "alice@example.com", "groups": []string{"g"}})
		w.signs("alice")
		if roles, _ := w.held(alice, acme); !slices.Equal(roles, []string{"admin", "owner"}) {
			t.Fatalf("%s: before %q", name, roles)
		}
		end(w, alice)
		inAcme, _ := w.held(alice, acme)
		here, _ := w.held(alice, uuid.Nil)
		_, guest := w.held(alice, other)
		if !slices.Equal(inAcme, []string{"owner"}) || len(here) > 0 || guest {
			t.Errorf("%s: %q, %q, a member elsewhere %v", name, inAcme, here, guest)
		}
	}
}

// FED-33: a rule gives what whoever made it may give when it is used.
func TestGroups_giveNoMoreThanTheirMakerMay(t *testing.T) {
	t.Parallel()
	for lost, want := range map[bool][]string{false: {"owner"}, true: nil} {
		w := newWorld(t, plintotest.Options{})
		acme := w.organization("acme")
		maker := w.User("maker@example.com")
		must(t, w.roles().Assign(w.In(), maker.ID, organization.Administrator))
		authority, err := w.roles().AuthorityOf(w.In(), maker.ID, uuid.Nil, func(organization.Permission) bool { return true })
		must(t, err)
		ctx := event.WithActor(organization.WithAuthority(w.In(), authority), event.Actor{Type: "user", ID: maker.PublicID()})
		w.conn, err = w.service().Update(ctx, w.conn.ID, func(s *federation.Spec) {
			s.GroupsClaim, s.GroupRoles = "groups", []federation.GroupRole{{Group: "g", Role: "owner", Organization: acme}}
		}, secret.String{})
		must(t, err)
		if lost {
			must(t, w.roles().Unassign(w.In(), maker.ID, organization.Administrator))
		}
		alice := w.User("alice@example.com")
		w.link("alice@example.com", "alice")
		w.says("alice", map[string]any{"email": "alice@example.com", "groups": []string{"g"}})
		w.signs("alice")
		if roles, _ := w.held(alice, acme); !slices.Equal(roles, want) {
			t.Errorf("maker lost the right: %v: %q", lost, roles)
		}
		seen, err := w.service().Preview(w.In(), w.conn.ID, []byte(`{"groups":["g"]}`))
		if err != nil || len(seen.Roles) != 1 || seen.Roles[0].Withheld != true {
			t.Errorf("the preview of who knows no rights shows %+v (%v)", seen.Roles, err)
		}
	}
}

// FED-31: whoever has groups that cannot be read is not signed in, and keeps the roles that they have.
func TestGroups_thatCannotBeReadSignNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.edit(func(s *federation.Spec) {
		s.GroupsClaim, s.GroupRoles = "groups", []federation.GroupRole{{Group: "admin", Role: organization.Administrator}}
	})
	alice := w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	w.says("alice", map[string]any{"email": "alice@example.com", "groups": "admin"})
	b := w.Browser()
	if p := w.through(b, "alice"); p.Left != nil || code(p) != "federation_answer" {
		t.Errorf("left to %v, %q", p.Left, code(p))
	}
	if roles, _ := w.held(alice, uuid.Nil); len(roles) > 0 {
		t.Errorf("has %q", roles)
	}
}

// Issue 15: where no role changes, groups cost one statement.
func TestGroups_costAStatementWhereNothingChanges(t *testing.T) {
	t.Parallel()
	tracer := &testservice.Statements{}
	w := newWorld(t, plintotest.Options{Tracer: tracer})
	acme := w.organization("acme")
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	w.says("alice", map[string]any{"email": "alice@example.com", "name": "Alice Example", "groups": []string{"g"}})
	ends := func() int {
		b := w.Browser()
		back := w.idp.Approve(w.leaves(b, "idp", nil), "alice").String()
		sent, _ := tracer.During(func() {
			if p := b.Open(back); !signedIn(p) {
				t.Fatalf("on %s (%d)", p.URL, p.Status)
			}
		})
		return len(sent)
	}
	ends() // copies in memory
	without := ends()
	w.edit(func(s *federation.Spec) {
		s.GroupsClaim, s.GroupRoles = "groups", []federation.GroupRole{{Group: "g", Role: "member", Organization: acme}}
		s.ClaimsUpdate = federation.ClaimsAlways
	})
	ends() // it gives the role, and the name
	if with := ends(); with > without+1 {
		t.Errorf("%d statements, %d without groups", with, without)
	}
}

// Of many sign-ins at once each ends with the roles of its groups.
func TestGroups_manyAtOnceGiveARoleOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	acme := w.organization("acme")
	w.edit(func(s *federation.Spec) {
		s.GroupsClaim, s.GroupRoles = "groups", []federation.GroupRole{{Group: "g", Role: "admin", Organization: acme}}
	})
	alice := w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	w.says("alice", map[string]any{"email": "alice@example.com", "groups": []string{"g"}})
	done := make(chan bool)
	const many = 6
	for range many {
		b := w.Browser()
		back := w.idp.Approve(w.leaves(b, "idp", nil), "alice").String()
		go func() { done <- signedIn(b.Open(back)) }()
	}
	for range many {
		if !<-done {
			t.Error("one is not signed in")
		}
	}
	if roles, _ := w.held(alice, acme); !slices.Equal(roles, []string{"admin"}) {
		t.Errorf("has %q", roles)
	}
	w.says("alice", map[string]any{"email": "alice@example.com", "groups": []string{}})
	w.signs("alice")
	if roles, member := w.held(alice, acme); len(roles) > 0 || member {
		t.Errorf("has %q, member %v", roles, member)
	}
}
