package password_test

import (
	"testing"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

const (
	alice = "alice@example.com"
	fresh = "a fresh password of hers"
)

type world struct {
	*plintotest.Server
	t      *testing.T
	client *provider.Client
	alice  identity.User
}

func newWorld(t *testing.T, change ...func(*plintotest.Options)) *world {
	t.Helper()
	options := plintotest.Options{Mail: true}
	for _, f := range change {
		f(&options)
	}
	w := &world{t: t, Server: plintotest.Start(t, options)}
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	w.alice = w.User(alice)
	return w
}

// signedIn is a browser in which Alice is signed in.
func (w *world) signedIn() *plintotest.Browser {
	b := w.Browser()
	b.SignIn(w.AuthorizeURL(w.client, nil), alice)
	return b
}

// isSignedIn reports whether somebody is signed in in a browser.
func (w *world) isSignedIn(b *plintotest.Browser) bool {
	return b.Open(w.Issuer()+"/").Doc.Find("#signed-in").Length() == 1
}

// try signs in with a password in another browser, and returns where that leads.
func (w *world) try(password string) *plintotest.Page {
	return w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", map[string]string{"username": alice, "password": password})
}
