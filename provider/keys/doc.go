// Package keys owns the signing keys at work: it makes them when a tenant is made, or else
// when first needed, keeps them opened in memory, moves them through next → active → retiring → gone
// on time, signs, verifies, and serves the JWKS (RFC 7517) from memory.
//
//	GET /.well-known/jwks.json
//
// A key is published a day before it signs and stays published until the last
// token signed by it has expired. Rotation by hand skips the wait: the new key
// signs at once, on every instance, because the database announces the change.
// Private keys rest sealed under the tenant's data key, which rests wrapped under
// the installation's root key; both bindings name tenant and key.
package keys
