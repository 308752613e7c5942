// Package app wires the server: storage, keys, engine and endpoints into one
// http.Handler. It owns the one screen of routes and nothing else; the commands
// and the whole-server tests start the same app.
package app
