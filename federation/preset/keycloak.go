package preset

// keycloak has an issuer for each realm: https://login.example.com/realms/example. Groups are in a claim where a mapper of the
// client puts them.
var keycloak = Preset{
	Title: "Keycloak", Source: "https://www.keycloak.org/securing-apps/oidc-layers", Read: "2026-11-30",
	Kind: OIDC, Scopes: []string{"openid", "email", "profile"},
}
