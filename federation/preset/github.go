package preset

// github has OAuth 2.0 without OpenID Connect for people. A user name can be given to somebody else, so the account is known by its
// number. email of the profile is whatever the user shows; verified addresses are at /user/emails.
var github = Preset{
	Title: "GitHub", Source: "https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps", Read: "2026-11-30",
	Kind: OAuth2, Issuer: "https://github.com/login/oauth", Scopes: []string{"read:user", "user:email"}, AuthMethod: "client_secret_post",
	Authorization: "https://github.com/login/oauth/authorize", Token: "https://github.com/login/oauth/access_token", UserInfo: "https://api.github.com/user",
	SubjectClaim: "id", Emails: true,
	Verified: func(string, Claims) bool { return false },
}
