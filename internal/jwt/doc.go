// Package jwt writes and verifies signed JSON Web Tokens in the compact serialization (RFC 7515, RFC 7519) and
// turns keys into JWKs and back.
//
// It owns the table of signature algorithms, a writer close to the cost of the bare signature ([Signer]), a strict
// verifier ([Verify], following RFC 8725), the shape and time checks of the registered claims ([Standard]) and the
// half hashes of OpenID Connect ([HalfHash]).
//
// It does not own which keys exist or when they rotate, which claims a token carries, or what a claim means. It
// reads no encrypted token, follows no URL in a header and trusts no key that came with a token.
//
// A token goes through these gates, cheapest first; the first that fails ends the work:
//
//	length ≤ 16 KiB → three canonical base64url segments → strict header → alg allowed → typ as asked →
//	key by kid → key fits alg → signature → payload is one strict JSON object
//
// Public-key and HMAC verification are separate functions on purpose: no input decides between them, so an RSA
// public key can never be used as an HMAC secret (RFC 8725 §2.1).
package jwt
