package federation

import (
	"regexp"
	"slices"
	"strings"

	"plinto/federation/preset"
)

// KindOAuth2 is the kind of connections by OAuth 2.0 alone (RFC 6749 §4.1): an endpoint of the provider says who the user of an
// access token is. There is no ID token, so neither nonce nor auth_time, acr and amr.
const KindOAuth2 = preset.OAuth2

// AuthSigned is a client secret that is a JWT, which is signed anew for each request with a key that the provider gave.
const AuthSigned = "signed_client_secret"

// A ProviderSpec is what a Spec says of a provider that is known, or that has no OpenID Connect.
type ProviderSpec struct {
	// Preset names a provider that is known: what is said of it there is the default of the rest of the Spec.
	Preset string `json:"preset,omitempty"`
	// Tenants are the ids of the provider's customers whose users may sign in, where a provider has one issuer for many.
	Tenants []string `json:"tenants,omitempty"`
	// TeamID and KeyID are those of the key of a signed_client_secret.
	TeamID string `json:"team_id,omitempty"`
	KeyID  string `json:"key_id,omitempty"`
	// SubjectClaim is the member of userinfo that says whose account it is, of KindOAuth2.
	SubjectClaim string `json:"subject_claim,omitempty"`
}

// maxTenants is how many customers of a provider a connection names at most.
const maxTenants = 50

// known returns what is known of the provider.
func (s *Spec) known() *preset.Preset { return preset.Of(s.Preset) }

// fill adds what is known of the provider where nothing is said.
func (s *Spec) fill() {
	p := s.known()
	if s.Tenants = slices.Clone(s.Tenants); len(s.Tenants) == 0 {
		s.Tenants = nil
	}
	for i, t := range s.Tenants {
		s.Tenants[i] = strings.ToLower(t)
	}
	if s.Issuer == "" {
		s.Issuer = p.Issuer
	}
	if p.IssuerFrom != nil {
		s.Issuer = p.IssuerFrom(s.Issuer, s.Tenants)
	}
	for value, standard := range map[*string]string{
		&s.Kind: p.Kind, &s.Name: p.Title, &s.AuthMethod: p.AuthMethod, &s.SubjectClaim: p.SubjectClaim,
	} {
		if *value == "" {
			*value = standard
		}
	}
	if len(s.Scopes) == 0 {
		s.Scopes = slices.Clone(p.Scopes)
	}
	if s.Endpoints == nil && p.Authorization != "" {
		s.Endpoints = &Endpoints{Authorization: p.Authorization, Token: p.Token, JWKS: p.JWKS, UserInfo: p.UserInfo}
	}
}

// customerID is how Microsoft names a tenant: a UUID.
var customerID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (s *Spec) checkPreset() error {
	if s.Preset != "" && !preset.Known(s.Preset) {
		return wrong("preset", "must be one of "+strings.Join(preset.Names(), ", "))
	}
	return nil
}

func (s *Spec) checkProvider() error {
	p := s.known()
	switch signed := s.AuthMethod == AuthSigned; {
	case s.Preset != "" && p.Kind != s.Kind:
		return wrong("kind", "must be "+p.Kind+": that is what the provider has")
	case signed && (s.TeamID == "" || s.KeyID == "" || !text(s.TeamID) || !text(s.KeyID)):
		return wrong("key_id", "must be given with team_id: signed_client_secret takes both")
	case !signed && s.TeamID+s.KeyID != "":
		return wrong("key_id", "must be given with auth_method signed_client_secret alone")
	case len(s.Tenants) > 0 && !p.Tenants:
		return wrong("tenants", "must be given with a provider alone that signs users of many customers in")
	case len(s.Tenants) > maxTenants || !every(s.Tenants, customerID.MatchString):
		return wrong("tenants", "must have at most 50 tenant ids (UUIDs)")
	case p.Tenants && len(s.Tenants) == 0 && (s.Issuer == "" || p.IssuerOf(s.Issuer, "x") != s.Issuer):
		return wrong("tenants", "must name those whose users may sign in: anybody can make one")
	}
	return s.checkOAuth2()
}

func (s *Spec) checkOAuth2() error {
	switch e := s.endpoints(); {
	case s.Kind != KindOAuth2 && s.SubjectClaim != "":
		return wrong("subject_claim", "must be given with kind oauth2 alone: an ID token has sub")
	case s.Kind != KindOAuth2 && s.Endpoints != nil && e.JWKS == "":
		return wrong("endpoints/jwks", "must be given: ID tokens are verified with it")
	case s.Kind != KindOAuth2:
		return nil
	case e.Authorization == "" || e.Token == "" || e.UserInfo == "":
		return wrong("endpoints", "must have authorization, token and userinfo: kind oauth2 has no discovery document")
	case e.JWKS != "":
		return wrong("endpoints/jwks", "must not be given: kind oauth2 has no ID tokens")
	case s.SubjectClaim == "" || !text(s.SubjectClaim):
		return wrong("subject_claim", "must name the member of userinfo that says whose account it is, which never changes")
	case len(s.ACRValues) > 0 || s.MFA == MFATrust:
		return wrong("mfa", "must be ask: without an ID token nothing says how somebody signed in")
	}
	return nil
}

// IssuerOf returns the issuer of one customer of the provider, where it has one for each; otherwise that of the connection.
func (s *Spec) IssuerOf(customer string) string {
	if p := s.known(); p.IssuerOf != nil {
		return p.IssuerOf(s.Issuer, customer)
	}
	return s.Issuer
}

// ManyIssuers reports whether users of several customers of the provider sign in, each under the issuer of their own.
func (s *Spec) ManyIssuers() bool { return s.IssuerOf("x") != s.Issuer }

// AnswersAs reports whether an answer may name that issuer.
func (s *Spec) AnswersAs(issuer string) bool {
	if !s.ManyIssuers() {
		return issuer == s.Issuer
	}
	return slices.ContainsFunc(s.Tenants, func(t string) bool { return s.IssuerOf(t) == issuer })
}
