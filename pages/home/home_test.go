package home_test

import (
	"net/http"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/tenant"
)

func TestHome_saysWhoIsSignedInHere(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	alice := s.User("alice@example.com")
	other := s.NewTenant("other", "", tenant.Settings{})
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), alice.Email)
	if p := b.Open(s.Issuer() + "/"); p.Status != http.StatusOK || !strings.Contains(p.Doc.Find("#signed-in").Text(), alice.Email) {
		t.Errorf("signed in: %d %q", p.Status, p.Doc.Find("main").Text())
	}
	for name, p := range map[string]*plintotest.Page{
		"another browser": s.Browser().Open(s.Issuer() + "/"),
		"another tenant":  b.Open(other.Issuer + "/"),
	} {
		if p.Status != http.StatusOK || p.Doc.Find("#signed-out").Length() != 1 || strings.Contains(p.Doc.Text(), alice.Email) {
			t.Errorf("%s: %d %q", name, p.Status, p.Doc.Find("main").Text())
		}
	}
	s.Disable(alice)
	if p := b.Open(s.Issuer() + "/"); p.Doc.Find("#signed-out").Length() != 1 || strings.Contains(p.Doc.Text(), alice.Email) {
		t.Errorf("disabled: %q", p.Doc.Find("main").Text())
	}
}

// SES-04: the button signs out who sees the page; no other page's form does.
func TestHome_signsOutByItsOwnFormOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	visit := func(email string) (*plintotest.Browser, *plintotest.Page) {
		b := s.Browser()
		b.SignIn(s.AuthorizeURL(client, nil), email)
		return b, b.Open(s.Issuer() + "/")
	}
	b, p := visit("alice@example.com")
	_, bobs := visit("bob@example.com")
	for name, csrf := range map[string]string{"none": "", "another session's": bobs.Form("sign-out", nil).Data.Get("csrf")} {
		f := p.Form("sign-out", map[string]string{"csrf": csrf})
		b.Keep(s.Send(http.MethodPost, f.Path, f.Data, b.Cookies, plintotest.With("Sec-Fetch-Site", "same-origin")))
		if got := b.Open(s.Issuer() + "/"); got.Doc.Find("#signed-in").Length() != 1 {
			t.Fatalf("CSRF value %s: signed out", name)
		}
	}
	p.Submit("sign-out", nil)
	if got := b.Open(s.Issuer() + "/"); got.Doc.Find("#signed-out").Length() != 1 {
		t.Errorf("after the button: %q", got.Doc.Find("main").Text())
	}
	if got := p.Submit("sign-out", nil); got.Status >= 500 {
		t.Errorf("the button a second time: %d", got.Status)
	}
}
