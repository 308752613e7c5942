package main

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"plinto/cmd/plinto/manifest"
	"plinto/internal/web"
)

// readSeed reads the manifest before root is dropped. What it says of hosts of this machine is about
// this server, wherever that listens.
func (d *dev) readSeed() (seed []byte, name string, err error) {
	if d.seed == "" {
		seed, _ = relocated("dev_seed.yaml", withDemoIdP(demoSeed), d.public)
		return seed, "dev_seed.yaml", nil
	}
	if name, seed, err = readManifest(d.c, d.seed); err != nil {
		return nil, "", err
	}
	seed, moves := relocated(name, seed, d.public)
	for _, m := range moves {
		fmt.Fprintf(d.c.err, "plinto: %s names %s, and this server is at %s: it is read with %s instead\n", name, m.from, d.public, m.to)
	}
	return seed, name, nil
}

// A move is one host for another, with their ports.
type move struct{ from, to string }

// localAddresses finds hosts with ports in addresses of the development pages, and in those of tenants by path.
var localAddresses = regexp.MustCompile(`([A-Za-z0-9.-]+:[0-9]+)/(?:dev/(?:playground|idp)|t/([a-z0-9-]+))`)

// relocated is a manifest whose hosts on this machine have the port of public: those of its tenants, and those in
// addresses of its tenants and of the development pages. localhost becomes the host of public.
func relocated(name string, seed []byte, public *url.URL) ([]byte, []move) {
	m, _, err := manifest.Parse(name, seed)
	if err != nil {
		return seed, nil // which is told when it is applied
	}
	var hosts, taken []string
	for i := range m.Tenants {
		hosts = append(hosts, m.Tenants[i].Host)
	}
	taken = slices.Clone(hosts)
	for _, found := range localAddresses.FindAllSubmatch(seed, -1) {
		if slug := string(found[2]); slug == "" || m.Find(slug) != nil {
			hosts = append(hosts, string(found[1]))
		}
	}
	var moves []move
	text := string(seed)
	for i, from := range hosts {
		to := hereAt(from, public)
		known := slices.ContainsFunc(moves, func(m move) bool { return m.from == from })
		if to == "" || to == from || known || i < len(m.Tenants) && slices.Contains(taken, to) {
			continue
		}
		moves, taken = append(moves, move{from, to}), append(taken, to)
		text = rehosted(text, from, to, public.Scheme)
	}
	return []byte(text), moves
}

// hereAt is where a host of this machine is when the server is at public; "" of every other host.
func hereAt(host string, public *url.URL) string {
	name, _, err := net.SplitHostPort(host)
	switch {
	case err != nil || !web.IsLoopback(host):
		return ""
	case name == "localhost" || net.ParseIP(name) != nil:
		return public.Host
	case !web.IsLoopback(public.Host):
		return ""
	}
	return net.JoinHostPort(name, public.Port())
}

// rehosted puts a host in the place of another one, with its scheme where it has one. A longer host that ends
// alike and a longer port are others.
func rehosted(text, from, to, scheme string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, from)
		if !found {
			b.WriteString(text)
			return b.String()
		}
		text = after
		switch part := func(c byte) bool {
			return c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		}; {
		case before != "" && part(before[len(before)-1]), after != "" && after[0] >= '0' && after[0] <= '9':
			b.WriteString(before + from)
		default:
			if bare, ok := strings.CutSuffix(before, "http://"); ok {
				before = bare + scheme + "://"
			}
			b.WriteString(before + to)
		}
	}
}
