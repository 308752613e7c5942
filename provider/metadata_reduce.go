package provider

import (
	"slices"
	"strings"

	"plinto/tenant"
)

// An Offer is what clients may have that register themselves.
type Offer struct {
	Implicit          bool // the flows of the legacy profile
	ClientCredentials bool // somebody vouches for a client that acts without users
	ACRLevels         tenant.ACRLevels
}

// ForRegistration returns metadata that a client asked for as far as it may decide
// them itself and as far as they are offered (RFC 7591 §3.2.1): the client reads in
// the answer what it got. Problems are about what cannot be left out: when nothing is
// left of what it asked for, and a grant that somebody has to vouch for.
//
// Grant types follow from response types that came alone, and a client whose redirect
// URIs only a native one can have is one. Resources, origins, lifetimes, direct sign-in, connections and apps are the
// operator's to give and keep what before has of them.
//
// Where the tenant offers the flows of the legacy profile a client has it unless it
// asks for a stricter one. Profile and require_pkce can be made stricter only: the
// operator may have had a reason.
func (m Metadata) ForRegistration(o Offer, before Metadata) (Metadata, []Problem) {
	m.AllowedOrigins, m.Resources, m.AccessTokenTTL = before.AllowedOrigins, before.Resources, before.AccessTokenTTL
	m.DirectSignIn = before.DirectSignIn
	m.Connections = before.Connections
	m.AndroidApps, m.AppleApps = before.AndroidApps, before.AppleApps
	m.RequirePKCE = m.RequirePKCE || before.RequirePKCE
	m.Profile = profileFor(o, m, before)
	m.RedirectURIs, m.PostLogoutRedirectURIs = distinct(m.RedirectURIs), distinct(m.PostLogoutRedirectURIs)
	if !slices.Contains(AuthMethods, m.TokenEndpointAuthMethod) {
		m.TokenEndpointAuthMethod = ""
	}
	m.DefaultACRValues = slices.DeleteFunc(distinct(m.DefaultACRValues), func(acr string) bool { return !o.ACRLevels.Has(acr) })
	problems := m.reduceFlows(o)
	if !slices.Contains(ApplicationTypes, m.ApplicationType) {
		m.ApplicationType = ""
		if nativeOnly(m.RedirectURIs) && !slices.Contains(m.GrantTypes, GrantImplicit) {
			m.ApplicationType = ApplicationNative
		}
	}
	return m.WithDefaults(), problems
}

func profileFor(o Offer, m, before Metadata) string {
	either := func(profile string) bool { return m.Profile == profile || before.Profile == profile }
	switch {
	case either(ProfileStrict):
		return ProfileStrict
	case o.Implicit && !either(ProfileOAuth21):
		return ProfileLegacy
	default:
		return ProfileOAuth21
	}
}

// reduceFlows leaves out grant and response types that are not offered, and makes the
// others fit each other (RFC 7591 §2.1): response types bring the grants they need,
// grants the response types.
func (m *Metadata) reduceFlows(o Offer) (problems []Problem) {
	offeredGrants, offeredResponses := OfferedFlows(m.Profile == ProfileLegacy)
	responses := among(distinct(canonicalResponseTypes(m.ResponseTypes)), offeredResponses)
	if len(responses) == 0 && len(m.ResponseTypes) > 0 {
		problems = append(problems, noneLeft("response_types", offeredResponses))
	}
	public := m.TokenEndpointAuthMethod == AuthNone
	if public || !o.ClientCredentials {
		offeredGrants = slices.DeleteFunc(offeredGrants, func(g string) bool { return g == GrantClientCredentials })
	}
	grants := among(distinct(m.GrantTypes), offeredGrants)
	switch {
	case len(grants) > 0 || len(m.GrantTypes) == 0:
	case slices.Contains(m.GrantTypes, GrantClientCredentials) && !public:
		// Such a client acts without any user's consent: somebody has to vouch for it.
		return append(problems, Problem{"grant_types", GrantClientCredentials + " needs an initial access token"})
	default:
		return append(problems, noneLeft("grant_types", offeredGrants))
	}
	m.GrantTypes, m.ResponseTypes = fitFlows(grants, responses, len(m.RedirectURIs) > 0)
	return problems
}

// fitFlows makes grant and response types fit each other. Without redirect URIs a
// client that has other grants has no use for response types.
func fitFlows(grants, responses []string, redirects bool) (fitGrants, fitResponses []string) {
	if len(grants) > 0 && !redirects && !needsRedirect(grants) {
		return grants, nil
	}
	grants = distinct(append(grants, grantsOf(responses)...))
	if slices.Equal(grants, []string{GrantRefresh}) {
		grants = append(grants, GrantCode)
	}
	if slices.Contains(grants, GrantCode) && !slices.ContainsFunc(responses, hasCode) {
		responses = append(responses, ResponseCode)
	}
	if len(grants) > 1 && !slices.ContainsFunc(responses, direct) {
		grants = slices.DeleteFunc(grants, func(g string) bool { return g == GrantImplicit })
	}
	return grants, responses
}

func noneLeft(member string, offered []string) Problem {
	return Problem{member, "none of these is offered here; offered are " + strings.Join(offered, ", ")}
}

// among returns list, which is changed, without what is not offered.
func among(list, offered []string) []string {
	return slices.DeleteFunc(list, func(v string) bool { return !slices.Contains(offered, v) })
}

// distinct returns list without repetitions, in its order, as a new slice.
func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func grantsOf(responses []string) []string {
	var grants []string
	if slices.ContainsFunc(responses, hasCode) {
		grants = append(grants, GrantCode)
	}
	if slices.ContainsFunc(responses, direct) {
		grants = append(grants, GrantImplicit)
	}
	return grants
}
