package provider

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"plinto/internal/nearest"
	"plinto/internal/weburl"
)

// grants checks grant types, response types and their consistency (RFC 7591 §2.1).
func (c *check) grants() {
	m := c.metadata
	c.oneOf("grant_types", m.GrantTypes, GrantTypes, c.later(grantsLater))
	c.oneOf("response_types", m.ResponseTypes, ResponseTypes, canonicalResponseTypes(c.later(responsesLater)))
	for i, response := range m.ResponseTypes {
		words := strings.Fields(response)
		if slices.Contains(words, "code") && !slices.Contains(m.GrantTypes, GrantCode) {
			c.report(at("response_types", i), "%q needs the grant type %s", response, GrantCode)
		}
		if direct(response) && !slices.Contains(m.GrantTypes, GrantImplicit) {
			c.report(at("response_types", i), "%q needs the grant type %s", response, GrantImplicit)
		}
	}
	if slices.Contains(m.GrantTypes, GrantCode) && !slices.ContainsFunc(m.ResponseTypes, hasCode) {
		c.report("response_types", "must contain code: the client uses %s", GrantCode)
	}
	if slices.Contains(m.GrantTypes, GrantClientCredentials) && m.TokenEndpointAuthMethod == AuthNone {
		c.report("grant_types", "%s needs a client that authenticates (RFC 6749 §4.4)", GrantClientCredentials)
	}
	if slices.Equal(m.GrantTypes, []string{GrantRefresh}) {
		c.report("grant_types", "%s needs a grant that gives refresh tokens beside it", GrantRefresh)
	}
}

// later are values that an operator may declare before they are in effect. A client
// that registers itself hears now that it cannot have them (RFC 7591 §3.2.1).
func (c *check) later(values []string) []string {
	if c.rules.Operator {
		return values
	}
	return nil
}

// direct reports whether the authorization endpoint itself answers with a token.
func direct(response string) bool {
	words := strings.Fields(response)
	return slices.Contains(words, "token") || slices.Contains(words, "id_token")
}

func hasCode(response string) bool { return slices.Contains(strings.Fields(response), ResponseCode) }

func (c *check) oneOf(member string, values, offered, later []string) {
	for i, v := range values {
		switch {
		case slices.Contains(values[:i], v):
			c.report(at(member, i), "%q is listed twice", v)
		case v == "password":
			c.report(at(member, i), "password is not offered: it gives the user's password to the client (RFC 9700 §2.4)")
		case !slices.Contains(offered, v) && !slices.Contains(later, v):
			c.report(at(member, i), "%q is unknown; Plinto offers %s%s", v, strings.Join(offered, ", "), nearest.Hint(v, offered))
		}
	}
}

func (c *check) authentication() {
	method := c.metadata.TokenEndpointAuthMethod
	if !slices.Contains(AuthMethods, method) && !slices.Contains(c.later(methodsLater), method) {
		c.report("token_endpoint_auth_method", "%q is unknown; Plinto offers %s%s", method, strings.Join(AuthMethods, ", "), nearest.Hint(method, AuthMethods))
	}
}

func (c *check) algorithms() {
	m := c.metadata
	if alg := m.IDTokenSignedAlg; !slices.Contains(TokenSigningAlgs, alg) {
		c.report("id_token_signed_response_alg", "%q is not offered; Plinto signs with %s%s", alg, strings.Join(SigningAlgs, ", "), nearest.Hint(alg, TokenSigningAlgs))
	}
	if m.NeedsReadableSecret() && !m.HasSecret() {
		c.report("token_endpoint_auth_method", "an algorithm that works with the client's secret needs a client with one")
	}
	if slices.Contains(HMACAlgs, m.RequestObjectSigningAlg) {
		c.report("request_object_signing_alg", "must be asymmetric")
	}
	if alg := m.TokenEndpointAuthSigningAlg; alg != "" && slices.Contains(HMACAlgs, alg) != (m.TokenEndpointAuthMethod == AuthSecretJWT) {
		c.report("token_endpoint_auth_signing_alg", "%q does not fit the authentication method %s", alg, m.TokenEndpointAuthMethod)
	}
	if m.TokenEndpointAuthMethod == AuthPrivateKeyJWT && m.JWKSURI == "" && len(m.JWKS) == 0 {
		c.report("jwks", "is needed by private_key_jwt, or else jwks_uri")
	}
}

// uris checks the URIs that are not of https alone.
func (c *check) uris() {
	m := c.metadata
	for i, resource := range m.Resources {
		if CheckResource(resource) != "" {
			c.report(at("resources", i), "%s", CheckResource(resource))
		}
	}
	for i, origin := range m.AllowedOrigins {
		c.origin(at("allowed_origins", i), origin)
	}
	c.apps()
}

// uri demands an absolute https URI. Pages link to some of these: javascript: and
// data: would run in them.
func (c *check) uri(member, raw string) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > maxURI || strings.ContainsAny(raw, " <>\"\\`"):
		c.report(member, "is not a URI")
	case u.Scheme == "http" && c.rules.Operator && (!c.rules.Outside || c.rules.Loopback) && weburl.IsLoopback(u.Hostname()):
	case u.Scheme != "https":
		c.report(member, "must start with https://")
	case u.Host == "" || u.User != nil:
		c.report(member, "must name a host, and no user")
	case (!c.rules.Operator || c.rules.Outside) && weburl.IsInternal(u.Hostname()) && (!c.rules.Loopback || !weburl.IsLoopback(u.Hostname())):
		c.report(member, "must not name an internal host")
	}
}

// origin demands what a browser sends in the Origin header (RFC 6454 §7), for pages
// of the web, of browser extensions and of apps that are web pages inside.
func (c *check) origin(member, raw string) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme+"://"+u.Host != raw || u.Host == "" || strings.ToLower(raw) != raw || strings.ContainsFunc(raw, func(r rune) bool { return r > unicode.MaxASCII }) {
		c.report(member, "must be an origin such as https://app.example.com, without a path")
		return
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !weburl.IsLoopback(u.Hostname())) && !weburl.AppScheme(u.Scheme) {
		c.report(member, "must start with https://, or with the scheme of an extension or app")
	}
}

func (c *check) ownHost(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && slices.Contains(c.rules.IssuerHosts, strings.TrimSuffix(u.Host, ":443"))
}

// values checks the value of every member by its kind.
func (c *check) values() {
	doc, err := MetadataMembers(c.metadata)
	if err != nil {
		return // only metadata that no file or request can carry
	}
	for name, value := range doc {
		m, _ := lookup(name)
		c.value(name, m.kind, value)
	}
}

func (c *check) value(name string, k kind, value json.RawMessage) {
	var text string
	var list []string
	_, extra := c.metadata.Extra[name] // the others are checked member by member
	switch k {
	case kindURI:
		if json.Unmarshal(value, &text) == nil && text != "" {
			c.uri(name, text)
		}
	case kindURIs:
		_ = json.Unmarshal(value, &list) // its type was checked when it was decoded
		c.list(name, list)
		for i, uri := range list {
			c.uri(at(name, i), uri)
		}
	case kindList:
		if _ = json.Unmarshal(value, &list); extra {
			c.list(name, list)
		}
	case kindText:
		if _ = json.Unmarshal(value, &text); extra {
			c.text(name, text)
		}
	case kindSignAlg, kindWrapAlg, kindEncAlg:
		if _ = json.Unmarshal(value, &text); text != "" && name != "id_token_signed_response_alg" {
			c.algorithm(name, text, k)
		}
	default: // the type is all there is to check
	}
}

func (c *check) algorithm(name, alg string, k kind) {
	known := map[kind][]string{kindSignAlg: TokenSigningAlgs, kindWrapAlg: WrapAlgs, kindEncAlg: ContentAlgs}[k]
	if !slices.Contains(known, alg) {
		c.report(name, "%q is not accepted; known are %s", alg, strings.Join(known, ", "))
	}
	if base, ok := strings.CutSuffix(name, "_enc"); ok && !c.has(base+"_alg") {
		c.report(name, "needs %s_alg beside it", base)
	}
}

// has reports whether a member has a value.
func (c *check) has(name string) bool {
	doc, err := MetadataMembers(c.metadata)
	return err == nil && doc[name] != nil
}
