package explain

// words are what a code means to an operator: what went wrong, and what helps. A remedy
// may be empty where the cause says it all.
type words struct{ cause, remedy string }

// protocolWords are the error codes that clients are answered with, of RFC 6749, OpenID Connect Core 1.0
// and their extensions.
var protocolWords = map[string]words{
	"access_denied": {
		"The user chose not to go on, or the tenant does not allow what was asked for.",
		"Nothing, if the user meant it: the application should offer to try again.",
	},
	"account_selection_required": {
		"The application asked for a silent answer (prompt=none), but the user has to choose an account.",
		"Send the request again without prompt=none.",
	},
	"consent_required": {
		"The application asked for a silent answer (prompt=none), but the user has not allowed what it asks for.",
		"Send the request again without prompt=none, or make the client first_party if it is the tenant's own.",
	},
	"interaction_required": {
		"The application asked for a silent answer (prompt=none), but the user has to do something on a page.",
		"Send the request again without prompt=none.",
	},
	"invalid_client": {
		"The client could not be authenticated: its client_id is unknown or disabled, or its secret, assertion or method is wrong.",
		"Compare client_id, secret and token_endpoint_auth_method with: plinto client show CLIENT.",
	},
	"invalid_client_metadata": {
		"The registration holds a value that the tenant does not accept.",
		"The answer names the member. Correct it and register again.",
	},
	"invalid_grant": {
		"The code or refresh token is unknown, expired, used, revoked or another client's, or what was sent with it differs from the authorization request.",
		"Start a new authorization request. If it happens often, look whether two processes share one refresh token.",
	},
	"invalid_redirect_uri": {
		"The redirect_uri is not one that the client registered. Every byte counts.",
		"Send a registered one, or register it: plinto client update CLIENT --redirect-uri URI.",
	},
	"invalid_request": {
		"The request lacks a parameter, repeats one, or holds a value that the protocol does not allow.",
		"The description in the answer names the parameter.",
	},
	"invalid_request_object": {
		"The request object could not be read: its signature, encryption, audience or time is wrong.",
		"Check the key it is signed with against the client's jwks or jwks_uri, and its aud, exp and iat.",
	},
	"invalid_request_uri": {
		"The request_uri is unknown, expired, used already or another client's.",
		"Push the request again and use the new request_uri within a minute.",
	},
	"invalid_scope": {
		"A scope is unknown, or the client may not ask for it.",
		"Add it to the client's scope or to a resource server, or do not ask for it.",
	},
	"invalid_software_statement": {
		"The software statement of the registration could not be verified: its signature, issuer or time is wrong.",
		"Compare its issuer and key with the tenant's registration settings.",
	},
	"unapproved_software_statement": {
		"The tenant trusts no issuer of software statements, or not this one.",
		"Register without a statement, or add its issuer to the tenant's registration settings.",
	},
	"invalid_target": {
		"A resource is unknown, or the client may not ask for a token for it.",
		"Declare the resource server, and ask for at least one of its scopes.",
	},
	"invalid_token": {
		"The access token is unknown, expired or revoked, or its user, client or session is over.",
		"Refresh the token, or sign the user in again.",
	},
	"insufficient_scope": {
		"The access token was not granted the scope that this needs.",
		"Ask for the scope in the authorization request.",
	},
	"login_required": {
		"The application asked for a silent answer (prompt=none), but the user is not signed in, or not as it asked.",
		"Send the request again without prompt=none.",
	},
	"registration_not_supported": {
		"The application asked for a page to make an account (prompt=create), and nobody can sign up in this tenant.",
		"Set sign_up in the tenant's settings, or do not ask for it.",
	},
	"insufficient_authorization": {
		"An application that signs users in by itself has not sent all that is needed: step and problem of the answer say what.",
		"This is how such a sign-in goes on, and no failure by itself.",
	},
	"invalid_session": {
		"The auth_session is unknown, expired, used up, or another client's.",
		"The application begins again, without auth_session.",
	},
	"redirect_to_web": {
		"The next step of the sign-in needs a page, and the application has none for it.",
		"The application opens the authorization endpoint in a browser, with the request_uri if there is one.",
	},
	"request_not_supported": {
		"The client sent a request object, which it may not.",
		"Send plain parameters.",
	},
	"request_uri_not_supported": {
		"The client sent a request_uri that it did not register.",
		"Add it to the client's request_uris, or push the request.",
	},
	"server_error": {
		"Something went wrong on the server.",
		"The server's log has the cause under the request id.",
	},
	"temporarily_unavailable": {
		"The server could not answer at the moment, or there were too many requests of this kind.",
		"Try again after the time in Retry-After. If it stays, look at /readyz?verbose and the metrics.",
	},
	"unauthorized_client": {
		"The client may not use this grant type or response type.",
		"Add it to the client's grant_types or response_types, if it needs it.",
	},
	"unmet_authentication_requirements": {
		"The application insists on an authentication that the user has not reached.",
		"Compare acr_values with the tenant's acr_levels.",
	},
	"unsupported_grant_type": {
		"The server does not know this grant type, or the tenant does not allow it.",
		"",
	},
	"unsupported_response_type": {
		"The server does not know this response type, or the tenant does not allow it.",
		"Use response_type=code.",
	},
	"unsupported_response_mode": {
		"The response mode is unknown, or does not go with the response type.",
		"",
	},
	"unsupported_token_type": {
		"Tokens of this type cannot be revoked.",
		"",
	},
}
