package main

import "slices"

// all is every control, in the order of docs/attacks.md.
func all() []control {
	return slices.Concat(fosite, redirects, codes, tokens, clients, requests, consents, sessions, writers, flows,
		passwords, database, togethers, egress, transport, caches, processes, fairness, events, audits, webhooks, pages, factors, devices, recoveries, passkeys, efforts, reports,
		addressing, accounts, brands, orgTokens, management, apiKeys, organizations, directs, mailSignIns, federations, federationEnds, realms, providersRequired, samls, samlPeers, manifests, bulkUsers, deletedInSteps, commandLine, isolations, databases, operators, leaks, deployments, backups, damages, upgrades, edges)
}

// Files that many controls are about.
const (
	assertionFile = "provider/clientauth/assertion.go"
	checksFile    = "provider/assembly/checks.go"
	codeFile      = "provider/engine/code.go"
	codesFile     = "storage/codes.go"
	errorPageFile = "pages/browser/errorpage.go"
	formFile      = "internal/web/form.go"
	guessingFile  = "provider/clientauth/throttle.go"
	headersFile   = "internal/web/headers.go"
	inspectFile   = "provider/inspection/inspect.go"
	kernelFile    = "provider/engine/kernel.go"
	logoutFile    = "pages/logout/request.go"
	matchFile     = "internal/redirecturi/match.go"
	refreshFile   = "storage/refresh.go"
	sourceFile    = "provider/assembly/source.go"
)

// Packages whose tests notice much.
const (
	clientAuthTests  = "provider/clientauth"
	engineTests      = "provider/engine"
	inspectionTests  = "provider/inspection"
	serverTests      = "internal/plintotest"
	conformanceTests = "internal/conformance"
)
