// Package logout is the end-session endpoint (OpenID Connect RP-Initiated Logout
// 1.0) and the pages around it.
//
//	GET, POST /oauth2/logout  a client asks to sign the user out
//	GET  /logout              "Do you want to sign out?"
//	POST /logout              the user's answer
//	GET  /logged-out          "You are logged out"; with frames of the clients
//	                          that want to be told so (Front-Channel Logout 1.0)
//
// A request is granted without asking only when its ID token hint belongs to this
// browser's own session: an image tag or a leaked hint must not sign anyone out.
// A redirect happens only to a URI that is registered, byte for byte, by a client
// that the hint or the user vouches for.
package logout
