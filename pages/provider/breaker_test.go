package provider_test

import (
	"net/http"
	"testing"
	"time"

	"plinto/federation"
	"plinto/internal/plintotest"
)

// FED-10: a provider that hangs costs its own users some seconds, and others nothing. Then it is left alone, and its button says so.
func TestProvider_aDeadOneCostsItsOwnUsersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	other, _ := w.provider("other")
	other.Add(account("alice", "alice@example.com"))
	w.idp.Answer("fails")
	for range 5 { // as many as open the breaker
		b := w.Browser()
		if p := b.Open(w.AuthorizeURL(w.client, nil)).Submit("provider-idp", nil); p.Left != nil || code(p) != "federation_unavailable" {
			t.Fatalf("left to %v, %q", p.Left, code(p))
		}
		w.later()
	}
	asked := w.idp.Asked("discovery")
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil))
	if p.Doc.Find("#provider-idp.down").Length() != 1 || p.Doc.Find("#provider-other.down").Length() != 0 {
		t.Errorf("the buttons say nothing: %s", text(p))
	}
	if p = p.Submit("provider-idp", nil); code(p) != "federation_unavailable" || w.idp.Asked("discovery") != asked {
		t.Errorf("%q, and it was asked %d times more", code(p), w.idp.Asked("discovery")-asked)
	}
	// Others go on: another provider, and passwords.
	if to := w.leaves(w.Browser(), "other", nil); to.Host == "" {
		t.Error("another provider is not reached")
	}
	if p := w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", plintotest.Alice()); !signedIn(p) {
		t.Errorf("by password: on %s (%d)", p.URL, p.Status)
	}
}

// later has what is kept of a failed look be over.
func (w *world) later() { w.ahead.Add(int64(2 * time.Second)) }

// FED-10: a token endpoint that hangs is left after the time that an answer has.
func TestProvider_aHangingOneIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	to := w.leaves(b, "idp", nil)
	w.idp.Answer("token-hangs")
	p := b.Open(w.idp.Approve(to, "alice").String())
	if p.Left != nil || code(p) != "federation_unavailable" || p.Status != http.StatusServiceUnavailable {
		t.Errorf("left to %v, %q (%d)", p.Left, code(p), p.Status)
	}
	w.idp.Answer("")
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Errorf("once it is back: on %s (%d)", p.URL, p.Status)
	}
}

// MIX-03: a discovery document of another issuer, or with addresses that are not public, is not used.
func TestProvider_hostileProvidersAreNotUsed(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"discovers-other": "federation_misconfigured", "discovers-local": "federation_misconfigured", "discovers-plain": "federation_misconfigured",
		"discovers-html": "federation_misconfigured",
	} {
		w := newWorld(t, plintotest.Options{})
		w.idp.Answer(answer)
		if p := w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("provider-idp", nil); p.Left != nil || code(p) != want {
			t.Errorf("%s: left to %v, %q", answer, p.Left, code(p))
		}
	}
}

// FED-09: what a provider says is shown as it is, and not as HTML; names that cannot be shown are left out.
func TestProvider_showsNothingThatAProviderSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.Provision, s.EmailDomains = federation.ProvisionAll, []string{"*"} })
	b := w.Browser()
	to := w.leaves(b, "idp", nil)
	w.idp.Answer("html-name")
	if p := b.Open(w.idp.Approve(to, "alice").String()); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	p := b.Open(w.URL + "/account")
	if p.Doc.Find("img[src=x]").Length() != 0 {
		t.Error("the name is HTML on the page")
	}
}

// A rotated key is found without waiting.
func TestProvider_findsARotatedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Fatal("not signed in")
	}
	must(t, w.idp.Rotate())
	w.ahead.Add(int64(40 * time.Second)) // nobody has a provider asked twice in half a minute
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Errorf("with another key: on %s, %s", p.URL, text(p))
	}
}

// private_key_jwt: the provider is shown an assertion for its issuer, by the key that it finds at the connection's own address.
func TestProvider_isShownAnAssertion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.AuthMethod = federation.AuthPrivateKey })
	w.idp.Keys = func() ([]byte, error) {
		return []byte(w.Send(http.MethodGet, "/federation/idp/jwks.json", nil).Text), nil
	}
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Errorf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
}

// connection=: the application says where its users come from; the browser is led there once, and not in a circle.
func TestProvider_isLedToByTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, func(s *federation.Spec) { s.Hidden = true })
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, map[string][]string{"connection": {"idp"}}))
	if p.Left == nil || p.Left.Query().Get("client_id") != "plinto" {
		t.Fatalf("led to %s, %v", p.URL, p.Left)
	}
	w.idp.Answer("denies")
	p = b.Open(w.idp.Approve(p.Left, "alice").String())
	if p.Left != nil || code(p) != "federation_denied" {
		t.Fatalf("led to %v, %q", p.Left, code(p))
	}
	w.idp.Answer("")
	if p = b.Open(w.back(p)); p.Left != nil || p.Doc.Find("#provider-idp").Length() != 1 {
		t.Fatalf("in a circle: %v", p.Left)
	}
	if p = b.Open(w.idp.Approve(p.Submit("provider-idp", nil).Left, "alice").String()); !signedIn(p) {
		t.Errorf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	if p := w.Browser().Open(w.AuthorizeURL(w.client, map[string][]string{"connection": {"nobody"}})); p.Left != nil || code(p) != "connection_not_found" {
		t.Errorf("a connection that is not there: %v, %q", p.Left, code(p))
	}
}

// FED-17: accounts are connected by the session that began, in its browser.
func TestAccountIdentities_areConnectedByTheSessionThatBegan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	w.User("alice@example.com")
	w.User("bob@example.com")
	alice, bob := w.Browser(), w.Browser()
	alice.SignIn(w.AuthorizeURL(w.client, nil), "alice@example.com")
	bob.SignIn(w.AuthorizeURL(w.client, nil), "bob@example.com")
	page := func(b *plintotest.Browser) *plintotest.Page { return b.Open(w.URL + "/account/identities") }
	to := page(alice).Submit("provider-idp", nil).Left
	if to == nil {
		t.Fatal("the button leads nowhere")
	}
	back := w.idp.Approve(to, "alice").String()
	if p := bob.Open(back); len(w.identities("bob@example.com")) != 0 || code(p) != "federation_state" {
		t.Errorf("another session: %q", code(p))
	}
	// Nor does a form of another site begin one.
	if p := alice.Post(w.URL+"/account/identities", map[string][]string{"action": {"connect"}, "connection": {"idp"}, "csrf": {"made up"}}); p.Left != nil {
		t.Errorf("a forged form leads to %v", p.Left)
	}
	alice.Open(back)
	if held := w.identities("alice@example.com"); len(held) != 1 || held[0].Subject != "alice" {
		t.Fatalf("connected %+v", held)
	}
	if p := alice.Open(w.idp.Approve(to, "alice").String()); code(p) != "identity_taken" {
		t.Errorf("twice: %q", code(p))
	}
	p := page(alice)
	if p.Doc.Find("#identities li").Length() != 1 {
		t.Errorf("the page shows %s", text(p))
	}
	held := w.identities("alice@example.com")
	p.Submit("unlink-"+held[0].PublicID(), nil)
	if n := len(w.identities("alice@example.com")); n != 0 {
		t.Errorf("%d identities are left", n)
	}
}
