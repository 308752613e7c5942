// Package playground is a relying party for development: it signs a user in with
// the authorization code flow and PKCE by libraries that are not ours
// (coreos/go-oidc, x/oauth2) and records every request and answer as it was sent.
//
// It draws nothing and serves nothing: cmd/plinto shows its steps at
// /dev/playground. It talks to the server over HTTP like anybody else.
package playground
