package discovery

import (
	"plinto/internal/paths"
	"plinto/provider"
	"plinto/tenant"
)

// metadata holds the members of OpenID Connect Discovery 1.0 §3, RFC 8414 §2,
// RFC 9207 §3, RFC 9126 §5, JARM §4 and the four logout specifications that this
// server honours.
type metadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	EndSessionEndpoint    string `json:"end_session_endpoint"`
	PAREndpoint           string `json:"pushed_authorization_request_endpoint"`
	ChallengeEndpoint     string `json:"authorization_challenge_endpoint,omitempty"` // draft-ietf-oauth-first-party-apps-04 §7
	CheckSessionIframe    string `json:"check_session_iframe"`
	RegistrationEndpoint  string `json:"registration_endpoint,omitempty"` // where clients may register themselves

	ScopesSupported        []string `json:"scopes_supported"`
	ClaimsSupported        []string `json:"claims_supported"`
	ResponseTypesSupported []string `json:"response_types_supported"`
	ResponseModesSupported []string `json:"response_modes_supported"`
	GrantTypesSupported    []string `json:"grant_types_supported"`
	SubjectTypesSupported  []string `json:"subject_types_supported"`
	ACRValuesSupported     []string `json:"acr_values_supported"`
	PromptValuesSupported  []string `json:"prompt_values_supported"`
	UILocalesSupported     []string `json:"ui_locales_supported"`
	ClaimTypesSupported    []string `json:"claim_types_supported"`

	IDTokenSigningAlgs        []string `json:"id_token_signing_alg_values_supported"`
	UserinfoSigningAlgs       []string `json:"userinfo_signing_alg_values_supported"`
	AuthorizationSigningAlgs  []string `json:"authorization_signing_alg_values_supported"`
	RequestObjectSigningAlgs  []string `json:"request_object_signing_alg_values_supported"`
	TokenAuthSigningAlgs      []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	RevocationSigningAlgs     []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	IntrospectionSigningAlgs  []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	IDTokenEncryptionAlgs     []string `json:"id_token_encryption_alg_values_supported"`
	IDTokenEncryptionEncs     []string `json:"id_token_encryption_enc_values_supported"`
	UserinfoEncryptionAlgs    []string `json:"userinfo_encryption_alg_values_supported"`
	UserinfoEncryptionEncs    []string `json:"userinfo_encryption_enc_values_supported"`
	AuthorizationWrapAlgs     []string `json:"authorization_encryption_alg_values_supported"`
	AuthorizationEncs         []string `json:"authorization_encryption_enc_values_supported"`
	TokenAuthMethods          []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuthMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionAuthMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	CodeChallengeMethods      []string `json:"code_challenge_methods_supported"`
	ClaimsParameterSupported  bool     `json:"claims_parameter_supported"`
	RequestParameterSupported bool     `json:"request_parameter_supported"`
	RequestURISupported       bool     `json:"request_uri_parameter_supported"`
	RequestURIRegistration    bool     `json:"require_request_uri_registration"`
	IssParameterSupported     bool     `json:"authorization_response_iss_parameter_supported"`
	RequirePAR                bool     `json:"require_pushed_authorization_requests"`
	FrontchannelLogout        bool     `json:"frontchannel_logout_supported"`
	FrontchannelLogoutSession bool     `json:"frontchannel_logout_session_supported"`
	BackchannelLogout         bool     `json:"backchannel_logout_supported"`
	BackchannelLogoutSession  bool     `json:"backchannel_logout_session_supported"`
}

func describe(t *tenant.Tenant, locales []string, signUp bool) metadata {
	grants, responseTypes := provider.OfferedFlows(t.Settings.AllowImplicit)
	return metadata{
		Issuer:                t.Issuer,
		AuthorizationEndpoint: t.URL(paths.Authorize),
		TokenEndpoint:         t.URL(paths.Token),
		UserinfoEndpoint:      t.URL(paths.UserInfo),
		JWKSURI:               t.URL(paths.JWKS),
		RevocationEndpoint:    t.URL(paths.Revoke),
		IntrospectionEndpoint: t.URL(paths.Introspect),
		EndSessionEndpoint:    t.URL(paths.EndSession),
		PAREndpoint:           t.URL(paths.PAR),
		CheckSessionIframe:    t.URL(paths.CheckSession),

		ScopesSupported:        provider.StandardScopes,
		ClaimsSupported:        provider.ClaimNames,
		ResponseTypesSupported: responseTypes,
		ResponseModesSupported: provider.ResponseModes,
		GrantTypesSupported:    grants,
		SubjectTypesSupported:  provider.SubjectTypes,
		ACRValuesSupported:     t.Settings.ACRLevels.Names(),
		PromptValuesSupported:  provider.OfferedPrompts(signUp),
		UILocalesSupported:     locales,
		ClaimTypesSupported:    provider.ClaimTypes,

		IDTokenSigningAlgs:       provider.TokenSigningAlgs,
		UserinfoSigningAlgs:      provider.TokenSigningAlgs,
		AuthorizationSigningAlgs: provider.TokenSigningAlgs,
		RequestObjectSigningAlgs: provider.SigningAlgs,
		TokenAuthSigningAlgs:     provider.TokenSigningAlgs,
		RevocationSigningAlgs:    provider.TokenSigningAlgs,
		IntrospectionSigningAlgs: provider.TokenSigningAlgs,
		IDTokenEncryptionAlgs:    provider.WrapAlgs,
		IDTokenEncryptionEncs:    provider.ContentAlgs,
		UserinfoEncryptionAlgs:   provider.WrapAlgs,
		UserinfoEncryptionEncs:   provider.ContentAlgs,
		AuthorizationWrapAlgs:    provider.WrapAlgs,
		AuthorizationEncs:        provider.ContentAlgs,

		TokenAuthMethods:          provider.AuthMethods,
		RevocationAuthMethods:     provider.AuthMethods,
		IntrospectionAuthMethods:  provider.ConfidentialMethods,
		CodeChallengeMethods:      provider.ChallengeMethods,
		ClaimsParameterSupported:  true,
		RequestParameterSupported: true,
		RequestURISupported:       true,
		RequestURIRegistration:    true,
		IssParameterSupported:     true,
		RequirePAR:                t.Settings.RequirePAR,
		FrontchannelLogout:        true,
		FrontchannelLogoutSession: true,
		BackchannelLogout:         true,
		BackchannelLogoutSession:  true,
	}
}
