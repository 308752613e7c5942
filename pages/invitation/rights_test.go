package invitation_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/tenant"
)

// An inviter is who invites by rights that they can lose.
type inviter struct {
	actor event.Actor
	may   organization.Authority
	lose  func()
}

func (w *world) roleService() *organization.RoleService {
	return &organization.RoleService{Store: w.Store.Roles, Outbox: w.Store.Outbox, Tx: w.Store.DB}
}

// inviters makes one of each kind; each loses its rights in its own way.
func (w *world) inviters() map[string]inviter {
	w.t.Helper()
	rights := []organization.Permission{organization.MembersWrite, organization.MembersRead, organization.OrganizationsRead, organization.DomainsRead, organization.DomainsWrite, organization.RolesRead, organization.BrandingRead, organization.BrandingWrite}
	all := map[string]inviter{}
	for name, lose := range map[string]func(identity.User){
		"a user who keeps them":     func(identity.User) {},
		"a member with fewer roles": func(u identity.User) { w.set(u, "member") },
		"a user who was removed":    func(u identity.User) { must(w.t, w.organizations.RemoveMember(w.ctx, w.acme.ID, u.ID)) },
		"a user who is blocked":     func(u identity.User) { w.Disable(u) },
	} {
		u := w.User(strings.ReplaceAll(name, " ", "-") + "@example.com")
		w.set(u, organization.Admin)
		all[name] = inviter{event.Actor{Type: "user", ID: u.PublicID()}, organization.Authority{Organization: w.acme.ID, There: rights}, func() { lose(u) }}
	}
	var texts []string
	for _, p := range rights {
		texts = append(texts, string(p))
	}
	client, _ := w.Client(provider.Metadata{GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{provider.ManagementResource(w.Tenant)}, Scope: strings.Join(texts, " ")})
	all["a client with fewer scopes"] = inviter{event.Actor{Type: "client", ID: client.ClientID}, organization.Authority{Rights: rights}, func() {
		w.Change(client, func(c *provider.Client) { c.Scope = "members:read" })
	}}
	keys := &apikey.Service{Store: w.Store.APIKeys, Roles: w.roleService(), Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: testworld.Now}
	key, _, err := keys.Create(w.In(), apikey.New{Name: "k", TTL: apikey.MaxTTL, Permissions: rights})
	must(w.t, err)
	all["a key that was revoked"] = inviter{event.Actor{Type: "api_key", ID: key.PublicID()}, organization.Authority{Rights: rights}, func() { must(w.t, keys.Revoke(w.In(), key.ID)) }}
	system := w.NewTenant(tenant.SystemSlug, "", tenant.Settings{})
	for name, left := range map[string]string{
		"an operator who keeps them":                   "tenants:read " + strings.Join(texts, " "),
		"an operator with fewer scopes":                "tenants:read members:read",
		"an operator who may act in no tenant anymore": strings.Join(texts, " "),
	} {
		c, _ := w.ClientIn(system, provider.Metadata{GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{provider.ManagementResource(system)}, Scope: "tenants:read " + strings.Join(texts, " ")})
		all[name] = inviter{event.Actor{Type: "operator", ID: "system/client:" + c.ClientID}, organization.Authority{Rights: rights}, func() {
			_, err := w.Registrar().Update(tenant.With(w.t.Context(), system), c.ClientID, func(c *provider.Client) error { c.Scope = left; return nil })
			must(w.t, err)
		}}
	}
	all["an operator of another tenant"] = inviter{event.Actor{Type: "operator", ID: "other/client:" + client.ClientID}, organization.Authority{Rights: rights}, func() {}}
	kept, _, err := keys.Create(w.In(), apikey.New{Name: "kept", TTL: apikey.MaxTTL, Permissions: rights})
	must(w.t, err)
	all["a key that stands"] = inviter{event.Actor{Type: "api_key", ID: kept.PublicID()}, organization.Authority{Rights: rights}, func() {}}
	return all
}

func (w *world) set(u identity.User, roles ...string) {
	w.t.Helper()
	must(w.t, w.organizations.SetMember(w.ctx, w.acme.ID, organization.Member{UserID: u.ID, Roles: roles}))
}

// ORG-14: an invitation gives nothing that who made it could not give when it is accepted, to who has an account
// and to who makes one.
func TestInvitation_givesNothingOnceItsInviterHasLostTheRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.invitations.Confers = w.roleService()
	n := 0
	for name, who := range w.inviters() {
		n++
		email := strings.ReplaceAll(name, " ", ".") + ".invited@example.com"
		guest := w.User(email)
		ctx := event.WithActor(organization.WithAuthority(context.WithoutCancel(w.ctx), who.may), who.actor)
		w.ctx, ctx = ctx, w.ctx
		i, link := w.invite(email, func(s *invitation.Spec) { s.Roles = []string{organization.Admin} })
		_, second := w.invite("new."+email, func(s *invitation.Spec) { s.Roles = []string{organization.Admin} })
		w.ctx = ctx
		who.lose()
		stands := strings.Contains(name, "keeps") || strings.Contains(name, "stands")
		p := w.signedIn(email).Open(link).Submit("submit", nil)
		if got := w.roles(guest.ID); slices.Contains(got, organization.Admin) != stands {
			t.Errorf("%s: the guest has the roles %q (%d %s)", name, got, p.Status, says(p))
		}
		stored, err := w.invitations.ByID(w.ctx, w.acme.ID, i.ID)
		must(t, err)
		want := invitation.Revoked
		if stands {
			want = invitation.Accepted
		}
		if stored.State() != want || !stands && (p.Status != http.StatusConflict || !strings.Contains(says(p), "withdrawn")) {
			t.Errorf("%s: the invitation is %s (%d %s)", name, stored.State(), p.Status, says(p))
		}
		p = w.Browser().Open(second).Submit("submit", map[string]string{"password": "correct horse battery", "name": "N"})
		if _, err := w.Store.Users.Credential(w.ctx, "new."+email, nil); (err == nil) != stands {
			t.Errorf("%s: who makes an account: %d %s, %v", name, p.Status, says(p), err)
		}
	}
}

// A role that was deleted meanwhile is not given, and no role that gets its key later.
func TestInvitation_givesTheRolesThatThereAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	roles := w.roleService()
	w.invitations.Confers = roles
	_, err := roles.Create(w.ctx, organization.Role{Scope: organization.OrganizationRole, Key: "buyer", Name: "Buyer"})
	must(t, err)
	guest := w.User(alice)
	_, link := w.invite(alice, func(s *invitation.Spec) { s.Roles = []string{"buyer", "member"} })
	must(t, roles.Delete(w.ctx, organization.OrganizationRole, "buyer"))
	w.signedIn(alice).Open(link).Submit("submit", nil)
	if got := w.roles(guest.ID); !slices.Equal(got, []string{"member"}) {
		t.Errorf("got %q", got)
	}
}

// Who accepts sees as whom, and can go on as somebody else.
func TestInvitation_namesWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User(alice)
	_, link := w.invite(alice)
	p := w.signedIn(alice).Open(link)
	if !strings.Contains(p.Doc.Find("#who").Text(), alice) {
		t.Errorf("the page says %s", says(p))
	}
	if p = p.Submit("switch", nil); !strings.HasPrefix(p.URL.Path, "/login") {
		t.Errorf("another account: %d %s", p.Status, p.URL)
	}
}
