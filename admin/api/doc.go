// Package api is the contract of the management API in Go: types, routes and the interface of its
// handlers, written by oapi-codegen from admin/openapi.yaml. Nothing in it is written by hand.
package api

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../openapi.yaml
