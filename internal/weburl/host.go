package weburl

import (
	"net/netip"
	"strings"
)

// CutPort separates host and port of an authority. An IPv6 host keeps its brackets.
func CutPort(authority string) (host, port string, found bool) {
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']') + 1
		if end == 0 || end == len(authority) || authority[end] != ':' {
			return authority, "", false
		}
		return authority[:end], authority[end+1:], true
	}
	return strings.Cut(authority, ":")
}

// IsPort accepts the one decimal spelling of 1 to 65535.
func IsPort(port string) bool {
	if len(port) < 1 || len(port) > 5 || port[0] == '0' {
		return false
	}
	n := 0
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return false
		}
		n = n*10 + int(port[i]-'0')
	}
	return n <= 65535
}

// IsHost accepts a host that every URL parser reads alike. Browsers take 127.1, 0x7f.1 and 2130706433 for addresses,
// so a name must not end in a number; an IPv4 address inside an IPv6 one is an address with two names.
func IsHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && !addr.Is4In6() && addr.Zone() == "" && addr.String() == inner
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Is4() && addr.String() == host
	}
	return IsName(host)
}

// IsName accepts a domain name of one label or more, in lower case.
func IsName(host string) bool {
	if len(host) > 253 {
		return false
	}
	var last string
	for label := range strings.SplitSeq(host, ".") {
		if !IsLabel(label) {
			return false
		}
		last = label
	}
	return !endsInNumber(last)
}

// endsInNumber is the WHATWG URL test for "this will be parsed as an IPv4 address".
func endsInNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// IsLabel accepts 1 to 63 lower-case letters, digits and inner hyphens (RFC 1123 §2.1).
func IsLabel(label string) bool {
	if len(label) < 1 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; c != '-' && (!IsLetterOrDigit(c) || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// Canonical returns a host, with or without a port, in lower case and without the port
// that the scheme has anyway.
func Canonical(host, scheme string) string {
	return strings.TrimSuffix(strings.ToLower(host), OwnPort(scheme))
}

// OwnPort is the port of a scheme that addresses leave out, with its colon; "" for others
// than http and https.
func OwnPort(scheme string) string {
	switch scheme {
	case "https":
		return ":443"
	case "http":
		return ":80"
	}
	return ""
}

// CutPath separates authority and path of what follows "//"; the path keeps its slash.
func CutPath(rest string) (authority, path string) {
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}
