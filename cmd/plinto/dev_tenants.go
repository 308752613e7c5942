package main

import (
	"context"
	"net/url"
	"slices"

	"plinto/cmd/plinto/manifest"
	"plinto/identity/mfa"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/storage"
	"plinto/tenant"
)

// devTenants is what the development pages and the first screen tell of the tenants: what
// is in the database, and what only the seed knows, secrets and passwords.
type devTenants struct {
	public *url.URL
	store  *storage.Store
	seed   *manifest.Manifest
	// factors knows the authenticator apps of users.
	factors *mfa.Service
	// registrar and root make the playground's own clients.
	registrar *provider.Registrar
	root      secret.Root
}

// A devTenant is a tenant that answers, with what the seed says of it.
type devTenant struct {
	*tenant.Tenant
	declared *manifest.Tenant // nil: it is not in the seed
}

// list returns the tenants but the operators', those of the seed first and in its order.
func (d *devTenants) list(ctx context.Context) ([]devTenant, error) {
	all, err := tenant.All(ctx, d.store.Tenants)
	if err != nil {
		return nil, err
	}
	var declared, others []devTenant
	for _, t := range all {
		if t.Slug == tenant.SystemSlug || !t.DisabledAt.IsZero() || t.Unreadable != "" {
			continue
		}
		found := devTenant{&t, d.seed.Find(t.Slug)}
		if found.declared == nil {
			others = append(others, found)
			continue
		}
		declared = append(declared, found)
	}
	place := func(t devTenant) int {
		return slices.IndexFunc(d.seed.Tenants, func(s manifest.Tenant) bool { return s.Slug == t.Slug })
	}
	slices.SortFunc(declared, func(a, b devTenant) int { return place(a) - place(b) })
	return append(declared, others...), nil
}

// elsewhere reports whether a tenant has a host that does not lead to this server: one
// with another port than that of the public URL.
func (d *devTenants) elsewhere(t devTenant) bool {
	u, err := url.Parse(t.Issuer)
	return err == nil && t.Host != "" && u.Port() != d.public.Port()
}

// secretOf returns a client's secret as the seed says it, "" when it does not.
func (t devTenant) secretOf(clientID string) string {
	if t.declared == nil {
		return ""
	}
	for _, c := range t.declared.Clients {
		if c.ClientID == clientID {
			return c.ClientSecret.Reveal()
		}
	}
	return ""
}

// A devUser is somebody to sign in as.
type devUser struct{ name, password string }

// users returns the users of the seed who can sign in, those with a password first.
func (t devTenant) users() []devUser {
	if t.declared == nil {
		return nil
	}
	var known, others []devUser
	for _, u := range t.declared.Users {
		found := devUser{u.Email, u.Password.Reveal()}
		if found.name == "" {
			found.name = u.Username
		}
		switch {
		case u.Disabled:
		case found.password != "":
			known = append(known, found)
		default:
			others = append(others, found)
		}
	}
	return append(known, others...)
}

// service returns a client of the seed that gets tokens for itself, as user:password of
// curl; "" without one.
func (t devTenant) service() string {
	if t.declared == nil {
		return ""
	}
	for _, c := range t.declared.Clients {
		credentials := c.ClientID + ":" + c.ClientSecret.Reveal()
		if !c.Disabled && slices.Equal(c.Metadata.GrantTypes, []string{provider.GrantClientCredentials}) &&
			!c.ClientSecret.Empty() && url.QueryEscape(c.ClientID+c.ClientSecret.Reveal()) == c.ClientID+c.ClientSecret.Reveal() {
			return credentials
		}
	}
	return ""
}
