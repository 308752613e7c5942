// Package paths names the addresses at which the server answers: each once, for the
// routes, the metadata that announces them and the pages that lead to them. All but those
// of health checks are relative to the issuer (tenant.Tenant.Path).
//
// Clients and browsers have these addresses stored: changing one breaks them. So what
// internal/plintotest sends does not use this package.
package paths

// What clients call, and what protocols name.
const (
	Authorize           = "/oauth2/authorize"
	Continue            = "/oauth2/authorize/continue" // from every page of a flow back to the dispatcher
	PAR                 = "/oauth2/par"
	Challenge           = "/oauth2/challenge" // applications that sign users in by themselves
	DirectSignIn        = "/auth/signin"      // the same, by JSON
	Token               = "/oauth2/token"
	Introspect          = "/oauth2/introspect"
	Revoke              = "/oauth2/revoke"
	UserInfo            = "/oauth2/userinfo"
	Register            = "/oauth2/register"
	EndSession          = "/oauth2/logout"
	CheckSession        = "/oauth2/session/check"
	WebhookKeys         = "/.well-known/webhook-keys/" // and the id of an endpoint
	Management          = "/admin/v1"                  // below it is the management API
	ManagementDocs      = "/admin/docs"                // its reference
	JWKS                = "/.well-known/jwks.json"
	ChangePassword      = "/.well-known/change-password"            // W3C, A Well-Known URL for Changing Passwords
	AssetLinks          = "/.well-known/assetlinks.json"            // Digital Asset Links: Android apps
	AppleAssociation    = "/.well-known/apple-app-site-association" // apps on Apple's platforms
	RelatedOrigins      = "/.well-known/webauthn"                   // Web Authentication Level 3 §5.11
	PasskeyEndpoints    = "/.well-known/passkey-endpoints"          // W3C, A Well-Known URL for Passkey Endpoints
	OpenIDConfiguration = "/.well-known/openid-configuration"       // OpenID Connect Discovery 1.0 §4
	AuthorizationServer = "/.well-known/oauth-authorization-server" // RFC 8414 §3
)

// Of connections to identity providers, which have these addresses stored too.
const (
	FederationCallback = "/federation/{connection}/callback"
	FederationACS      = "/federation/{connection}/acs"       // the assertion consumer service (SAML Profiles 2.0 §4.1)
	FederationMetadata = "/federation/{connection}/metadata"  // with which we introduce ourselves (SAML Metadata 2.0)
	FederationKeys     = "/federation/{connection}/jwks.json" // with which we show a provider who we are
	FederationLogout   = "/federation/{connection}/backchannel-logout"

	FederationLoggedOut = "/federation/{connection}/logged-out" // where the provider leads back who signed out
	FederationSLO       = "/federation/{connection}/slo"        // the single logout service (SAML Profiles 2.0 §4.4)
	FederationLogOut    = "/federation/{connection}/log-out"    // from where who signed out goes to a provider of SAML
)

// The hosted pages.
const (
	Home                  = "/"
	Login                 = "/login"
	LoginLocal            = "/login/local"        // asks for name and password, where /login asks for a name alone
	Device                = "/login/device"       // asks for the code that was mailed because of a new browser
	Factor                = "/login/factor"       // asks for the second factor
	FactorEnrol           = "/login/factor/enrol" // adds one
	LoginEmail            = "/login/email"        // asks for the code of a mail that stands for the password
	LoginEmailLink        = "/login/email/link"   // of such a mail
	LoginPasskey          = "/login/passkey"
	PasskeyOffer          = "/login/passkey/new"
	PasskeyDemanded       = "/login/passkey/required" // has the user make the one that their organization demands
	FactorPasskey         = "/login/factor/passkey"
	FactorEnrolPasskey    = "/login/factor/enrol/passkey"
	FactorCodes           = "/login/factor/codes" // shows new recovery codes
	Recover               = "/recover"            // another password, by a code of a mail
	RecoverCode           = "/recover/code"
	RecoverPassword       = "/recover/password"
	RecoverLink           = "/recover/link"   // another password, by a link of an operator
	Password              = "/password"       // where AccountPassword was in earlier versions
	NewPassword           = "/login/password" // asks for another password before the sign-in goes on
	KeepAccount           = "/login/keep"     // of who is to be deleted
	ConnectIdentity       = "/login/connect"  // says whether an account at a provider is the user's
	SignUp                = "/sign-up"
	SignUpCode            = "/sign-up/code"
	SignUpAccount         = "/sign-up/account"
	SignUpLink            = "/sign-up/link"  // an account, by the link of a mail
	Invitation            = "/invitation"    // to an organization, by the link of a mail
	ConfirmEmail          = "/email/confirm" // another address, by the link of a mail
	ChooseAccount         = "/login/account" // which account to go on with
	ChooseOrganization    = "/login/organization"
	Account               = "/account" // a user's own account
	AccountProfile        = "/account/profile"
	AccountEmails         = "/account/emails"
	AccountEmailAdd       = "/account/emails/add"
	AccountEmailPrimary   = "/account/emails/primary"
	AccountEmailRemove    = "/account/emails/remove"
	AccountSecurity       = "/account/security"
	AccountPassword       = "/account/password"
	AccountPasswordRemove = "/account/password/remove"
	AccountPasskey        = "/account/security/passkey" // adds one
	AccountApp            = "/account/security/app"     // adds an authenticator app
	AccountCodes          = "/account/security/codes"   // replaces recovery codes
	AccountRename         = "/account/security/rename"
	AccountRemove         = "/account/security/remove"
	AccountDevices        = "/account/devices"
	AccountApps           = "/account/apps"
	AccountIdentities     = "/account/identities" // accounts at identity providers that sign the user in
	AccountActivity       = "/account/activity"
	AccountAPIKeys        = "/account/api-keys"
	AccountAPIKeyNew      = "/account/api-keys/new"
	AccountData           = "/account/data" // what is kept of the user, as a file
	AccountDelete         = "/account/delete"
	Consent               = "/consent"
	Logout                = "/logout"
	LoggedOut             = "/logged-out"
	Setup                 = "/setup"
	BrandStyle            = "/brand/brand-"   // and a hash and .css
	BrandLogo             = "/brand/logo-"    // and a hash and .png
	PresentLogo           = "/brand/logo.png" // of mails
	BrandOrganization     = "/brand/org-"     // and an id: a style sheet with its hash and .css, the logo of mails with .png
	NotMe                 = "/not-me"         // where links of mails about an account lead
)

// What belongs to no issuer.
const (
	Live    = "/livez"
	Ready   = "/readyz"
	Version = "/version"
)
