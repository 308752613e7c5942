package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"plinto/cmd/plinto/app"
	"plinto/cmd/plinto/manifest"
	"plinto/event"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/identity/device"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/breaker"
	"plinto/internal/egress"
	"plinto/internal/nearest"
	"plinto/internal/owner"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/organization/apikey"
	"plinto/organization/domain"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/storage"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// commandConns is how many connections a command needs at most.
const commandConns = 2

// operator is who acts when a command does.
var operator = event.Actor{Type: "operator"}

// An installation is what the commands work on: the database, and what the
// configuration says about it.
type installation struct {
	*manifest.Target
	cfg      *Config
	store    *storage.Store
	tenant   *tenant.Tenant // that the command works in, or nil
	factors  *mfa.Service
	devices  *device.Service
	passkeys *passkey.Service
	apiKeys  *apikey.Service
	// addresses sends no mails that ask for a proof.
	addresses *addresses.Service
	// invitations sends no mails: it queues them.
	invitations *invitation.Service
}

// open reads the configuration and opens the database. With Redis, what a command
// ends is forgotten there too; without, within a minute.
func (c *cli) open(ctx context.Context) (*installation, error) {
	cfg, err := c.load("PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY")
	if err != nil {
		return nil, err
	}
	// What a command does is told to clients and users by the servers: it only queues.
	store, err := openStore(ctx, cfg, storage.Config{MaxConns: commandConns})
	if err != nil {
		return nil, err
	}
	sectors, err := newSectors(cfg.EgressCAFile)
	if err != nil {
		store.Close()
		return nil, err
	}
	target := newTarget(store, cfg.Root, cfg.egress())
	target.VerifySector = sectors.verify
	metrics := prometheus.NewRegistry() // of a command nobody asks for them
	if target.Directory.Breaches, err = newBreaches(cfg, metrics, breaker.NewSet(metrics)); err != nil {
		store.Close()
		return nil, err
	}
	devices := app.NewDevices(store)
	factors, err := app.NewFactors(store, cfg.Root, devices, time.Now)
	if err != nil {
		store.Close()
		return nil, err
	}
	target.Apps = factors
	passkeys := passkey.New(cfg.Root, passkey.Service{Store: store.Passkeys, Factors: factors, Outbox: store.Outbox, Tx: store.DB, Now: time.Now})
	keys := &apikey.Service{Store: store.APIKeys, Roles: target.Organizations.Roles, Outbox: store.Outbox, Tx: store.DB, Now: time.Now}
	emails := addresses.New(cfg.Root, addresses.Service{Store: store.Emails, Users: store.Users, Outbox: store.Outbox, Tx: store.DB})
	invitations, err := invitation.New(cfg.Root, invitation.Service{
		Confers:     target.Organizations.Roles,
		Invitations: store.Invitations, Organizations: store.Organizations, Members: store.Organizations, Users: store.Users,
		Limiter: store.Limiter, Client: app.KnownClient(store), Outbox: store.Outbox, Tx: store.DB,
	})
	if err != nil {
		store.Close()
		return nil, err
	}
	return &installation{Target: target, invitations: invitations, cfg: cfg, store: store, factors: factors, passkeys: passkeys, apiKeys: keys, addresses: emails, devices: devices}, nil
}

func (i *installation) close() { i.store.Close() }

// newRegistry returns the service that changes tenants.
func newRegistry(s *storage.Store) *registry.Service {
	return &registry.Service{Tenants: s.Tenants, Writes: s.Tenants, Outbox: s.Tenants, Tx: s.Tenants, Moves: s.TenantMoves, Backups: s.Backups}
}

// newTarget says what a manifest is applied to, and how the servers reach others.
func newTarget(s *storage.Store, root secret.Root, reach egress.Options) *manifest.Target {
	loopback, roles := reach.AllowLoopback, app.NewRoles(s)
	return &manifest.Target{
		Tenants: s.Tenants, Registry: newRegistry(s), Logos: s.Logos, Brandings: s.Brandings, Clients: s.Clients, Users: s.Users,
		ResourceServers: s.ResourceServers, Resources: &provider.ResourceServerService{Servers: s.ResourceServers, Outbox: s.Outbox, Tx: s.DB},
		Directory: &identity.Directory{
			Users: s.Users, Managed: s.Users, Writes: s.Users, Batch: s.Users, Deletions: s.Users, Sessions: s.Sessions, Hasher: newHasher(root), Outbox: s.Outbox, Tx: s.DB,
		},
		Organizations: app.NewOrganizations(s, roles), Tx: s.DB,
		Domains:   &domain.Service{Domains: s.Domains, Resolver: s.DNS, Turns: s.DNSTurns, Outbox: s.Outbox, Tx: s.DB},
		Registrar: app.NewRegistrar(s, root),
		Connections: &federation.Service{
			Connections: s.Connections, Writes: s.Connections, Vault: federation.NewVault(root), CheckURL: reachable(loopback), Outbox: s.Outbox, Tx: s.DB, Now: time.Now,
			Endings:    s.Endings(),
			Roles:      &federation.RoleGiver{Given: s.Identities, Roles: roles},
			Connectors: map[string]federation.Connector{federation.KindSAML: bySAML(reach, federation.NewVault(root))},
			Metadata:   s.Connections,
		},
		Webhooks: &webhook.Service{
			Endpoints: s.Webhooks, Writes: s.Webhooks, Deliveries: s.WebhookDeliveries, Vault: webhook.NewVault(root),
			CheckURL: reachable(loopback), Outbox: s.Outbox, Tx: s.DB, Now: time.Now,
		},
	}
}

// reachable takes what the servers may reach.
func reachable(loopback bool) func(string) error {
	return func(raw string) error {
		client, err := egress.New(egress.Options{AllowLoopback: loopback})
		if err != nil {
			return fmt.Errorf("make egress client: %w", err)
		}
		return client.CheckURL(raw)
	}
}

// newHasher returns the hasher of passwords. Server and commands must agree on
// the pepper; the cost may differ: a sign-in raises it.
func newHasher(root secret.Root) *password.Hasher { return hasher(root, password.Options{}) }

func hasher(root secret.Root, o password.Options) *password.Hasher {
	keys := root.TenantKey(secret.PasswordPepper)
	o.Pepper = password.Pepper{ID: "1", Of: func(ctx context.Context) [32]byte { return keys.Of(tenant.Must(ctx).ID) }}
	return password.New(o)
}

// issuer words the issuer for people.
func issuer(t *tenant.Tenant) string {
	if t.Issuer == "" {
		return "(set PLINTO_PUBLIC_URL to see it)"
	}
	return t.Issuer
}

// work runs fn on the installation and closes it.
func (c *cli) work(ctx context.Context, fn func(context.Context, *installation) error) error {
	i, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer i.close()
	ctx = event.WithActor(ctx, operator)
	if c.force {
		ctx = owner.Force(ctx)
	}
	if err = fn(ctx, i); err != nil {
		err = i.recordRefusal(context.WithoutCancel(ctx), c.command, err)
	}
	return explainDatabase(err, databaseURL)
}

// forceFlag adds --force to a command and those below it.
func (c *cli) forceFlag(cmd *cobra.Command) *cobra.Command {
	cmd.PersistentFlags().BoolVar(&c.force, "force", false, "change also what a manifest declares")
	return cmd
}

// A tenantFlag is --tenant of the commands that work within one tenant.
type tenantFlag string

func (f *tenantFlag) flag(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar((*string)(f), "tenant", "", "slug of the tenant; may be left out when there is only one besides system")
}

// work is cli.work for the tenant of the flag.
func (f *tenantFlag) work(ctx context.Context, c *cli, fn func(context.Context, *installation) error) error {
	return c.work(ctx, func(ctx context.Context, i *installation) error {
		t, err := f.find(ctx, i)
		if err == nil {
			err = t.Check()
		}
		if err != nil {
			return err
		}
		i.tenant = t
		return fn(tenant.With(ctx, t), i)
	})
}

// namedTenants is how many tenants are read to say which there are.
const namedTenants = 10

func (f *tenantFlag) find(ctx context.Context, i *installation) (*tenant.Tenant, error) {
	if *f != "" {
		return i.bySlug(ctx, string(*f))
	}
	all, err := i.Tenants.List(ctx, "", namedTenants)
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	ordinary := slices.DeleteFunc(all, func(t tenant.Tenant) bool { return t.Slug == tenant.SystemSlug })
	switch len(ordinary) {
	case 0:
		return nil, errors.New("there is no tenant yet: plinto tenant create SLUG makes one")
	case 1:
		return &ordinary[0], nil
	default:
		return nil, usageError{fmt.Errorf("say which tenant: --tenant %s", strings.Join(slugs(ordinary), " or "))}
	}
}

// bySlug finds one tenant by its slug.
func (i *installation) bySlug(ctx context.Context, slug string) (*tenant.Tenant, error) {
	t, err := i.Tenants.Current(ctx, slug)
	if !errors.Is(err, tenant.ErrUnknown) {
		return t, err
	}
	all, err := tenant.All(ctx, i.Tenants) // to say which was meant
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return nil, fmt.Errorf("there is no tenant %q%s", slug, nearest.Hint(slug, slugs(all)))
}

// unknown says which of some tenants there is not, where err is that there is not one of them.
func (i *installation) unknown(ctx context.Context, named []string, err error) error {
	if !errors.Is(err, tenant.ErrUnknown) {
		return err
	}
	for _, slug := range named {
		if _, missing := i.bySlug(ctx, slug); missing != nil {
			return missing
		}
	}
	return err
}

func slugs(all []tenant.Tenant) []string {
	out := make([]string, 0, min(len(all), 6))
	for n, t := range all {
		if n == 5 {
			return append(out, "…")
		}
		out = append(out, t.Slug)
	}
	return out
}

// stamp writes a time for people, "" of the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// state words whether something is disabled.
func state(disabledAt time.Time) string {
	if disabledAt.IsZero() {
		return "enabled"
	}
	return "disabled"
}
