package mailaddr

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// ErrMalformed reports a text that is no mail address, or a domain that is none.
var ErrMalformed = errors.New("not a plain mail address")

// Limits in bytes (RFC 5321 §4.5.3.1, with the erratum for paths).
const (
	MaxBytes     = 254
	maxLocalPart = 64
	maxDomain    = 253
	maxLabel     = 63
)

// An Address is one mailbox.
type Address struct {
	local  string
	domain string // in ASCII; of an ASCII address as it was written
}

// Parse reads an address without anything around it.
func Parse(s string) (Address, error) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > MaxBytes || !utf8.ValidString(s) || !isLocalPart(local) {
		return Address{}, ErrMalformed
	}
	ascii, err := DomainASCII(domain)
	if err != nil || len(local)+1+len(ascii) > MaxBytes {
		return Address{}, ErrMalformed
	}
	return Address{local, ascii}, nil
}

// International reports whether only mail servers with SMTPUTF8 take the address
// (RFC 6531): its local part is not ASCII. An international domain needs nothing.
func (a Address) International() bool { return !isASCII(a.local) }

// Wire returns the address as mail servers and other programs take it: the domain in
// ASCII (RFC 5890 §2.3.2.1).
func (a Address) Wire() string { return a.local + "@" + a.domain }

// Display returns the address as people write it: the domain in its own script.
func (a Address) Display() string {
	if shown, err := lookup.ToUnicode(a.domain); err == nil {
		return a.local + "@" + shown
	}
	return a.Wire()
}

// Wire is Address.Wire of a text: the text itself when it is no address.
func Wire(s string) string {
	if a, err := Parse(s); err == nil {
		return a.Wire()
	}
	return s
}

// Display is Address.Display of a text: the text itself when it is no address.
func Display(s string) string {
	if a, err := Parse(s); err == nil {
		return a.Display()
	}
	return s
}

// lookup is IDNA 2008 with the mapping of UTS 46, as browsers have it.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckJoiners(true), idna.StrictDomainName(true))

// FoldDomain returns the spelling by which domains are compared: that of DomainASCII in lower case, and of what is no
// domain its own in lower case.
func FoldDomain(domain string) string {
	if ascii, err := DomainASCII(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(domain)
}

// DomainASCII returns a domain name in ASCII: one that is ASCII as it is, another with
// A-labels, in lower case (RFC 5890). ErrMalformed.
func DomainASCII(domain string) (string, error) {
	ascii := domain
	if !isASCII(domain) {
		var err error
		if ascii, err = lookup.ToASCII(domain); err != nil {
			return "", ErrMalformed
		}
	}
	if !isHostName(ascii) || !soundLabels(ascii) {
		return "", ErrMalformed
	}
	return ascii, nil
}

// soundLabels reports whether every A-label is the one of a name in letters of one
// script. A-labels that decode to ASCII, or to what encodes otherwise, are names in
// disguise, and of symbols UTS 46 allows more than RFC 5892 does, such as a slash.
func soundLabels(ascii string) bool {
	if !strings.Contains(strings.ToLower(ascii), "xn--") {
		return true
	}
	shown, err := lookup.ToUnicode(ascii)
	if err != nil {
		return false
	}
	again, err := lookup.ToASCII(shown)
	if err != nil || !strings.EqualFold(again, ascii) {
		return false
	}
	labels := strings.Split(shown, ".")
	for i, label := range strings.Split(ascii, ".") {
		if len(label) >= 4 && strings.EqualFold(label[:4], "xn--") && (isASCII(labels[i]) || !isText(labels[i]) || !oneScript(labels[i])) {
			return false
		}
	}
	return true
}

// isHostName is a name of at least two labels whose last is not a number, which
// leaves out addresses (RFC 1123 §2.1, RFC 3696 §2).
func isHostName(s string) bool {
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

// isLocalPart is a dot-atom (RFC 5322 §3.2.3), in UTF-8 as RFC 6532 §3.2 extends it,
// as far as it can be told from others.
func isLocalPart(s string) bool {
	if s == "" || len(s) > maxLocalPart || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c < utf8.RuneSelf && !alphanumeric(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) < 0 {
			return false
		}
	}
	return isASCII(s) || norm.NFKC.IsNormalString(s) && isText(s) && oneScript(s)
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
