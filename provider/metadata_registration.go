package provider

import (
	"net/url"
	"slices"

	"plinto/internal/weburl"
)

// keyUse: what is encrypted to the client is encrypted to one of its keys.
func (c *check) keyUse() {
	m := c.metadata
	if m.JWKSURI != "" || len(m.JWKS) > 0 {
		return
	}
	for _, use := range []struct{ member, alg string }{
		{"id_token_encrypted_response_alg", m.IDTokenEncryptedAlg},
		{"userinfo_encrypted_response_alg", m.UserinfoEncryptedAlg},
		{"authorization_encrypted_response_alg", m.AuthorizationEncryptedAlg},
	} {
		if use.alg != "" && !slices.Contains(SecretWrapAlgs, use.alg) {
			c.report(use.member, "needs a key to encrypt to: register jwks or jwks_uri")
		}
	}
}

// sector: pairwise subjects are one per host, or per what speaks for several hosts
// (OpenID Connect Core 1.0 §8.1).
func (c *check) sector() {
	m := c.metadata
	if m.SubjectType != SubjectPairwise || m.SectorIdentifierURI != "" {
		return
	}
	hosts := map[string]bool{}
	for _, uri := range m.RedirectURIs {
		if u, err := url.Parse(uri); err == nil {
			hosts[u.Host] = true
		}
	}
	if len(hosts) > 1 {
		c.report("sector_identifier_uri", "is needed by pairwise subjects when redirect_uris are on several hosts")
	}
}

// implicit: tokens in a fragment go to web clients over https, and to no machine
// that others cannot see (OpenID Connect Registration 1.0 §2). Operators may, for
// development.
func (c *check) implicit() {
	m := c.metadata
	if c.rules.Operator || !slices.Contains(m.GrantTypes, GrantImplicit) {
		return
	}
	if !slices.ContainsFunc(m.ResponseTypes, direct) {
		c.report("response_types", "must have one with a token: the client uses %s", GrantImplicit)
	}
	if m.ApplicationType != ApplicationWeb {
		return
	}
	for i, uri := range m.RedirectURIs {
		u, err := url.Parse(uri)
		if err != nil {
			continue // reported already
		}
		if u.Scheme == "http" || !c.rules.Loopback && weburl.IsLoopback(u.Hostname()) {
			c.report(at("redirect_uris", i), "must be https and not on localhost: the client is a web client and uses %s", GrantImplicit)
		}
	}
}

// nativeOnly reports whether every URI is one that only apps on a device have.
// Clients of plain OAuth know no application_type.
func nativeOnly(uris []string) bool {
	return len(uris) > 0 && !slices.ContainsFunc(uris, func(raw string) bool {
		u, err := url.Parse(raw)
		return err != nil || u.Scheme == "https" || u.Scheme == "http" && !weburl.IsLoopback(u.Hostname())
	})
}
