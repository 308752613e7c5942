package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/pages/setup"
	"plinto/provider"
	"plinto/tenant"
)

// A postedForm is a form as a browser would send it: where, with what, and with
// which cookies.
type postedForm struct {
	path string
	data url.Values
	b    *Browser
}

// cookies adds those that the browser would send.
func (b *Browser) cookies(r *http.Request) {
	b.t.Helper()
	u, err := url.Parse(b.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		r.AddCookie(c)
	}
}

// form is the form of a page that holds the element, filled in.
func (p *Page) form(id string, values map[string]string) postedForm {
	t := p.b.t
	t.Helper()
	if p.Doc == nil || p.Doc.Find("#"+id).Length() == 0 {
		t.Fatalf("no #%s on %s (%d), left to %v", id, p.URL, p.Status, p.Left)
	}
	form := p.Doc.Find("#" + id).Closest("form")
	f := postedForm{path: form.AttrOr("action", ""), data: url.Values{}, b: p.b}
	for _, name := range []string{"flow", "csrf", "request", "shown"} {
		if value, ok := form.Find("input[name=" + name + "]").Attr("value"); ok {
			f.data.Set(name, value)
		}
	}
	button := p.Doc.Find("#" + id)
	if name := button.AttrOr("name", ""); name != "" {
		f.data.Set(name, button.AttrOr("value", ""))
	}
	for name, value := range values {
		f.data.Set(name, value)
	}
	return f
}

// everyForm returns each form of the hosted pages, ready to be sent. All would be
// accepted; the test sees to that.
func everyForm(t *testing.T, s *Server) map[string]func() postedForm {
	t.Helper()
	client, _ := s.Client(web("https://rp.test/cb"))
	own, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	credentials := map[string]string{"username": "alice@example.com", "password": Password}
	signedIn := func() *Browser {
		b := s.Browser()
		b.SignIn(s.authorizeURL(own, nil), "alice@example.com")
		return b
	}
	return map[string]func() postedForm{
		"login": func() postedForm {
			return s.Browser().Open(s.authorizeURL(client, nil)).form("submit", credentials)
		},
		"consent": func() postedForm {
			return signedIn().Open(s.authorizeURL(client, url.Values{"prompt": {"consent"}})).form("allow", nil)
		},
		"account": func() postedForm {
			return signedIn().Open(s.authorizeURL(own, url.Values{"prompt": {"select_account"}})).form("account-0", nil)
		},
		"logout": func() postedForm { return signedIn().Open(s.Issuer()+"/oauth2/logout").form("logout-yes", nil) },
		"sign-up": func() postedForm {
			return s.Browser().Open(s.authorizeURL(client, url.Values{"prompt": {"create"}})).form("submit", map[string]string{"email": "new@example.com"})
		},
		"sign-up code": func() postedForm {
			p := s.Browser().Open(s.authorizeURL(client, url.Values{"prompt": {"create"}})).Submit("submit", map[string]string{"email": "newer@example.com"})
			return p.form("submit", map[string]string{"code": codeOf(t, s.mailed("newer@example.com", 1))})
		},
		"sign-up account": func() postedForm {
			p := s.Browser().Open(s.authorizeURL(client, url.Values{"prompt": {"create"}})).Submit("submit", map[string]string{"email": "newest@example.com"})
			return verify(p, codeOf(t, s.mailed("newest@example.com", 1))).form("submit", map[string]string{"username": "newest@example.com", "name": "N", "password": Password})
		},
		"setup": func() postedForm {
			token := secret.Token(setup.TokenPrefix)
			err := s.Store.OneTimeTokens.Issue(s.In(), identity.PurposeSetup, setup.Hash(s.Tenant.ID, token), nil, setupLife)
			if err != nil {
				t.Fatal(err)
			}
			return s.Browser().Open(s.Issuer()+"/setup?token="+token).form("submit", map[string]string{"email": "ada@example.com", "name": "Ada", "password": Password})
		},
	}
}

const setupLife = 1 << 40 // nanoseconds, some twenty minutes

// SES-04, SES-06, CON-03: {every form} × {every way in which another page can post
// it}. Even with the value that the form repeats, what comes from another site is
// refused; without it, so is what names no site at all.
func TestForms_ofOtherPagesAreRefused(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	for name, open := range everyForm(t, s) {
		f := open()
		without := url.Values{}
		for field, values := range f.data {
			if field != "csrf" {
				without[field] = values
			}
		}
		for way, c := range map[string]struct {
			header map[string]string
			data   url.Values
		}{
			"cross-site":          {map[string]string{"Sec-Fetch-Site": "cross-site"}, f.data},
			"same-site":           {map[string]string{"Sec-Fetch-Site": "same-site"}, f.data},
			"opaque origin":       {map[string]string{"Origin": "null"}, f.data},
			"another origin":      {map[string]string{"Origin": "https://evil.test"}, f.data},
			"no headers, no csrf": {nil, without},
			"own site, no csrf":   {map[string]string{"Sec-Fetch-Site": "same-origin"}, without},
		} {
			a := s.Send(http.MethodPost, f.path, c.data, f.b.cookies, func(r *http.Request) {
				for field, value := range c.header {
					r.Header.Set(field, value)
				}
			})
			if a.StatusCode != http.StatusForbidden || a.Header.Get("Location") != "" || len(a.Header.Values("Set-Cookie")) > 0 {
				t.Errorf("%s × %s: %d, to %q, cookies %v", name, way, a.StatusCode, a.Header.Get("Location"), a.Header.Values("Set-Cookie"))
			}
		}
		a := s.Send(http.MethodPost, f.path, f.data, f.b.cookies, With("Sec-Fetch-Site", "same-origin"))
		if a.StatusCode != http.StatusSeeOther && (name != "setup" || a.StatusCode != http.StatusOK) {
			t.Errorf("%s: the form itself: %d %.300s", name, a.StatusCode, a.Text)
		}
	}
}

// SES-08: no spelling of a form's path is outside the protection.
func TestForms_haveNoOtherSpelling(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	s.User("alice@example.com")
	f := s.Browser().Open(s.authorizeURL(client, nil)).form("submit", map[string]string{"username": "alice@example.com", "password": Password})
	for _, path := range []string{
		"//login", "/login/", "/./login", "/x/../login", "/%2flogin", "/login%2f", "/login;x=1", "/LOGIN", "/login%00", "/t/main/login", "/login//", "/%6cogin",
	} {
		a := s.Send(http.MethodPost, path, f.data, f.b.cookies, With("Sec-Fetch-Site", "cross-site"))
		if a.StatusCode < 400 || a.StatusCode >= 500 || a.Header.Get("Location") != "" || len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

// RED-12: {every page} × {every name that such a parameter goes by}: none of them
// decides where the browser goes.
func TestPages_leadNowhereThatAParameterNames(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	forms := everyForm(t, s)
	for _, target := range []string{"//evil.test", `/\evil.test`, "https:evil.test", "\t//evil.test", "/%2f/evil.test", "javascript:alert(1)", "https://evil.test/"} {
		extra := url.Values{}
		for _, name := range []string{"return_to", "redirect", "next", "url", "continue", "redirect_uri", "rd", "goto", "target", "ReturnUrl"} {
			extra.Set(name, target)
		}
		for name, open := range forms {
			if name == "sign-up code" || name == "sign-up account" || name == "sign-up" && target != "//evil.test" {
				continue // mails are few, and the code is redirected by the same function
			}
			f := open()
			path := f.path + "?" + extra.Encode()
			if flow := f.data.Get("flow"); flow != "" {
				path += "&flow=" + flow
			}
			shown := s.Send(http.MethodGet, path, nil, f.b.cookies)
			sent := s.Send(http.MethodPost, f.path+"?"+extra.Encode(), f.data, f.b.cookies, With("Sec-Fetch-Site", "same-origin"))
			for what, a := range map[string]Answer{"shown": shown, "sent": sent} {
				to := a.Header.Get("Location")
				own := strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") || strings.HasPrefix(to, "https://rp.test/cb?code=")
				if strings.Contains(to, "evil") || strings.Contains(to, "javascript") || to != "" && !own {
					t.Errorf("%s, %s, %q: leads to %q", name, what, target, to)
				}
				if strings.Contains(a.Text, `href="`+target) || strings.Contains(a.Text, `action="`+target) {
					t.Errorf("%s, %s, %q: the page leads there", name, what, target)
				}
			}
		}
	}
}

// COD-18: two tabs of one browser, each for its own client.
func TestFlow_twoTabsAnswerTheirOwnClients(t *testing.T) {
	t.Parallel()
	s := Start(t)
	one, _ := s.Client(web("https://one.test/cb"), FirstParty)
	two, _ := s.Client(web("https://two.test/cb"), FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	first, second := b.Open(s.authorizeURL(one, nil)), b.Open(s.authorizeURL(two, nil))
	credentials := map[string]string{"username": "alice@example.com", "password": Password}
	// The form of the first tab with the flow of the second, and the reverse.
	for name, f := range map[string]postedForm{"first": first.form("submit", credentials), "second": second.form("submit", credentials)} {
		other := second
		if name == "second" {
			other = first
		}
		f.data.Set("flow", other.URL.Query().Get("flow"))
		if a := s.Send(http.MethodPost, f.path, f.data, f.b.cookies, With("Sec-Fetch-Site", "same-origin")); a.StatusCode != http.StatusForbidden {
			t.Errorf("the %s tab's form with the other's flow: %d", name, a.StatusCode)
		}
	}
	for host, p := range map[string]*Page{"one.test": first, "two.test": second} {
		if p = p.Submit("submit", credentials); p.Left == nil || p.Left.Host != host || p.Left.Query().Get("code") == "" {
			t.Errorf("the tab of %s left to %v", host, p.Left)
		}
	}
}

// COD-20, SES-13: the answer on the consent page is that of the user who was asked.
func TestConsent_isTheAnswerOfWhoWasAsked(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	own, _ := s.Client(web("https://own.test/cb"), FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	alice, bob := s.Browser(), s.Browser()
	asked := alice.Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	bob.SignIn(s.authorizeURL(own, nil), "bob@example.com")
	f := asked.form("allow", nil)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	// Alice's browser with the session of Bob: somebody else sat down, or put it there.
	alice.Jar.SetCookies(u, []*http.Cookie{sessionCookie(t, s, bob)})
	p := alice.Post(s.Issuer()+f.path, f.data)
	if p.Left != nil || p.Doc.Find("#password").Length() != 1 {
		t.Errorf("answered for Bob what Alice was asked: %s, left to %v", p.URL, p.Left)
	}
	bobs := bob.Open(s.authorizeURL(client, url.Values{"prompt": {"none"}}))
	if bobs.Left == nil || bobs.Left.Query().Get("error") != "consent_required" {
		t.Errorf("Bob never allowed anything: left to %v", bobs.Left)
	}
}

// CON-10, TOK-12: what was allowed and is taken back ends at once, and is asked again.
func TestConsent_takenBackEndsWhatItGave(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, key := s.Client(web("https://rp.test/cb"))
	user := s.User("alice@example.com")
	b := s.Browser()
	token := s.login(t, b, client, key, nil)
	silently := s.authorizeURL(client, url.Values{"prompt": {"none"}})
	if p := b.Open(silently); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("control: left to %v", p.Left)
	}
	if _, err := s.Store.Consents.Revoke(s.In(), user.ID, client.ID); err != nil {
		t.Fatal(err)
	}
	if p := b.Open(silently); p.Left == nil || p.Left.Query().Get("error") != "consent_required" {
		t.Errorf("a silent request: left to %v", p.Left)
	}
	s.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}}, As(client, key)).
		Wants(t, http.StatusBadRequest, "invalid_grant")
	s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+token.AccessToken)).Wants(t, http.StatusUnauthorized, "invalid_token")
}

// CON-09: whatever a client calls itself, the page says where the answer goes, and
// names every scope.
func TestConsent_showsWhereItGoesAndEveryScope(t *testing.T) {
	t.Parallel()
	s := Start(t)
	m := web("https://evil.test/cb")
	m.ClientName, m.ClientURI = "Your Bank (bank.example)", "https://bank.example"
	for i := range 20 {
		name := "orders:" + string(rune('a'+i))
		m.Scope += " " + name
		if err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{Identifier: "https://" + name[7:] + ".example", Scopes: []provider.Scope{{Name: name}}}); err != nil {
			t.Fatal(err)
		}
	}
	client, _ := s.Client(m)
	s.User("alice@example.com")
	p := s.Browser().Open(s.authorizeURL(client, url.Values{"scope": {m.Scope}})).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	if got := p.Doc.Find("#redirect-host").Text(); got != "evil.test" {
		t.Errorf("the page says that the answer goes to %q", got)
	}
	shown := p.Doc.Find("ul.scopes li").Length()
	if want := len(strings.Fields(m.Scope)); shown != want {
		html, _ := p.Doc.Find("main").Html()
		t.Errorf("%d of %d scopes are shown: %s", shown, want, html)
	}
}
