package storage

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/federation/saml"
	"plinto/internal/fakesaml"
	"plinto/internal/secret"
	"plinto/organization/domain"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Upkeep reads the metadata that are due, what was due for longest first, and each once; nothing of connections that are disabled or
// of another kind.
func TestMetadataRefresh_readsWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	must(t, err)
	connections := newConnections(w.db, copyOptions{heard: never})
	var read []string
	connector := saml.New(federation.NewVault(root(t)), time.Now)
	connector.Fetch = func(_ context.Context, c *federation.Connection, _, _ string) ([]byte, error) {
		read = append(read, c.Slug)
		return idp.Metadata(), nil
	}
	service := &federation.Service{
		Connections: connections, Writes: connections, Metadata: connections, Outbox: w.outbox, Tx: w.db, Now: time.Now,
		CheckURL: func(string) error { return nil }, Vault: federation.NewVault(root(t)), Connectors: map[string]federation.Connector{federation.KindSAML: connector},
	}
	w.sql(`UPDATE tenants SET settings = settings || '{"saml": "on"}' WHERE id = $1`, w.tenants[0].ID.String())
	on := *w.tenants[0]
	on.Settings.SAML = tenant.SAMLOn
	ctx := tenant.With(t.Context(), &on)
	made := make(map[string]uuid.UUID)
	for _, slug := range []string{"first", "second", "later", "disabled"} {
		c, err := service.Create(ctx, slug, federation.Spec{Kind: federation.KindSAML, Name: slug, SAML: &federation.SAML{MetadataSource: federation.MetadataSource{
			MetadataURL: "https://idp.example/metadata", MetadataTrust: federation.TrustTLS,
		}}}, secret.String{})
		must(t, err)
		made[slug] = c.ID
	}
	must(t, service.Disable(ctx, made["disabled"]))
	for slug, ago := range map[string]string{"first": "2 hours", "second": "1 hour", "disabled": "3 hours"} {
		w.sql(`UPDATE connections SET metadata_due_at = now() - $2::interval WHERE id = $1`, made[slug], ago)
	}
	system := pg.NewSystem(w.platform)
	refresh := &metadataRefresh{system, newTenants(system, nil, copyOptions{heard: always}), func() *federation.Service { return service }}
	read = nil
	must(t, refresh.upkeep().Run(t.Context()))
	must(t, refresh.upkeep().Run(t.Context()))
	if len(read) != 2 || read[0] != "first" || read[1] != "second" {
		t.Errorf("read %v", read)
	}
	c, err := connections.ByID(ctx, made["first"])
	must(t, err)
	if c.Metadata == nil || c.MetadataState.ReadAt.IsZero() || time.Until(c.MetadataDue) < 23*time.Hour {
		t.Errorf("stored %+v, due %s", c.MetadataState, c.MetadataDue)
	}
}

// MPR-11: the providers of one tenant are in nobody's way: tenants take turns, however long theirs have been due.
func TestMetadataRefresh_takesTurns_MPR_11(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idp, err := fakesaml.New("https://idp.example/entity", "https://idp.example/sso")
	must(t, err)
	connections := newConnections(w.db, copyOptions{heard: never})
	var read []string
	connector := saml.New(federation.NewVault(root(t)), time.Now)
	connector.Fetch = func(_ context.Context, c *federation.Connection, _, _ string) ([]byte, error) {
		read = append(read, c.Slug)
		return idp.Metadata(), nil
	}
	service := &federation.Service{
		Connections: connections, Writes: connections, Metadata: connections, Outbox: w.outbox, Tx: w.db, Now: time.Now,
		CheckURL: func(string) error { return nil }, Vault: federation.NewVault(root(t)), Connectors: map[string]federation.Connector{federation.KindSAML: connector},
	}
	for i, slugs := range [][]string{{"a1", "a2", "a3"}, {"b1"}} {
		at := *w.tenants[i]
		at.Settings.SAML = tenant.SAMLOn
		w.sql(`UPDATE tenants SET settings = settings || '{"saml": "on"}' WHERE id = $1`, at.ID.String())
		for n, slug := range slugs {
			c, err := service.Create(tenant.With(t.Context(), &at), slug, federation.Spec{Kind: federation.KindSAML, Name: slug, SAML: &federation.SAML{MetadataSource: federation.MetadataSource{
				MetadataURL: "https://idp.example/metadata", MetadataTrust: federation.TrustTLS,
			}}}, secret.String{})
			must(t, err)
			w.sql(`UPDATE connections SET metadata_due_at = now() - '1 day'::interval + make_interval(hours => $2) WHERE id = $1`, c.ID, n+i*10)
		}
	}
	system := pg.NewSystem(w.platform)
	refresh := &metadataRefresh{system, newTenants(system, nil, copyOptions{heard: always}), func() *federation.Service { return service }}
	read = nil
	must(t, refresh.upkeep().Run(t.Context()))
	if got := strings.Join(read, " "); got != "a1 b1 a2 a3" {
		t.Errorf("read %s", got)
	}
}

// A heardDNS notes what it is asked.
type heardDNS struct{ asked []string }

func (h *heardDNS) TXT(_ context.Context, name string) ([]string, error) {
	h.asked = append(h.asked, name[strings.Index(name, ".")+1:])
	return nil, nil
}

// MPR-11: so for the domains of organizations.
func TestDomainChecks_takeTurns_MPR_11(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, names := range [][]string{{"a1.example", "a2.example", "a3.example"}, {"b1.example"}} {
		id, org := w.tenants[i].ID.String(), uuid.New()
		w.sql(`INSERT INTO organizations (tenant_id, id, slug, name) VALUES ($1, $2, 'o', 'O')`, id, org)
		for n, name := range names {
			w.sql(`INSERT INTO organization_domains (tenant_id, id, organization_id, domain, token, verified, verified_at, checked_at)
				VALUES ($1, gen_random_uuid(), $2, $3, $3, $3, now() - '1 year'::interval, now() - '30 days'::interval + make_interval(hours => $4))`, id, org, name, n+i*10)
		}
	}
	system, dns := pg.NewSystem(w.platform), &heardDNS{}
	check := &domainCheck{system, newTenants(system, nil, copyOptions{heard: always}), &domain.Service{Domains: &OrganizationDomains{w.db}, Resolver: dns, Outbox: w.outbox, Tx: w.db}}
	must(t, check.upkeep().Run(t.Context()))
	if got := strings.Join(dns.asked, " "); got != "a1.example b1.example a2.example a3.example" {
		t.Errorf("looked at %s", got)
	}
}
