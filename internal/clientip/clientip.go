package clientip

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// A Policy says whose forwarded addresses are believed. The zero Policy believes nobody.
type Policy struct {
	Trusted []netip.Prefix // proxies in front of us
}

// ParsePrefixes reads CIDR prefixes and single addresses. IPv4 written in IPv6 is
// taken as IPv4, like the addresses that are compared with it.
func ParsePrefixes(texts []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			prefixes = append(prefixes, unmapped(p).Masked())
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
	}
	return prefixes, nil
}

// Least bits of a network of proxies: 10.0.0.0/8 and fc00::/7 are the largest that are
// somebody's own.
const (
	least4 = 8
	least6 = 7
)

// TooWide reports whether a network is more than one operator has: whoever trusts it
// believes strangers.
func TooWide(p netip.Prefix) bool {
	p = unmapped(p)
	if p.Addr().Is4() {
		return p.Bits() < least4
	}
	return p.Bits() < least6
}

func unmapped(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits in front of the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p
}

// maxHops bounds how much of a forwarded chain is read.
const maxHops = 32

// Address returns the client's address: the peer, unless it is a trusted proxy;
// then X-Forwarded-For is walked from the right past trusted ones. Whatever
// is no address ends the walk at the last proxy. No other header counts.
func (p Policy) Address(r *http.Request) netip.Addr {
	peer := peerOf(r)
	if !p.trusts(peer) {
		return peer
	}
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	client := peer
	for i := len(chain) - 1; i >= 0 && len(chain)-i <= maxHops; i-- {
		hop, ok := parseHop(strings.TrimSpace(chain[i]))
		if !ok {
			return client
		}
		client = hop
		if !p.trusts(client) {
			return client
		}
	}
	return client
}

// parseHop reads one entry of X-Forwarded-For: an address, in brackets or not, with a
// port behind it or not, as some balancers write it.
func parseHop(text string) (netip.Addr, bool) {
	if inner, found := strings.CutPrefix(text, "["); found && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
		if a, err := netip.ParseAddr(text); err != nil || a.Is4() {
			return netip.Addr{}, false // brackets are for IPv6
		}
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		with, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = with.Addr()
	}
	return a.Unmap(), a.Zone() == ""
}

// Trusts reports whether a request comes from one of our own proxies.
func (p Policy) Trusts(r *http.Request) bool { return p.trusts(peerOf(r)) }

func (p Policy) trusts(a netip.Addr) bool {
	for _, t := range p.Trusted {
		if unmapped(t).Contains(a) {
			return true
		}
	}
	return false
}

func peerOf(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return a.Unmap().WithZone("")
}
