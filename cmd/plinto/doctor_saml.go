package main

import (
	"context"
	"time"

	"plinto/federation"
	"plinto/federation/saml"
	"plinto/tenant"
)

// certificates checks those of the providers of SAML that people sign in with.
func (d *doctor) certificates(ctx context.Context, i *installation) {
	t := tenant.Must(ctx)
	if !t.Settings.SAML.On() {
		return
	}
	all, err := i.Connections.List(ctx)
	if err != nil {
		d.fail("connections of "+t.Slug, err.Error(), databaseRemedy)
		return
	}
	for n := range all {
		c := &all[n]
		if c.Kind != federation.KindSAML || !c.Enabled() {
			continue
		}
		check, remedy := "connection "+c.Slug+" of "+t.Slug, "plinto connection update "+c.Slug+" --tenant "+t.Slug+" --metadata-file FILE, once the provider has another one"
		if c.ReadsMetadata() {
			remedy = "plinto connection test " + c.Slug + " --tenant " + t.Slug + " reads the metadata of the provider again"
			d.metadata(c, check, remedy)
		}
		known := c.Known(time.Now())
		switch problem, warning := saml.Certificates(&known, time.Now()); {
		case problem != "":
			d.fail(check, problem, remedy)
		case warning != "":
			d.warn(check, warning, remedy)
		default:
			d.ok(check, "a certificate of the provider is valid")
		}
	}
}

// metadata looks at how reading those of a provider went.
func (d *doctor) metadata(c *federation.Connection, check, remedy string) {
	switch problem, warning := saml.Metadata(c, time.Now()); {
	case problem != "":
		d.fail(check, problem, remedy)
	case warning != "":
		d.warn(check, warning, remedy)
	}
}
