package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/url"
	"strings"

	"plinto/internal/secret"
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
	d.ok("Redis", "answers and lets us do what we need")
}

// mail says hello to the mail server, and signs in where the URL has a user.
func (d *doctor) mail(ctx context.Context, cfg *Config) {
	if cfg.SMTP.Empty() {
		return
	}
	if cfg.MailFrom == "" {
		d.fail("mail", "PLINTO_MAIL_FROM is not set", "set it to the sender of mails, such as Example <id@example.com>")
	}
	if err := greetMail(ctx, cfg.SMTP); err != nil {
		d.fail("mail", fmt.Sprintf("the server does not let us in: %v", err), "check PLINTO_SMTP_URL: smtps is for TLS from the start (465), smtp for STARTTLS (587)")
		return
	}
	d.ok("mail", "the server lets us in")
}

func greetMail(ctx context.Context, address secret.String) error {
	u, err := url.Parse(address.Reveal())
	if err != nil {
		return errors.New("its URL cannot be read")
	}
	port := "587"
	if u.Scheme == "smtps" {
		port = "465"
	}
	conn, err := dial(ctx, "tcp", withPort(u, port), u.Scheme == "smtps", u.Hostname())
	if err != nil {
		return err
	}
	defer conn.Close()
	client, err := smtp.NewClient(conn, u.Hostname())
	if err != nil {
		return err
	}
	if ok, _ := client.Extension("STARTTLS"); ok && u.Scheme == "smtp" {
		if err := client.StartTLS(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if password, ok := u.User.Password(); ok {
		if err := client.Auth(smtp.PlainAuth("", u.User.Username(), password, u.Hostname())); err != nil {
			return err
		}
	}
	return client.Quit()
}

func withPort(u *url.URL, port string) string {
	if u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dial connects, with TLS if asked, and ends with the context's deadline.
func dial(ctx context.Context, network, address string, secure bool, name string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if !secure {
		return conn, nil
	}
	client := tls.Client(conn, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return client, nil
}
