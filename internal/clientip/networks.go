package clientip

import "net/netip"

// A Network is what addresses are counted by.
type Network struct {
	// Key names it, such as "192.0.2.1", "192.0.2.0/24" or "2001:db8::/48".
	Key string
	// Share is how many times as much as its smallest network it may have: many
	// people share a large network, and so may one attacker.
	Share int
}

// What an IPv6 attacker owns at least is a /64, often a /56 or a /48; an IPv4
// attacker rents neighbouring addresses, and carriers put crowds behind few.
var (
	sizes4 = []size{{32, 1}, {24, 4}}
	sizes6 = []size{{64, 1}, {56, 2}, {48, 4}}
)

type size struct{ bits, share int }

// Networks returns the networks of an address, the smallest first. The zero Addr,
// of a peer that has none, is a network of its own.
func Networks(a netip.Addr) []Network {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return []Network{{"unknown", 1}}
	}
	sizes := sizes6
	if a.Is4() {
		sizes = sizes4
	}
	networks := make([]Network, len(sizes))
	for i, s := range sizes {
		networks[i] = Network{networkKey(a, s.bits), s.share}
	}
	return networks
}

// NetworksOf is Networks of an address in text. What is none is the network of
// those who have none.
func NetworksOf(text string) []Network {
	a, _ := netip.ParseAddr(text) // the zero Addr otherwise
	return Networks(a)
}

// Key is the key of the smallest network: an IPv4 address, or the /64 of an IPv6
// one, because its owner has all of it.
func Key(a netip.Addr) string { return Networks(a)[0].Key }

// KeyOf is Key of an address in text.
func KeyOf(text string) string { return NetworksOf(text)[0].Key }

func networkKey(a netip.Addr, bits int) string {
	if bits == a.BitLen() {
		return a.String()
	}
	p, _ := a.Prefix(bits) // bits is one of ours, so there is no error
	return p.String()
}
