package provider

import (
	"net/url"
	"slices"
	"strings"

	"plinto/internal/weburl"
	"plinto/tenant"
)

// An Advice is something about a client that works and could be better.
type Advice struct {
	ClientID string `json:"client_id"`
	Member   string `json:"member"`
	Advice   string `json:"advice"`
}

// Advise says what would make a client safer, or what in it does nothing.
func Advise(c *Client, servers []ResourceServer, levels tenant.ACRLevels) []Advice {
	var found []Advice
	say := func(member, text string) { found = append(found, Advice{c.ClientID, member, text}) }
	if c.HasGrant(GrantCode) && !c.NeedsPKCE(false) {
		say("require_pkce", "set it to true: PKCE keeps a stolen code from being used, also with a secret (RFC 9700 §2.1.1)")
	}
	if c.DirectSignIn && !c.FirstParty {
		say("direct_sign_in", "it does nothing for a client that is not first_party")
	}
	if len(c.AndroidApps)+len(c.AppleApps) > 0 && !c.SignsInDirectly() {
		say("android_apps", "android_apps and apple_apps do nothing without first_party and direct_sign_in")
	}
	if c.Public() && c.FirstParty {
		say("first_party", "anyone can use a public client's client_id: without a consent page users do not see who asks")
	}
	if !c.Public() && len(c.Secrets) == 0 && strings.HasPrefix(c.TokenEndpointAuthMethod, "client_secret_") {
		say("client_secret", "it has none, so it cannot authenticate: plinto client rotate-secret makes one")
	}
	if slices.ContainsFunc(c.Secrets, func(s ClientSecret) bool { return s.Weak }) {
		say("client_secret", "it is short or of few different characters: plinto client rotate-secret makes one that nobody guesses")
	}
	if strings.Contains(c.ClientID, ":") && c.HasSecret() {
		say("client_id", "it has a colon, which HTTP Basic takes for the end of it: client_secret_post, or a library that encodes it, is safer")
	}
	if len(c.Secrets) > 1 {
		say("client_secret", "the one before the last rotation is still good: plinto client rotate-secret --now ends it early")
	}
	if c.HasGrant(GrantCode) && c.IDTokenSignedAlg == AlgIDToken {
		say("id_token_signed_response_alg", "ES256 makes ID tokens smaller and thirty times cheaper to sign, if its library takes it")
	}
	if !c.HasGrant(GrantRefresh) && slices.Contains(strings.Fields(c.Scope), ScopeOffline) {
		say("grant_types", "offline_access is of no use without refresh_token")
	}
	for _, acr := range c.DefaultACRValues {
		if !levels.Has(acr) {
			say("default_acr_values", acr+" is not among the tenant's acr_levels: it has no effect")
		}
	}
	adviseURIs(c, say)
	adviseScopes(c, servers, say)
	for _, p := range c.Warnings() {
		say(p.Member, p.Message)
	}
	return found
}

func adviseURIs(c *Client, say func(member, text string)) {
	for _, raw := range c.RedirectURIs {
		u, err := url.Parse(raw)
		if err != nil {
			continue
		}
		switch {
		case weburl.IsLoopback(u.Hostname()) && c.ApplicationType != ApplicationNative:
			say("redirect_uris", raw+" is for development: remove it from an application that is in use")
		case u.Scheme != "https" && u.Scheme != "http" && !strings.Contains(u.Scheme, "."):
			say("redirect_uris", raw+": any app may use the scheme too, and none is told apart by it; a reversed domain name (com.example.app) or a claimed https address is safer (RFC 8252 §7.1)")
		case u.Scheme != "https" && u.Scheme != "http":
			say("redirect_uris", raw+": another app can claim the scheme; a claimed https address is safer (RFC 8252 §7.2)")
		}
	}
	if c.HasGrant(GrantCode) && len(c.PostLogoutRedirectURIs) == 0 {
		say("post_logout_redirect_uris", "there is none, so users stay on Plinto's page after signing out")
	}
}

func adviseScopes(c *Client, servers []ResourceServer, say func(member, text string)) {
	for _, p := range UnknownScopes(c.Metadata, servers) {
		say(p.Member, p.Message)
	}
	for _, identifier := range c.Resources {
		if _, err := RegisteredResources(servers, []string{identifier}); err != nil {
			say("resources", identifier+" is no resource server of the tenant")
		}
	}
}
