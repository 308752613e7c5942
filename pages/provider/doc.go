// Package provider has the pages of signing in with an account at an identity provider.
//
//	POST /login                               a button leads to the provider (Begin)
//	GET  /federation/{connection}/callback    the provider leads back
//	POST /federation/{connection}/callback    the provider's page leads back: 303 to the same
//	POST /federation/{connection}/acs         a provider of SAML leads back: twice, see Consume
//	GET  /federation/{connection}/metadata    what it has to know of us
//	GET  /federation/{connection}/log-out     who has signed out here goes to a provider of SAML
//	GET  /federation/{connection}/slo         it asks for a logout, or answers to ours; also POST
//	GET  /login/connect                       whether the account there is that of the user who signed in here
//	POST /login/connect                       note the answer, 303 to continue
//
// What an account at a provider is worth is decided by package federation; what comes after by the dispatcher. A page of
// ours says what went wrong, in our words, and leads on.
package provider
