package preset

import "strings"

// google calls an address verified that was read once, years ago, and may be somebody else's today, unless it is the host of the
// mailbox itself: of gmail.com, or of a Workspace, which hd says.
var google = Preset{
	Title: "Google", Source: "https://developers.google.com/identity/gsi/web/guides/verify-google-id-token", Read: "2026-11-30",
	Kind: OIDC, Issuer: "https://accounts.google.com", Scopes: []string{"openid", "email", "profile"}, AuthMethod: "client_secret_post",
	Verified: func(email string, c Claims) bool {
		return c.True("email_verified") && (strings.HasSuffix(strings.ToLower(email), "@gmail.com") || c.Text("hd") != "")
	},
}
