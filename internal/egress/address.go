package egress

import "net/netip"

// special4 is where no public server is: the IANA IPv4 special-purpose registry
// and the one public address that is a cloud's own metadata service.
var special4 = prefixes(
	"0.0.0.0/8",          // this network
	"10.0.0.0/8",         // private
	"100.64.0.0/10",      // carrier-grade NAT; clouds keep metadata services here
	"127.0.0.0/8",        // loopback
	"168.63.129.16/32",   // Azure's own services
	"169.254.0.0/16",     // link-local; cloud metadata
	"172.16.0.0/12",      // private
	"192.0.0.0/24",       // IETF protocol assignments
	"192.0.2.0/24",       // documentation
	"192.31.196.0/24",    // AS112
	"192.52.193.0/24",    // AMT
	"192.88.99.0/24",     // 6to4 relays
	"192.168.0.0/16",     // private
	"192.175.48.0/24",    // AS112
	"198.18.0.0/15",      // benchmarking
	"198.51.100.0/24",    // documentation
	"203.0.113.0/24",     // documentation
	"224.0.0.0/4",        // multicast
	"240.0.0.0/4",        // reserved
	"255.255.255.255/32", // broadcast
)

// global6 is the only part of IPv6 that is handed out to public networks. Outside
// are loopback, link-local, unique local, multicast, IPv4-compatible and NAT64.
var global6 = netip.MustParsePrefix("2000::/3")

// special6 is what inside of global6 is no public server, or is a tunnel that
// carries an IPv4 address of the sender's choice.
var special6 = prefixes(
	"2001::/23",         // IETF protocol assignments: Teredo, benchmarking, ORCHID
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4
	"2620:4f:8000::/48", // AS112
	"3fff::/20",         // documentation
)

var loopback = prefixes("127.0.0.0/8", "::1/128")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// Public reports whether a is an address of the public internet. IPv4 in IPv6 is
// judged as IPv4; a zone is ignored.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	switch {
	case a.Is4():
		return !within(special4, a)
	case a.Is6():
		return global6.Contains(a) && !within(special6, a)
	default:
		return false
	}
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
