package redirecturi

import (
	"errors"
	"net/netip"
	"strings"
)

// checkCharacters is RFC 3986 §2 less '#', which starts a fragment, and '*', which is a wildcard elsewhere and would
// invite the belief that it is one here.
func checkCharacters(raw string) error {
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '#':
			return errors.New("must not have a fragment")
		case c == '*':
			return errors.New("must not have a wildcard")
		case c == '%':
			if i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2]) {
				return errors.New("has a percent sign without two hexadecimal digits")
			}
			if code := unhex(raw[i+1])<<4 | unhex(raw[i+2]); code < 0x20 || code == 0x7f {
				return errors.New("must not have encoded control characters")
			}
		case !isLetterOrDigit(c) && strings.IndexByte("-._~:/?[]@!$&'()+,;=", c) < 0:
			return errors.New("must have only the characters of RFC 3986: no space, backslash or non-ASCII; international host names are written xn--")
		}
	}
	return nil
}

// checkQuery has little to refuse: a query is opaque to us and comes back byte by byte.
func checkQuery(query string) error {
	if strings.ContainsAny(query, "[]") {
		return errors.New("must encode brackets in the query")
	}
	return nil
}

// checkPath refuses dot segments, which browsers resolve, in every spelling: encoded (%2e), between encoded slashes,
// with a parameter that some servers strip (..;x), or encoded twice. To that end the four characters that could spell
// them are not accepted encoded; no path needs them.
func checkPath(path string) error {
	if strings.ContainsAny(path, "[]") {
		return errors.New("must encode brackets in the path")
	}
	lower := strings.ToLower(path)
	for _, code := range []string{"%2e", "%2f", "%5c", "%25"} {
		if strings.Contains(lower, code) {
			return errors.New("must not have an encoded dot, slash, backslash or percent sign in the path")
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		name, _, _ := strings.Cut(segment, ";")
		if name == "." || name == ".." {
			return errors.New("must not have dot segments")
		}
	}
	return nil
}

// checkAuthority returns the host of host[:port].
func checkAuthority(authority string) (host string, err error) {
	if strings.ContainsRune(authority, '@') {
		return "", errors.New("must not have user information")
	}
	host, port, hasPort := cutPort(authority)
	if hasPort && !isPort(port) {
		return "", errors.New("port must be a number from 1 to 65535")
	}
	if !isHost(host) {
		return "", errors.New("host must be a lower-case domain name or a canonical IP address")
	}
	return host, nil
}

func cutPort(authority string) (host, port string, found bool) {
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']') + 1
		if end == 0 || end == len(authority) || authority[end] != ':' {
			return authority, "", false
		}
		return authority[:end], authority[end+1:], true
	}
	return strings.Cut(authority, ":")
}

// isPort accepts the one decimal spelling of 1 to 65535.
func isPort(port string) bool {
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

// isHost accepts a host that every URL parser reads alike. Browsers take 127.1, 0x7f.1 and 2130706433 for addresses,
// so a name must not end in a number; an IPv4 address inside an IPv6 one is an address with two names.
func isHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && !addr.Is4In6() && addr.Zone() == "" && addr.String() == inner
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Is4() && addr.String() == host
	}
	return isName(host)
}

func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	var last string
	for label := range strings.SplitSeq(host, ".") {
		if !isLabel(label) {
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

// isLabel: 1 to 63 lower-case letters, digits and inner hyphens (RFC 1123 §2.1).
func isLabel(label string) bool {
	if len(label) < 1 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; c != '-' && (!isLetterOrDigit(c) || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// isRegisteredName is the looser host of a private-use URI, which only an app reads.
func isRegisteredName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isLetterOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}
