// Package inspection tells what access and refresh tokens say and whether they still stand
// (RFC 7662), and ends them (RFC 7009). The token guard, userinfo, introspection and
// revocation use it. A signature is checked once; whether the token stands is asked of
// storage at every use, one statement each. Tokens are made by provider/engine.
package inspection
