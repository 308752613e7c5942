package authorize_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// continued is where the browser comes to that opens the way back from every page by hand.
func continued(s *plintotest.Server, b *plintotest.Browser, flow string) *plintotest.Page {
	return b.Open(s.Issuer() + "/oauth2/authorize/continue?flow=" + url.QueryEscape(flow))
}

// No page can be left out by opening the address that follows it.
func TestContinue_skipsNoStep(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web())
	own, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	s.User("alice@example.com")
	for step, c := range map[string]struct {
		address string
		wanted  string // what the page of the step holds
	}{
		"signing in": {s.AuthorizeURL(client, nil), "#password"},
		"consent":    {s.AuthorizeURL(client, nil), "#allow"},
		"choosing":   {s.AuthorizeURL(own, url.Values{"prompt": {"select_account"}}), "#account-0"},
		"confirming": {s.AuthorizeURL(own, url.Values{"prompt": {"login"}}), "#reauth"},
	} {
		b := s.Browser()
		if step != "signing in" {
			b.SignIn(s.AuthorizeURL(own, nil), "alice@example.com")
		}
		at := b.Open(c.address)
		if at.Doc == nil || at.Doc.Find(c.wanted).Length() != 1 {
			t.Fatalf("%s: on %s, left to %v", step, at.URL, at.Left)
		}
		flow := at.URL.Query().Get("flow")
		if p := continued(s, b, flow); p.Left != nil || p.Doc.Find(c.wanted).Length() != 1 {
			t.Errorf("%s is skipped: on %s (%d), left to %v", step, p.URL, p.Status, p.Left)
		}
		for who, p := range map[string]*plintotest.Page{
			"another browser":  continued(s, s.Browser(), flow),
			"no flow":          continued(s, b, ""),
			"a flow of nobody": continued(s, b, testworld.ID().String()+flow[36:]),
		} {
			if p.Left != nil || p.Doc.Find(c.wanted).Length() != 0 {
				t.Errorf("%s, %s: on %s (%d), left to %v", step, who, p.URL, p.Status, p.Left)
			}
		}
	}
}

// What was so when a page was drawn may be over when the browser comes back from it: the
// client gets a code for nobody who is gone.
func TestContinue_looksAgain(t *testing.T) {
	t.Parallel()
	operator := event.Actor{Type: "operator"}
	for what, c := range map[string]struct {
		end    func(ctx context.Context, s *plintotest.Server, user identity.User, client *provider.Client) error
		wanted string
	}{
		"user disabled": {func(ctx context.Context, s *plintotest.Server, user identity.User, _ *provider.Client) error {
			return s.Directory().Disable(ctx, operator, user.ID)
		}, "#password"},
		"user deleted": {func(ctx context.Context, s *plintotest.Server, user identity.User, _ *provider.Client) error {
			return s.Directory().Delete(ctx, operator, user.ID)
		}, "#password"},
		"another password": {func(ctx context.Context, s *plintotest.Server, user identity.User, _ *provider.Client) error {
			return s.Directory().SetPassword(ctx, operator, user, "another password of hers", uuid.Nil)
		}, "#password"},
		"client disabled": {func(ctx context.Context, s *plintotest.Server, _ identity.User, client *provider.Client) error {
			return s.Registrar().Disable(ctx, client.ClientID)
		}, "#gone, #error-code"},
		"client deleted": {func(ctx context.Context, s *plintotest.Server, _ identity.User, client *provider.Client) error {
			return s.Registrar().Delete(ctx, client.ClientID)
		}, "#gone, #error-code"},
	} {
		s := plintotest.Start(t)
		client, _ := s.Client(testworld.Web())
		user, b := s.User("alice@example.com"), s.Browser()
		p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
		if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
			t.Fatalf("%s: not asked, left to %v", what, p.Left)
		}
		if err := c.end(s.In(), s, user, client); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := continued(s, b, p.URL.Query().Get("flow")); got.Left != nil || got.Doc.Find(c.wanted).Length() != 1 {
			t.Errorf("%s: on %s (%d), left to %v", what, got.URL, got.Status, got.Left)
		}
	}
}
