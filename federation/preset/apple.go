package preset

// apple posts its answer as a form, takes a JWT that is signed with a key of the developer's as client secret, writes booleans as
// texts, and says the name once, in the form. It verifies each address, which may be one that it relays mail from.
var apple = Preset{
	Title: "Apple", Source: "https://developer.apple.com/documentation/signinwithapplerestapi", Read: "2026-11-30",
	Kind: OIDC, Issuer: "https://appleid.apple.com", Scopes: []string{"openid", "email", "name"}, AuthMethod: "signed_client_secret",
	Authorization: "https://appleid.apple.com/auth/authorize", Token: "https://appleid.apple.com/auth/token", JWKS: "https://appleid.apple.com/auth/keys",
	FormPost: true, NameOnce: true,
	Verified: func(_ string, c Claims) bool { return c.True("email_verified") || c.Text("email_verified") == "true" },
}
