package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"plinto/internal/mailcatcher"
	"plinto/internal/paths"
	"plinto/pages/browser"
)

// mostIssuers is how many issuers fit on the screen.
const mostIssuers = 5

// welcome prints the one screen. What it says of users and clients is from the seed.
func (d *dev) welcome(ctx context.Context, link string, took time.Duration) error {
	all, err := d.tenants.list(ctx)
	if err != nil {
		return err
	}
	base := d.public.String()
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Plinto is ready (%.1f s). Everything is on this machine; data is in %s\n\n", took.Seconds(), d.dataDir)
	fmt.Fprintf(&b, "  Playground   %s   sign in and see every step\n", base+playgroundPath)
	fmt.Fprintf(&b, "  Mail         %s/dev/mail         what would have been sent\n", base)
	for _, t := range all[:min(len(all), mostIssuers)] {
		fmt.Fprintf(&b, "  Issuer       %s   its discovery: %s\n", t.Issuer, t.Issuer+paths.OpenIDConfiguration)
	}
	for _, t := range all {
		if d.tenants.elsewhere(t) {
			fmt.Fprintf(&b, "               tenant %s answers on %s only: change its host, or start with --listen\n", t.Slug, t.Host)
		}
	}
	b.WriteByte('\n')
	if user, ok := firstUser(all); ok {
		fmt.Fprintf(&b, "  User         %s   password: %s   (all users: %s/dev)\n", user.name, user.password, base)
	}
	if link != "" {
		fmt.Fprintf(&b, "  First admin  %s   (works once)\n", link)
	}
	fmt.Fprintf(&b, "  Commands     %s user list   in another terminal, and all others: they find this server\n", os.Args[0])
	d.next(&b, all)
	fmt.Fprintf(&b, "\n  Ctrl-C stops it.\n\n")
	_, _ = io.WriteString(d.c.out, b.String()) // a terminal that is gone cannot be told
	return nil
}

// next says what to try next.
func (d *dev) next(b *strings.Builder, all []devTenant) {
	const first, indent = "\n  Try next     ", "               "
	start := first
	for _, t := range all {
		if credentials := t.service(); credentials != "" && !d.tenants.elsewhere(t) {
			b.WriteString(start + "a token for a service:\n")
			fmt.Fprintf(b, "%scurl -u %s -d grant_type=client_credentials %s/oauth2/token\n", indent, credentials, t.Issuer)
			start = indent
			break
		}
	}
	if d.seed == "" {
		b.WriteString(start + "your own tenants and clients: plinto dev --seed FILE\n")
		return
	}
	fmt.Fprintf(b, "%schange %s and start again: what is in it is made so\n", start, d.seed)
}

// firstUser returns the first user whose password is known.
func firstUser(all []devTenant) (devUser, bool) {
	for _, t := range all {
		if users := t.users(); len(users) > 0 && users[0].password != "" {
			return users[0], true
		}
	}
	return devUser{}, false
}

// pages makes the development pages. seed is the name of the manifest.
func (d *dev) pages(caught *mailcatcher.Catcher, at net.Addr, seed string) *devPages {
	return &devPages{
		public: d.public, seed: seed, mails: caught, tenants: d.tenants, browsers: map[string]*devBrowser{},
		command:   (&browser.Browser{Dir: d.dataDir, Program: program()}).Command,
		transport: toOurselves(d.public.Scheme, at),
	}
}

// toOurselves is the playground's way to this server: over http every tenant is at the
// address that is listened on, whatever its host. Names such as acme.localhost are known
// to browsers and not to every system. With https there is a proxy, found by its name.
func toOurselves(scheme string, at net.Addr) http.RoundTripper {
	if scheme == "https" {
		return nil
	}
	address := at.String()
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		address = net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}
