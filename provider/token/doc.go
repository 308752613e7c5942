// Package token is the token endpoint (RFC 6749 §3.2): one POST, whose body the
// engine answers. It owns the form's rules, CORS and the shape of the answer.
package token
