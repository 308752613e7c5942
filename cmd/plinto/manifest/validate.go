package manifest

import (
	"slices"
	"strings"

	"plinto/provider"
	"plinto/provider/settings"
	"plinto/tenant"
)

// A validator checks what a decoded manifest means.
type validator struct {
	problems, warnings *log
	dir                string // from which names of files count
}

// twice logs a problem for every value that was there before.
func (v *validator) twice(seen map[string]bool, n *node, value, what string) {
	if value == "" {
		return
	}
	if seen[value] {
		v.problems.at(n, "%s %q is declared twice", what, value)
	}
	seen[value] = true
}

// again is twice of very many values.
func (v *validator) again(seen *names, n *node, value, what string) {
	if !seen.add(value) {
		v.problems.at(n, "%s %q is declared twice", what, value)
	}
}

// manifest checks all of it. An error is that of reading long lists.
func (v *validator) manifest(m *Manifest) error {
	v.owner(m.At.find("owner"), m.Owner)
	slugs, hosts := make(map[string]bool), make(map[string]bool)
	for i := range m.Tenants {
		t := &m.Tenants[i]
		if t.At.node == nil || t.At.shape != shapeMap {
			continue // the decoder said so
		}
		v.twice(slugs, t.At.find("slug"), t.Slug, "the slug")
		v.twice(hosts, t.At.find("host"), t.Host, "the host")
		if err := v.tenant(t); err != nil {
			return err
		}
	}
	return nil
}

func (v *validator) tenant(t *Tenant) error {
	if err := tenant.CheckSlug(t.Slug); err != nil {
		v.problems.at(t.At.find("slug"), "must be 1 to 63 lower-case letters, digits and inner hyphens")
	}
	if tenant.CheckHost(t.Host) != nil {
		v.problems.at(t.At.find("host"), "must be a lower-case host name with an optional port, without https://")
	}
	switch t.Isolation {
	case "", tenant.Shared, tenant.Schema, tenant.Database:
	default:
		v.problems.at(t.At.find("isolation"), "must be shared, schema or database")
	}
	if t.Name == "" {
		t.Name = t.Slug
	}
	v.logos(t)
	for _, p := range settings.Check(&t.Settings) {
		v.problems.at(t.At.below(append([]string{"settings"}, p.Path...)...), "%s", p.Says)
	}
	if grace := t.Settings.RefreshGrace; grace != nil && *grace == 0 {
		v.warnings.at(t.At.below("settings", "refresh_grace"), "is 0s: a refresh token is taken once, and an application that repeats a request whose answer was lost has to sign its user in again; leave it out for %v", tenant.DefaultRefreshGrace)
	}
	v.resourceServers(t)
	v.clients(t)
	v.roles(t)
	if err := v.users(t); err != nil {
		return err
	}
	if err := v.organizations(t); err != nil {
		return err
	}
	v.webhooks(t)
	v.connections(t)
	v.owners(t)
	return nil
}

func (v *validator) resourceServers(t *Tenant) {
	var seen []string
	for i := range t.ResourceServers {
		r := &t.ResourceServers[i]
		if r.At.node == nil {
			continue
		}
		stored := r.stored()
		for _, p := range stored.Problems() {
			v.problems.at(r.At.find(p.Member), "%s", p.Message)
		}
		if provider.HasResource(seen, r.Identifier) {
			v.problems.at(r.At.find("identifier"), "the resource server %q is declared twice", r.Identifier)
		}
		seen = append(seen, r.Identifier)
		if r.TokenFormat == "" {
			r.TokenFormat = provider.FormatJWT
		}
		if r.AccessTokenTTL%1e9 != 0 {
			v.problems.at(r.At.find("access_token_ttl"), "must be whole seconds, at most 24h")
		}
	}
}

func (v *validator) clients(t *Tenant) {
	seen := make(map[string]bool)
	for i := range t.Clients {
		c := &t.Clients[i]
		if c.At.node == nil || c.At.shape != shapeMap {
			continue
		}
		v.client(c)
		v.twice(seen, c.At.find("client_id"), c.ClientID, "the client")
		v.references(t, c)
	}
}

func (v *validator) client(c *Client) {
	if p := provider.CheckClientID(c.ClientID); p != nil {
		v.problems.at(c.At.find(p.Member), "%s", p.Message)
	}
	if !c.ClientSecret.Empty() {
		if p := provider.CheckClientSecret(c.Metadata, c.ClientSecret.Reveal()); p != nil {
			v.problems.at(c.At.find(p.Member), "%s", p.Message)
		} else if provider.WeakSecret(c.ClientSecret.Reveal()) {
			v.warnings.at(c.At.find("client_secret"), "is short or of few different characters: plinto client rotate-secret makes a better one")
		}
		if c.Metadata.TokenEndpointAuthMethod == provider.AuthNone {
			v.problems.at(c.At.find("client_secret"), "a client with token_endpoint_auth_method none has no secret")
		}
	}
	for _, p := range c.Metadata.Validate(provider.Rules{Operator: true}) {
		v.problems.at(c.At.find(p.Member), "%s", p.Message)
	}
	for _, p := range c.Metadata.Warnings() {
		v.warnings.at(c.At.find(p.Member), "%s", p.Message)
	}
	for _, name := range provider.IssuedMembers {
		if c.At.field(name) != nil {
			v.warnings.at(c.At.find(name), "not in effect: only the server sets it; it is not stored")
		}
	}
}

// references warns of scopes, resource servers and context classes that the tenant does
// not declare: they may be in the database, but a typing error is as likely.
func (v *validator) references(t *Tenant, c *Client) {
	for i, acr := range c.Metadata.DefaultACRValues {
		if !t.Settings.ACRLevels.Has(acr) {
			v.warnings.at(c.At.find("default_acr_values"+index(i)), "%q is not among the tenant's acr_levels: it has no effect", acr)
		}
	}
	if t.ResourceServers == nil {
		return
	}
	for i, identifier := range c.Metadata.Resources {
		if !slices.ContainsFunc(t.ResourceServers, func(r ResourceServer) bool { return provider.HasResource([]string{r.Identifier}, identifier) }) {
			v.warnings.at(c.At.find("resources"+index(i)), "%q is not among the tenant's resource_servers", identifier)
		}
	}
	servers := make([]provider.ResourceServer, len(t.ResourceServers))
	for i := range t.ResourceServers {
		servers[i] = t.ResourceServers[i].stored()
	}
	c.warnOfScopes(v.warnings, servers)
}

// warnOfScopes warns of the scopes that are none of the resource servers'.
func (c *Client) warnOfScopes(warnings *log, servers []provider.ResourceServer) {
	var unknown []string
	for _, p := range provider.UnknownScopes(c.Metadata, servers) {
		unknown = append(unknown, p.Message)
	}
	if len(unknown) > 0 {
		warnings.at(c.At.find("scope"), "%s", strings.Join(unknown, "; "))
	}
}

func (v *validator) organizations(t *Tenant) error {
	seen := make(map[string]bool)
	for i := range t.Organizations {
		o := &t.Organizations[i]
		if o.At.node == nil {
			continue
		}
		if tenant.CheckSlug(o.Slug) != nil {
			v.problems.at(o.At.find("slug"), "must be 1 to 63 lower-case letters, digits and inner hyphens")
		}
		v.twice(seen, o.At.find("slug"), o.Slug, "the organization")
		if o.Name == "" {
			o.Name = o.Slug
		}
		v.organizationFields(o)
		members := newNames()
		err := o.eachMembers(v.problems, func(some []Member) error {
			v.members(members, some)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// members checks members of an organization; seen are those before them.
func (v *validator) members(seen *names, members []Member) {
	for i := range members {
		m := &members[i]
		if m.At.node == nil {
			continue
		}
		if (m.Email == "") == (m.Username == "") {
			v.problems.at(m.At.node, "needs an email or a username, and not both")
		}
		v.again(seen, m.At.node, canonical(m.identifier()), "the member")
	}
}
