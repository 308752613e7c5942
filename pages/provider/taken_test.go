package provider_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/federation"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/organization"
)

// FED-47: the roles that go with an identity are told, one by one, with who took it as actor; those that stay are not.
func TestGroups_tellWhatGoesWithAnIdentity(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]struct {
		take func(*world, *identity.User) error
		told func(*world, *identity.User) string
	}{
		"unlinked": {
			func(w *world, alice *identity.User) error {
				ins := &federation.SignIns{
					Identities: w.Store.Identities, Outbox: w.Store.Outbox, Tx: w.Store.DB, Endings: w.Store.Endings(),
					Roles: &federation.RoleGiver{Given: w.Store.Identities, Roles: w.roles()},
				}
				return ins.Unlink(w.In(), event.Actor{Type: "operator", ID: "taking"}, alice, w.identities("alice@example.com")[0].ID)
			},
			func(_ *world, alice *identity.User) string { return "identity.unlinked " + alice.PublicID() },
		},
		"connection deleted": {
			func(w *world, _ *identity.User) error {
				return w.service().Delete(event.WithActor(w.In(), event.Actor{Type: "operator", ID: "taking"}), w.conn.ID)
			},
			func(w *world, _ *identity.User) string { return "connection.deleted " + w.conn.PublicID() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, plintotest.Options{})
			acme, other, third := w.organization("acme"), w.organization("other"), w.organization("third")
			w.edit(func(s *federation.Spec) {
				s.GroupsClaim = "groups"
				s.GroupRoles = []federation.GroupRole{
					{Group: "g", Role: "admin", Organization: acme}, {Group: "g", Role: "member", Organization: other}, {Group: "g", Role: organization.Administrator},
				}
			})
			alice := w.User("alice@example.com")
			w.link("alice@example.com", "alice")
			must(t, w.organizations().SetMember(w.In(), acme, organization.Member{UserID: alice.ID, Roles: []string{"owner"}}))
			must(t, w.organizations().SetMember(w.In(), third, organization.Member{UserID: alice.ID, Roles: []string{"member"}}))
			w.says("alice", map[string]any{"email": "alice@example.com", "groups": []string{"g"}})
			w.signs("alice")
			must(t, act.take(w, &alice))
			w.tells([]string{
				act.told(w, &alice),
				"organization.member_removed " + (&organization.Organization{ID: other}).PublicID(),
				"organization.member_set " + (&organization.Organization{ID: acme}).PublicID(),
				"user.role_removed " + alice.PublicID() + " administrator",
			})
			inAcme, _ := w.held(alice, acme)
			if _, guest := w.held(alice, other); !slices.Equal(inAcme, []string{"owner"}) || guest {
				t.Errorf("holds %q; a member elsewhere: %v", inAcme, guest)
			}
		})
	}
}

// tells compares what the audit log has of what was taken, besides sessions.
func (w *world) tells(want []string) {
	w.t.Helper()
	rows, err := w.Owner.Query(w.t.Context(), `
		SELECT type || ' ' || subject || coalesce(' ' || (data ->> 'role'), '') FROM audit_log
		WHERE tenant_id = $1 AND actor_id = 'taking' AND type <> 'session.ended' ORDER BY 1`, w.Tenant.ID.String())
	must(w.t, err)
	told, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		w.t.Errorf("told\n%q, want\n%q", told, want)
	}
}
