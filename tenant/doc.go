// Package tenant knows what a tenant is: an issuer with its own host or path,
// keys, users, clients and limits.
//
// It owns the Tenant type, how a tenant travels in a context, and the rule that
// turns a request's host and path into a tenant. It stores nothing and serves
// nothing: package storage keeps tenants, cmd/plinto mounts the resolver.
package tenant
