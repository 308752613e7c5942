package main

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"plinto/cmd/plinto/manifest"
	"plinto/identity/mfa"
	"plinto/internal/keyset"
	"plinto/internal/playground"
	"plinto/organization"
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

// A relyingParty is a client that the playground can be.
type relyingParty struct {
	playground.Client
	name  string // of client and tenant
	scope string // what it may ask for
	api   string // address of the management API, when it may ask for tokens for it
	of    devTenant
}

// key names it in a form.
func (p *relyingParty) key() string { return p.Issuer + " " + p.ID }

// Addresses of the playground, below the public URL.
const (
	playgroundPath     = "/dev/playground"
	playgroundCallback = playgroundPath + "/callback"
)

// relyingParties returns the clients that send users back to the playground and that it
// can be, and why others that do are none.
func (d *devTenants) relyingParties(ctx context.Context) (found []relyingParty, why []string, err error) {
	all, err := d.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		ctx := tenant.With(ctx, t.Tenant)
		for c, err := range keyset.All(ctx, d.store.Clients.List, func(c *provider.Client) string { return c.ClientID }) {
			if err != nil {
				return nil, nil, err
			}
			if !slices.Contains(c.RedirectURIs, d.public.String()+playgroundCallback) {
				continue
			}
			if reason := d.unfit(t, &c); reason != "" {
				why = append(why, "Client "+c.ClientID+" of tenant "+t.Slug+" "+reason+".")
				continue
			}
			found = append(found, d.relyingParty(t, &c))
		}
	}
	return found, why, nil
}

// unfit says why the playground cannot be a client; "" when it can.
func (d *devTenants) unfit(t devTenant, c *provider.Client) string {
	switch {
	case d.elsewhere(t):
		return "is at " + t.Issuer + ", which is not this server's address"
	case !c.DisabledAt.IsZero():
		return "is disabled"
	case !c.HasGrant(provider.GrantCode) || !slices.Contains(c.ResponseTypes, "code"):
		return "does not use the grant authorization_code with the response type code"
	case c.RequirePAR || c.RequireSignedRequest:
		return "has to push or to sign its requests, which the playground does not do"
	case c.IDTokenEncryptedAlg != "" || slices.Contains(provider.HMACAlgs, c.IDTokenSignedAlg):
		return "gets ID tokens that are encrypted or signed with its secret, which the playground does not read"
	case c.Public():
		return ""
	case c.TokenEndpointAuthMethod != provider.AuthBasic && c.TokenEndpointAuthMethod != provider.AuthPost:
		return "proves itself by " + c.TokenEndpointAuthMethod + ", which the playground does not do"
	case t.secretOf(c.ClientID) == "":
		return "has a secret that is not in the seed, so that the playground does not know it"
	}
	return ""
}

func (d *devTenants) relyingParty(t devTenant, c *provider.Client) relyingParty {
	p := relyingParty{scope: c.Scope, of: t, Client: playground.Client{
		Issuer: t.Issuer, ID: c.ClientID, SecretInBody: c.TokenEndpointAuthMethod == provider.AuthPost,
		RedirectURL: d.public.String() + playgroundCallback,
	}}
	if !c.Public() {
		p.Secret = t.secretOf(c.ClientID)
	}
	if back := d.public.String() + playgroundPath; slices.Contains(c.PostLogoutRedirectURIs, back) {
		p.AfterLogoutURL = back
	}
	p.name = c.ClientID
	if c.ClientName != "" {
		p.name = c.ClientName + " (" + c.ClientID + ")"
	}
	p.name += " of " + t.Name
	if api := provider.ManagementResource(t.Tenant); c.MayUse(t.Tenant, api) {
		p.api = api
	}
	scopes := slices.DeleteFunc(strings.Fields(p.scope), func(s string) bool { return organization.Permission(s).Manages() })
	if p.scope = strings.Join(scopes, " "); p.scope == "" {
		p.scope = "openid profile email"
	}
	return p
}
