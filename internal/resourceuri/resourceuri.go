package resourceuri

import (
	"errors"
	"strings"

	"plinto/internal/weburl"
)

// MaxBytes is the length over which an identifier is refused.
const MaxBytes = 2048

// Errors of [Normalize]. The messages say what to change and do not repeat the input.
var (
	ErrCharacters = errors.New("is not a URI: it must have only the characters of RFC 3986")
	ErrRelative   = errors.New("must be an absolute URI such as https://api.example.com")
	ErrFragment   = errors.New("must not have a fragment (RFC 8707 §2)")
	ErrUser       = errors.New("must not have user information")
	ErrAuthority  = errors.New("must have a host name, and a port that is a number")
	ErrDots       = errors.New("must not have dot segments")
)

// Same reports whether two identifiers name one resource. An identifier that cannot
// be normalized is the same as itself only.
func Same(a, b string) bool {
	if a == b {
		return true
	}
	first, err := Normalize(a)
	if err != nil {
		return false
	}
	second, err := Normalize(b)
	return err == nil && first == second
}

// Normalize returns the spelling that all identifiers of one resource share.
func Normalize(raw string) (string, error) {
	if strings.Contains(raw, "#") {
		return "", ErrFragment
	}
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok || !isScheme(scheme) || rest == "" {
		return "", ErrRelative
	}
	clean, err := decode(rest)
	if err != nil || len(raw) > MaxBytes {
		return "", ErrCharacters
	}
	scheme = strings.ToLower(scheme)
	path, query, asks := strings.Cut(clean, "?")
	authority := ""
	if after, found := strings.CutPrefix(path, "//"); found {
		authority, path = weburl.CutPath(after)
		if authority, err = checkAuthority(scheme, authority); err != nil {
			return "", err
		}
		authority = "//" + authority
		if path == "" {
			path = "/"
		}
	} else if scheme == "http" || scheme == "https" {
		return "", ErrRelative
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return "", ErrDots
		}
	}
	if asks {
		query = "?" + query
	}
	return scheme + ":" + authority + path + query, nil
}

// checkAuthority returns host[:port] in lower case, without the port that the scheme
// has anyway.
func checkAuthority(scheme, authority string) (string, error) {
	if strings.Contains(authority, "@") {
		return "", ErrUser
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	if host == "" || strings.Trim(port, "0123456789") != "" || len(port) > 5 || !isHost(host) {
		return "", ErrAuthority
	}
	host = strings.ToLower(host)
	if port == "" || ":"+port == weburl.OwnPort(scheme) {
		return host, nil
	}
	return host + ":" + port, nil
}

// isHost accepts a registered name or a literal in brackets (RFC 3986 §3.2.2).
func isHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && !strings.ContainsAny(inner, "[]")
	}
	return !strings.ContainsAny(host, "[]:")
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || s[i] != '+' && s[i] != '-' && s[i] != '.' && (s[i] < '0' || s[i] > '9')) {
			return false
		}
	}
	return s != ""
}

// decode checks the characters of what follows the scheme. Of what is encoded it
// decodes the unreserved characters and writes the others in upper case.
func decode(s string) (string, error) {
	const plain = "-._~:/?[]@!$&'()*+,;="
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) || !weburl.IsHex(s[i+1]) || !weburl.IsHex(s[i+2]) {
				return "", ErrCharacters
			}
			code := weburl.Unhex(s[i+1])<<4 | weburl.Unhex(s[i+2])
			if isUnreserved(code) {
				out = append(out, code)
			} else {
				out = append(out, strings.ToUpper(s[i:i+3])...)
			}
			i += 2
		case isUnreserved(c) || strings.IndexByte(plain, c) >= 0:
			out = append(out, c)
		default:
			return "", ErrCharacters
		}
	}
	return string(out), nil
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
