package provider

import (
	"slices"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/jwt"
)

// What this server offers, in the order in which metadata documents show it. Discovery
// publishes these lists, registration and the command line check client metadata against
// them, and requests are refused that ask for anything else. A value is added here and
// where it is put to use; TestOffers… compares the two.
var (
	// GrantTypes are those of client metadata (RFC 7591 §2). The token endpoint answers
	// all but implicit.
	GrantTypes = []string{GrantCode, GrantRefresh, GrantClientCredentials, GrantImplicit}
	// ResponseTypes are those of the authorization endpoint, words in order.
	ResponseTypes = []string{ResponseCode, "id_token", "id_token token", "code id_token", "code token", "code id_token token"}
	// ResponseModes are how the authorization endpoint answers (OAuth 2.0 Multiple
	// Response Types §2, Form Post, JARM §2.3).
	ResponseModes = []string{"query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"}
	// ChallengeMethods are those of PKCE (RFC 7636 §4.2, RFC 9700 §2.1.1).
	ChallengeMethods = []string{"S256"}
	// Prompts are those of authorization requests (OpenID Connect Core 1.0 §3.1.2.1).
	// PromptCreate is only for tenants where people can sign up.
	Prompts = []string{PromptNone, "login", "consent", "select_account", PromptCreate}

	// ConfidentialMethods are how a client with a secret or a key authenticates (RFC 7591 §2).
	ConfidentialMethods = []string{AuthBasic, AuthPost, AuthSecretJWT, AuthPrivateKeyJWT}
	// AuthMethods are those of the token endpoint: of public clients too.
	AuthMethods = slices.Concat(ConfidentialMethods, []string{AuthNone})

	// ApplicationTypes and SubjectTypes are those of OpenID Connect Registration 1.0 §2.
	ApplicationTypes = []string{ApplicationWeb, ApplicationNative}
	SubjectTypes     = []string{SubjectPublic, SubjectPairwise}
	// ClaimTypes are those of OpenID Connect Core 1.0 §5.6.
	ClaimTypes = []string{"normal"}
	// SignInMethods are the authentication methods (RFC 8176 §2) that a sign-in here can
	// prove. Tenants make their context classes of them: see tenant.ACRLevels.
	SignInMethods = []string{identity.AMRPassword, identity.AMREmail, identity.AMRFederated, mfa.AMROTP, mfa.AMRHardware, mfa.AMRSoftware, mfa.AMRPresence, mfa.AMRMulti}
	// StandardScopes are what every tenant knows.
	StandardScopes = []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeAddress, ScopePhone, ScopeOffline, ScopeRoles, ScopePermissions}
	// ClaimNames are the claims that can be had of a user or a sign-in.
	ClaimNames = []string{
		"sub", "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "updated_at", "email", "email_verified", "address", "phone_number",
		"phone_number_verified", "auth_time", "acr", "amr", "sid", "org_id", "org_slug", "org_roles", "org_permissions",
	}

	// SigningAlgs are what a tenant can sign with, and what clients' own keys may. "none"
	// signs nothing and is never accepted.
	SigningAlgs = jwt.Asymmetric()
	// HMACAlgs and SecretWrapAlgs have the client's secret as their key: of signatures,
	// and of encryption (OpenID Connect Core 1.0 §10.1, §10.2).
	HMACAlgs       = []string{jwt.HS256, jwt.HS384, jwt.HS512}
	SecretWrapAlgs = jwt.SecretKeyAlgorithms
	// TokenSigningAlgs are what ID tokens and other answers to a client may be signed
	// with, and the client's own assertions.
	TokenSigningAlgs = slices.Concat(SigningAlgs, HMACAlgs)
	// WrapAlgs and ContentAlgs are what answers may be encrypted with (RFC 7518 §4.1, §5.1).
	WrapAlgs    = slices.Concat(jwt.KeyAlgorithms, SecretWrapAlgs)
	ContentAlgs = jwt.ContentAlgorithms
	// DefaultAlgs are those every tenant has a key for; keys of others are made when
	// they first sign.
	DefaultAlgs = []string{AlgIDToken, AlgAccessToken}
)

// Signature algorithms by use.
const (
	// AlgIDToken is the default of ID tokens: what OpenID Connect Registration §2
	// says, and what libraries insist on.
	AlgIDToken = jwt.RS256
	// AlgAccessToken is the default of access tokens: thirty times cheaper to sign.
	AlgAccessToken = jwt.ES256
)

// Prompts that decide more than which page is shown.
const (
	// PromptNone asks for an answer without any page.
	PromptNone = "none"
	// PromptCreate asks for the sign-up page (Initiating User Registration via OpenID
	// Connect 1.0 §4.1).
	PromptCreate = "create"
)

// Values that are registered with IANA and not offered yet. Operators may declare them
// and are told that they are not in effect; see Metadata.NotInEffect.
var (
	grantsLater = []string{
		"urn:ietf:params:oauth:grant-type:device_code",
		"urn:ietf:params:oauth:grant-type:token-exchange",
		"urn:ietf:params:oauth:grant-type:jwt-bearer",
		"urn:ietf:params:oauth:grant-type:saml2-bearer",
		"urn:openid:params:grant-type:ciba",
	}
	responsesLater = []string{"none", "token"}
	methodsLater   = []string{"tls_client_auth", "self_signed_tls_client_auth"}
)

// OfferedFlows returns the grant and response types that are offered with or without
// the flows of the legacy profile, as new slices.
func OfferedFlows(legacy bool) (grants, responses []string) {
	grants, responses = slices.Clone(GrantTypes), slices.Clone(ResponseTypes)
	if !legacy {
		grants = slices.DeleteFunc(grants, func(g string) bool { return g == GrantImplicit })
		responses = slices.DeleteFunc(responses, direct)
	}
	return grants, responses
}

// OfferedPrompts returns the prompts of a tenant where people can or cannot sign up, as
// a new slice.
func OfferedPrompts(signUp bool) []string {
	return slices.DeleteFunc(slices.Clone(Prompts), func(p string) bool { return p == PromptCreate && !signUp })
}
