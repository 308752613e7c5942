package identity

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plinto/internal/fault"
	"plinto/internal/mailaddr"
	"plinto/tenant"
)

// ErrIdentifier reports what cannot be an email address or a user name.
var ErrIdentifier = fault.New(fault.Invalid, "invalid_identifier", "That is not an email address or a user name.")

// maxIdentifier bounds identifiers, in bytes.
const maxIdentifier = mailaddr.MaxBytes

// Canonical returns the one spelling by which an email address or a user name is
// kept and looked up: trimmed, compatibility-composed (NFKC), lower case, the domain in
// ASCII. One account has one spelling, so its failures have one counter.
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
	s = asciiDomain(s)
	if !stable || s == "" || len(s) > maxIdentifier || strings.ContainsFunc(s, unseen) {
		return "", ErrIdentifier
	}
	return s, nil
}

// sameAddress reports whether two texts are one address, or both none.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	one, errOne := Canonical(a)
	other, errOther := Canonical(b)
	return errOne == nil && errOther == nil && one == other
}

// Typed returns the text of a form without blanks around it and in NFC, which browsers and systems do not agree on.
func Typed(text string) string { return norm.NFC.String(strings.TrimSpace(text)) }

// Lookup returns the spelling by which what somebody typed to sign in is looked up. What cannot be
// an identifier, or is a user name where those do not sign in, matches nobody, but is looked up all
// the same.
func Lookup(ctx context.Context, typed string) string {
	canonical, err := Canonical(typed)
	if err != nil || !strings.Contains(canonical, "@") && !tenant.Must(ctx).Settings.Identifiers.Username() {
		return "\x00"
	}
	return canonical
}

// asciiDomain writes the domain of an international mail address in ASCII: its two
// spellings are one address (RFC 5890 §2.3.2.4). Other texts stay as they are.
func asciiDomain(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok {
		return s
	}
	ascii, err := mailaddr.DomainASCII(domain)
	if err != nil {
		return s
	}
	return local + "@" + ascii
}

// unseen reports blanks, controls, format characters and what is not assigned.
func unseen(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// CheckEmail reports whether s is a mail address as people have them, international
// ones included: see package mailaddr.
func CheckEmail(s string) error {
	if _, err := mailaddr.Parse(s); err != nil {
		return ErrEmail
	}
	return nil
}
