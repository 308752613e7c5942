package app

import (
	"context"
	"fmt"
	"log/slog"

	"plinto/admin"
	"plinto/event/audit"
	"plinto/internal/egress"
	"plinto/internal/idempotency"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/pages/reference"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// managementScopes are rights in the management API as scopes of its tokens.
func managementScopes(system bool) (scopes []provider.Scope) {
	for _, p := range organization.Permissions {
		if system || !p.OfSystem() {
			scopes = append(scopes, provider.Scope{Name: string(p)})
		}
	}
	return scopes
}

var (
	scopesOfTenants = managementScopes(false)
	scopesOfSystem  = managementScopes(true)
)

// management is the management API.
type management struct{ *parts }

func newManagement(p *parts) area { return management{p} }

func (m management) mount(r *router) { r.below(paths.Management, m.parts.management) } //nolint:staticcheck // the type has the name of the part

// manage makes the management API.
func (p *parts) manage() (err error) {
	s := p.cfg.Store
	cursors, err := secret.NewBox(p.cfg.Root.Subkey("plinto/cursor/v1"))
	if err != nil {
		return fmt.Errorf("make cursor box: %w", err)
	}
	answers, err := secret.NewBox(p.cfg.Root.Subkey("plinto/answer/v1"))
	if err != nil {
		return fmt.Errorf("make answer box: %w", err)
	}
	contract, err := admin.ReadContract()
	if err != nil {
		return err
	}
	if err := p.imports(contract); err != nil {
		return err
	}
	p.management, err = admin.New(contract, admin.Dependencies{
		Callers:     &admin.Guard{Tokens: &access.Guard{Tokens: p.tokens}, Roles: p.roles, Keys: p.apiKeys},
		Tenants:     s.Tenants,
		Idempotency: &idempotency.Service{Keys: s.IdempotencyKeys, Box: answers},
		Cursors:     admin.Cursors{Box: cursors}, Positions: p.positions, Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now,
		Services: p.managed(),
	})
	if err != nil {
		return fmt.Errorf("make management API: %w", err)
	}
	p.reference = reference.New(p.management.Contract().Document, p.browser)
	return nil
}

// managed are the use cases that the management API has.
func (p *parts) managed() admin.Services {
	s := p.cfg.Store
	reader := &audit.Reader{Log: s.AuditLog, Rows: s.AuditLog, Vault: p.vault, Outbox: s.Outbox, Tx: s.DB}
	sealer := &audit.Sealer{Seals: s.AuditSeals, Vault: p.vault, Now: p.cfg.Now, Log: slog.New(slog.DiscardHandler)}
	return admin.Services{
		Registry: &registry.Service{Tenants: s.Tenants, Writes: s.Tenants, Outbox: s.Tenants, Tx: s.Tenants}, Tenants: s.Tenants,
		Bulk: p.bulk, Audit: reader, Feed: &audit.Feed{Reader: reader, Sealer: sealer}, Statistics: s.Statistics, Keys: p.keys, Addresses: p.addresses, Webhooks: p.webhooks, Connections: p.connections, SignIns: p.signIns, Realms: p.realms,
		Rows: s.ManagedRows, Grants: s.Grants, GrantService: p.grants,
		Consents: NewConsents(s),
		Users:    s.Users, Directory: p.directory, Links: p.links, Account: p.account, Passwords: p.passwords, Roles: p.roles, APIKeys: p.apiKeys,
		Organizations: NewOrganizations(s, p.roles),
		Invitations:   p.invitations,
		Domains:       &domain.Service{Domains: s.Domains, Resolver: s.DNS, Turns: s.DNSTurns, Outbox: s.Outbox, Tx: s.DB},
		Resources:     &provider.ResourceServerService{Servers: s.ResourceServers, Managed: s.ResourceServers, Outbox: s.Outbox, Tx: s.DB},
		Clients: &admin.ClientService{
			Managed: s.Clients, Registrar: NewRegistrar(s, p.cfg.Root), Resources: p.resources(), Ours: p.ours, Loopback: p.cfg.Egress.AllowLoopback,
			VerifySector: func(ctx context.Context, m *provider.Metadata) error {
				return provider.VerifySector(ctx, p.egress, egress.Owner{Tenant: tenant.Must(ctx).ID.String(), Kind: egress.Registration}, m)
			},
		},
	}
}
