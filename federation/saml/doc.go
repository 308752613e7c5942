// Package saml is the connector to providers of SAML 2.0: the Web Browser SSO profile (SAML Profiles 2.0 §4.1), of which
// Plinto is the service provider, and the Single Logout profile (§4.4). Requests go by HTTP-Redirect or HTTP-POST, responses come by
// HTTP-POST, logout messages by both.
//
// Most of what went wrong with SAML elsewhere went wrong between two readings of one document. So there is one order, and
// nothing is looked at before its turn:
//
//	scan        the bytes: their size, their markup, and where signatures and assertions may be; one assertion, anywhere
//	verify      the signature of the response, of the assertion, or of both, by a certificate of the connection alone
//	open        an encrypted assertion, which has to be signed inside, or be in a signed response
//	check       what was signed, as it was read from the bytes that the signature covers, against what was asked for
//
// Logout messages and the metadata of providers go the same way.
//
// Signatures are verified by russellhaering/goxmldsig, and encrypted assertions opened by russellhaering/gosaml2/types. What
// else gosaml2 would check it only warns of, or leaves out, so it is checked here.
package saml
