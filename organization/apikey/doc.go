// Package apikey owns API keys: secrets with which scripts call the management API without a
// sign-in. A key has a fixed set of rights and an end, and belongs to a user or to the tenant.
//
// A Service makes every change and tells whose a presented key is. It stores nothing: package
// storage keeps the repository declared here.
package apikey
