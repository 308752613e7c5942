package weburl

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host, without a port, is this machine: one of its addresses
// in whatever spelling, or localhost and what is below it (RFC 6761 §6.3).
func IsLoopback(host string) bool {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		address = address.Unmap()
		return address.Zone() == "" && address.IsLoopback()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// IsInternal reports whether a host is no public one by its looks: this machine, a private
// or special address, or a name that only the search list of a network completes. It
// resolves nothing.
func IsInternal(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return IsLoopback(host) || !strings.Contains(strings.TrimSuffix(host, "."), ".")
	}
	address = address.Unmap()
	return !address.IsGlobalUnicast() || address.IsPrivate()
}
