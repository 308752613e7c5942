// Package userinfo is the userinfo endpoint (OpenID Connect Core 1.0 §5.3): claims
// about the user behind an access token, by its scopes and the claims parameter.
package userinfo
