package main

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"plinto/internal/paths"
	"plinto/provider"
	"plinto/tenant"
)

// snippetsPage says where the recipes for other libraries are.
const snippetsPage = "Recipes for other libraries: docs/clients.md, and applications to copy: examples/."

// clientSnippets writes what the developer of a new client pastes: lines for its environment, and what gets it its
// first token with a common library, by what kind of client it is.
func clientSnippets(w io.Writer, t *tenant.Tenant, c *provider.Client, plain string) {
	fmt.Fprintf(w, "\nFor the application's environment:\n\n%s", environment(t, c, plain))
	title, code := "", ""
	switch users := c.HasGrant(provider.GrantCode); {
	case !users && plain != "":
		title, code = "To get a token", serviceSnippet(c) // which names nothing but its environment
	case !users:
	case c.ApplicationType == provider.ApplicationNative:
		title, code = "To sign a user in, with AppAuth for Android", nativeSnippet
	case c.Public():
		title, code = "To sign a user in, with oidc-client-ts", browserSnippet
	case plain != "":
		title, code = "To sign a user in, with openid-client 6 for Node.js", webSnippet
	}
	if code != "" {
		fill := strings.NewReplacer("{issuer}", literal(issuer(t)), "{client_id}", literal(c.ClientID), "{redirect_uri}", literal(firstRedirect(c)), "{scope}", literal(signInScope(c)))
		fmt.Fprintf(w, "\n%s:\n\n%s\n", title, fill.Replace(strings.TrimSpace(code)))
	}
	fmt.Fprintf(w, "\n%s\n", snippetsPage)
}

// environment is the settings of a client in the form of a shell and of .env files.
func environment(t *tenant.Tenant, c *provider.Client, plain string) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString(name + "=" + shellWord(value) + "\n")
		}
	}
	line("OIDC_ISSUER", issuer(t))
	line("OIDC_CLIENT_ID", c.ClientID)
	line("OIDC_CLIENT_SECRET", plain)
	line("OIDC_REDIRECT_URI", firstRedirect(c))
	return b.String()
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9._~:/@%+,=-]+$`)

// shellWord is a value as a POSIX shell reads it back.
func shellWord(value string) string {
	if plainWord.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// literal is a value as it stands within the double quotes of JavaScript and Kotlin.
func literal(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\u0024`).Replace(value)
}

func firstRedirect(c *provider.Client) string {
	if len(c.RedirectURIs) == 0 {
		return ""
	}
	return c.RedirectURIs[0]
}

// signInScope is what a client asks for when a user signs in: what it registered, or who the user is.
func signInScope(c *provider.Client) string {
	if c.Scope != "" {
		return c.Scope
	}
	return "openid profile email"
}

// serviceSnippet gets a token for the client itself (RFC 6749 §4.4). curl encodes nothing of what is in -u, and RFC 6749
// §2.3.1 wants it encoded: a client_id that is changed by that goes into the body.
func serviceSnippet(c *provider.Client) string {
	who := `-u "$OIDC_CLIENT_ID:$OIDC_CLIENT_SECRET"`
	if c.TokenEndpointAuthMethod == provider.AuthPost || url.QueryEscape(c.ClientID) != c.ClientID {
		who = `--data-urlencode "client_id=$OIDC_CLIENT_ID" --data-urlencode "client_secret=$OIDC_CLIENT_SECRET"`
	}
	return `curl ` + who + ` -d grant_type=client_credentials "$OIDC_ISSUER` + paths.Token + `"`
}

const webSnippet = `
import * as client from "openid-client"

const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_REDIRECT_URI } = process.env
const config = await client.discovery(new URL(OIDC_ISSUER), OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)

// keep both in the session of the browser, then send it to url
const verifier = client.randomPKCECodeVerifier(), state = client.randomState()
const url = client.buildAuthorizationUrl(config, {
  redirect_uri: OIDC_REDIRECT_URI, scope: "{scope}", state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
})

// at the redirect URI, with the whole address that the browser asked for
const tokens = await client.authorizationCodeGrant(config, new URL(address), { pkceCodeVerifier: verifier, expectedState: state })
const user = tokens.claims()`

const browserSnippet = `
import { UserManager } from "oidc-client-ts"

const users = new UserManager({
  authority: "{issuer}", client_id: "{client_id}", redirect_uri: "{redirect_uri}", scope: "{scope}",
})
await users.signinRedirect()

// at the redirect URI
const user = await users.signinRedirectCallback()`

const nativeSnippet = `
AuthorizationServiceConfiguration.fetchFromIssuer(Uri.parse("{issuer}")) { config, failed ->
    val request = AuthorizationRequest.Builder(config!!, "{client_id}", ResponseTypeValues.CODE, Uri.parse("{redirect_uri}"))
        .setScope("{scope}").build() // AppAuth adds PKCE and state
    startActivityForResult(AuthorizationService(this).getAuthorizationRequestIntent(request), SIGN_IN)
}`
