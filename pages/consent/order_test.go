package consent_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// ask is a server with Alice, who is on the consent page of a client.
func ask(t *testing.T) (*plintotest.Server, *provider.Client, identity.User, *plintotest.Browser, *plintotest.Page) {
	t.Helper()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web())
	user, b := s.User("alice@example.com"), s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
		t.Fatalf("not asked: on %s, left to %v", p.URL, p.Left)
	}
	return s, client, user, b, p
}

func remembered(t *testing.T, s *plintotest.Server, user identity.User) bool {
	t.Helper()
	kept, err := s.Store.Consents.List(s.In(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	return len(kept) > 0
}

// CON-03: nobody allows anything before signing in, whatever address is opened.
func TestConsent_comesAfterSigningIn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web())
	s.User("alice@example.com")
	b := s.Browser()
	login := b.Open(s.AuthorizeURL(client, nil))
	early := login.Form("submit", map[string]string{"action": "allow"})
	for what, p := range map[string]*plintotest.Page{
		"shown":   b.Open(s.Issuer() + "/consent?flow=" + url.QueryEscape(early.Data.Get("flow"))),
		"allowed": b.Post(s.Issuer()+"/consent", early.Data),
	} {
		if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s before signing in: on %s (%d), left to %v", what, p.URL, p.Status, p.Left)
		}
	}
	// What was posted too early is not remembered for later.
	if p := login.Submit("submit", plintotest.Alice()); p.Left != nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("after signing in: not asked, left to %v", p.Left)
	}
}

// SES-06: forms of other flows and other browsers allow nothing.
func TestConsent_takesTheFormOfThisPageOnly(t *testing.T) {
	t.Parallel()
	s, client, user, b, p := ask(t)
	other := s.Browser()
	theirs := other.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice()).Form("allow", nil)
	for name, forge := range map[string]func(f *plintotest.PostedForm){
		"no CSRF value":               func(f *plintotest.PostedForm) { f.Data.Del("csrf") },
		"that of another flow":        func(f *plintotest.PostedForm) { f.Data.Set("csrf", theirs.Data.Get("csrf")) },
		"both of another browser":     func(f *plintotest.PostedForm) { f.Data = theirs.Data },
		"a browser that has nothing":  func(f *plintotest.PostedForm) { f.Browser = s.Browser() },
		"the browser of another flow": func(f *plintotest.PostedForm) { f.Browser = other },
	} {
		f := p.Form("allow", nil)
		forge(&f)
		a := s.Send(http.MethodPost, f.Path, f.Data, f.Browser.Cookies, plintotest.With("Sec-Fetch-Site", "same-origin"))
		if a.StatusCode < 400 || a.StatusCode >= 500 || a.Header.Get("Location") != "" || remembered(t, s, user) {
			t.Errorf("%s: %d to %q, remembered %t", name, a.StatusCode, a.Header.Get("Location"), remembered(t, s, user))
		}
	}
	// What the page showed is repeated by the form, and something else is not allowed.
	if got := p.Submit("allow", map[string]string{"shown": strings.Repeat("A", 43)}); got.Left != nil || got.Status != http.StatusConflict || remembered(t, s, user) {
		t.Errorf("something else than was shown: %d on %s, left to %v", got.Status, got.URL, got.Left)
	}
	if p = b.Open(p.URL.String()).Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" || !remembered(t, s, user) {
		t.Errorf("control: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
}

// Whoever may not sign in any more, or ask any more, gets nothing for an answer that was on
// its way.
func TestConsent_ofWhoIsGoneMeanwhileGivesNothing(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		end   func(ctx context.Context, s *plintotest.Server, user identity.User, client *provider.Client) error
		shown string // of the page that follows
	}{
		"user disabled": {func(_ context.Context, s *plintotest.Server, user identity.User, _ *provider.Client) error {
			s.Disable(user)
			return nil
		}, "#password"},
		"signed out everywhere": {func(ctx context.Context, s *plintotest.Server, user identity.User, _ *provider.Client) error {
			return s.Directory().SignOut(ctx, event.Actor{Type: "operator"}, user.ID, uuid.Nil)
		}, "#password"},
		"client disabled": {func(ctx context.Context, s *plintotest.Server, _ identity.User, client *provider.Client) error {
			return s.Registrar().Disable(ctx, client.ClientID)
		}, "#gone, #error-code"},
		"client deleted": {func(ctx context.Context, s *plintotest.Server, _ identity.User, client *provider.Client) error {
			return s.Registrar().Delete(ctx, client.ClientID)
		}, "#gone, #error-code"},
	} {
		s, client, user, _, p := ask(t)
		if err := c.end(s.In(), s, user, client); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := p.Submit("allow", nil); got.Left != nil || got.Doc.Find(c.shown).Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
		if strings.HasPrefix(what, "user") && remembered(t, s, user) {
			t.Errorf("%s: what was allowed is remembered", what)
		}
	}
}

// Back after the answer: a flow has one, and the page of a denied one allows nothing.
func TestConsent_isAnsweredOnce(t *testing.T) {
	t.Parallel()
	for first, second := range map[string]string{"allow": "deny", "deny": "allow"} {
		s, _, user, _, p := ask(t)
		if got := p.Submit(first, nil); got.Left == nil {
			t.Fatalf("%s: on %s (%d)", first, got.URL, got.Status)
		}
		if got := p.Submit(second, nil); got.Left != nil || got.Doc.Find("#gone").Length() != 1 {
			t.Errorf("%s after %s: on %s (%d), left to %v", second, first, got.URL, got.Status, got.Left)
		}
		if got := remembered(t, s, user); got != (first == "allow") {
			t.Errorf("%s after %s: remembered %t", second, first, got)
		}
	}
}
