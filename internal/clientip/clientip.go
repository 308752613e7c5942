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
// cannot be parsed ends the walk at the last proxy. No other header counts.
func (p Policy) Address(r *http.Request) netip.Addr {
	peer := peerOf(r)
	if !p.trusts(peer) {
		return peer
	}
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	client := peer
	for i := len(chain) - 1; i >= 0 && len(chain)-i <= maxHops; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil || hop.Zone() != "" {
			return client
		}
		client = hop.Unmap()
		if !p.trusts(client) {
			return client
		}
	}
	return client
}

// Secure reports whether the client spoke TLS, to us or to a trusted proxy.
func (p Policy) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	proto := r.Header.Values("X-Forwarded-Proto")
	// Two lines are a client's and the proxy's: then neither counts.
	return len(proto) == 1 && proto[0] == "https" && p.trusts(peerOf(r))
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
