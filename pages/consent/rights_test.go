package consent_test

import (
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/paths"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// ACT-14: a session that was left open lets no application manage the tenant, whichever page is opened by its address, and whatever form
// is sent to it. So it is of an application without a page of consent that another one on the device can pretend to be.
func TestConsent_ofRightsTakesAProofOfJustNow(t *testing.T) {
	t.Parallel()
	ahead := &atomic.Int64{}
	s := plintotest.Start(t, plintotest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	m := testworld.Web("https://rp.example/cb")
	m.Resources, m.Scope = []string{provider.ManagementResource(s.Tenant)}, "openid users:read"
	third, _ := s.Client(m)
	m = testworld.Public(m)
	m.ApplicationType, m.RedirectURIs = provider.ApplicationNative, []string{"http://127.0.0.1/callback"}
	native, _ := s.Client(m, plintotest.FirstParty)
	own, _ := s.Client(testworld.Web("https://own.example/cb"), plintotest.FirstParty)
	user, b := s.User("alice@example.com"), s.Browser()
	rights := url.Values{"scope": {"openid users:read"}}
	asked := s.Browser().Open(s.AuthorizeURL(third, rights)).Submit("submit", plintotest.Alice()).Form("allow", nil)
	b.SignIn(s.AuthorizeURL(own, nil), "alice@example.com")

	ahead.Store(int64(10 * time.Minute))
	login := b.Open(s.AuthorizeURL(third, rights))
	form := login.Form("submit", nil).Data
	to := func(path string, values map[string]string) *plintotest.Page {
		data := url.Values{"flow": form["flow"], "csrf": form["csrf"]}
		for name, value := range values {
			data.Set(name, value)
		}
		return b.Post(s.Issuer()+path, data)
	}
	to(paths.ChooseAccount, map[string]string{"account": user.PublicID()})
	for what, p := range map[string]*plintotest.Page{
		"shown":   b.Open(s.Issuer() + paths.Consent + "?flow=" + url.QueryEscape(form.Get("flow"))),
		"allowed": to(paths.Consent, map[string]string{"action": "allow", "shown": asked.Data.Get("shown")}),
	} {
		if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s by an old session: on %s (%d), left to %v", what, p.URL, p.Status, p.Left)
		}
	}
	if remembered(t, s, user) {
		t.Error("what an old session allowed is remembered")
	}
	p := b.Open(s.AuthorizeURL(native, rights))
	if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
		t.Errorf("an app by an old session: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	// Whoever proves who they are is asked, and lets it.
	p = b.Open(s.AuthorizeURL(third, rights)).Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
		t.Fatalf("control: not asked, on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
	if p = p.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("control: on %s (%d), left to %v", p.URL, p.Status, p.Left)
	}
}
