// Package challenge is the authorization challenge endpoint: a first-party application signs a user in
// with forms of its own (OAuth 2.0 for First-Party Applications, draft-ietf-oauth-first-party-apps-04).
//
//	POST /oauth2/challenge   a form       authenticate the client → assemble or open → decide → act
//	POST /auth/signin        JSON, the same
//
// It is one more face of what the hosted pages do: the dispatcher decides the step, the services prove
// it, under the same policy, limits and events. A step that needs a page is answered with
// redirect_to_web.
//
//	{username, password}          → insufficient_authorization, step device, auth_session
//	{auth_session, code}          → insufficient_authorization, step factor, auth_session
//	{auth_session, code}          → authorization_code, auth_session
//
// The auth_session is what a browser has in cookies, sealed to the client: the flow while it lasts, the
// session afterwards, so that a later request asks only for what is missing.
package challenge
