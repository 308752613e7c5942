package explain

// federationWords are the codes of sign-ins with identity providers, and of the connections to them.
var federationWords = map[string]words{
	"connection_not_found":      {"There is no such connection to an identity provider.", "plinto connection list shows those that there are."},
	"connection_disabled":       {"The connection to the identity provider is disabled, perhaps since the sign-in began.", "plinto connection enable lets people sign in with it again."},
	"connection_slug_taken":     {"Another connection of the tenant has that slug.", "Choose another: it is part of the callback address, so it never changes."},
	"invalid_connection":        {"A member of the connection is not valid.", "errors names the member."},
	"invalid_connection_secret": {"The connection has no client secret and needs one, or has one and signs assertions instead.", "Give the secret with client_secret_basic or client_secret_post, and none with private_key_jwt."},
	"too_many_connections":      {"The tenant has 100 connections.", "Delete those that nobody uses."},
	"federation_state":          {"The answer of an identity provider came to a browser, a tenant or a connection that did not begin the sign-in, or too late.", "Start again at the application. If it happens each time, look whether the provider has the redirect URI of this connection, and whether cookies reach the server."},
	"federation_spent":          {"The sign-in was finished already, or the connection has changed since it began.", "Start again at the application."},
	"federation_denied":         {"The user cancelled at the identity provider, or the provider refused the user.", "The provider's own log says why."},
	"federation_unavailable":    {"The identity provider did not answer in time, answered with an error, or failed several times before and is left alone for half a minute.", "plinto connection test looks at it; the log has the cause."},
	"federation_misconfigured":  {"The identity provider does not take what the connection says: client_id, secret, redirect URI or scopes; or its discovery document is not of the issuer.", "plinto connection test looks at it; the log has the cause."},
	"federation_answer":         {"The identity provider sent an answer that is not valid for the sign-in: an ID token of another issuer, client, time or sign-in, a code that it does not know, a tenant that the connection does not name, or groups that cannot be read.", "The log has the cause. A clock that is wrong by more than a minute does that too."},
	"federation_refused":        {"The account at the identity provider signs nobody in here: its user is disabled, or an account would have to be made with an address that was given up lately.", "plinto user enable, if that is what should be."},
	"saml_off":                  {"A connection by SAML is to be made in a tenant that has not switched SAML on.", "Set saml to on in the tenant's settings."},
	"federation_throttled":      {"There were too many answers of identity providers from this network that were no good.", "Wait. If a proxy is in front, check that PLINTO_TRUSTED_PROXIES names it."},
	"sso_required":              {"The user's address is of a domain whose people sign in with an identity provider alone (sso of the connection is required).", "plinto connection sso shows the domains. Who looks after the tenant has a role in it and is not asked; others can be named in sso_exempt."},
	"identity_taken":            {"The account at the identity provider is connected to another user.", "plinto user identities list of that user shows it, and plinto user identities remove takes it away."},
	"identity_not_found":        {"The user has no such identity.", "plinto user identities list shows those that there are."},
	"invalid_claims":            {"The claims are not one JSON object of at most 64 KiB, or the claim that lists groups is no list of at most 500 texts.", "Give the payload of an ID token, or what userinfo answers."},
	"too_many_identities":       {"The user has 50 identities.", "Remove those that are not used."},
	"logout_token_invalid":      {"The logout token of the identity provider is not valid for the connection: of another issuer or client, expired, not signed by the provider's keys, or no logout token.", "The log has the cause. Look whether the provider sends it to the address of this connection."},
	"logout_token_repeated":     {"The logout token of the identity provider was used before.", "Nothing: the sessions it is about have ended."},
	"logout_message_invalid":    {"The logout message of the identity provider is not valid for the connection: not signed by a certificate of it, of another issuer, for another address, older than five minutes, or used before.", "The log has the cause. A clock that is wrong by more than a minute does that too."},
	"connection_key_step":       {"The step of changing the key of a connection is not the next one.", "plinto connection test says where it stands: publish, then activate, then retire."},
}
