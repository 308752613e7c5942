// Package register is dynamic client registration (RFC 7591, OpenID Connect Dynamic
// Client Registration 1.0) and the management of a registration by its client (RFC
// 7592). It decides what a client may say of itself; what metadata are well-formed
// is package provider's to say, and initial access tokens are made elsewhere.
package register
