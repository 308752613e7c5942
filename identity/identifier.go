package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plinto/internal/fault"
)

// ErrIdentifier reports what cannot be an email address or a user name.
var ErrIdentifier = fault.New(fault.Invalid, "invalid_identifier", "That is not an email address or a user name.")

// Limits of identifiers, in bytes (RFC 5321 §4.5.3.1, with the erratum for paths).
const (
	maxIdentifier = 254
	maxLocalPart  = 64
	maxDomain     = 253
	maxLabel      = 63
)

// Canonical returns the one spelling by which an email address or a user name is
// kept and looked up: trimmed, compatibility-composed (NFKC), lower case. One
// account has one spelling, so its failures have one counter.
//
// It refuses blanks inside and characters that do not show: "alice" and "alice"
// with a zero-width space would look the same to an administrator.
func Canonical(typed string) (string, error) {
	// Composition may shorten but hardly ever more than this; a bound comes first.
	if len(typed) > 4*maxIdentifier || !utf8.ValidString(typed) {
		return "", ErrIdentifier
	}
	s, stable := strings.TrimSpace(typed), false
	// Lower-casing can undo composition and the reverse; real names settle at once.
	for range 4 {
		next := strings.TrimSpace(norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))))
		if stable = next == s; stable {
			break
		}
		s = next
	}
	if !stable || s == "" || len(s) > maxIdentifier || strings.ContainsFunc(s, unseen) {
		return "", ErrIdentifier
	}
	return s, nil
}

// unseen reports blanks, controls, format characters and what is not assigned.
func unseen(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// CheckEmail reports whether s is a mail address as people have them: a plain
// local part, one @, a domain name. What only a parser's dark corners accept
// (quoted parts, comments, groups, address literals, a second @) is refused, so
// that no two parsers can read two addresses from it.
func CheckEmail(s string) error {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > maxIdentifier || !dotAtom(local) || !hostName(domain) {
		return ErrEmail
	}
	return nil
}

// dotAtom is RFC 5322 §3.2.3 for a local part.
func dotAtom(s string) bool {
	if s == "" || len(s) > maxLocalPart || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return false
		}
	}
	return true
}

// hostName is a name of at least two labels whose last is not a number, which
// leaves out addresses (RFC 1123 §2.1, RFC 3696 §2).
func hostName(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > maxDomain || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !alphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
