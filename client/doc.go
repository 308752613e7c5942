// Package client calls the management API of Plinto.
//
//	tokens := client.Credentials(ctx, issuer, "provisioning", secret, "users:read", "users:write")
//	api, err := client.New(client.Base(issuer), tokens)
//	made, err := api.CreateUserWithResponse(ctx, nil, client.UserCreate{Email: nullable.NewNullableWithValue("ann@example.com")})
//	for user, err := range api.AllUsers(ctx, nil) { … }
//
// Types and methods are written by oapi-codegen from admin/openapi.yaml; each operation is the method
// <Operation>WithResponse, and each list that has cursors an iterator All<Things>. What the API refuses is
// an *Error, so an answer that was returned is one of success.
//
// The package knows nothing of the server, so that programs of others may import it.
package client

//go:generate go tool -modfile=../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../admin/openapi.yaml
//go:generate go run ./internal/iterators
