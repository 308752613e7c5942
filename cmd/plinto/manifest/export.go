package manifest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/internal/owner"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

const exportHeader = `# Written by plinto export; plinto apply -f reads it back.
# Client secrets and passwords are not in it: they are kept as hashes only. What is
# stored stays when this is applied; elsewhere, clients get new secrets, and users
# have no password until they are given one here.
`

// Export writes the tenants with these slugs (all, when there are none) as a
// manifest. Applied to the same installation it changes nothing. Users and members are written as
// they are read, page by page: however many there are, memory holds one. Without users, members are left out too. What cannot be
// read is left out: the rest is written, and then it fails.
func Export(ctx context.Context, target *Target, w io.Writer, users bool, slugs ...string) error {
	stored, err := tenant.All(ctx, target.Tenants)
	if err != nil {
		return fmt.Errorf("list tenants: %w", err)
	}
	if len(slugs) > 0 {
		stored = slices.DeleteFunc(stored, func(t tenant.Tenant) bool { return !slices.Contains(slugs, t.Slug) })
	}
	if len(slugs) > len(stored) {
		return tenant.ErrUnknown
	}
	var left leftOut
	stored = slices.DeleteFunc(stored, func(t tenant.Tenant) bool {
		left.why = errors.Join(left.why, t.Check())
		return t.Unreadable != ""
	})
	if _, err = io.WriteString(w, exportHeader); err != nil {
		return err
	}
	err = emit(w, mapping{{"owner", nobody}, {"tenants", lazy(func(yield func(mapping) error) error {
		for i := range stored {
			t := &stored[i]
			out, err := exportTenant(tenant.With(ctx, t), target, t, users, &left)
			if err == nil {
				err = yield(out)
			}
			if err != nil {
				return fmt.Errorf("export tenant %s: %w", t.Slug, err)
			}
		}
		return nil
	})}})
	return errors.Join(left.why, err)
}

func exportTenant(ctx context.Context, target *Target, t *tenant.Tenant, users bool, left *leftOut) (mapping, error) {
	written := t.Settings
	if err := writeOut(ctx, target.Logos.ByHash, &written.Branding.Logo, &written.Branding.LogoDark); err != nil {
		return nil, err
	}
	settings, err := exportSettings(written)
	if err != nil {
		return nil, err
	}
	out := mapping{
		{"slug", t.Slug},
		{"name", t.Name},
		{"host", t.Host},
		{"isolation", string(t.Placement.Isolation)},
		{"disabled", !t.DisabledAt.IsZero()},
		{"settings", settings},
	}
	by, err := owners(ctx, target)
	if err != nil {
		return nil, err
	}
	out = by(ownedTenants, t.Slug, out)
	servers, err := target.ResourceServers.All(ctx)
	if err != nil {
		return nil, err
	}
	var exported list
	for _, r := range servers {
		if left.server(&r) {
			continue
		}
		exported = append(exported, by(ownedServers, r.Identifier, exportResourceServer(&r)))
	}
	clients, err := exportClients(ctx, target, by, left)
	if err != nil {
		return nil, err
	}
	roles, err := exportRoles(ctx, target, by)
	if err != nil {
		return nil, err
	}
	webhooks, err := exportWebhooks(ctx, target, by)
	if err != nil {
		return nil, err
	}
	connections, err := exportConnections(ctx, target, by, left)
	if err != nil {
		return nil, err
	}
	return append(out, entry{"resource_servers", exported}, entry{"clients", clients},
		entry{"roles", roles}, entry{"users", exportUsers(ctx, target, users, left)}, entry{"organizations", exportOrganizations(ctx, target, users, by, left)},
		entry{"webhook_endpoints", webhooks}, entry{"connections", connections}), nil
}

// none is a list of nothing, which is left out.
func none(func(mapping) error) error { return nil }

// exportUsers hands the users over, each with the keys of their roles.
func exportUsers(ctx context.Context, target *Target, wanted bool, left *leftOut) lazy {
	if !wanted {
		return none
	}
	return func(yield func(mapping) error) error {
		for after := uuid.Nil; ; {
			page, err := target.Users.List(ctx, after, keyset.Page)
			if err != nil {
				return err
			}
			ids := make([]uuid.UUID, len(page))
			for i := range page {
				ids[i] = page[i].ID
			}
			holders, err := target.Organizations.Roles.Store.Holders(ctx, ids)
			if err != nil {
				return err
			}
			for i := range page {
				u := &page[i]
				if after = u.ID; left.user(u) {
					continue
				}
				if err := yield(append(exportUser(u), entry{"roles", texts(holders[u.ID])})); err != nil {
					return err
				}
			}
			if len(page) < keyset.Page {
				return nil
			}
		}
	}
}

// owners returns what adds the owner to each thing of the tenant of ctx, and to tenants.
func owners(ctx context.Context, target *Target) (marked, error) {
	owned, err := findOwned(ctx, target)
	if err != nil {
		return nil, err
	}
	tenants, err := ownedTenants.rows(target).Owned(ctx)
	if err != nil {
		return nil, err
	}
	owned[ownedTenants] = make(map[string]owner.Owned)
	for _, o := range tenants {
		owned[ownedTenants][o.Name] = o
	}
	return func(kind *ownable, key string, m mapping) mapping {
		return append(m, entry{"managed_by", owned[kind][key].Owner})
	}, nil
}

// exportSettings writes all settings there are, whatever their types.
func exportSettings(s tenant.Settings) (mapping, error) {
	text, err := json.Marshal(view(s)) // by way of the view, which sorts the names
	if err != nil {
		return nil, err
	}
	out, err := decodeJSON(text)
	if err != nil {
		return nil, err
	}
	return out.(mapping), nil
}

func exportResourceServer(r *provider.ResourceServer) mapping {
	var scopes list
	for _, s := range r.Scopes {
		scopes = append(scopes, mapping{{"name", s.Name}, {"description", s.Description}, {"default", s.Default}})
	}
	return mapping{
		{"identifier", r.Identifier},
		{"name", r.Name},
		{"scopes", scopes},
		{"token_format", string(r.Format)},
		{"signing_alg", r.SigningAlg},
		{"access_token_ttl", ttlText(r.TokenTTL)},
	}
}

func exportUser(u *identity.User) mapping {
	out := mapping{
		{"email", u.Email},
		{"email_verified", u.EmailVerified},
		{"username", u.Username},
		{"phone_number", u.Phone},
		{"phone_number_verified", u.PhoneVerified},
		{"disabled", !u.Active()},
	}
	profile, err := json.Marshal(u.Profile)
	if err != nil {
		return out
	}
	claims, err := decodeJSON(profile)
	if err != nil {
		return out
	}
	return append(out, claims.(mapping)...)
}

func memberName(u *identity.User) entry {
	if u.Email != "" {
		return entry{"email", u.Email}
	}
	return entry{"username", u.Username}
}

func exportOrganizations(ctx context.Context, target *Target, members bool, by marked, left *leftOut) lazy {
	return func(yield func(mapping) error) error {
		for o, err := range keyset.All(ctx, target.Organizations.List, organizationKey) {
			if err != nil {
				return err
			}
			if left.organization(&o) {
				continue
			}
			m, err := exportOrganization(ctx, target, &o, exportMembers(ctx, target, o.ID, members))
			if err == nil {
				err = yield(by(ownedOrganizations, o.Slug, m))
			}
			if err != nil {
				return fmt.Errorf("export organization %s: %w", o.Slug, err)
			}
		}
		return nil
	}
}

// exportMembers hands the members of an organization over, by what they sign in with.
func exportMembers(ctx context.Context, target *Target, id uuid.UUID, wanted bool) lazy {
	if !wanted {
		return none
	}
	return func(yield func(mapping) error) error {
		for after := uuid.Nil; ; {
			page, err := target.Organizations.Members(ctx, id, keyset.Rows(after, keyset.Page))
			if err != nil {
				return err
			}
			page = page[:min(len(page), keyset.Page)]
			ids := make([]uuid.UUID, len(page))
			for i := range page {
				ids[i] = page[i].UserID
			}
			users, err := target.Directory.Managed.Many(ctx, ids)
			if err != nil {
				return err
			}
			names := make(map[uuid.UUID]entry, len(users))
			for i := range users {
				if users[i].Unreadable != "" {
					continue // nor is the user in the file
				}
				names[users[i].ID] = memberName(&users[i])
			}
			for _, m := range page {
				after = m.UserID
				name, ok := names[m.UserID]
				if !ok {
					continue // or deleted meanwhile
				}
				if err := yield(mapping{name, {"roles", texts(m.Roles)}}); err != nil {
					return err
				}
			}
			if len(page) < keyset.Page {
				return nil
			}
		}
	}
}

// marked adds the owner to what is exported.
type marked = func(kind *ownable, key string, m mapping) mapping

// exportRoles returns the roles that were made.
func exportRoles(ctx context.Context, target *Target, by marked) (list, error) {
	all, err := target.Organizations.Roles.Store.Roles(ctx)
	if err != nil {
		return nil, err
	}
	var out list
	for i := range all {
		r := &all[i]
		var permissions list
		for _, p := range r.Permissions {
			permissions = append(permissions, string(p))
		}
		out = append(out, by(ownedRoles, roleName(r.Scope, r.Key), mapping{
			{"key", r.Key}, {"scope", string(r.Scope)}, {"name", r.Name}, {"description", r.Description}, {"permissions", permissions}, {"includes", texts(r.Includes)},
		}))
	}
	return out, nil
}

func exportOrganization(ctx context.Context, target *Target, o *organization.Organization, members lazy) (mapping, error) {
	out := mapping{{"slug", o.Slug}, {"name", o.Name}, {"external_id", o.ExternalID}, {"suspended", o.Suspended()}}
	for _, d := range []struct {
		name string
		raw  json.RawMessage
	}{{"public_metadata", o.PublicMetadata}, {"private_metadata", o.PrivateMetadata}} {
		value, err := decodeJSON(d.raw)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", d.name, err)
		}
		if object, ok := value.(mapping); ok && len(object) > 0 {
			out = append(out, entry{d.name, raw(flowJSON(object))}) // exactly: what is false or empty in it may matter
		}
	}
	policy, err := asMapping(o.Policy)
	if err != nil {
		return nil, err
	}
	look := o.Branding
	if err := writeOut(ctx, target.Brandings.Logo, &look.Logo, &look.LogoDark); err != nil {
		return nil, err
	}
	branding, err := asMapping(look)
	if err != nil {
		return nil, err
	}
	domains, err := allDomains(ctx, target, o.ID)
	if err != nil {
		return nil, err
	}
	var names list
	for _, d := range domains {
		names = append(names, d.Name)
	}
	return append(out, entry{"policy", policy}, entry{"branding", branding}, entry{"members", members}, entry{"domains", names}), nil
}

// asMapping is a value as its JSON has it.
func asMapping(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decodeJSON(text)
}
