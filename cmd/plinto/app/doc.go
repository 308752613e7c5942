// Package app wires the server: storage, keys, engine and endpoints into one
// http.Handler. It owns the routes, the health endpoints, the listener with its drain, and
// the pages of hosts that are no tenant's. The commands and the whole-server tests start
// the same app.
package app
