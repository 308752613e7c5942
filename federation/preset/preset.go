package preset

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The kinds of connections: see federation.
const (
	OIDC   = "oidc"
	OAuth2 = "oauth2"
)

// A Preset is what is known of one provider. The zero value is a provider of which nothing is known.
type Preset struct {
	// Title is how people call the provider; Source where it documents what is said here, which was read on Read.
	Title, Source, Read string

	Kind       string
	AuthMethod string
	Scopes     []string
	// Issuer is "" where each customer has an own one. IssuerFrom completes one that was given, or makes it of the tenants that
	// may sign in: it gets the one that there is.
	Issuer     string
	IssuerFrom func(issuer string, tenants []string) string
	// Authorization, Token, JWKS and UserInfo are its endpoints where it has no discovery document that can be used.
	Authorization, Token, JWKS, UserInfo string
	// SubjectClaim is the member of userinfo that says whose account it is, where there is no ID token.
	SubjectClaim string
	// FormPost says that the answer comes as a form that the provider's page posts (OAuth 2.0 Form Post Response Mode).
	FormPost bool
	// NameOnce says that the form has the name of the user, in the member user, when they sign in for the first time.
	NameOnce bool
	// Tenants says that the provider signs people of many customers in under issuers of their own, of which the connection names
	// those that may: IssuerOf returns the issuer of one by that of the connection.
	Tenants  bool
	IssuerOf func(issuer, tenant string) string
	// Untimed says that tokens have no auth_time that can be counted on, whatever the discovery document says.
	Untimed bool
	// Emails says that addresses are asked for at the endpoint of userinfo with /emails behind it.
	Emails bool
	// Verified reports whether the provider answers for an address that the claims have; nil: if email_verified is the JSON value
	// true.
	Verified func(email string, claims Claims) bool
}

// Claims are members of an ID token or a userinfo answer, undecoded.
type Claims map[string]json.RawMessage

// Find returns a claim by its name, or what a JSON Pointer (RFC 6901) names in one: "/realm_access/roles". It goes through objects, not
// through lists.
func (c Claims) Find(name string) (value json.RawMessage, there bool) {
	if value, there = c[name]; there || !strings.HasPrefix(name, "/") {
		return value, there
	}
	steps := strings.Split(name[1:], "/")
	value, there = c[unescaped(steps[0])]
	for _, step := range steps[1:] {
		var inner map[string]json.RawMessage
		if !there || json.Unmarshal(value, &inner) != nil {
			return nil, false
		}
		value, there = inner[unescaped(step)]
	}
	return value, there
}

var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// unescaped is a member's name as a JSON Pointer writes it (RFC 6901 §4).
func unescaped(step string) string { return pointerEscapes.Replace(step) }

// Outermost returns the claim that a name or a JSON Pointer is about.
func Outermost(name string) string {
	if !strings.HasPrefix(name, "/") {
		return name
	}
	first, _, _ := strings.Cut(name[1:], "/")
	return unescaped(first)
}

// Text returns a claim that is a JSON string, or "".
func (c Claims) Text(name string) string {
	var s string
	if raw, _ := c.Find(name); len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// True reports whether a claim is the JSON value true, and not a text or a number that may mean it.
func (c Claims) True(name string) bool { return string(c[name]) == "true" }

// all are the presets by name.
var all = map[string]*Preset{
	"google": &google, "microsoft": &microsoft, "apple": &apple, "github": &github, "gitlab": &gitlab, "okta": &okta, "auth0": &auth0,
	"keycloak": &keycloak, "oauth2": &oauth2,
}

// Names are the names of the presets, sorted.
func Names() []string { return slices.Sorted(maps.Keys(all)) }

// Known reports whether there is a preset of that name.
func Known(name string) bool { return all[name] != nil }

var unknown = &Preset{}

// Of returns the preset of a name; that of none knows nothing.
func Of(name string) *Preset {
	if p := all[name]; p != nil {
		return p
	}
	return unknown
}

// Vouches reports whether the provider says of an address that its user reads it.
func (p *Preset) Vouches(email string, c Claims) bool {
	if p.Verified != nil {
		return p.Verified(email, c)
	}
	return c.True("email_verified")
}
