// Package admin is the management API: <issuer>/admin/v1.
//
// openapi.yaml is the contract. From it come the types and routes (package api), what every request is
// checked against, the permission of every route and the clients. A request passes, in this order:
// route, token or key, limit, permission, parameters and body (Contract), Idempotency-Key, and then a
// handler, which is thin over one call of a service. A write is one transaction; validate_only rolls
// it back after the answer was made.
//
// The package decides nothing about users, clients or organizations: their services do. Which rights a
// caller may give to others, and whom it may change, is decided by organization.Confer and
// organization.ActOn, which the services call.
package admin

//go:generate go run ./internal/document
