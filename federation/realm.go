package federation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/mailaddr"
)

// What becomes of people whose address is of a domain that a connection names.
const (
	SSOOff      = "off"      // nothing: they press its button
	SSOOffered  = "offered"  // they are led to the provider, and may sign in otherwise
	SSORequired = "required" // they sign in with the provider alone
)

// maxExempt bounds Spec.SSOExempt: who is exempt is looked after one by one.
const maxExempt = 20

// HomeRealm is Spec.SSO; of connections that were stored before there was one it is the default.
func (s *Spec) HomeRealm() string { return cmp.Or(s.SSO, SSOOff) }

// Captures reports whether people are led to the provider by the domain of their address.
func (s *Spec) Captures() bool { return s.HomeRealm() != SSOOff }

func (s *Spec) checkSSO() error {
	switch {
	case !slices.Contains([]string{SSOOff, SSOOffered, SSORequired}, s.SSO):
		return wrong("sso", "must be off, offered or required")
	case s.Captures() && !slices.ContainsFunc(s.EmailDomains, func(d string) bool { return d != AnyDomain }):
		return wrong("sso", "takes email_domains: whose people are led to the provider")
	case s.Captures() && slices.ContainsFunc(s.EmailDomains, PublicMail):
		return wrong("sso", "must be off where email_domains has a domain at which anybody can have an address")
	case len(s.SSOExempt) > maxExempt || !every(s.SSOExempt, func(a string) bool { return identity.CheckEmail(a) == nil }):
		return wrong("sso_exempt", "must have at most 20 addresses")
	}
	return nil
}

// A Realm is where people sign in whose address is of a domain: the zero value says that nothing is known of it.
type Realm struct {
	Domain string
	// Connections are those that people of the domain are led to, by name. Several: they choose.
	Connections []Connection
	// Required says that they sign in so and no other way, as far as they belong to who owns the connections.
	Required bool
}

// Known reports whether people of the domain are led anywhere.
func (r *Realm) Known() bool { return len(r.Connections) > 0 }

// only returns the realm with those of its connections that a client takes.
func (r Realm) only(takes func(slug string) bool) Realm {
	r.Connections = slices.DeleteFunc(slices.Clone(r.Connections), func(c Connection) bool { return !takes(c.Slug) })
	return r
}

// A Member is what decides whether a user has to sign in with a provider.
type Member struct {
	// Addresses are those that the user has, in canonical form; Organizations those whose member they are.
	Addresses     []string
	Organizations []uuid.UUID
	// Manages says that they have a role in the tenant: they have to be able to repair a connection that does not work.
	Manages bool
	// Owners are the organizations by the domains among those of Addresses that are verified.
	Owners map[string]uuid.UUID
}

// Domains finds what Realms decide on, in the context's tenant. Each is one statement.
type Domains interface {
	// OwnerOf returns the organization that has verified a domain and is not suspended, or uuid.Nil.
	OwnerOf(ctx context.Context, domain string) (uuid.UUID, error)
	// MemberOf returns what is known of a user: nothing of one that there is not.
	MemberOf(ctx context.Context, user uuid.UUID) (Member, error)
	// Affected counts the users who have an address of one of the domains, are members of the organization (uuid.Nil: or not),
	// have no role in the tenant and none of the addresses exempt, which are in canonical form: up to limit.
	Affected(ctx context.Context, organization uuid.UUID, domains, exempt []string, limit int) (int, error)
}

// Realms know where people sign in by the domain of their address (home-realm discovery). What they say of an address depends on
// its domain alone, so it tells nobody who has an account.
type Realms struct {
	Connections Connections
	Domains     Domains
}

// Discovers reports whether anybody is led to a provider by their address, to one that takes says yes to.
func (r *Realms) Discovers(ctx context.Context, takes func(slug string) bool) (bool, error) {
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return false, fmt.Errorf("list connections: %w", err)
	}
	return slices.ContainsFunc(all, func(c Connection) bool { return c.Captures() && takes(c.Slug) }), nil
}

// DomainOf returns the domain of an address as people type them, in ASCII and lower case; "" of a user name.
func DomainOf(typed string) string {
	canonical, err := identity.Canonical(typed)
	if err != nil {
		return ""
	}
	at := strings.LastIndexByte(canonical, '@')
	if at < 1 {
		return ""
	}
	return normalDomain(canonical[at+1:])
}

func normalDomain(domain string) string {
	ascii, err := mailaddr.DomainASCII(strings.TrimSuffix(domain, "."))
	if err != nil {
		return ""
	}
	return strings.ToLower(ascii)
}

// Of returns the realm of a domain, as far as it has connections that takes says yes to. Only enabled connections lead anywhere.
func (r *Realms) Of(ctx context.Context, domain string, takes func(slug string) bool) (Realm, error) {
	domain = normalDomain(domain)
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return Realm{}, fmt.Errorf("list connections: %w", err)
	}
	if !naming(all, domain) {
		return Realm{}, nil
	}
	owner, err := r.Domains.OwnerOf(ctx, domain)
	if err != nil {
		return Realm{}, fmt.Errorf("find owner of domain: %w", err)
	}
	realm := realmOf(all, domain, owner)
	return realm.only(takes), nil
}

// Demands reports whether the domain of what was typed as a name has people who sign in with a provider alone, of which one is taken.
func (r *Realms) Demands(ctx context.Context, typed string, takes func(slug string) bool) (bool, error) {
	realm, err := r.Of(ctx, DomainOf(typed), takes)
	return realm.Known() && realm.Required, err
}

// Requires reports whether anybody in the tenant signs in with a provider alone.
func (r *Realms) Requires(ctx context.Context) (bool, error) {
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return false, fmt.Errorf("list connections: %w", err)
	}
	return requires(all), nil
}

func requires(all []Connection) bool {
	return slices.ContainsFunc(all, func(c Connection) bool { return c.HomeRealm() == SSORequired })
}

// naming reports whether a connection leads people of a domain anywhere, whosever it is.
func naming(all []Connection, domain string) bool {
	return domain != "" && slices.ContainsFunc(all, func(c Connection) bool { return c.leads(domain) })
}

func (s *Spec) leads(domain string) bool {
	return s.Captures() && slices.Contains(s.EmailDomains, domain) && !PublicMail(domain)
}

// realmOf picks the connections for a domain: those of the organization that has verified it, else those of the tenant. One of
// another organization leads nobody, whatever it names.
func realmOf(all []Connection, domain string, owner uuid.UUID) Realm {
	of := func(organization uuid.UUID) (realm Realm) {
		realm.Domain = domain
		for i := range all {
			if c := &all[i]; c.Organization == organization && c.leads(domain) {
				realm.Connections, realm.Required = append(realm.Connections, *c), realm.Required || c.HomeRealm() == SSORequired
			}
		}
		return realm
	}
	if realm := of(owner); realm.Known() || owner == uuid.Nil {
		return realm
	}
	return of(uuid.Nil)
}

// Admit implements identity.Gate: it refuses whoever has to sign in with a provider and did not. Nobody has to whose connection
// is disabled or gone, or whose domain is verified no more.
func (r *Realms) Admit(ctx context.Context, p *identity.Proof) error {
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	if !requires(all) {
		return nil
	}
	m, err := r.Domains.MemberOf(ctx, p.User.ID)
	if err != nil {
		return fmt.Errorf("find what a user belongs to: %w", err)
	}
	required := demanded(all, &m)
	if required == nil || !required.Known() {
		return nil
	}
	c := &required.Connections[0]
	refused := &identity.ProviderRequired{Slug: c.Slug, Name: c.Name, Domain: required.Domain}
	for i := range required.Connections {
		id := required.Connections[i].ID
		if id == p.Upstream.Connection {
			return nil
		}
		refused.Connections = append(refused.Connections, id)
	}
	return refused
}

// demanded returns the realm that a user has to sign in with, or nil. It is pure.
func demanded(all []Connection, m *Member) *Realm {
	if m.Manages {
		return nil
	}
	for _, address := range m.Addresses {
		domain := DomainOf(address)
		if !naming(all, domain) {
			continue
		}
		realm := realmOf(all, domain, m.Owners[domain])
		if realm.Required && !realm.spares(m) {
			return &realm
		}
	}
	return nil
}

// spares reports whether a realm asks nothing of a user: who does not belong to the organization, or is exempt.
func (r *Realm) spares(m *Member) bool {
	if o := r.Connections[0].Organization; o != uuid.Nil && !slices.Contains(m.Organizations, o) {
		return true
	}
	return slices.ContainsFunc(r.Connections, func(c Connection) bool {
		return slices.ContainsFunc(c.SSOExempt, func(a string) bool {
			canonical, err := identity.Canonical(a)
			return err == nil && slices.Contains(m.Addresses, canonical)
		})
	})
}

// An Effect is what a connection does to people by the domain of their address.
type Effect struct {
	SSO string
	// Leads are the domains whose people are led to the provider now; Waits those that are named and are not: not verified by
	// the organization of the connection, of another organization, or public ones.
	Leads, Waits []string
	// Affected are the users who sign in with the provider alone where SSO is SSORequired. One more than MaxAffected stands for any number beyond.
	Affected int
}

// MaxAffected is how many users are counted.
const MaxAffected = 10_000

// Effect returns what a connection does, or would do if it were enabled and SSORequired. ErrNotFound.
func (r *Realms) Effect(ctx context.Context, id uuid.UUID) (Effect, error) {
	c, err := r.Connections.ByID(ctx, id)
	if err != nil {
		return Effect{}, err
	}
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return Effect{}, fmt.Errorf("list connections: %w", err)
	}
	e := Effect{SSO: c.HomeRealm(), Leads: []string{}, Waits: []string{}}
	c.SSO = SSORequired
	all = append(slices.DeleteFunc(slices.Clone(all), func(o Connection) bool { return o.ID == id }), c)
	for _, domain := range c.EmailDomains {
		if domain == AnyDomain {
			continue
		}
		owner, err := r.Domains.OwnerOf(ctx, domain)
		if err != nil {
			return e, fmt.Errorf("find owner of domain: %w", err)
		}
		realm := realmOf(all, domain, owner)
		if slices.ContainsFunc(realm.Connections, func(o Connection) bool { return o.ID == id }) {
			e.Leads = append(e.Leads, domain)
		} else {
			e.Waits = append(e.Waits, domain)
		}
	}
	if len(e.Leads) == 0 {
		return e, nil
	}
	e.Affected, err = r.Domains.Affected(ctx, c.Organization, e.Leads, canonicals(c.SSOExempt), MaxAffected+1)
	if err != nil {
		return e, fmt.Errorf("count users: %w", err)
	}
	return e, nil
}

func canonicals(addresses []string) []string {
	all := []string{}
	for _, a := range addresses {
		if canonical, err := identity.Canonical(a); err == nil {
			all = append(all, canonical)
		}
	}
	return all
}

// Serves reports whether a session that was begun with a connection does for a client that names connections: one that is gone
// or disabled does not.
func (r *Realms) Serves(ctx context.Context, named []string, connection uuid.UUID) (bool, error) {
	if len(named) == 0 || connection == uuid.Nil {
		return true, nil
	}
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return false, fmt.Errorf("list connections: %w", err)
	}
	return slices.ContainsFunc(all, func(c Connection) bool { return c.ID == connection && slices.Contains(named, c.Slug) }), nil
}

// SignsIn reports whether one of the accounts that a user holds at providers signs them in: its connection is neither disabled nor of an
// organization that is suspended.
func (r *Realms) SignsIn(ctx context.Context, held []Identity) (bool, error) {
	if len(held) == 0 {
		return false, nil
	}
	all, err := offered(ctx, r.Connections)
	if err != nil {
		return false, fmt.Errorf("list connections: %w", err)
	}
	return slices.ContainsFunc(held, func(i Identity) bool {
		return slices.ContainsFunc(all, func(c Connection) bool { return c.ID == i.Connection })
	}), nil
}
