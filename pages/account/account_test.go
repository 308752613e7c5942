package account_test

import (
	"strings"
	"testing"

	"plinto/internal/plintotest"
)

// Who is not signed in signs in first, and is led to the page they wanted.
func TestAccount_asksWhoItIsAndLeadsBack(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{})
	s.User("alice@example.com")
	for _, path := range []string{"", "/profile", "/security", "/password", "/security/app", "/security/codes", "/devices", "/apps", "/activity?before=2026-01-02T03:04:05Z"} {
		b := s.Browser()
		p := b.Open(s.Issuer() + "/account" + path)
		if p.URL.Path != "/login" {
			t.Fatalf("%s: at %s", path, p.URL)
		}
		p = p.Submit("submit", plintotest.Alice())
		got := strings.TrimPrefix(p.URL.String(), s.Issuer())
		if p.Status != 200 || p.Left != nil || got != "/account"+path {
			t.Errorf("%s: at %s, %d", path, got, p.Status)
		}
		t.Log(p.Doc.Find("h1").Text())
	}
}
