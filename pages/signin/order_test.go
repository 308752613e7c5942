package signin_test

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
)

// SES-04, SES-06: a right password signs nobody in that did not come by this page, in this
// browser, in time.
func TestSignIn_takesTheFormOfThisPageOnly(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	s := plintotest.Start(t, plintotest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	s.User("alice@example.com")
	open := func() plintotest.PostedForm {
		return s.Browser().Open(s.AuthorizeURL(client, nil)).Form("submit", plintotest.Alice())
	}
	for name, forge := range map[string]func(f *plintotest.PostedForm){
		"no CSRF value":                 func(f *plintotest.PostedForm) { f.Data.Del("csrf") },
		"that of another flow":          func(f *plintotest.PostedForm) { f.Data.Set("csrf", open().Data.Get("csrf")) },
		"the flow of another browser":   func(f *plintotest.PostedForm) { f.Data.Set("flow", open().Data.Get("flow")) },
		"both of another browser":       func(f *plintotest.PostedForm) { f.Data = open().Data },
		"no flow":                       func(f *plintotest.PostedForm) { f.Data.Del("flow") },
		"in a browser that has nothing": func(f *plintotest.PostedForm) { f.Browser = s.Browser() },
	} {
		f := open()
		forge(&f)
		refused(t, s, f, name)
	}
	f := open()
	later.Store(int64(provider.FlowTTL + time.Minute))
	refused(t, s, f, "too late")
	f = open()
	if a := post(s, f); a.StatusCode != http.StatusSeeOther {
		t.Errorf("control: %d %.300s", a.StatusCode, a.Text)
	}
}

func post(s *plintotest.Server, f plintotest.PostedForm) plintotest.Answer {
	return s.Send(http.MethodPost, f.Path, f.Data, f.Browser.Cookies, plintotest.With("Sec-Fetch-Site", "same-origin"))
}

// refused wants a form not to sign anybody in.
func refused(t *testing.T, s *plintotest.Server, f plintotest.PostedForm, why string) {
	t.Helper()
	a := post(s, f)
	if a.StatusCode < 400 || a.StatusCode >= 500 || a.Header.Get("Location") != "" {
		t.Errorf("%s: %d to %q", why, a.StatusCode, a.Header.Get("Location"))
	}
	f.Browser.Keep(a)
	if f.Browser.SessionCookie() != nil {
		t.Errorf("%s: the browser is signed in", why)
	}
}

// A user who is disabled while the page is open gets the answer of a wrong password, and
// nothing of who was signed in is shown.
func TestSignIn_ofAUserWhoIsDisabledMeanwhile(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	alice := s.User("alice@example.com")
	signedIn, fresh := s.Browser(), s.Browser()
	signedIn.SignIn(s.AuthorizeURL(client, nil), alice.Email)
	again := s.AuthorizeURL(client, url.Values{"prompt": {"login"}})
	confirm := signedIn.Open(again)
	if confirm.Doc.Find("#reauth").Length() != 1 {
		t.Fatalf("control: on %s the user is not asked to confirm", confirm.URL)
	}
	page := fresh.Open(s.AuthorizeURL(client, nil))
	s.Disable(alice)
	for name, p := range map[string]*plintotest.Page{"signed in before": confirm, "in a fresh browser": page} {
		p = p.Submit("submit", plintotest.Alice())
		if p.Left != nil || p.Status != http.StatusUnauthorized || p.Doc.Find("#reauth").Length() != 0 {
			t.Errorf("%s: %d on %s, left to %v", name, p.Status, p.URL, p.Left)
		}
	}
	if fresh.SessionCookie() != nil {
		t.Error("a disabled user has a session")
	}
	if p := signedIn.Open(again); p.Doc.Find("#reauth").Length() != 0 || p.Doc.Find("#username").AttrOr("value", "") != "" {
		t.Error("the page still names the user")
	}
}

// Back after the answer: the old form gives the client no second answer of a flow.
func TestSignIn_backAfterCancelSignsNobodyIn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web(), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil))
	if left := p.Submit("cancel", nil).Left; left == nil || left.Query().Get("error") != "access_denied" {
		t.Fatalf("cancelled: left to %v", left)
	}
	if got := p.Submit("submit", plintotest.Alice()); got.Left != nil || got.Doc.Find("#gone").Length() != 1 || b.SessionCookie() != nil {
		t.Errorf("signed in with the page of a flow that was cancelled: on %s (%d), left to %v", got.URL, got.Status, got.Left)
	}
}
