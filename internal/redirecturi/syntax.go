package redirecturi

import (
	"errors"
	"strings"

	"plinto/internal/weburl"
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
			if i+2 >= len(raw) || !weburl.IsHex(raw[i+1]) || !weburl.IsHex(raw[i+2]) {
				return errors.New("has a percent sign without two hexadecimal digits")
			}
			if code := weburl.Unhex(raw[i+1])<<4 | weburl.Unhex(raw[i+2]); code < 0x20 || code == 0x7f {
				return errors.New("must not have encoded control characters")
			}
		case !weburl.IsLetterOrDigit(c) && strings.IndexByte("-._~:/?[]@!$&'()+,;=", c) < 0:
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
	host, port, hasPort := weburl.CutPort(authority)
	if hasPort && !weburl.IsPort(port) {
		return "", errors.New("port must be a number from 1 to 65535")
	}
	if !weburl.IsHost(host) {
		return "", errors.New("host must be a lower-case domain name or a canonical IP address")
	}
	return host, nil
}

// isRegisteredName is the looser host of a private-use URI, which only an app reads.
func isRegisteredName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !weburl.IsLetterOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
