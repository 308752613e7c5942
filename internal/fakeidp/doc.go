// Package fakeidp is an OpenID Connect provider for plinto dev and for tests, whose answers can be hostile: each is one that
// some client of a provider has believed once. It asks for no password.
package fakeidp
