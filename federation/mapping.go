package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation/preset"
	"plinto/identity"
)

// When claims of a provider are taken over.
const (
	ClaimsFirst  = "first"  // when the account is made; what its user changes afterwards stays
	ClaimsAlways = "always" // at each sign-in
)

// A Mapping says what of an account at a provider becomes part of a user here. The zero value takes name, given_name and
// family_name over when the account is made.
type Mapping struct {
	// Claims are names of claims, or JSON Pointers to what is in them, by what they become: see Targets.
	Claims       map[string]string `json:"claims,omitempty"`
	ClaimsUpdate string            `json:"claims_update,omitempty"` // "": ClaimsFirst
	// GroupsClaim is the name of the claim that lists groups, or a JSON Pointer.
	GroupsClaim string `json:"groups_claim,omitempty"`
	// GroupRoles are the roles that members of groups have.
	GroupRoles []GroupRole `json:"group_roles,omitempty"`
	// RolesBy is who last decided GroupRoles with rights that can be lost; zero: an operator. Service keeps it.
	RolesBy event.Actor `json:"roles_by,omitzero"`
}

// A GroupRole gives a role to those whom the provider says to be in a group.
type GroupRole struct {
	Group string `json:"group"`
	Role  string `json:"role"` // key
	// Organization is whose role it is, in a connection of the tenant; nil: the tenant's. That of a connection of an organization
	// is always the organization's.
	Organization uuid.UUID `json:"organization,omitzero"`
}

// Limits of what is read of a provider.
const (
	MaxClaims = 64 << 10 // bytes of all claims
	MaxGroups = 500      // of an account
	maxRules  = 200      // of a connection
)

// Username is what a claim can become besides members of the profile, when the account is made alone: people sign in with it.
const Username = "username"

// targets are the members of a profile that a claim can become, by name. Nothing else is: neither addresses, nor what says who
// somebody is.
var targets = map[string]func(*identity.Profile) *string{
	"name":               func(p *identity.Profile) *string { return &p.Name },
	"given_name":         func(p *identity.Profile) *string { return &p.GivenName },
	"family_name":        func(p *identity.Profile) *string { return &p.FamilyName },
	"nickname":           func(p *identity.Profile) *string { return &p.Nickname },
	"preferred_username": func(p *identity.Profile) *string { return &p.PreferredUsername },
	"locale":             func(p *identity.Profile) *string { return &p.Locale },
	"zoneinfo":           func(p *identity.Profile) *string { return &p.Zoneinfo },
	"picture":            func(p *identity.Profile) *string { return &p.Picture },
}

// Targets are what claims can become, sorted.
func Targets() []string {
	return slices.Sorted(maps.Keys(func() map[string]bool {
		all := map[string]bool{Username: true}
		for name := range targets {
			all[name] = true
		}
		return all
	}()))
}

// reserved are claims about the answer, and not about a person.
var reserved = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "azp", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr", "sid", "cnf", "act", "events",
	"_claim_names", "_claim_sources",
}

// standardClaims are taken over where a connection says nothing.
var standardClaims = map[string]string{"name": "name", "given_name": "given_name", "family_name": "family_name"}

func (m *Mapping) normalize() {
	if m.ClaimsUpdate == ClaimsFirst {
		m.ClaimsUpdate = ""
	}
	if len(m.Claims) == 0 || maps.Equal(m.Claims, standardClaims) {
		m.Claims = nil
	}
	if len(m.GroupRoles) == 0 {
		m.GroupRoles = nil
	}
}

// claimName is one that can be mapped: a member's name, which some providers put a URL before, or a JSON Pointer.
func claimName(s string) bool {
	return s != "" && text(s) && !slices.Contains(reserved, preset.Outermost(s))
}

// check returns what is wrong with the mapping of a connection of an organization (nil: of the tenant).
func (m *Mapping) check(of uuid.UUID) error {
	for to, from := range m.Claims {
		switch {
		case targets[to] == nil && to != Username:
			return wrong("claims/"+to, "is nothing that a claim can become: "+strings.Join(Targets(), ", "))
		case !claimName(from):
			return wrong("claims/"+to, "must name a claim about the person, of printable ASCII")
		}
	}
	switch {
	case m.ClaimsUpdate != "" && m.ClaimsUpdate != ClaimsAlways:
		return wrong("claims_update", "must be first or always")
	case m.GroupsClaim != "" && !claimName(m.GroupsClaim):
		return wrong("groups_claim", "must name a claim about the person, of printable ASCII")
	case len(m.GroupRoles) > maxRules:
		return wrong("group_roles", "must have at most 200 rules")
	case len(m.GroupRoles) > 0 && m.GroupsClaim == "":
		return wrong("groups_claim", "must say which claim lists the groups of group_roles")
	}
	for i, r := range m.GroupRoles {
		at := fmt.Sprintf("group_roles/%d", i)
		switch {
		case r.Group == "" || len(r.Group) > maxText || !utf8.ValidString(r.Group) || strings.ContainsFunc(r.Group, unprintable):
			return wrong(at+"/group", "must have 1 to 255 printable characters")
		case r.Role == "" || !text(r.Role):
			return wrong(at+"/role", "must be the key of a role")
		case of != uuid.Nil && r.Organization != uuid.Nil && r.Organization != of:
			return wrong(at+"/organization", "must be the organization of the connection, which gives roles of no other")
		}
	}
	return nil
}

// in returns where the role of a rule holds, of a connection of an organization or of the tenant (nil).
func (r *GroupRole) in(of uuid.UUID) uuid.UUID {
	if of != uuid.Nil {
		return of
	}
	return r.Organization
}

// Errors of claims that cannot be read. They are causes, for the log.
var (
	errGroups   = errors.New("the groups are not a list of at most 500 texts")
	errOverflow = errors.New("the provider has more groups of the user than it says")
)

// groups are those that an account is in. A claim that is missing, null or empty says that there are none; one that cannot be read gives no
// role and takes none.
func (m *Mapping) groups(c preset.Claims) ([]string, error) {
	if m.GroupsClaim == "" {
		return nil, nil
	}
	raw, there := c.Find(m.GroupsClaim)
	if !there || string(raw) == "null" {
		return nil, m.overflows(c)
	}
	var all []string
	if json.Unmarshal(raw, &all) != nil || len(all) > MaxGroups {
		return nil, errGroups
	}
	for _, g := range all {
		if len(g) > maxText {
			return nil, errGroups
		}
	}
	return all, nil
}

// overflows reports as an error that the groups are elsewhere, because they are many (OpenID Connect Core 1.0 §5.6.2).
func (m *Mapping) overflows(c preset.Claims) error {
	var names map[string]json.RawMessage
	if raw := c["_claim_names"]; json.Unmarshal(raw, &names) == nil && names[preset.Outermost(m.GroupsClaim)] != nil {
		return errOverflow
	}
	return nil
}

// roles are the roles that groups give by the rules, of a connection of an organization (nil: of the tenant), each once.
func (m *Mapping) roles(of uuid.UUID, groups []string) (all []Given) {
	for _, r := range m.GroupRoles {
		g := Given{Organization: r.in(of), Role: r.Role}
		if slices.Contains(groups, r.Group) && !slices.ContainsFunc(all, g.same) {
			all = append(all, g)
		}
	}
	return all
}

// profile returns a profile with what the claims say of it. A claim that is missing, or that has no value of the right kind,
// changes nothing.
func (m *Mapping) profile(p identity.Profile, c preset.Claims) identity.Profile { //nolint:gocritic // a copy is what is returned
	from := m.Claims
	if from == nil {
		from = standardClaims
	}
	for to, name := range from {
		if target := targets[to]; target != nil {
			if value := cleaned(to, c.Text(name)); value != "" {
				*target(&p) = value
			}
		}
	}
	return p
}

// username is the user name that the claims say, or "".
func (m *Mapping) username(c preset.Claims) string {
	if name := m.Claims[Username]; name != "" {
		return plainText(c.Text(name), maxText)
	}
	return ""
}

var (
	localeForm = regexp.MustCompile(`^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$`) // BCP 47, roughly
	zoneForm   = regexp.MustCompile(`^[A-Za-z0-9_+/-]{1,64}$`)
)

// cleaned returns a value as it is stored, or "" for one that is none.
func cleaned(target, value string) string {
	switch target {
	case "locale":
		if value = strings.ReplaceAll(value, "_", "-"); !localeForm.MatchString(value) {
			return ""
		}
	case "zoneinfo":
		if !zoneForm.MatchString(value) {
			return ""
		}
	case "picture":
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return ""
		}
		return plainText(value, 2000)
	}
	return plainText(value, maxText)
}

// plainText returns a text that can be shown, or "".
func plainText(s string, most int) string {
	if len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return s
}
