package provider_test

import (
	"net/url"
	"testing"

	"plinto/internal/plintotest"
)

// FED-51: a client that asks for another sign-in (prompt=login) gets none of before. A provider that says that it tells when somebody
// signed in is asked for that and has to; of another one the answer counts, as long as it tells of no sign-in of before.
func TestProvider_promptLoginTakesNoSignInOfBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timed          bool
		prompt, maxAge string
		takes          map[string]bool // by how the provider answers
	}{
		"a provider that tells when":  {true, "login", "0", map[string]bool{"": true, "old-sign-in": false, "no-sign-in-time": false}},
		"another one":                 {false, "login", "", map[string]bool{"": true, "old-sign-in": false, "no-sign-in-time": true}},
		"one that also asks whom":     {true, "login select_account", "0", map[string]bool{"": true, "no-sign-in-time": false}},
		"without another sign-in":     {true, "", "", map[string]bool{"": true, "old-sign-in": true, "no-sign-in-time": true}},
		"a choice of account is none": {true, "select_account", "", map[string]bool{"": true, "old-sign-in": true}},
	} {
		w := newWorld(t, plintotest.Options{})
		w.idp.Shape.Timed = c.timed
		w.User("alice@example.com")
		w.link("alice@example.com", "alice")
		more := url.Values{}
		if c.prompt != "" {
			more.Set("prompt", c.prompt)
		}
		for answer, takes := range c.takes {
			b := w.Browser()
			to := w.leaves(b, "idp", more)
			if age := to.Query().Get("max_age"); age != c.maxAge {
				t.Errorf("%s: asked with max_age=%q", name, age)
			}
			w.idp.Answer(answer)
			p := b.Open(w.idp.Approve(to, "alice").String())
			w.idp.Answer("")
			if signedIn(p) != takes {
				t.Errorf("%s, answered %q: signed in %v, %q: %s", name, answer, signedIn(p), code(p), text(p))
			}
		}
	}
}
