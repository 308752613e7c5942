package preset

import "strings"

const microsoftHost = "https://login.microsoftonline.com/"

// microsoft puts any text into email that an administrator of any tenant typed, so an address counts only where the optional claim
// xms_edov says that the owner of its domain was verified ("nOAuth", 2023). Whose account it is says sub, under the issuer of the
// user's tenant; one connection can name several tenants, whose tid is compared. auth_time is an optional claim too, which its discovery document
// names all the same.
var microsoft = Preset{
	Title: "Microsoft", Source: "https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference", Read: "2026-11-30",
	Kind: OIDC, Scopes: []string{"openid", "email", "profile"}, AuthMethod: "client_secret_post", Tenants: true, Untimed: true,
	IssuerFrom: func(issuer string, tenants []string) string {
		switch {
		case issuer != "" && !strings.HasPrefix(issuer, microsoftHost) || len(tenants) == 0:
			return issuer
		case len(tenants) == 1:
			return microsoftHost + tenants[0] + "/v2.0"
		}
		return microsoftHost + "organizations/v2.0"
	},
	IssuerOf: func(issuer, tenant string) string {
		for _, many := range []string{"/organizations/v2.0", "/common/v2.0"} {
			if before, ok := strings.CutSuffix(issuer, many); ok {
				return before + "/" + tenant + "/v2.0"
			}
		}
		return issuer
	},
	Verified: func(_ string, c Claims) bool { return c.True("xms_edov") },
}
