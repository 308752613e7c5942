// Package revoke is token revocation (RFC 7009). Revoking a refresh token, also one
// that was used before, ends the grant with all its tokens; revoking an access token
// ends that token.
package revoke
