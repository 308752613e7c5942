package saml

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beevik/etree"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/identity"
)

// Bounds of what is used of an assertion.
const (
	maxName       = 255 // bytes of a NameID or a value
	maxValues     = 500 // of all attributes
	shortFormats1 = "urn:oasis:names:tc:SAML:1.1:nameid-format:"
	shortFormats2 = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
)

// subject returns by what the account is known: the NameID, with its format, since two formats name two accounts. It also
// returns the address that a name is.
func (x *expected) subject(assertion *etree.Element) (key, email string, err error) {
	el := only(assertion, nsAssertion, "Subject")
	if el == nil {
		return "", "", errSubject
	}
	name := only(el, nsAssertion, "NameID")
	if name == nil {
		return "", "", errSubject
	}
	return x.named(name)
}

// named reads a NameID.
func (x *expected) named(name *etree.Element) (key, email string, err error) {
	value, err := text(name)
	if err != nil || value != strings.TrimSpace(value) || value == "" || !plain(value) {
		return "", "", errSubject
	}
	format := attribute(name, "Format")
	switch format {
	case "":
		format = formatUnspecified
	case formatTransient:
		return "", "", federation.ErrMisconfigured.With(errTransient)
	case formatEmail:
		email = value
	}
	// A name is unique among those of its qualifiers (SAML Core 2.0 §8.3.7).
	by, to := attribute(name, "NameQualifier"), attribute(name, "SPNameQualifier")
	if by != "" && by != x.issuer || to != "" && to != x.entityID {
		return "", "", errQualified
	}
	short, _ := strings.CutPrefix(format, shortFormats1)
	short, _ = strings.CutPrefix(short, shortFormats2)
	if key = short + ":" + value; len(key) > 2*maxName {
		return "", "", errSubject
	}
	return key, email, nil
}

// plain reports whether a text can be shown: short, and of characters that are seen.
func plain(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Names that providers give to what people are called: those of LDAP as URI (SAML 2.0 X.500/LDAP Attribute Profile, RFC 4519),
// as they are, and those of WS-Federation, which Microsoft's servers send.
const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

var (
	emailNames  = []string{"urn:oid:0.9.2342.19200300.100.1.3", claims + "emailaddress", "email", "mail"}
	nameNames   = []string{"urn:oid:2.16.840.1.113730.3.1.241", "http://schemas.microsoft.com/identity/claims/displayname", "displayName", "name"}
	givenNames  = []string{"urn:oid:2.5.4.42", claims + "givenname", "givenName", "firstName"}
	familyNames = []string{"urn:oid:2.5.4.4", claims + "surname", "sn", "lastName"}
	userNames   = []string{"urn:oid:0.9.2342.19200300.100.1.1", "uid", "username"}
)

// attributes reads the values of an assertion by name. Values that are no text are left out, but for those of groups: whoever
// cannot be read to be in one might lose a role that they have.
func (x *expected) attributes(assertion *etree.Element) (map[string][]string, error) {
	all, n := make(map[string][]string), 0
	for _, statement := range children(assertion, nsAssertion, "AttributeStatement") {
		for _, a := range children(statement, nsAssertion, "Attribute") {
			name := attribute(a, "Name")
			for _, v := range children(a, nsAssertion, "AttributeValue") {
				if n++; n > maxValues {
					return nil, errBounds
				}
				switch value, err := text(v); {
				case err == nil:
					all[name] = append(all[name], value)
				case name == x.groups:
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// mapped are attributes as the mapping of a connection reads claims: one value is a text, several are a list, and so are groups
// however many there are.
func (x *expected) mapped(all map[string][]string) (preset.Claims, error) {
	found := make(preset.Claims, len(all))
	for name, values := range all {
		var value any = values
		if len(values) == 1 && name != x.groups {
			value = values[0]
		}
		var err error
		if found[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// one is the value of the first of the names that there is. Of several values none is the one.
func one(all map[string][]string, names []string) string {
	for _, name := range names {
		if values := all[name]; len(values) == 1 && values[0] != "" && plain(values[0]) {
			return values[0]
		}
	}
	return ""
}

func profile(all map[string][]string) identity.Profile {
	return identity.Profile{Name: one(all, nameNames), GivenName: one(all, givenNames), FamilyName: one(all, familyNames)}
}
