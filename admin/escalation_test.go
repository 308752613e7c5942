package admin_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/invitation"
	"plinto/provider"
)

func (w *world) roles() *organization.RoleService {
	return &organization.RoleService{Store: w.Store.Roles, Outbox: w.Store.Outbox, Tx: w.Store.DB}
}

func (w *world) organizations() *organization.Service {
	return &organization.Service{
		Organizations: w.Store.Organizations, Writes: w.Store.Organizations, Roles: w.roles(), Outbox: w.Store.Outbox, Tx: w.Store.DB,
	}
}

// unlimited lets tests invite as often as they want.
type unlimited struct{ identity.Limiter }

func (unlimited) Take(context.Context, ...identity.Bucket) time.Duration { return 0 }

func (w *world) invitations() *invitation.Service {
	s, err := invitation.New(w.Root, invitation.Service{
		Invitations: w.Store.Invitations, Organizations: w.Store.Organizations, Members: w.Store.Organizations, Users: w.Store.Users,
		Limiter: unlimited{}, Confers: w.roles(), Outbox: w.Store.Outbox, Tx: w.Store.DB,
	})
	must(w.t, err)
	return s
}

// A path is a way to give somebody a right. It is called as somebody who wants to.
type path func(ctx context.Context, name string, right organization.Permission) error

// paths are the ways to give rights; as is a context in which everything may be done.
func (w *world) paths(as context.Context) map[string]path {
	roles, orgs, clients := w.roles(), w.organizations(), w.Registrar()
	invitations := w.invitations()
	ready := func(scope organization.RoleScope, name string, rights ...organization.Permission) string {
		_, err := roles.Create(as, organization.Role{Scope: scope, Key: name, Name: name, Permissions: rights})
		must(w.t, err)
		return name
	}
	someone := w.User("someone@example.com")
	org, err := orgs.Create(as, organization.Organization{Slug: "acme", Name: "Acme"})
	must(w.t, err)
	must(w.t, orgs.SetMember(as, org.ID, organization.Member{UserID: someone.ID}))
	client := func(name string, rights ...organization.Permission) provider.Client {
		return *testworld.NewParty(provider.NewSecretHasher(w.Root), w.Tenant.ID, name, provider.Metadata{
			GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{provider.ManagementResource(w.Tenant)}, Scope: string(rights[0]),
		}).Client
	}
	readyClient := func(name string, rights ...organization.Permission) string {
		c := client(name, rights...)
		must(w.t, clients.Create(as, c))
		return c.ClientID
	}
	return map[string]path{
		"create a role": func(ctx context.Context, name string, p organization.Permission) error {
			_, err := roles.Create(ctx, organization.Role{Scope: organization.TenantRole, Key: name, Name: name, Permissions: []organization.Permission{p}})
			return err
		},
		"add to a role": func(ctx context.Context, name string, p organization.Permission) error {
			key := ready(organization.TenantRole, name)
			_, err := roles.Update(ctx, organization.TenantRole, key, func(r *organization.Role) error {
				r.Permissions = []organization.Permission{p}
				return nil
			})
			return err
		},
		"role in role": func(ctx context.Context, name string, p organization.Permission) error {
			inner := ready(organization.TenantRole, "in-"+name, p)
			_, err := roles.Create(ctx, organization.Role{Scope: organization.TenantRole, Key: name, Name: name, Includes: []string{inner}})
			return err
		},
		"role in role in role": func(ctx context.Context, name string, p organization.Permission) error {
			inner := ready(organization.TenantRole, "in-"+name, p)
			_, err := roles.Create(as, organization.Role{Scope: organization.TenantRole, Key: "mid-" + name, Name: name, Includes: []string{inner}})
			must(w.t, err)
			key := ready(organization.TenantRole, name)
			_, err = roles.Update(ctx, organization.TenantRole, key, func(r *organization.Role) error { r.Includes = []string{"mid-" + name}; return nil })
			return err
		},
		"assign a role": func(ctx context.Context, name string, p organization.Permission) error {
			return roles.Assign(ctx, w.Make(identity.User{Username: name}).ID, ready(organization.TenantRole, name, p))
		},
		"change a role that somebody has": func(ctx context.Context, name string, p organization.Permission) error {
			key := ready(organization.TenantRole, name, p)
			_, err := roles.Update(ctx, organization.TenantRole, key, func(r *organization.Role) error { r.Permissions = nil; return nil })
			return err
		},
		"role of a member": func(ctx context.Context, name string, p organization.Permission) error {
			if !slices.Contains(organization.OrganizationPermissions, p) {
				return organization.ErrCannotConfer // there is no such role
			}
			return orgs.SetMember(ctx, org.ID, organization.Member{UserID: someone.ID, Roles: []string{ready(organization.OrganizationRole, name, p)}})
		},
		"invite a member": func(ctx context.Context, name string, p organization.Permission) error {
			if !slices.Contains(organization.OrganizationPermissions, p) {
				return organization.ErrCannotConfer
			}
			_, err := invitations.Create(ctx, invitation.Spec{Organization: org.ID, Email: name + "@example.com", Roles: []string{ready(organization.OrganizationRole, name, p)}})
			return err
		},
		"send an invitation again": func(ctx context.Context, name string, p organization.Permission) error {
			if !slices.Contains(organization.OrganizationPermissions, p) {
				return organization.ErrCannotConfer
			}
			i, err := invitations.Create(as, invitation.Spec{Organization: org.ID, Email: name + "@example.com", Roles: []string{ready(organization.OrganizationRole, name, p)}})
			must(w.t, err)
			return invitations.Resend(ctx, org.ID, i.ID)
		},
		"scope of a client": func(ctx context.Context, name string, p organization.Permission) error {
			return clients.Create(ctx, client(name, p))
		},
		"scope that a client gets": func(ctx context.Context, name string, p organization.Permission) error {
			_, err := clients.Update(ctx, readyClient(name, organization.DomainsRead), func(c *provider.Client) error { c.Scope = string(p); return nil })
			return err
		},
		"secret of a client": func(ctx context.Context, name string, p organization.Permission) error {
			_, err := clients.RotateSecret(ctx, readyClient(name, p), true)
			return err
		},
	}
}

// TEN-06: every set of rights × every way to give one × every right. Nobody gives what they have not.
func TestEscalation_noWayGivesARightThatItsCallerHasNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	as := w.In()
	callers := map[string][]organization.Permission{
		"roles alone":   {organization.RolesWrite, organization.ClientsWrite, organization.MembersWrite, organization.UsersRead},
		"a helpdesk":    {organization.UsersRead, organization.UsersWrite, organization.SessionsWrite, organization.MembersRead},
		"a reader":      {organization.UsersRead, organization.AuditRead, organization.SettingsRead, organization.RolesRead},
		"nearly all":    slices.DeleteFunc(slices.Clone(organization.Permissions), func(p organization.Permission) bool { return p == organization.KeysRotate }),
		"no rights":     {},
		"organizations": organization.OrganizationPermissions,
	}
	attempts, gains, given, n := 0, 0, 0, 0
	for way, give := range w.paths(as) {
		for caller, has := range callers {
			for _, right := range []organization.Permission{
				organization.UsersRead, organization.UsersWrite, organization.KeysRotate, organization.ResourceServersWrite, organization.MembersWrite, organization.AuditRead,
			} {
				n++
				attempts++
				err := give(organization.WithAuthority(as, organization.Authority{Rights: has}), fmt.Sprintf("n%d", n), right)
				holds := slices.Contains(has, right)
				switch {
				case err == nil && !holds:
					gains++
					t.Errorf("%s: %s gave %s", way, caller, right)
				case err == nil:
					given++
				case !errors.Is(err, organization.ErrCannotConfer) && !errors.Is(err, organization.ErrCannotActOn):
					t.Errorf("%s: %s, %s: %v", way, caller, right, err)
				}
			}
		}
	}
	if given < attempts/10 {
		t.Errorf("only %d of %d attempts gave what their caller has: the matrix shows nothing", given, attempts)
	}
	t.Logf("%d attempts, %d allowed, %d gains", attempts, given, gains)
}

// TEN-07: a helpdesk does nothing to who has more rights, by any operation that names a user.
func TestEscalation_nobodyChangesWhoHasMoreRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss, ann := w.User("boss@example.com"), w.User("ann@example.com")
	must(t, w.roles().Assign(w.In(), boss.ID, organization.Administrator))
	helpdesk := w.tokenFor(w.Tenant, organization.UsersRead, organization.UsersWrite, organization.SessionsWrite, organization.RolesWrite, organization.GrantsWrite)
	tried := 0
	for _, op := range contract.Operations {
		if !op.Writes() || op.Organization || !slices.Contains(op.PathParameters(), "user_id") {
			continue // of members their roles in the organization are compared
		}
		tried++
		for user, refused := range map[string]bool{boss.PublicID(): true, ann.PublicID(): false} {
			got := w.send(request{method: op.Method, path: fill(op.Path, user), body: cmp.Or(bodies[op.ID], bodyFor(op)), token: helpdesk})
			if is := got.Body["code"] == "cannot_act_on"; is != refused {
				t.Errorf("%s %s: got %d %s, want it refused: %t", op.ID, user, got.Status, got.raw, refused)
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d operations were tried", tried)
	}
	got := w.send(request{method: "PUT", path: "/users/by-external-id?external_id=x", body: m{"email": "boss@example.com"}, token: helpdesk})
	if got.Status < 400 {
		t.Errorf("an upsert took the address of an administrator: %s", got.raw)
	}
	t.Logf("%d operations", tried)
}

// A caller who loses a right while giving it has not got it any more.
func TestEscalation_rightsAreReadWhenTheyAreGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss, ann := w.User("boss@example.com"), w.User("ann@example.com")
	must(t, w.roles().Assign(w.In(), boss.ID, organization.Administrator))
	everything := func(organization.Permission) bool { return true }
	authority, err := w.roles().AuthorityOf(w.In(), boss.ID, uuid.Nil, everything)
	must(t, err)
	must(t, w.roles().Unassign(w.In(), boss.ID, organization.Administrator))
	err = w.roles().Assign(organization.WithAuthority(w.In(), authority), ann.ID, organization.Administrator)
	if !errors.Is(err, organization.ErrCannotConfer) {
		t.Errorf("got %v", err)
	}
}
