package preset

import "strings"

// auth0 has an issuer for each customer, which ends with a slash. Claims of one's own have names that are URLs.
var auth0 = Preset{
	Title: "Auth0", Source: "https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery", Read: "2026-11-30",
	Kind: OIDC, Scopes: []string{"openid", "email", "profile"},
	IssuerFrom: func(issuer string, _ []string) string {
		if issuer == "" || strings.HasSuffix(issuer, "/") {
			return issuer
		}
		return issuer + "/"
	},
}
