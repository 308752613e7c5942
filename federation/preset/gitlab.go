package preset

// gitlab has groups in userinfo, and those that the user is in directly in groups_direct of the ID token. An installation of one's
// own is another issuer.
var gitlab = Preset{
	Title: "GitLab", Source: "https://docs.gitlab.com/integration/openid_connect_provider/", Read: "2026-11-30",
	Kind: OIDC, Issuer: "https://gitlab.com", Scopes: []string{"openid", "email", "profile"},
}
