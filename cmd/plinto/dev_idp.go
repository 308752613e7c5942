package main

import (
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
