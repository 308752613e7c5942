package main

import (
	"strings"
	"testing"
)

// The README's way: sign in with the Demo IdP, as somebody who gets an account by that, and with a hostile answer.
func TestDev_offersADemoIdP(t *testing.T) {
	t.Parallel()
	d := startDev(t, devData(t))
	v := d.visit()
	provider := func() sheet {
		return v.open(d.base+playgroundPath).click("start", nil).click("provider-demo-idp", nil)
	}
	refused := provider().click("as-dana", map[string]string{"answer": "expired"})
	if refused.Find("#error-code").Text() != "federation_answer" {
		t.Fatalf("an ID token that has expired: on %s: %s", refused.at, refused.Find("body").Text())
	}
	done := provider().click("as-dana", nil).click("allow", nil)
	if text := done.Find("#outcome").Text(); !strings.Contains(text, "fed") {
		t.Errorf("on %s (%d): %s", done.at, done.status, done.Find("body").Text())
	}
}
