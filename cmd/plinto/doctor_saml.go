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
		switch problem, warning := saml.Certificates(c.SAML, time.Now()); {
		case problem != "":
			d.fail(check, problem, remedy)
		case warning != "":
			d.warn(check, warning, remedy)
		default:
			d.ok(check, "a certificate of the provider is valid")
		}
	}
}
