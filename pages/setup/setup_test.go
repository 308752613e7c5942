package setup_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/pages/setup"
	"plinto/provider"
	"plinto/tenant"
)

func link(t *testing.T, s *plintotest.Server, ttl time.Duration) string {
	t.Helper()
	token := secret.Token(setup.TokenPrefix)
	if err := s.Store.OneTimeTokens.Issue(s.In(), identity.PurposeSetup, setup.Hash(s.Tenant.ID, token), nil, ttl); err != nil {
		t.Fatal(err)
	}
	return s.Issuer() + "/setup?token=" + token
}

func fill(i int) map[string]string {
	return map[string]string{"email": fmt.Sprintf("admin%d@example.com", i), "name": "Ada", "password": plintotest.Password}
}

// PWD-16: two browsers with the link, one administrator; and none after that.
func TestSetup_twoAtOnceHaveOneWinner(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	address := link(t, s, time.Hour)
	var pages []*plintotest.Page
	for range 8 {
		pages = append(pages, s.Browser().Open(address))
	}
	var made atomic.Int32
	var all sync.WaitGroup
	for i, p := range pages {
		all.Go(func() {
			if p.Submit("submit", fill(i)).Doc.Find("#setup-done").Length() == 1 {
				made.Add(1)
			}
		})
	}
	all.Wait()
	users, err := s.Store.Users.List(s.In(), uuid.Nil, 100)
	if err != nil || made.Load() != 1 || len(users) != 1 {
		t.Errorf("%d were made, %d users, %v", made.Load(), len(users), err)
	}
	if c, err := s.Store.Clients.Current(s.In(), provider.CommandLineClientID); err != nil || !c.Public() || !c.FirstParty {
		t.Errorf("the command line cannot sign in: %+v, %v", c, err)
	}
	if p := s.Browser().Open(address); p.Status != http.StatusNotFound {
		t.Errorf("the link is still good: %d", p.Status)
	}
}

// A link is good until it is used, is over, or there is a newer one; at its own
// tenant; and for this alone.
func TestSetup_refusesEveryOtherLink(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	older := link(t, s, time.Hour)
	newer := link(t, s, time.Hour)
	elsewhere := s.NewTenant("elsewhere", "", tenant.Settings{})
	for name, address := range map[string]string{
		"none": s.Issuer() + "/setup", "replaced": older, "unknown": s.Issuer() + "/setup?token=" + secret.Token(setup.TokenPrefix),
		"of another tenant": elsewhere.Issuer + newer[len(s.Issuer()):], "of another purpose": s.Issuer() + "/setup?token=" + secret.Token("plac_"),
	} {
		if p := s.Browser().Open(address); p.Status != http.StatusNotFound || p.Doc.Find("form").Length() != 0 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if p := s.Browser().Open(newer); p.Doc.Find("#password").Length() != 1 {
		t.Errorf("control: %d", p.Status)
	}
	if p := s.Browser().Open(link(t, s, -time.Second)); p.Status != http.StatusNotFound {
		t.Errorf("expired: %d", p.Status)
	}
	if users, err := s.Store.Users.List(s.In(), uuid.Nil, 100); err != nil || len(users) != 0 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

// The first administrator signs in in the browser of the link, also where no mail is sent.
func TestSetup_makesItsBrowserKnown(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOn}}})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	b := s.Browser()
	if b.Open(link(t, s, time.Hour)).Submit("submit", fill(1)).Doc.Find("#setup-done").Length() != 1 {
		t.Fatal("no administrator was made")
	}
	enter := func(b *plintotest.Browser) *plintotest.Page {
		return b.Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": "admin1@example.com", "password": plintotest.Password})
	}
	if p := enter(b); p.Left == nil {
		t.Errorf("the browser of the link is at %s", p.URL)
	}
	if p := enter(s.Browser()); p.Left != nil || p.URL.Path != "/login/device" {
		t.Errorf("another browser is at %s", p.URL)
	}
}
