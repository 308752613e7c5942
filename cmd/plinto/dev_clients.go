package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/keyset"
	"plinto/internal/owner"
	"plinto/internal/playground"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// A relyingParty is a client that the playground is, could be, or cannot be.
type relyingParty struct {
	playground.Client
	name  string // of client and tenant
	scope string // what it may ask for
	api   string // address of the management API, when it may ask for tokens for it
	of    devTenant

	own        bool   // plinto dev makes it when somebody uses it
	registered bool   // it sends users back to the playground
	asksSecret bool   // the seed does not say its secret: whoever uses it does
	why        string // the playground cannot be it, in words that follow its name; "" where it can
}

// Addresses of the playground, below the public URL.
const (
	playgroundPath     = "/dev/playground"
	playgroundCallback = playgroundPath + "/callback"
)

// key names it in a form.
func (p *relyingParty) key() string { return keyOf(p.Client) }

func keyOf(c playground.Client) string { return c.Issuer + " " + c.ID }

// usable reports whether a sign-in can start as it.
func (p *relyingParty) usable() bool { return p.why == "" && (p.own || p.registered) }

// adoptable reports whether it lacks nothing but the playground among its redirect URIs.
func (p *relyingParty) adoptable() bool { return p.why == "" && !p.own && !p.registered }

// relyingParties returns every client of every tenant: first those of the seed that lead to the playground, then
// one of plinto dev for each tenant without, then those whose secret has to be entered, then all others.
func (d *devTenants) relyingParties(ctx context.Context) ([]relyingParty, error) {
	all, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	system, err := d.store.Tenants.BySlug(ctx, tenant.SystemSlug)
	if err != nil {
		return nil, fmt.Errorf("find the operators: %w", err)
	}
	var usable, own, asking, others []relyingParty
	for _, t := range append(all, devTenant{Tenant: system}) {
		found, err := d.clients(tenant.With(ctx, t.Tenant), t)
		if err != nil {
			return nil, err
		}
		fits := false
		for i := range found {
			switch {
			case !found[i].usable():
				others = append(others, found[i])
			case found[i].asksSecret:
				asking = append(asking, found[i])
			default:
				usable, fits = append(usable, found[i]), true
			}
		}
		if fits || d.elsewhere(t) {
			continue
		}
		mine, err := d.ownClient(tenant.With(ctx, t.Tenant), t)
		if err != nil {
			return nil, err
		}
		p := d.relyingParty(t, &mine)
		p.own, p.asksSecret, p.Secret = true, false, d.ownSecret(t, mine.ClientID)
		own = append(own, p)
	}
	return slices.Concat(usable, own, asking, others), nil
}

// clients are those of the tenant of ctx that users sign in to, but plinto dev's own.
func (d *devTenants) clients(ctx context.Context, t devTenant) (found []relyingParty, err error) {
	for c, err := range keyset.All(ctx, d.store.Clients.List, func(c *provider.Client) string { return c.ClientID }) {
		if err != nil {
			return nil, fmt.Errorf("list clients: %w", err)
		}
		if c.HasGrant(provider.GrantCode) && !provider.OfDevelopment(c.ClientID) {
			found = append(found, d.relyingParty(t, &c))
		}
	}
	return found, nil
}

// unfit says why the playground cannot be a client; "" when it can.
func (d *devTenants) unfit(t devTenant, c *provider.Client) string {
	switch {
	case d.elsewhere(t):
		return "is at " + t.Issuer + ", which is not this server's address"
	case !c.DisabledAt.IsZero():
		return "is disabled"
	case !slices.Contains(c.ResponseTypes, "code"):
		return "does not use the response type code"
	case c.ClientID == provider.CommandLineClientID:
		return "is that of the command line: plinto login " + t.Issuer
	case c.RequireSignedRequest:
		return "has to sign its requests, which the playground does not do"
	case c.IDTokenEncryptedAlg != "" || slices.Contains(provider.HMACAlgs, c.IDTokenSignedAlg):
		return "gets ID tokens that are encrypted or signed with its secret, which the playground does not read"
	case !c.Public() && c.TokenEndpointAuthMethod != provider.AuthBasic && c.TokenEndpointAuthMethod != provider.AuthPost:
		return "proves itself by " + c.TokenEndpointAuthMethod + ", which the playground does not do"
	}
	return ""
}

func (d *devTenants) relyingParty(t devTenant, c *provider.Client) relyingParty {
	p := relyingParty{scope: c.Scope, of: t, why: d.unfit(t, c), Client: playground.Client{
		Issuer: t.Issuer, ID: c.ClientID, SecretInBody: c.TokenEndpointAuthMethod == provider.AuthPost,
		RedirectURL: d.public.String() + playgroundCallback, Pushes: c.RequirePAR,
	}}
	p.registered = slices.Contains(c.RedirectURIs, p.RedirectURL)
	if !c.Public() {
		p.Secret = t.secretOf(c.ClientID)
		p.asksSecret = p.Secret == ""
	}
	if back := d.public.String() + playgroundPath; slices.Contains(c.PostLogoutRedirectURIs, back) {
		p.AfterLogoutURL = back
	}
	p.name = c.ClientID
	if c.ClientName != "" {
		p.name = c.ClientName + " (" + c.ClientID + ")"
	}
	p.name += " of " + cmp.Or(t.Name, t.Slug)
	if api := provider.ManagementResource(t.Tenant); c.MayUse(t.Tenant, api) {
		p.api = api
	}
	scopes := slices.DeleteFunc(strings.Fields(p.scope), func(s string) bool { return organization.Permission(s).Manages() })
	if p.scope = strings.Join(scopes, " "); p.scope == "" {
		p.scope = "openid profile email"
	}
	return p
}

// ownClient is the playground's client in the tenant of ctx, as it is to be: it may ask for everything that
// there is to ask for, with the consent of whoever signs in.
func (d *devTenants) ownClient(ctx context.Context, t devTenant) (provider.Client, error) {
	scope := []string{"openid", "profile", "email", "address", "phone", "offline_access"}
	resources := []string{provider.ManagementResource(t.Tenant)}
	servers, err := d.store.ResourceServers.All(ctx)
	if err != nil {
		return provider.Client{}, fmt.Errorf("list resource servers: %w", err)
	}
	for i := range servers[:min(len(servers), provider.MaxListed-1)] {
		resources = append(resources, servers[i].Identifier)
		for _, s := range servers[i].Scopes {
			if !slices.Contains(scope, s.Name) {
				scope = append(scope, s.Name)
			}
		}
	}
	c := d.newOwn(provider.PlaygroundClientID, "Playground")
	c.Scope, c.Resources = strings.Join(append(scope, strings.Fields(rightsAt(t))...), " "), resources
	c.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
	c.PostLogoutRedirectURIs = []string{d.public.String() + playgroundPath}
	c.Metadata = c.WithDefaults()
	return c, nil
}

// briefClient is another client, whose tokens end after two seconds.
func (d *devTenants) briefClient() provider.Client {
	c := d.newOwn(provider.BriefClientID, "Playground, with tokens of two seconds")
	c.Scope, c.AccessTokenTTL, c.FirstParty = "openid", 2, true
	c.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
	c.Metadata = c.WithDefaults()
	return c
}

func (d *devTenants) newOwn(id, name string) provider.Client {
	c := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: id}
	c.Metadata = provider.Metadata{
		ClientName: name, ApplicationType: provider.ApplicationWeb, TokenEndpointAuthMethod: provider.AuthBasic,
		RedirectURIs: []string{d.public.String() + playgroundCallback}, ResponseTypes: []string{"code"},
	}
	return c
}

// ownSecret is the secret of one of plinto dev's clients. It is kept nowhere: it follows from the root key.
func (d *devTenants) ownSecret(t devTenant, clientID string) string {
	key := d.root.Subkey("plinto/dev/client/v1 " + uuid.UUID(t.ID).String() + " " + clientID)
	return base64.RawURLEncoding.EncodeToString(key[:])
}

// ensure makes one of plinto dev's clients in a tenant, or has it be as it is to be.
func (d *devTenants) ensure(ctx context.Context, t devTenant, c provider.Client) error {
	ctx = tenant.With(ctx, t.Tenant)
	stored, err := d.registrar.Update(ctx, c.ClientID, func(stored *provider.Client) error {
		stored.Metadata, stored.FirstParty = c.Metadata, c.FirstParty
		return nil
	})
	plain := d.ownSecret(t, c.ClientID)
	switch {
	case errors.Is(err, provider.ErrClientNotFound):
	case err == nil && !d.registrar.Secrets.Matches(t.ID, stored, plain, time.Now()): // it was rotated, or is of another installation
		return d.registrar.SetSecret(ctx, c.ClientID, secret.NewString(plain))
	default:
		return err
	}
	c.Secrets = []provider.ClientSecret{d.registrar.Secrets.Keep(t.ID, &c, plain)}
	if err = d.registrar.Create(ctx, c); errors.Is(err, provider.ErrClientIDTaken) {
		return nil // another tab was faster
	}
	return err
}

// adopt adds the playground to the redirect URIs of a client. A seed that declares the client takes it out
// again when plinto dev starts next.
func (d *devTenants) adopt(ctx context.Context, p *relyingParty) error {
	ctx = owner.Force(tenant.With(ctx, p.of.Tenant))
	_, err := d.registrar.Update(ctx, p.ID, func(stored *provider.Client) error {
		// edit may be called again: what is stored is not to be changed in its place.
		stored.RedirectURIs = with(stored.RedirectURIs, d.public.String()+playgroundCallback)
		stored.PostLogoutRedirectURIs = with(stored.PostLogoutRedirectURIs, d.public.String()+playgroundPath)
		if problems := stored.Validate(provider.Rules{Operator: true}); len(problems) > 0 {
			return fmt.Errorf("Plinto refuses the playground as a redirect URI of %s: %s %s", p.ID, problems[0].Member, problems[0].Message) //nolint:staticcheck // a sentence of the page
		}
		return nil
	})
	return err
}

func with(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(slices.Clone(list), one)
}
