package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"plinto/event/mail"
	"plinto/storage"
)

// publicURL checks that the public host has addresses.
func (d *doctor) publicURL(ctx context.Context, cfg *Config) {
	if cfg.PublicURL == nil {
		return
	}
	host := cfg.PublicURL.Hostname()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		d.silent = true
		d.fail("public URL", fmt.Sprintf("the name %s of %s has no address", host, cfg.PublicURL), "add it to the DNS, or correct PLINTO_PUBLIC_URL: users' browsers go there")
		return
	}
	d.ok("public URL", "%s is at %s", host, strings.Join(addresses, ", "))
	if cfg.PublicURL.Scheme == "https" && cfg.TLSCertFile == "" && len(cfg.TrustedProxies) == 0 {
		d.warn("public URL", "it is https, and Plinto has neither a certificate nor a trusted proxy",
			"set PLINTO_TLS_CERT_FILE and PLINTO_TLS_KEY_FILE, or PLINTO_TRUSTED_PROXIES to the proxy that does TLS; without it every user seems to come from the proxy's address")
	}
}

// redis does with Redis what a server does.
func (d *doctor) redis(ctx context.Context, cfg *Config) {
	if cfg.Redis.Empty() {
		return
	}
	if f := storage.CheckRedis(ctx, cfg.Redis, "PLINTO_REDIS_URL"); f != nil {
		d.fail("Redis", f.Cause, f.Remedy+"; Plinto goes on without it, more slowly")
		return
	}
	if advice := storage.ExamineRedis(ctx, cfg.Redis); len(advice) > 0 {
		d.found("Redis", advice)
		return
	}
	d.ok("Redis", "answers and lets us do what we need")
}

// replicas says of each replica whether a server would ask it.
func (d *doctor) replicas(ctx context.Context, store *storage.Store) {
	store.ProbeReplicas(ctx)
	for _, r := range store.Replicas() {
		if r.Out != "" {
			d.warn("replica "+r.Name, r.Out, "look at the replica and PLINTO_DATABASE_REPLICA_URLS; until then the primary is read")
			continue
		}
		d.ok("replica "+r.Name, "is %v behind the primary at most", r.Lag.Round(time.Millisecond))
	}
}

// mail says hello to the mail server, and signs in where the URL has a user.
func (d *doctor) mail(ctx context.Context, cfg *Config) {
	if cfg.SMTP.Empty() {
		return
	}
	if cfg.MailFrom == "" {
		d.fail("mail", "PLINTO_MAIL_FROM is not set", "set it to the sender of mails, such as Example <id@example.com>")
	}
	if err := greetMail(ctx, cfg); err != nil {
		d.fail("mail", fmt.Sprintf("the server does not let us in: %v", err), "check PLINTO_SMTP_URL: smtps is for TLS from the start (465), smtp for STARTTLS (587)")
		return
	}
	d.ok("mail", "the server lets us in")
}

func greetMail(ctx context.Context, cfg *Config) error {
	server, err := mail.ParseURL(cfg.SMTP, cmp.Or(cfg.MailFrom, "plinto@localhost"))
	if err != nil {
		return err
	}
	return server.Check(ctx)
}
