// Package seal signs and encrypts what the server says to one client: ID tokens, answers of
// userinfo, answers to authorization requests (JARM) and logout tokens. It also verifies ID
// tokens that come back as hints. Callers write the claims.
package seal
