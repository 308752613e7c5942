package preset

// okta has an issuer for each customer: https://example.okta.com, or one of its authorization servers, as
// https://example.okta.com/oauth2/default. The scope groups gives the claim groups where the application has it.
var okta = Preset{
	Title: "Okta", Source: "https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/", Read: "2026-11-30",
	Kind: OIDC, Scopes: []string{"openid", "email", "profile"},
}
