package main

import (
	"bytes"
	"fmt"
	"net/http"

	"plinto/internal/fakeidp"
)

// The provider that the connection of the demo tenant leads to, and its client there.
const (
	demoIdPPath   = "/dev/idp"
	demoIdPClient = "plinto"
	demoIdPSecret = "demo-idp-secret-0123456789abcdef"
)

// demoConnection is what plinto dev adds to the demo tenant of its seed: a provider that asks for no password and
// answers as one chooses. It is not in the seed, which people copy: elsewhere an issuer must have an https URL.
const demoConnection = `    connections:
      - slug: demo-idp
        name: Demo IdP
        issuer: http://localhost:8080/dev/idp
        client_id: plinto
        client_secret: ` + demoIdPSecret + `
        email_domains: ["*"]
        provision: all
`

// withDemoIdP adds the connection to the demo tenant of the seed.
func withDemoIdP(seed []byte) []byte {
	const before = "    resource_servers:\n"
	return bytes.Replace(seed, []byte(before), []byte(demoConnection+before), 1)
}

// newDemoIdP returns a provider at an origin, with somebody who has an account in the demo tenant, and somebody who has not.
func newDemoIdP(origin string) (http.Handler, error) {
	idp, err := fakeidp.New(origin+demoIdPPath, demoIdPClient, demoIdPSecret)
	if err != nil {
		return nil, fmt.Errorf("make demo provider: %w", err)
	}
	for _, one := range [][3]string{{"bob", "bob@example.com", "Bob Example"}, {"dana", "dana@demo-idp.example", "Dana of the Demo IdP"}} {
		idp.Add(fakeidp.Account{Subject: one[0], More: map[string]any{"email": one[1], "email_verified": true, "name": one[2]}})
	}
	return idp.Handler(), nil
}
