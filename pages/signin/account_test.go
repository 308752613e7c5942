package signin_test

import (
	"net/url"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
)

// OpenID Connect Core 1.0 §3.1.2.1, prompt=select_account: the user goes on as who is signed
// in, as somebody else after a password, or not at all.
func TestAccounts_goOnWithTheOneChosen(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	s.User("alice@example.com")
	bob := s.User("bob@example.com")
	choose := func() (*plintotest.Browser, *plintotest.Page) {
		b := s.Browser()
		b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
		p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"select_account"}}))
		if p.Doc == nil || p.Doc.Find("#account-0").Length() != 1 {
			t.Fatalf("no chooser: left to %v", p.Left)
		}
		return b, p
	}
	_, p := choose()
	if p = p.Submit("account-0", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the account that is signed in: on %s (%d)", p.URL, p.Status)
	}
	_, p = choose()
	if p = p.Submit("cancel", nil); p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: on %s, left to %v", p.URL, p.Left)
	}
	b, p := choose()
	before := b.SessionCookie().Value
	if p = p.Submit("use-another", nil); p.Left != nil || p.Doc.Find("#password").Length() != 1 || p.Doc.Find("#reauth").Length() != 0 {
		t.Fatalf("another account: on %s, left to %v", p.URL, p.Left)
	}
	p = p.Submit("submit", map[string]string{"username": "bob@example.com", "password": plintotest.Password})
	if p.Left == nil || p.Left.Query().Get("code") == "" || b.SessionCookie().Value == before {
		t.Errorf("signed in as another: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	for name, account := range map[string]string{"a user who is not signed in": bob.PublicID(), "nobody": "user_x", "": ""} {
		_, p := choose()
		if p = p.Submit("account-0", map[string]string{"account": account}); p.Left != nil || p.Doc.Find("#account-0").Length() != 1 {
			t.Errorf("went on as %q: on %s, left to %v", name, p.URL, p.Left)
		}
	}
}

// Who was chosen has to be signed in still when the choice arrives.
func TestAccounts_ofASessionThatEndedMeanwhileSignInAgain(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(s *plintotest.Server, b *plintotest.Browser){
		"signed out in another tab": func(s *plintotest.Server, b *plintotest.Browser) {
			b.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
		},
		"disabled": func(s *plintotest.Server, _ *plintotest.Browser) {
			held, err := s.Store.Users.Credential(s.In(), "alice@example.com", nil)
			u := held.User
			if err != nil {
				t.Fatal(err)
			}
			s.Disable(u)
		},
	} {
		s := plintotest.Start(t)
		client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
		s.User("alice@example.com")
		b := s.Browser()
		b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
		p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"select_account"}}))
		end(s, b)
		if got := p.Submit("account-0", nil); got.Left != nil || got.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
		if got := b.Open(p.URL.String()); got.Left != nil || got.Doc.Find("#account-0").Length() != 0 {
			t.Errorf("%s: the page still offers the account", what)
		}
	}
}
