package plintotest

import (
	"net/url"
	"testing"

	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// COD-21: a browser that asks again and again without anybody at it is told to wait in
// the protocol's words; its user's password is not asked for, and others notice nothing.
func TestCodes_ofOneUserAreLimited(t *testing.T) {
	t.Parallel()
	database, admin := storagetest.URL(t)
	s := Start(t, Options{Database: database})
	s.User("alice@example.com")
	s.User("bob@example.com")
	c, _ := s.Client(provider.Metadata{RedirectURIs: []string{"https://rp.example/cb"}}, FirstParty)
	mine := s.Browser()
	mine.SignIn(s.AuthorizeURL(c, nil), "alice@example.com")
	silent := s.AuthorizeURL(c, url.Values{"prompt": {"none"}})
	codes, refused := 0, ""
	for refused == "" && codes < 2000 {
		p := mine.Open(silent)
		if p.Left == nil {
			t.Fatalf("no answer: %d", p.Status)
		}
		refused = p.Left.Query().Get("error")
		codes++
	}
	if refused != "temporarily_unavailable" || codes < 600 {
		t.Errorf("got %q after %d codes, want temporarily_unavailable after 600", refused, codes)
	}
	other := s.Browser()
	if answer := other.SignIn(s.AuthorizeURL(c, nil), "bob@example.com"); answer.Get("code") == "" {
		t.Errorf("another user: %v", answer)
	}
	if p := other.Open(silent); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("another user, silently: %d, left to %v", p.Status, p.Left)
	}
	var more int
	if err := storagetest.Owner(t, admin).QueryRow(t.Context(), `SELECT count(*) FROM codes WHERE NOT sole`).Scan(&more); err != nil || more != 0 {
		t.Errorf("%d codes are kept as if more was answered, %v", more, err)
	}
}

// A code that came with an ID token keeps its grant: its client may know the session.
func TestCode_besideTokensIsNotAllThatWasAnswered(t *testing.T) {
	t.Parallel()
	database, admin := storagetest.URL(t)
	s := Start(t, Options{Database: database, Settings: tenant.Settings{AllowImplicit: true}})
	s.User("alice@example.com")
	c, _ := s.Client(provider.Metadata{
		Profile: provider.ProfileLegacy, RedirectURIs: []string{"https://rp.example/cb"}, ResponseTypes: []string{"code id_token"},
		GrantTypes: []string{provider.GrantCode, provider.GrantImplicit},
	}, FirstParty)
	s.Browser().SignIn(s.AuthorizeURL(c, url.Values{"response_type": {"code id_token"}, "nonce": {"n"}}), "alice@example.com")
	var n int
	if err := storagetest.Owner(t, admin).QueryRow(t.Context(), `SELECT count(*) FROM codes WHERE NOT sole`).Scan(&n); err != nil || n != 1 {
		t.Errorf("got %d, %v; want one", n, err)
	}
}
