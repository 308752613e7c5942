package preset

// oauth2 is any provider with OAuth 2.0 (RFC 6749) and an endpoint that says who the user of an access token is. The issuer is a name
// for it, an address of the provider's.
var oauth2 = Preset{
	Title: "OAuth 2.0", Source: "https://www.rfc-editor.org/rfc/rfc6749", Read: "2026-11-30",
	Kind: OAuth2, SubjectClaim: "sub",
}
