package manifest

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"unicode"

	"github.com/google/uuid"

	"plinto/event/webhook"
	"plinto/federation"
	"plinto/internal/owner"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
	"plinto/tenant/ownership"
)

// nobody is the owner of what a manifest declares without owning it.
const nobody = "none"

// managed is whom something belongs to, where that is not the owner that the manifest names.
type managed struct {
	ManagedBy *string `yaml:"managed_by"`
}

// name returns the owner that a manifest gives to what it declares, "" for none: the one it names,
// else the name of its file.
func (m *Manifest) name() string {
	switch {
	case m.Owner == nil:
		return filepath.Base(m.file)
	case *m.Owner == nobody:
		return ""
	}
	return *m.Owner
}

func (v *validator) owner(n *node, name *string) {
	if name == nil {
		return
	}
	if *name == "" || len(*name) > owner.MaxName || slices.ContainsFunc([]rune(*name), unicode.IsControl) {
		v.problems.at(n, "must have 1 to %d bytes; none for nobody", owner.MaxName)
	}
}

// owners checks the owners that a tenant and what is in it name.
func (v *validator) owners(t *Tenant) {
	v.owner(t.At.find("managed_by"), t.ManagedBy)
	for i := range t.ResourceServers {
		v.owner(t.ResourceServers[i].At.node, t.ResourceServers[i].ManagedBy)
	}
	for i := range t.Clients {
		v.owner(t.Clients[i].At.node, t.Clients[i].ManagedBy)
	}
	for i := range t.Roles {
		v.owner(t.Roles[i].At.node, t.Roles[i].ManagedBy)
	}
	for i := range t.Organizations {
		v.owner(t.Organizations[i].At.node, t.Organizations[i].ManagedBy)
	}
	for i := range t.Webhooks {
		v.owner(t.Webhooks[i].At.node, t.Webhooks[i].ManagedBy)
	}
	for i := range t.Connections {
		v.owner(t.Connections[i].At.node, t.Connections[i].ManagedBy)
	}
}

// An ownable is a kind of resources that have owners.
type ownable struct {
	kind     string // of changes
	resource string // of events
	rows     func(*Target) owner.Rows
}

// The kinds. Users, members and domains have none: people change their own accounts, and proofs in
// the DNS are nobody's file.
var (
	ownedTenants       = &ownable{"tenant", "tenant", func(t *Target) owner.Rows { return t.Registry.Writes }}
	ownedServers       = &ownable{"resource server", "resource_server", func(t *Target) owner.Rows { return t.Resources.Servers }}
	ownedClients       = &ownable{"client", "client", func(t *Target) owner.Rows { return t.Registrar.Writes }}
	ownedRoles         = &ownable{"role", "role", func(t *Target) owner.Rows { return t.Organizations.Roles.Store }}
	ownedOrganizations = &ownable{"organization", "organization", func(t *Target) owner.Rows { return t.Organizations.Writes }}
	ownedWebhooks      = &ownable{"webhook endpoint", "webhook_endpoint", func(t *Target) owner.Rows { return t.Webhooks.Writes }}
	ownedConnections   = &ownable{"connection", "connection", func(t *Target) owner.Rows { return t.Connections.Writes }}

	ownedInTenants = []*ownable{ownedServers, ownedClients, ownedRoles, ownedOrganizations, ownedWebhooks, ownedConnections}
)

// settle gives a resource the owner that it has after a change by whoever ctx says.
func (o *ownable) settle(ctx context.Context, t *Target, id uuid.UUID, name string) error {
	s := ownership.Service{Outbox: t.Registrar.Outbox, Tx: t.Tx}
	if o == ownedTenants {
		acting, err := t.Tenants.Current(ctx, name)
		if err != nil {
			return err
		}
		ctx, s = tenant.With(ctx, acting), ownership.Service{Outbox: t.Registry.Outbox, Tx: t.Registry.Tx}
	}
	subject := name
	switch o {
	case ownedRoles:
		subject = tid.Format(organization.RolePrefix, id)
	case ownedWebhooks:
		subject = tid.Format(webhook.EndpointPrefix, id)
	case ownedConnections:
		subject = tid.Format(federation.Prefix, id)
	case ownedOrganizations:
		subject = tid.Format(organization.Prefix, id)
	}
	return s.Settle(ctx, ownership.Resource{Rows: o.rows(t), Kind: o.resource, ID: id, Subject: subject})
}

// key returns what an owner is found by: a name, or an id where several may have one name.
func (o *ownable) key(id uuid.UUID, name string) string {
	if o == ownedWebhooks {
		return id.String()
	}
	return name
}

// findOwned reads the owners of what is in the tenant of ctx, by kind and key.
func findOwned(ctx context.Context, t *Target) (map[*ownable]map[string]owner.Owned, error) {
	all := make(map[*ownable]map[string]owner.Owned)
	for _, kind := range ownedInTenants {
		found, err := kind.rows(t).Owned(ctx)
		if err != nil {
			return nil, fmt.Errorf("list owners: %w", err)
		}
		all[kind] = make(map[string]owner.Owned)
		for _, o := range found {
			all[kind][kind.key(o.ID, o.Name)] = o
		}
	}
	return all, nil
}

// manage has a change made as the manifest that declares the thing, which owns it afterwards. find
// returns its id when the change is made.
func (s *scene) manage(kind *ownable, own managed, c Change, find func(context.Context) (uuid.UUID, error)) Change {
	if s.named[kind] == nil {
		s.named[kind] = make(map[string]bool)
	}
	s.named[kind][c.of()] = true
	wants := s.plan.owner
	if own.ManagedBy != nil && *own.ManagedBy == nobody {
		wants = ""
	} else if own.ManagedBy != nil {
		wants = *own.ManagedBy
	}
	has, write := s.owned[kind][c.of()].Owner, c.write
	if wants != "" && wants != has {
		if c.Action != Create {
			c.Fields = append(c.Fields, Field{"managed_by", shown(has), shown(wants)})
			c.Action = Update
		}
	}
	c.write = func(ctx context.Context) error {
		ctx = owner.Declare(ctx, wants)
		if write != nil {
			if err := write(ctx); err != nil {
				return err
			}
		}
		if wants == "" {
			return nil
		}
		id, err := find(ctx)
		if err != nil {
			return err
		}
		return kind.settle(ctx, s.target(), id, c.Name)
	}
	return c
}

// release gives up what the manifest owns and declares no more.
func (s *scene) release(context.Context) error {
	for _, kind := range ownedInTenants {
		for _, key := range slices.Sorted(maps.Keys(s.owned[kind])) {
			o := s.owned[kind][key]
			pruned := slices.ContainsFunc(s.deletions, func(c Change) bool { return c.Kind == kind.kind && c.of() == key })
			if s.plan.owner != "" && o.Owner == s.plan.owner && !s.named[kind][key] && !pruned {
				s.add(s.plan.released(kind, o))
			}
		}
	}
	return nil
}

func (p *Plan) released(kind *ownable, o owner.Owned) Change {
	return Change{
		Action: Update, Kind: kind.kind, Name: o.Name, Fields: []Field{{"managed_by", shown(o.Owner), ""}},
		write: func(ctx context.Context) error {
			return kind.settle(owner.Release(ctx, o.Owner), p.target, o.ID, o.Name)
		},
	}
}

// releaseTenants gives up whole tenants that the manifest owns and declares no more. Files that are
// only called alike, which name no owner, leave each other's tenants alone.
func (p *Plan) releaseTenants(ctx context.Context, m *Manifest) error {
	if p.owner == "" || m.Owner == nil {
		return nil
	}
	owned, err := ownedTenants.rows(p.target).Owned(ctx)
	if err != nil {
		return fmt.Errorf("list owners: %w", err)
	}
	for _, o := range owned {
		if o.Owner != p.owner || m.Find(o.Name) != nil {
			continue
		}
		t, err := p.target.Tenants.Current(ctx, o.Name)
		if err != nil {
			return fmt.Errorf("find tenant %s: %w", o.Name, err)
		}
		s := scene{plan: p, declared: &Tenant{Slug: o.Name}, named: map[*ownable]map[string]bool{}}
		if s.owned, err = findOwned(tenant.With(ctx, t), p.target); err != nil {
			return err
		}
		if err := s.release(ctx); err != nil {
			return err
		}
		own := p.released(ownedTenants, o)
		own.Tenant = o.Name
		p.tenants = append(p.tenants, tenantPlan{acting: *t, own: own, stages: []stage{whole(s.changes)}})
	}
	return nil
}
