package provider

import (
	"slices"
	"strings"
)

// Values of client metadata (OpenID Connect Registration 1.0 §2).
const (
	ApplicationWeb    = "web"
	ApplicationNative = "native"
	SubjectPublic     = "public"
	ResponseCode      = "code"
)

// WithDefaults fills the members that RFC 7591 §2 and OpenID Connect Registration
// 1.0 §2 give a default, and orders the words of response types. It is
// idempotent; stored clients always went through it.
func (m Metadata) WithDefaults() Metadata {
	if m.TokenEndpointAuthMethod == "" {
		m.TokenEndpointAuthMethod = AuthBasic
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{GrantCode}
	}
	if len(m.ResponseTypes) == 0 && slices.Contains(m.GrantTypes, GrantCode) {
		m.ResponseTypes = []string{ResponseCode}
	}
	m.ResponseTypes = canonicalResponseTypes(m.ResponseTypes)
	if m.ApplicationType == "" {
		m.ApplicationType = ApplicationWeb
	}
	if m.SubjectType == "" {
		m.SubjectType = SubjectPublic
	}
	if m.IDTokenSignedAlg == "" {
		m.IDTokenSignedAlg = AlgIDToken
	}
	return m
}

// canonicalResponseTypes orders the words of each: "token code" is "code token"
// (OAuth 2.0 Multiple Response Types §3: their order does not matter).
func canonicalResponseTypes(types []string) []string {
	if len(types) == 0 {
		return nil
	}
	ordered := make([]string, len(types))
	for i, t := range types {
		words := strings.Fields(t)
		slices.Sort(words)
		ordered[i] = strings.Join(words, " ")
	}
	return ordered
}
