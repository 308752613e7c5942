package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"time"

	"plinto/storage"
	"plinto/storage/schema"
)

// operation looks at what goes wrong while an installation works.
func (d *doctor) operation(ctx context.Context, cfg *Config, store *storage.Store) {
	for _, e := range store.Examine(ctx, cfg.serverConns()) {
		if len(e.Findings) == 0 {
			d.ok(e.What, "%s", examinedSays[e.What])
		}
		d.found(e.What, e.Findings)
	}
}

// examinedSays words what was looked at and found to be as it should be.
var examinedSays = map[string]string{
	"connections": "Postgres has enough for a server",
	"disk":        "nothing that Postgres knows of fills it, or keeps it from taking writes",
	"indexes":     "all are whole",
	"partitions":  "the audit log has them for the month to come",
	"queue":       "nothing waits that should have been done",
	"webhooks":    "no endpoint fails",
	"domains":     "the record of each verified domain is there",
	"audit log":   "is sealed",
}

// found reports findings of one check.
func (d *doctor) found(check string, all []schema.Finding) {
	for _, f := range all {
		if f.Fatal {
			d.fail(check, f.Cause, f.Remedy)
		} else {
			d.warn(check, f.Cause, f.Remedy)
		}
	}
}

// otherConns are the connections that a server has besides those of its pool: see docs/operations.md.
const otherConns = 5

// serverConns is how many connections of Postgres a server of the configuration takes at most.
func (c *Config) serverConns() int {
	if c.DatabasePooler != "" {
		return otherConns
	}
	return int(c.DatabaseMaxConns) + otherConns
}

// certificate looks at the one that browsers are shown, by this server or by a proxy before it.
func (d *doctor) certificate(ctx context.Context, cfg *Config) {
	if cfg.PublicURL == nil || cfg.PublicURL.Scheme != "https" {
		return
	}
	port := cfg.PublicURL.Port()
	if port == "" {
		port = "443"
	}
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: checkTimeout / 2}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(cfg.PublicURL.Hostname(), port))
	if err != nil {
		return // the look at the issuers says so
	}
	defer conn.Close()
	if chain := conn.(*tls.Conn).ConnectionState().PeerCertificates; len(chain) > 0 { // the Dialer makes no other
		d.lasts("the certificate of "+cfg.PublicURL.Host, chain[0])
	}
}

// lasts reports until when a certificate is good that was shown, and so is for that host and good now.
func (d *doctor) lasts(which string, leaf *x509.Certificate) {
	const check, remedy = "certificate", "renew it: a server reads the files again within seconds"
	if left := time.Until(leaf.NotAfter); left < certificateWarning {
		d.warn(check, fmt.Sprintf("%s ends in %d days, at %s", which, int(left.Hours()/24), stamp(leaf.NotAfter)), remedy)
		return
	}
	d.ok(check, "%s is good until %s", which, stamp(leaf.NotAfter))
}
