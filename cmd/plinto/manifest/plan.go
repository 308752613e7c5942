package manifest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/internal/owner"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/provider"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// A Target is the installation a manifest is compared with and applied to.
type Target struct {
	Tenants         tenant.Registry
	Registry        *registry.Service
	ResourceServers provider.ResourceServers
	Resources       *provider.ResourceServerService
	Clients         provider.Clients
	Registrar       *provider.Registrar
	Users           identity.Users
	Directory       *identity.Directory
	Apps            Apps
	Organizations   *organization.Service
	Domains         *domain.Service
	Webhooks        *webhook.Service
	Connections     *federation.Service
	Logos           tenant.Logos
	Brandings       organization.Brandings
	Tx              identity.Transactor
	// VerifySector checks the sector_identifier_uri of client metadata, if there is
	// one: see provider.VerifySector. nil: clients with one cannot be written.
	VerifySector func(context.Context, *provider.Metadata) error
}

// Apps stores authenticator apps that users had elsewhere.
type Apps interface {
	// Take stores an app in the transaction of ctx: see mfa.Service.
	Take(ctx context.Context, user *identity.User, secret []byte, name string) error
}

// An Action is what apply does with one thing.
type Action string

// The actions.
const (
	Create    Action = "create"
	Update    Action = "update"
	Unchanged Action = "unchanged"
	Delete    Action = "delete"
)

// A Change is what happens to one declared or stored thing.
type Change struct {
	Action Action  `json:"action"`
	Tenant string  `json:"tenant"` // slug
	Kind   string  `json:"kind"`   // "tenant", "resource server", "client", "role", "user", "roles of user", "organization", "member", "domain", "webhook endpoint", "connection"
	Name   string  `json:"name"`
	Fields []Field `json:"fields,omitempty"` // of an update; secrets are never shown

	// key tells things of one name apart; "": nothing else has it.
	key string
	// prepare does slow work before the transaction; write is what happens in it.
	prepare, write func(ctx context.Context) error
}

// of returns what the owner of the thing is found by.
func (c *Change) of() string { return cmp.Or(c.key, c.Name) }

// A Field is one difference: values as JSON, "" when absent.
type Field struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// A Plan is what it takes to make the database say what the manifest says.
type Plan struct {
	Changes []Change // in the order they are made; of a long list, those of the first listedMost that change something
	Omitted int      // changes of long lists that are not among them
	// Warnings are about what the manifest says and only the database shows to be odd.
	Warnings []Problem

	target    *Target
	file      string
	owner     string // of what the manifest declares; "": nobody
	tenants   []tenantPlan
	counts    map[Action]int
	generated []GeneratedSecret
	warned    log
}

// A tenantPlan is the part of a plan in one tenant.
type tenantPlan struct {
	acting tenant.Tenant
	own    Change
	stages []stage
}

// A GeneratedSecret is a secret that Plinto generated for a client or a webhook endpoint: to
// be shown once.
type GeneratedSecret struct {
	Tenant   string `json:"tenant"`
	ClientID string `json:"client_id,omitempty"`
	Webhook  string `json:"webhook_url,omitempty"`
	Secret   string `json:"client_secret"`
}

// Count returns how many changes have that action, those that are omitted too.
func (p *Plan) Count(a Action) int { return p.counts[a] }

// Differs reports whether anything is to be changed.
func (p *Plan) Differs() bool { return p.counts[Create]+p.counts[Update]+p.counts[Delete] > 0 }

// sum lists and counts what the tenants have.
func (p *Plan) sum() {
	p.counts = map[Action]int{}
	for i := range p.tenants {
		t := &p.tenants[i]
		p.counts[t.own.Action]++
		p.Changes = append(p.Changes, t.own)
		for _, s := range t.stages {
			p.Changes = append(p.Changes, s.changes...)
			p.Omitted += s.omitted
			for action, n := range s.counts {
				p.counts[action] += n
			}
		}
	}
}

// Plan compares the manifest with what is stored. It writes nothing. With prune,
// tenants that are not declared are deleted (never the system tenant), and within
// a declared tenant the things of every list that is in the file.
//
// An error is a *Problems when the manifest contradicts what is stored.
func (m *Manifest) Plan(ctx context.Context, target *Target, prune bool) (*Plan, error) {
	p := &Plan{target: target, file: m.file, owner: m.name()}
	var problems log
	for i := range m.Tenants {
		t := &m.Tenants[i]
		if err := p.tenant(ctx, t, prune, &problems); err != nil {
			return nil, fmt.Errorf("compare tenant %s: %w", t.Slug, err)
		}
	}
	if prune {
		if err := p.pruneTenants(ctx, m); err != nil {
			return nil, err
		}
	} else if err := p.releaseTenants(ctx, m); err != nil {
		return nil, err
	}
	if len(problems.list) > 0 {
		problems.sort()
		return nil, &Problems{m.file, problems.list}
	}
	p.sum()
	p.warned.sort()
	p.Warnings = p.warned.list
	return p, nil
}

// tenant compares one declared tenant.
func (p *Plan) tenant(ctx context.Context, t *Tenant, prune bool, problems *log) error {
	stored, err := p.target.Tenants.BySlug(ctx, t.Slug)
	if err != nil && !errors.Is(err, tenant.ErrUnknown) {
		return err
	}
	s := scene{plan: p, declared: t, prune: prune, problems: problems, named: map[*ownable]map[string]bool{}, known: map[uuid.UUID]bool{}}
	s.fresh = stored == nil || err != nil
	if err := s.own(ctx, stored); err != nil {
		return err
	}
	ctx = tenant.With(ctx, &s.part.acting)
	if !s.fresh {
		if s.owned, err = findOwned(ctx, p.target); err != nil {
			return err
		}
	}
	for _, compare := range []func(context.Context) error{
		s.resourceServers, s.clients, s.roles, s.users, s.userRoles, s.organizations, s.webhooks, s.connections,
		s.release, s.longMembers, s.pruneLongUsers,
	} {
		if err := compare(ctx); err != nil {
			return err
		}
	}
	slices.Reverse(s.deletions) // what depends on others goes first
	s.changes = append(s.changes, s.deletions...)
	s.finish()
	p.tenants = append(p.tenants, s.part)
	return nil
}

// A scene is the comparison of one tenant. fresh says that it does not exist yet,
// so that nothing in it does.
type scene struct {
	plan      *Plan
	declared  *Tenant
	prune     bool
	fresh     bool
	problems  *log
	part      tenantPlan
	changes   []Change // of the stage that is being compared
	deletions []Change // of resource servers, clients, roles, users, organizations: after everything else
	owned     map[*ownable]map[string]owner.Owned
	named     map[*ownable]map[string]bool // what is declared
	known     map[uuid.UUID]bool           // the users that are declared and there
	servers   []provider.ResourceServer    // that are stored
}

func (s *scene) target() *Target { return s.plan.target }

func (s *scene) add(c Change) {
	c.Tenant = s.declared.Slug
	if c.Action == Delete {
		c.write = s.plan.asOwner(c.write)
		s.deletions = append(s.deletions, c)
		return
	}
	s.changes = append(s.changes, c)
}

// asOwner has something done as the manifest.
func (p *Plan) asOwner(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return do(owner.Declare(ctx, p.owner)) }
}

// compared returns a create, an update or nothing to do, by the differences.
func compared(kind, name string, exists bool, fields []Field, write func(context.Context) error) Change {
	switch {
	case !exists:
		return Change{Action: Create, Kind: kind, Name: name, write: write}
	case len(fields) > 0:
		return Change{Action: Update, Kind: kind, Name: name, Fields: fields, write: write}
	default:
		return Change{Action: Unchanged, Kind: kind, Name: name}
	}
}

// own compares the tenant itself, and sets the tenant the rest acts for.
func (s *scene) own(ctx context.Context, stored *tenant.Tenant) error {
	t := s.declared
	want := tenant.Tenant{ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: t.Slug}
	var fields []Field
	if !s.fresh {
		want = *stored
	}
	want.Name, want.Host, want.Settings = t.Name, t.Host, t.Settings
	switch {
	case s.fresh:
		want.Placement.Isolation = cmp.Or(t.Isolation, tenant.Shared)
	case stored.Unreadable != "":
		return stored.Check()
	case stored.Placement.Isolation == tenant.Moving:
		return fmt.Errorf("tenant %s: %w", t.Slug, tenant.ErrMoving)
	case t.Isolation != "" && t.Isolation != stored.Placement.Isolation:
		return fmt.Errorf("tenant %s has the isolation %s, and the manifest says %s: a manifest moves no tenant, plinto tenant move does", t.Slug, stored.Placement.Isolation, t.Isolation)
	}
	want.DisabledAt = disabledAt(want.DisabledAt, t.Disabled)
	if !s.fresh {
		fields = differences(tenantView(stored), tenantView(&want))
	}
	s.part.acting = want
	owned, err := ownedTenants.rows(s.target()).Owned(ctx)
	if err != nil {
		return fmt.Errorf("list owners: %w", err)
	}
	s.owned = map[*ownable]map[string]owner.Owned{ownedTenants: {}}
	for _, o := range owned {
		s.owned[ownedTenants][o.Name] = o
	}
	own := compared("tenant", t.Slug, !s.fresh, fields, func(ctx context.Context) error { return s.writeTenant(ctx, stored, &want) })
	s.part.own = s.manage(ownedTenants, t.managed, own, func(context.Context) (uuid.UUID, error) { return uuid.UUID(want.ID), nil })
	s.part.own.Tenant = t.Slug
	return nil
}

// writeTenant makes the tenant, or changes what differs from the stored one.
func (s *scene) writeTenant(ctx context.Context, stored, want *tenant.Tenant) error {
	r := s.target().Registry
	if s.fresh {
		_, err := r.Create(ctx, *want, s.declared.logos...)
		return err
	}
	_, err := r.Update(ctx, want.Slug, func(t *tenant.Tenant) error {
		t.Name, t.Host, t.Settings = want.Name, want.Host, want.Settings
		return nil
	}, s.declared.logos...)
	switch disabled := !want.DisabledAt.IsZero(); {
	case err != nil || disabled == !stored.DisabledAt.IsZero():
		return err
	case disabled:
		return r.Disable(ctx, want.Slug)
	default:
		return r.Enable(ctx, want.Slug)
	}
}

func (p *Plan) pruneTenants(ctx context.Context, m *Manifest) error {
	stored, err := tenant.All(ctx, p.target.Tenants)
	if err != nil {
		return fmt.Errorf("list tenants: %w", err)
	}
	for _, t := range stored {
		if t.Slug == tenant.SystemSlug || m.Find(t.Slug) != nil {
			continue
		}
		p.tenants = append(p.tenants, tenantPlan{acting: t, own: Change{
			Action: Delete, Tenant: t.Slug, Kind: "tenant", Name: t.Slug,
			write: p.asOwner(func(ctx context.Context) error { return p.target.Registry.Delete(ctx, &t) }),
		}})
	}
	return nil
}

func (s *scene) resourceServers(ctx context.Context) error {
	var stored []provider.ResourceServer
	if !s.fresh {
		var err error
		if stored, err = s.target().ResourceServers.All(ctx); err != nil {
			return fmt.Errorf("list resource servers: %w", err)
		}
	}
	s.servers = stored
	declared := s.declared.ResourceServers
	for i := range declared {
		r := &declared[i]
		want := r.stored()
		at := slices.IndexFunc(stored, func(o provider.ResourceServer) bool { return o.Identifier == want.Identifier })
		var fields []Field
		if at >= 0 {
			want.ID, want.Version = stored[at].ID, stored[at].Version
			fields = differences(resourceServerView(&stored[at]), resourceServerView(&want))
		} else {
			want.ID = uuid.Must(uuid.NewV7())
			if other, err := provider.RegisteredResources(stored, []string{want.Identifier}); err == nil {
				s.problems.at(r.At.find("identifier"), "is registered already as %q: write it like that, or delete that one first", other[0])
			}
		}
		change := compared("resource server", want.Identifier, at >= 0, fields, func(ctx context.Context) error {
			return s.target().Resources.Put(ctx, want)
		})
		s.add(s.manage(ownedServers, r.managed, change, func(context.Context) (uuid.UUID, error) { return want.ID, nil }))
	}
	if !s.prune || declared == nil {
		return nil
	}
	for _, o := range stored {
		if slices.ContainsFunc(declared, func(r ResourceServer) bool { return r.Identifier == o.Identifier }) {
			continue
		}
		s.add(Change{Action: Delete, Kind: "resource server", Name: o.Identifier, write: func(ctx context.Context) error {
			return s.target().Resources.Delete(ctx, o.Identifier)
		}})
	}
	return nil
}

// actor is who applies a manifest: an operator.
func actor(ctx context.Context) event.Actor {
	return event.ActorFrom(ctx, event.Actor{Type: "operator"})
}
