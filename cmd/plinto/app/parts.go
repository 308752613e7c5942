package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"plinto/admin"
	"plinto/dispatch"
	"plinto/event"
	"plinto/event/audit"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/account"
	"plinto/identity/addresses"
	"plinto/identity/bulk"
	"plinto/identity/device"
	"plinto/identity/effort"
	"plinto/identity/mailsignin"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/identity/passwords"
	"plinto/identity/recovery"
	"plinto/internal/egress"
	"plinto/internal/freshness"
	"plinto/internal/later"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/organization/invitation"
	"plinto/pages/browser"
	"plinto/pages/reference"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/authorize"
	"plinto/provider/backchannel"
	"plinto/provider/clientauth"
	"plinto/provider/clientkeys"
	"plinto/provider/engine"
	"plinto/provider/grants"
	"plinto/provider/inspection"
	"plinto/provider/keys"
	"plinto/provider/seal"
	"plinto/tenant"
	"plinto/ui"
)

// parts are what areas are made of. Each is made once, and whole when newParts returns.
type parts struct {
	cfg         Config
	public      *url.URL // the installation's origin
	resolver    *tenant.Resolver
	egress      *egress.Client
	keys        *keys.Service
	clientKeys  *clientkeys.Keys
	browser     *browser.Browser
	positions   *freshness.Positions
	clients     *clientauth.Authenticator // which client a request comes from
	tokens      *inspection.Inspector     // what tokens say, and whether they stand
	grants      *grants.Service           // ends them and what hangs on them
	sealer      *seal.Sealer              // signs and encrypts to clients
	engine      *engine.Engine
	assembler   *assembly.Assembler // checks authorization requests, pushed and not
	responder   *authorize.Responder
	dispatcher  *dispatch.Dispatcher
	directory   *identity.Directory
	roles       *organization.RoleService
	apiKeys     *apikey.Service
	proofs      *identity.PasswordProof
	later       *later.Runner
	starter     *identity.SessionStarter
	check       *device.Check
	devices     *device.Service
	mailed      *identity.MailedCodes
	signUps     *identity.SignUps
	recoveries  *recovery.Service
	mailSignIns *mailsignin.Service
	links       *recovery.Links
	factors     *mfa.Service
	bulk        *bulk.Service
	passkeys    *passkey.Service
	addresses   *addresses.Service
	reports     *recovery.Reports
	account     *account.Service
	passwords   *passwords.Service
	management  *admin.Server
	invitations *invitation.Service
	reference   *reference.Handler
	vault       *audit.Vault
	webhooks    *webhook.Service
	connections *federation.Service
	signIns     *federation.SignIns

	realms  *federation.Realms
	metrics *metrics

	upstreamLogouts *federation.Logouts
	draining        atomic.Bool // the server is about to stop
}

// newParts makes the parts of a server, those that others need first.
func newParts(cfg Config) (*parts, error) {
	s := cfg.Store
	p := &parts{cfg: cfg, public: s.Public, resolver: &tenant.Resolver{Tenants: s.Tenants, Public: s.Public}}
	p.metrics = newMetrics(cfg.Operations.Registry, newAllowed(cfg.MetricsTenants, cfg.MetricsClients))
	p.cfg.Egress.Observe = p.metrics.reached
	p.keys = &keys.Service{Keys: s.Keys, Outbox: s.Outbox, Tx: s.DB, Root: cfg.Root, Now: cfg.Now, Announced: s.Announced, Generate: cfg.SigningKey, Memory: s.Memory}
	p.realms = &federation.Realms{Connections: s.Connections, Domains: s.Realms}
	p.roles = NewRoles(s)
	p.apiKeys = &apikey.Service{Store: s.APIKeys, Roles: p.roles, Outbox: s.Outbox, Tx: s.DB, Now: cfg.Now}
	var err error
	if p.egress, err = egress.New(cfg.Egress); err != nil {
		return nil, fmt.Errorf("make egress client: %w", err)
	}
	p.clientKeys = clientkeys.New(p.egress, cfg.Now)
	box, err := secret.NewBox(cfg.Root.Subkey("plinto/browser/v1"))
	if err != nil {
		return nil, fmt.Errorf("make browser box: %w", err)
	}
	positions, err := secret.NewBox(cfg.Root.Subkey("plinto/position/v1"))
	if err != nil {
		return nil, fmt.Errorf("make position box: %w", err)
	}
	p.positions = &freshness.Positions{Database: s, Box: positions}
	p.browser = &browser.Browser{
		Sessions: s.Sessions, Users: s.Users, Clients: provider.WithAccountPages{Clients: s.Clients}, Flows: s.Flows, Box: box, Positions: p.positions, DeviceKey: cfg.Root.Subkey("plinto/device/v1"),
		Secure: p.public.Scheme == "https", Development: cfg.Development, Dir: cfg.Dir, Program: cfg.Program, Now: cfg.Now,
	}
	p.later = later.New(laterAtOnce)
	if err := p.tokenParts(); err != nil {
		return nil, err
	}
	if err := p.services(); err != nil {
		return nil, err
	}
	p.flows()
	return p, nil
}

// tokenParts makes what authenticates clients, makes tokens, and reads them.
func (p *parts) tokenParts() (err error) {
	s, b, now, secrets := p.cfg.Store, p.browser, p.cfg.Now, provider.NewSecretHasher(p.cfg.Root)
	p.clients = clientauth.New(clientauth.Dependencies{
		Clients: s.Clients, Keys: p.clientKeys, Assertions: s.Assertions, Limiter: s.Limiter, Secrets: secrets, Now: now, Uses: s.Clients, Later: p.later.Do,
	})
	p.grants = &grants.Service{
		Codes: s.Codes, RefreshTokens: s.RefreshTokens, AccessTokens: s.AccessTokens, Grants: s.Grants, Outbox: s.Outbox, Tx: s.DB,
	}
	p.sealer = &seal.Sealer{Signer: p.keys, Keys: p.clientKeys, Secrets: secrets, Now: now}
	p.tokens, err = inspection.New(inspection.Dependencies{
		Clients: s.Clients, AccessTokens: s.AccessTokens, RefreshTokens: s.RefreshTokens, Grants: p.grants, Verifier: p.keys,
		Subjects: p.subjects(), Roles: p.roles, Scopes: provider.ScopePolicy{Resources: p.resources()}, Now: now, Announced: s.Announced,
	})
	if err != nil {
		return fmt.Errorf("make token inspector: %w", err)
	}
	s.OnChange("signing_keys", func(id tenant.ID) { p.keys.Drop(id); p.tokens.DropVerified() }, func() { p.keys.DropAll(); p.tokens.DropVerified() })
	p.engine = engine.New(engine.Dependencies{
		Authenticator: p.clients, Sealer: p.sealer, ResourceServers: p.resources(), RefreshTokens: s.RefreshTokens,
		AccessTokens: s.AccessTokens, Grants: p.grants, Pushed: s.PushedRequests, Signer: p.keys, Tx: s.DB, Limiter: s.Limiter,
		Root: p.cfg.Root, Roles: p.roles, Now: now, Device: func(r *http.Request) string { return b.Device(r).ID },
	})
	return nil
}

// flows makes what takes an authorization request from its first check to its answer.
func (p *parts) flows() {
	s, now := p.cfg.Store, p.cfg.Now
	p.assembler = &assembly.Assembler{
		Clients: s.Clients, Scopes: p.scopes(), Hints: p.sealer, Keys: p.clientKeys, Fetcher: p.egress, Pushed: s.PushedRequests,
		Subjects: p.subjects(), SignUp: p.signUp, Locales: ui.Supported, Now: now,
	}
	p.responder = &authorize.Responder{Engine: p.engine, Sealer: p.sealer, Pushed: s.PushedRequests, Browser: p.browser, Now: now}
	p.dispatcher = &dispatch.Dispatcher{
		Clients: provider.WithAccountPages{Clients: s.Clients}, Scopes: p.scopes(), Consents: s.Consents, Subjects: p.subjects(), Memberships: s.Memberships,
		Keys: p.passkeys, Providers: p.realms, Responder: p.responder, Now: now, Mails: p.cfg.Mail != nil, Development: p.cfg.Development,
	}
}

// laterAtOnce is how much is done at once after requests were answered: some look passwords up in
// lists of breached ones, each with a request of its own.
const laterAtOnce = 16

// services makes the use cases that more than one area has.
func (p *parts) services() error {
	s := p.cfg.Store
	p.directory = &identity.Directory{Users: s.Users, Managed: s.Users, Writes: s.Users, Batch: s.Users, Deletions: s.Users, Sessions: s.Sessions, Hasher: p.cfg.Hasher, Breaches: p.cfg.Breaches, Outbox: s.Outbox, Tx: s.DB}
	efforts := effort.New(p.cfg.Root, effort.Service{Spent: s.Efforts, Now: p.cfg.Now})
	toll := func(purpose string) identity.EffortLimit {
		return identity.EffortLimit{Limiter: s.Limiter, Efforts: efforts, Purpose: purpose}
	}
	p.starter = &identity.SessionStarter{Sessions: s.Sessions, Devices: s.Devices, Outbox: s.Outbox, Tx: s.DB, Gate: p.realms}
	p.proofs = &identity.PasswordProof{
		Users: s.Users, Attempts: s.Attempts, Limiter: s.Limiter, Efforts: efforts, Hasher: p.cfg.Hasher, Outbox: s.Outbox, Tx: s.DB,
		ShadowKey: p.shadowKey(), Now: p.cfg.Now, Timing: &identity.TimingEqualizer{Kinds: s.Users, Hasher: p.cfg.Hasher},
		Breaches: p.cfg.Breaches, Writes: s.Users, Later: p.later.Do, Gate: p.realms,
	}
	if err := p.letters(); err != nil {
		return err
	}
	p.check = &device.Check{
		Mailed: p.mailed, Directory: p.directory, Attempts: s.Attempts, Limiter: s.Limiter, Outbox: s.Outbox, Tx: s.DB, Mails: p.cfg.Mail != nil,
	}
	p.signUps = &identity.SignUps{
		Directory: p.directory, Starter: p.starter, Mailed: p.mailed, EffortLimit: toll("sign-up"), ShadowKey: p.shadowKey(),
		Now: p.cfg.Now, Reaches: p.reaches,
	}
	if err := p.invite(); err != nil {
		return err
	}
	if err := p.secondFactors(); err != nil {
		return err
	}
	p.recoveries = &recovery.Service{
		Users: s.Users, Directory: p.directory, Starter: p.starter, Factors: p.factors, Mailed: p.mailed,
		EffortLimit: toll("recovery"), ShadowKey: p.shadowKey(), Now: p.cfg.Now,
	}
	p.mailSignIns = &mailsignin.Service{
		Users: s.Users, Directory: p.directory, Mailed: p.mailed, Attempts: s.Attempts, Outbox: s.Outbox, Tx: s.DB,
		EffortLimit: toll("mail-sign-in"), ShadowKey: p.shadowKey(), Now: p.cfg.Now, Mails: p.cfg.Mail != nil,
	}
	p.links = &recovery.Links{
		Tokens: s.OneTimeTokens, Users: s.Users, Directory: p.directory, Devices: s.Devices, Outbox: s.Outbox, RemoveFactors: p.passkeys.RemoveAll,
	}
	p.addresses = addresses.New(p.cfg.Root, addresses.Service{
		Store: s.Emails, Users: s.Users, Mailed: p.mailed, Limiter: s.Limiter, Outbox: s.Outbox, Tx: s.DB, Reaches: p.reaches,
	})
	p.reports = &recovery.Reports{
		Tokens: s.OneTimeTokens, Users: s.Users, Directory: p.directory, TakeBack: p.passkeys.TakeBack, Mailboxes: s.Emails.Mailboxes,
		Unlink: p.unlinkReported, TakeCodesBack: p.factors.TakeCodesBack, TakeBackSince: p.takeBackSince,
		TakeBackEmails: func(ctx context.Context, actor event.Actor, user *identity.User, email, change uuid.UUID) (time.Time, error) {
			return p.addresses.TakeBack(ctx, actor, user, addresses.Cause{Email: email, Change: change})
		},
	}
	p.manageable()
	if err := p.federate(); err != nil {
		return err
	}
	return p.manage()
}

// letters makes what seals codes that are mailed, and what opens the audit log.
func (p *parts) letters() (err error) {
	s := p.cfg.Store
	box, err := secret.NewBox(p.cfg.Root.Subkey("plinto/letter/v1"))
	if err != nil {
		return fmt.Errorf("make letter box: %w", err)
	}
	p.mailed = &identity.MailedCodes{Attempts: s.Attempts, Codes: s.OneTimeTokens, Box: box, Outbox: s.Outbox, Tx: s.DB}
	if p.vault, err = audit.NewVault(p.cfg.Root); err != nil {
		return fmt.Errorf("make vault of audit log: %w", err)
	}
	return nil
}

// secondFactors makes the services of second factors, and of browsers that stand in for them.
func (p *parts) secondFactors() (err error) {
	s := p.cfg.Store
	p.devices = NewDevices(s)
	if p.factors, err = NewFactors(s, p.cfg.Root, p.devices, p.cfg.Now); err != nil {
		return err
	}
	p.passkeys = passkey.New(p.cfg.Root, passkey.Service{Store: s.Passkeys, Factors: p.factors, Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now, Metadata: p.cfg.PasskeyMetadata})
	return nil
}

// manageable makes services that account pages and management API share.
func (p *parts) manageable() {
	s := p.cfg.Store
	p.passwords = &passwords.Service{Directory: p.directory, Devices: p.cfg.Store.Devices, Factors: p.cfg.Store.Factors, Mails: p.cfg.Mail != nil, Now: p.cfg.Now}
	p.account = &account.Service{
		Directory: p.directory, Sessions: s.Sessions, Ender: NewEnder(s),
		Devices: s.Devices, Factors: p.factors, Passkeys: p.passkeys, Rows: s.Users, Tx: s.DB,
		Otherwise: func(ctx context.Context, user *identity.User) (bool, error) {
			if p.mailSignIns.SignsIn(ctx, user) {
				return true, nil
			}
			held, err := s.Identities.Of(ctx, user.ID)
			if err != nil {
				return false, err
			}
			return p.realms.SignsIn(ctx, held)
		},
	}
	p.webhooks = &webhook.Service{
		Endpoints: s.Webhooks, Writes: s.Webhooks, Deliveries: s.WebhookDeliveries, Vault: webhook.NewVault(p.cfg.Root),
		CheckURL: p.egress.CheckURL, Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now,
	}
}

// invite makes the service of invitations.
func (p *parts) invite() (err error) {
	s := p.cfg.Store
	p.invitations, err = invitation.New(p.cfg.Root, invitation.Service{
		Confers:     p.roles,
		Authorities: newAuthorities(s, p.roles),
		Invitations: s.Invitations, Organizations: s.Organizations, Members: s.Organizations, Users: s.Users, SignUps: p.signUps,
		Limiter: s.Limiter, Client: KnownClient(s), Outbox: s.Outbox, Tx: s.DB,
	})
	return err
}

// subscribe registers the handlers of the subscriptions.
func (p *parts) subscribe() error {
	p.mail()
	if err := p.sendWebhooks(); err != nil {
		return err
	}
	s := p.cfg.Store
	s.Handle(&keys.Maker{Keys: p.keys})
	s.Handle(&backchannel.Notifier{
		Clients: s.Clients, Subjects: p.subjects(), Sealer: p.sealer, Transport: func(by egress.Owner) http.RoundTripper { return p.egress.For(by) },
		Outbox: s.Outbox, Tx: s.DB, Now: p.cfg.Now,
	})
	return nil
}

// resources are the APIs that tokens can be for.
func (p *parts) resources() provider.ResourceServers {
	return provider.WithManagement{ResourceServers: p.cfg.Store.ResourceServers, Scopes: scopesOfTenants, System: scopesOfSystem}
}

func (p *parts) scopes() provider.ScopePolicy {
	return provider.ScopePolicy{Resources: p.resources()}
}

func (p *parts) subjects() provider.Subjects { return provider.NewSubjects(p.cfg.Root) }

// shadowKey is the key of the counters of unknown user names.
func (p *parts) shadowKey() [32]byte { return p.cfg.Root.Subkey("plinto/shadow/v1") }

// address returns the client's address.
func (p *parts) address(r *http.Request) string { return p.cfg.Clients.Address(r).String() }
