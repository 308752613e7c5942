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

// certificateSoon is how long before its end a certificate of ours is told of.
const certificateSoon = 14 * 24 * time.Hour

// certificate looks at the one that this server has, and at the one that browsers are shown.
func (d *doctor) certificate(ctx context.Context, cfg *Config) {
	if cfg.TLSCertFile != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLSCertFile, cfg.TLSKeyFile)
		if err != nil {
			d.fail("certificate", "the pair cannot be read: "+schema.OneLine(err), "set PLINTO_TLS_CERT_FILE and PLINTO_TLS_KEY_FILE to a chain and its key, in PEM")
			return
		}
		d.lasts("PLINTO_TLS_CERT_FILE", pair.Leaf, cfg)
	}
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
		d.lasts("the certificate of "+cfg.PublicURL.Host, chain[0], cfg)
	}
}

// lasts reports until when a certificate is good, and whether it is for the public host.
func (d *doctor) lasts(which string, leaf *x509.Certificate, cfg *Config) {
	const check, remedy = "certificate", "renew it: a server reads the files again within seconds"
	left := time.Until(leaf.NotAfter)
	switch {
	case left <= 0:
		d.fail(check, fmt.Sprintf("%s has expired at %s", which, stamp(leaf.NotAfter)), remedy)
	case time.Until(leaf.NotBefore) > 0:
		d.fail(check, fmt.Sprintf("%s is good only from %s", which, stamp(leaf.NotBefore)), "look at the clocks, or take one that is good now")
	case cfg.PublicURL != nil && leaf.VerifyHostname(cfg.PublicURL.Hostname()) != nil:
		d.warn(check, fmt.Sprintf("%s is not for %s", which, cfg.PublicURL.Hostname()), "fine where only hosts of tenants or a proxy use it; otherwise take one with that name")
	case left < certificateSoon:
		d.warn(check, fmt.Sprintf("%s ends in %d days, at %s", which, int(left.Hours()/24), stamp(leaf.NotAfter)), remedy)
	default:
		d.ok(check, "%s is good until %s", which, stamp(leaf.NotAfter))
	}
}
