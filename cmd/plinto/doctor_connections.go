package main

import (
	"context"
	"fmt"

	"plinto/federation"
	"plinto/tenant"
)

// examinedConnections bounds how many identity providers of a tenant are asked.
const examinedConnections = 10

// connections asks the identity providers that people sign in with whether they can, as plinto connection test does. Those of
// SAML are asked nothing: see certificates.
func (d *doctor) connections(ctx context.Context, i *installation) {
	t := tenant.Must(ctx)
	all, err := i.Connections.List(ctx)
	if err != nil {
		d.fail("connections of "+t.Slug, err.Error(), databaseRemedy)
		return
	}
	if len(all) == 0 {
		return
	}
	connectors, err := i.connectors()
	if err != nil {
		d.fail("connections of "+t.Slug, err.Error(), "")
		return
	}
	asked, good := 0, 0
	for n := range all {
		c := &all[n]
		if c.Unreadable != "" {
			d.fail(fmt.Sprintf("connection %s of %s", c.Slug, t.Slug), "it cannot be read, so it is disabled: "+c.Unreadable, unreadableRemedy)
		}
		if !c.Enabled() || c.Kind == federation.KindSAML || asked == examinedConnections {
			continue
		}
		asked++
		report := connectors[c.Kind].Probe(ctx, c)
		if report.Passed() {
			good++
			continue
		}
		d.warn(fmt.Sprintf("connection %s of %s", c.Slug, t.Slug), "the provider cannot be used as the connection says",
			fmt.Sprintf("plinto connection test %s --tenant %s says what is wrong; fine when only this machine cannot reach it", c.Slug, t.Slug))
	}
	if good > 0 {
		d.ok("connections of "+t.Slug, "%d of %d providers that were asked can be used", good, asked)
	}
}
