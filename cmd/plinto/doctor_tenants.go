package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/internal/egress"
	"plinto/internal/paths"
	"plinto/internal/weburl"
	"plinto/provider"
	"plinto/provider/keys"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// examinedTenants bounds how many tenants are looked into.
const examinedTenants = 100

// tenants examines keys, clients and issuer of each tenant.
func (d *doctor) tenants(ctx context.Context, i *installation) {
	all := d.listed(ctx, i.Tenants)
	all = slices.DeleteFunc(all, func(t tenant.Tenant) bool { return d.unreadable(&t) })
	if len(all) > examinedTenants {
		d.warn("tenants", fmt.Sprintf("only the first %d of %d are examined", examinedTenants, len(all)), "")
		all = all[:examinedTenants]
	}
	quiet := newAlike()
	for _, t := range all {
		if !t.DisabledAt.IsZero() {
			continue
		}
		ctx, cancel := context.WithTimeout(tenant.With(ctx, &t), checkTimeout)
		if d.moves(ctx, i); t.Placement.Isolation != tenant.Moving {
			d.keys(ctx, i)
			d.clients(ctx, i)
			d.resourceServers(ctx, i)
			d.certificates(ctx, i)
			d.issuer(ctx, i.cfg, quiet)
			d.connections(ctx, i)
		}
		cancel()
	}
	for tenants, cause := range quiet.all {
		d.warn(tenants.named("issuer of ", "issuers of "), cause, "start the server, or check DNS, proxy and certificate; fine when only this machine cannot reach it")
	}
}

// listed are all tenants.
func (d *doctor) listed(ctx context.Context, of tenant.Registry) []tenant.Tenant {
	all, err := tenant.All(ctx, of)
	switch {
	case err != nil:
		d.fail("tenants", err.Error(), databaseRemedy)
	case len(all) == 0:
		d.warn("tenants", "there is none", "plinto tenant create SLUG makes one, plinto apply -f FILE several")
	}
	return all
}

// unreadable tells of a tenant of which something cannot be read, and reports whether it is one. All are looked at, however many
// there are: it answers nobody.
func (d *doctor) unreadable(t *tenant.Tenant) bool {
	if t.Unreadable == "" {
		return false
	}
	d.fail("tenant "+t.Slug, t.Unreadable+"; it answers 503 until that is mended, and others are not concerned", unreadableRemedy)
	return true
}

const unreadableRemedy = "as the owner of the tables put back what the row had, from a backup of the database; check that PLINTO_ENCRYPTION_KEY is the one it was written under"

// moves tells of a move that is not over.
func (d *doctor) moves(ctx context.Context, i *installation) {
	t := tenant.Must(ctx)
	m, err := i.store.TenantMoves.Find(ctx, t.ID)
	command := "plinto tenant move " + t.Slug
	switch {
	case errors.Is(err, registry.ErrNoMove):
	case err != nil:
		d.fail("move of "+t.Slug, err.Error(), databaseRemedy)
	case m.Switched.IsZero():
		d.warn("move of "+t.Slug, "it is being moved and answers nobody",
			fmt.Sprintf("where no command moves it any more, %s --to %s goes on and %s --cancel undoes it", command, m.To.Isolation, command))
	default:
		d.warn("move of "+t.Slug, fmt.Sprintf("its old copy (%s) is there since %s", m.From.Isolation, stamp(m.Switched)), command+" --confirm removes it")
	}
}

// keys checks that the keys can be opened and are rotated in time.
func (d *doctor) keys(ctx context.Context, i *installation) {
	check := "keys of " + tenant.Must(ctx).Slug
	all, err := i.store.Keys.All(ctx)
	if err != nil {
		d.fail(check, err.Error(), databaseRemedy)
		return
	}
	service := &keys.Service{Keys: i.store.Keys, Outbox: i.store.Outbox, Tx: i.store.DB, Root: i.cfg.Root, Now: time.Now}
	active := 0
	for _, k := range all {
		if k.State != provider.KeyActive {
			continue
		}
		active++
		if late := time.Since(k.RetiresAt); !k.RetiresAt.IsZero() && late > 24*time.Hour {
			d.warn(check, fmt.Sprintf("the %s key %s should have been replaced %d days ago", k.Alg, k.KID, int(late.Hours()/24)),
				"a running server replaces it when the tenant is used; plinto keys rotate does at once")
			continue // opening it now would replace it
		}
		if len(i.cfg.Keepers) == 0 { // which was said
			continue
		}
		if _, err := service.Sign(ctx, k.Alg, "", []byte(`{}`)); err != nil {
			d.fail(check, err.Error(), "they were made under another root key, or changed since: restore them from a backup, or make new ones with plinto keys rotate")
			return
		}
	}
	if active == 0 {
		d.ok(check, "are made when first needed")
		return
	}
	d.ok(check, "%d sign and can be opened with the encryption key", active)
}

// clients counts what plinto client check would say.
func (d *doctor) clients(ctx context.Context, i *installation) {
	t := tenant.Must(ctx)
	idle, all := 0, 0
	for c, err := range i.examined(ctx, nil) {
		if err != nil {
			d.fail("clients of "+t.Slug, err.Error(), databaseRemedy)
			return
		}
		if c.Unreadable != "" {
			d.fail(fmt.Sprintf("client %s of %s", c.ClientID, t.Slug), "its metadata cannot be read, so it is disabled: "+c.Unreadable, unreadableRemedy)
		}
		if all++; len(c.NotInEffect()) > 0 {
			idle++
		}
	}
	if idle > 0 {
		d.warn("clients of "+t.Slug, fmt.Sprintf("%d of %d have metadata that are not in effect yet", idle, all), "plinto client check --tenant "+t.Slug+" lists them")
	}
}

// resourceServers tells of those that cannot be read.
func (d *doctor) resourceServers(ctx context.Context, i *installation) {
	t := tenant.Must(ctx)
	all, err := i.ResourceServers.All(ctx)
	if err != nil {
		d.fail("resource servers of "+t.Slug, err.Error(), databaseRemedy)
	}
	for n := range all {
		if r := &all[n]; r.Unreadable != "" {
			d.fail(fmt.Sprintf("resource server %s of %s", r.Identifier, t.Slug), "its "+r.Unreadable+" cannot be read, so there are no tokens for it", unreadableRemedy)
		}
	}
}

// issuer asks the tenant's discovery document, from outside, what its issuer is. One that does not answer is noted in
// quiet with those of the same host that do not either.
func (d *doctor) issuer(ctx context.Context, cfg *Config, quiet *alike) {
	t := tenant.Must(ctx)
	check := "issuer of " + t.Slug
	if t.Issuer == "" || d.silent && strings.HasPrefix(t.Issuer, cfg.PublicURL.String()) {
		return // the public URL is missing or leads nowhere, which was said
	}
	found, err := askIssuer(ctx, t.Issuer)
	switch {
	case err != nil:
		at, _, _ := strings.Cut(t.Issuer, "/t/")
		quiet.add(t.Slug, fmt.Sprintf("%s does not answer from here: %s", at, strings.ReplaceAll(err.Error(), t.Issuer, at)))
	case found != t.Issuer:
		d.fail(check, fmt.Sprintf("%s says that its issuer is %q", t.Issuer, found), "let the proxy pass the Host header unchanged, and check PLINTO_PUBLIC_URL and the tenant's host")
	default:
		d.ok(check, "%s answers and says so", t.Issuer)
	}
}

// askIssuer reads the discovery document of an issuer. The address is the
// operator's own, so it may be internal.
func askIssuer(ctx context.Context, issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return "", err
	}
	client, err := egress.New(egress.Options{
		AllowLoopback: weburl.IsLoopback(u.Hostname()),
		Allow:         []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
		Ports:         []string{cmp.Or(u.Port(), "443")},
		Timeout:       checkTimeout / 2,
	})
	if err != nil {
		return "", err
	}
	body, err := client.Get(ctx, egress.Owner{Tenant: issuer, Kind: egress.Examination}, issuer+paths.OpenIDConfiguration, "application/json")
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return "", fmt.Errorf("its discovery document is no JSON: %w", err)
	}
	return document.Issuer, nil
}
