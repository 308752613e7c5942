package provider_test

import (
	"net/url"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/internal/plintotest"
)

// FED-50: the connection of an organization that is suspended signs nobody in, also who is known and on the way. The page says so and
// leads to other ways to sign in; when the organization is resumed it is as before.
func TestProvider_ofASuspendedOrganizationSignsNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	acme := w.organization("acme")
	w.edit(func(s *federation.Spec) { s.Organization = acme })
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	named := url.Values{"connection": {w.conn.Slug}}
	enters := func(b *plintotest.Browser) *plintotest.Page {
		p := b.Open(w.AuthorizeURL(w.client, named))
		if p.Left == nil || !strings.HasPrefix(p.Left.String(), w.idp.Issuer) {
			return p
		}
		return b.Open(w.idp.Approve(p.Left, "alice").String())
	}
	if !signedIn(enters(w.Browser())) {
		t.Fatal("control: nobody is signed in")
	}
	onTheWay := w.Browser()
	back := w.idp.Approve(onTheWay.Open(w.AuthorizeURL(w.client, named)).Left, "alice").String()

	must(t, w.organizations().Suspend(w.In(), acme))
	if p := onTheWay.Open(back); p.Left != nil || code(p) != "connection_suspended" || onTheWay.SessionCookie() != nil {
		t.Errorf("on the way: left to %v, %q: %s", p.Left, code(p), text(p))
	}
	b := w.Browser()
	p := enters(b)
	if p.Left != nil || code(p) != "connection_suspended" || b.SessionCookie() != nil {
		t.Fatalf("begun: left to %v, %q: %s", p.Left, code(p), text(p))
	}
	other := b.Open(w.back(p))
	if n := other.Doc.Find("#provider-" + w.conn.Slug).Length(); n != 0 {
		t.Errorf("the button is still there: %s", text(other))
	}
	if p := other.Submit("submit", plintotest.Alice()); !signedIn(p) {
		t.Errorf("no other way leads on: on %s (%d): %s", p.URL, p.Status, text(p))
	}

	must(t, w.organizations().Unsuspend(w.In(), acme))
	if p := enters(w.Browser()); !signedIn(p) {
		t.Errorf("resumed: on %s, %q: %s", p.URL, code(p), text(p))
	}
}
