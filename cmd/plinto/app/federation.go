package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/event/mail"
	"plinto/federation"
	"plinto/federation/oidc"
	"plinto/federation/saml"
	"plinto/identity"
	"plinto/internal/egress"
	"plinto/internal/tid"
)

// federate makes what signs people in with identity providers.
func (p *parts) federate() error {
	client, err := egress.New(federationEgress(p.cfg.Egress))
	if err != nil {
		return fmt.Errorf("make egress client of identity providers: %w", err)
	}
	s, vault := p.cfg.Store, federation.NewVault(p.cfg.Root)
	web := oidc.New(client, vault, p.cfg.Operations.Breakers, p.cfg.Now)
	web.Health = &federation.Health{Limiter: s.Limiter, Outbox: s.Outbox, Tx: s.DB}
	bySAML := saml.New(vault, p.cfg.Now)
	bySAML.Fetch = web.Fetch
	connectors := map[string]federation.Connector{federation.KindOIDC: web, federation.KindOAuth2: web, federation.KindSAML: bySAML}
	roles := &federation.RoleGiver{
		Given: s.Identities, Roles: p.roles, Authorities: newAuthorities(s, p.roles),
		Organizations: NewOrganizations(s, p.roles),
	}
	p.connections = &federation.Service{
		Connections: s.Connections, Writes: s.Connections, Connectors: connectors, Vault: vault, CheckURL: p.egress.CheckURL,
		Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now, Endings: s.Endings(), Roles: roles, Metadata: s.Connections,
	}
	s.Providers = p.connections
	p.upstreamLogouts = &federation.Logouts{Connections: s.Connections, Connectors: connectors, Tokens: s.Identities, Tx: s.DB, Endings: s.Endings()}
	p.signIns = federation.NewSignIns(p.cfg.Root, federation.SignIns{
		Connections: s.Connections, Identities: s.Identities, Connectors: connectors, Directory: p.directory, Members: s.Organizations, Invitations: p.invitations,
		Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now, Endings: s.Endings(), Roles: roles,
	})
	return nil
}

// federationEgress are the limits of talking to identity providers. They have places of their own: a slow one takes none from
// what others wait for, and one of a tenant takes a quarter of the tenant's.
func federationEgress(o egress.Options) egress.Options {
	o.Timeout, o.HeaderTimeout = 5*time.Second, 4*time.Second
	o.Idle = 8
	o.Places = egress.Places{All: 256, Tenant: 64, Kind: 64, Client: 16}
	return o
}

// expiring finds the connection that an event's subject is; none when it is gone, or disabled.
func (p *parts) expiring(ctx context.Context, subject string) (mail.Connection, error) {
	id, err := tid.Parse(federation.Prefix, subject)
	if err != nil {
		return mail.Connection{}, nil //nolint:nilerr // an event about something else has nobody to tell
	}
	c, err := p.connections.ByID(ctx, id)
	if errors.Is(err, federation.ErrNotFound) || err == nil && !c.Enabled() {
		return mail.Connection{}, nil
	}
	return mail.Connection{Slug: c.Slug, Name: c.Name}, err
}

// unlinkReported takes an identity from a user who says that somebody else connected it.
func (p *parts) unlinkReported(ctx context.Context, actor event.Actor, user *identity.User, id string) error {
	parsed, err := tid.Parse(federation.IdentityPrefix, id)
	if err != nil {
		return err
	}
	if err := p.signIns.Unlink(ctx, actor, user, parsed); err != nil && !errors.Is(err, federation.ErrIdentityNotFound) {
		return err
	}
	return nil
}

// takeBackSince takes from a user what signs in and came since a time.
func (p *parts) takeBackSince(ctx context.Context, actor event.Actor, user *identity.User, since time.Time) error {
	if err := p.passkeys.TakeBackSince(ctx, actor, user, since); err != nil {
		return err
	}
	return p.signIns.UnlinkSince(ctx, actor, user, since)
}
