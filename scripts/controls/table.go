package main

import "slices"

// all is every control, in the order of docs/attacks.md.
func all() []control {
	return slices.Concat(fosite, redirects, codes, tokens, clients, requests, consents, sessions, writers, flows,
		passwords, database, egress, transport, caches, fairness, events, pages)
}

// Files that many controls are about.
const (
	assertionFile = "provider/engine/assertion.go"
	checksFile    = "provider/assembly/checks.go"
	codeFile      = "provider/engine/code.go"
	codesFile     = "storage/codes.go"
	errorPageFile = "pages/browser/errorpage.go"
	formFile      = "internal/web/form.go"
	headersFile   = "internal/web/headers.go"
	inspectFile   = "provider/engine/inspect.go"
	kernelFile    = "provider/engine/kernel.go"
	logoutFile    = "pages/logout/request.go"
	matchFile     = "internal/redirecturi/match.go"
	refreshFile   = "storage/refresh.go"
	sourceFile    = "provider/assembly/source.go"
)

// Packages whose tests notice much.
const (
	engineTests      = "provider/engine"
	serverTests      = "internal/plintotest"
	conformanceTests = "internal/conformance"
)
