package provider

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plinto/internal/jwt"
	"plinto/internal/redirecturi"
	"plinto/internal/scope"
	"plinto/internal/tid"
)

// Limits of client metadata.
const (
	maxName       = 255 // characters of names and other short texts
	MaxListed     = 50  // entries of a list
	maxURI        = 2048
	maxTokenTTL   = 24 * 60 * 60 // seconds; keys stay published a little longer than this
	identityUser  = "user"       // the prefix of user ids, which are subjects too
	reservedWords = "system admin plinto anonymous " + PlaygroundClientID + " " + BriefClientID
)

// A Problem is one thing about client metadata that is wrong or of no effect.
// Member names where, as in "redirect_uris[0]"; Message says what to change.
type Problem struct {
	Member  string
	Message string
}

// Rules say who declares the metadata that Validate checks.
type Rules struct {
	// Operator: declared by who runs the installation, who may use loopback http
	// and internal hosts. Otherwise a client registered itself.
	Operator bool
	// Outside: an operator's client, but declared by an administrator of its tenant: other servers that
	// it names are none of the installation's network.
	Outside bool
	// Loopback: the installation reaches this machine and its network, because it is
	// one for development. Clients may name hosts there; https stays demanded but
	// for redirect URIs on loopback.
	Loopback bool
	// IssuerHosts are hosts (with port) that Plinto answers on: a redirect URI
	// there could send a code to another tenant (RFC 9700 §4.11).
	IssuerHosts []string
}

// Validate checks metadata that went through WithDefaults, and returns every
// problem, ordered by member. Metadata without problems may be stored.
func (m Metadata) Validate(r Rules) []Problem {
	c := &check{metadata: m, rules: r}
	c.texts()
	c.redirects()
	c.uris()
	c.grants()
	c.authentication()
	c.scopes()
	c.algorithms()
	c.keys()
	c.keyUse()
	c.sector()
	c.implicit()
	c.values()
	c.profile()
	sortProblems(c.problems)
	return c.problems
}

// A check gathers what is wrong with one client's metadata.
type check struct {
	metadata Metadata
	rules    Rules
	problems []Problem
}

func (c *check) report(member, format string, args ...any) {
	c.problems = append(c.problems, Problem{member, fmt.Sprintf(format, args...)})
}

func at(member string, i int) string { return fmt.Sprintf("%s[%d]", member, i) }

func (c *check) texts() {
	m := c.metadata
	for member, text := range map[string]string{
		"client_name": m.ClientName, "software_id": m.SoftwareID, "software_version": m.SoftwareVersion,
	} {
		c.text(member, text)
	}
	if !c.rules.Operator {
		c.problems = append(c.problems, m.NameProblems()...)
	}
	c.list("contacts", m.Contacts)
	c.list("default_acr_values", m.DefaultACRValues)
	c.list("connections", m.Connections)
	if !slices.Contains(ApplicationTypes, m.ApplicationType) {
		c.report("application_type", "must be %s", strings.Join(ApplicationTypes, " or "))
	}
	if !slices.Contains(SubjectTypes, m.SubjectType) {
		c.report("subject_type", "must be %s", strings.Join(SubjectTypes, " or "))
	}
	if m.Organization != "" && !slices.Contains(OrganizationModes, m.Organization) {
		c.report("organization", "must be %s", strings.Join(OrganizationModes, ", "))
	}
	if m.DefaultMaxAge != nil && *m.DefaultMaxAge < 0 {
		c.report("default_max_age", "must be a whole number of seconds")
	}
	if m.AccessTokenTTL < 0 || m.AccessTokenTTL > maxTokenTTL {
		c.report("access_token_ttl", "must be between 1s and 24h")
	}
}

func (c *check) text(member, text string) {
	switch {
	case utf8.RuneCountInString(text) > maxName:
		c.report(member, "must have at most %d characters", maxName)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		c.report(member, "must not contain control characters")
	}
}

// list checks a list of short texts.
func (c *check) list(member string, texts []string) {
	if len(texts) > MaxListed {
		c.report(member, "must have at most %d entries", MaxListed)
		return
	}
	for i, text := range texts {
		if text == "" {
			c.report(at(member, i), "must not be empty")
		}
		c.text(at(member, i), text)
	}
}

func (c *check) redirects() {
	m := c.metadata
	c.redirectList("redirect_uris", m.RedirectURIs)
	c.redirectList("post_logout_redirect_uris", m.PostLogoutRedirectURIs)
	if len(m.RedirectURIs) == 0 && needsRedirect(m.GrantTypes) {
		c.report("redirect_uris", "must have at least one URI: the client uses %s", GrantCode)
	}
}

func needsRedirect(grants []string) bool {
	return slices.Contains(grants, GrantCode) || slices.Contains(grants, GrantImplicit)
}

func (c *check) redirectList(member string, uris []string) {
	if len(uris) > MaxListed {
		c.report(member, "must have at most %d entries", MaxListed)
		return
	}
	policy := redirecturi.Policy{
		ApplicationType: c.metadata.ApplicationType, AllowHTTPLoopback: c.rules.Operator || c.rules.Loopback, AllowAnyScheme: c.rules.Operator,
	}
	for i, uri := range uris {
		if err := redirecturi.Validate(uri, policy); err != nil {
			c.report(at(member, i), "%v", err)
			continue
		}
		if slices.Contains(uris[:i], uri) {
			c.report(at(member, i), "is listed twice")
		}
		if c.ownHost(uri) {
			c.report(at(member, i), "must not be on a host of this server: a code could reach another tenant")
		}
	}
}

// profile: what the authorization endpoint answers with tokens is for clients of
// the legacy profile only (RFC 9700 §2.1.2).
func (c *check) profile() {
	m := c.metadata
	switch m.Profile {
	case "", ProfileOAuth21, ProfileStrict:
		for i, response := range m.ResponseTypes {
			if direct(response) {
				c.report(at("response_types", i), "%q needs the profile %s", response, ProfileLegacy)
			}
		}
	case ProfileLegacy:
	default:
		c.report("profile", "must be %s, %s or %s", ProfileOAuth21, ProfileLegacy, ProfileStrict)
	}
}

func (c *check) scopes() {
	m := c.metadata
	for member, text := range map[string]string{"scope": m.Scope, "default_scope": m.DefaultScope} {
		if _, err := scope.Parse(text); err != nil {
			c.report(member, "must be scope names separated by spaces, at most %d of them in %d characters", scope.MaxScopes, scope.MaxBytes)
		}
	}
	if m.Scope != "" && !scope.Subset(strings.Fields(m.DefaultScope), strings.Fields(m.Scope)) {
		c.report("default_scope", "must have only scopes that are in scope")
	}
}

// keys checks an embedded key set: public keys only, and not two sources.
func (c *check) keys() {
	m := c.metadata
	if len(m.JWKS) == 0 {
		return
	}
	if m.JWKSURI != "" {
		c.report("jwks", "must not be given together with jwks_uri (RFC 7591 §2)")
	}
	var set struct {
		Keys []map[string]json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(m.JWKS, &set) != nil || len(set.Keys) == 0 {
		c.report("jwks", `must be an object with a list "keys" of keys (RFC 7517 §5)`)
		return
	}
	before := len(c.problems)
	for i, key := range set.Keys {
		switch _, private := key["d"]; {
		case private || key["k"] != nil:
			c.report(fmt.Sprintf("jwks.keys[%d]", i), "is a private or secret key: register the public part, and replace this key, it is no secret any more")
		case key["kty"] == nil:
			c.report(fmt.Sprintf("jwks.keys[%d]", i), "has no kty (RFC 7517 §4.1)")
		}
	}
	if _, err := jwt.ParseKeys(m.JWKS); err != nil && len(c.problems) == before {
		c.report("jwks", "holds a key that is malformed, too weak or too large, or too many keys")
	}
}

// CheckClientID reports what is wrong with a client_id somebody chose, or nil.
// It may be 1 to 255 of %x21-7E (RFC 6749 §A.1); it may not look like a user's id,
// or a token of the client could be taken for one of that user (RFC 9700 §4.15).
func CheckClientID(id string) *Problem {
	problem := func(message string) *Problem { return &Problem{"client_id", message} }
	if id == "" || len(id) > maxName {
		return problem(fmt.Sprintf("must have 1 to %d characters", maxName))
	}
	for i := range len(id) {
		if id[i] < 0x21 || id[i] > 0x7e {
			return problem("must be printable ASCII without spaces")
		}
	}
	if _, err := tid.Parse(identityUser, id); err == nil {
		return problem("must not look like the id of a user")
	}
	if slices.Contains(strings.Fields(reservedWords), strings.ToLower(id)) {
		return problem("is reserved")
	}
	return nil
}
