package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// capturing leads people of example.com to the provider; required: there alone.
func capturing(s *federation.Spec) { trusting(s); s.SSO = federation.SSOOffered }

func required(s *federation.Spec) { trusting(s); s.SSO = federation.SSORequired }

// customer is an organization with members.
func (w *world) customer(slug string, members ...organization.Member) organization.Organization {
	w.t.Helper()
	s := w.Store
	service := &organization.Service{
		Organizations: s.Organizations, Writes: s.Organizations, Outbox: s.Outbox, Tx: s.DB,
		Roles: &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB},
	}
	o, err := service.Create(w.In(), organization.Organization{Slug: slug, Name: "Acme"})
	must(w.t, err)
	for _, m := range members {
		must(w.t, service.SetMember(w.In(), o.ID, m))
	}
	return o
}

// verifies has an organization verify a domain, or lose it again.
func (w *world) verifies(o uuid.UUID, domain string, verified bool) {
	w.t.Helper()
	_, err := w.Owner.Exec(w.t.Context(), `
		INSERT INTO organization_domains (tenant_id, id, organization_id, domain, token, verified, verified_at, checked_at)
		VALUES ($1, gen_random_uuid(), $2, $3::text, 't', CASE WHEN $4 THEN $3 END, CASE WHEN $4 THEN now() END, now())
		ON CONFLICT ON CONSTRAINT organization_domains_domain_key DO UPDATE SET verified = excluded.verified, verified_at = excluded.verified_at`,
		w.Tenant.ID.String(), o, domain, verified)
	must(w.t, err)
}

// identifies types an address on the first page.
func identifies(p *plintotest.Page, typed string) *plintotest.Page {
	return p.Submit("submit", map[string]string{"username": typed})
}

// local is the form for name and password.
func (w *world) local(b *plintotest.Browser, more url.Values) *plintotest.Page {
	w.t.Helper()
	p := b.Open(w.AuthorizeURL(w.client, more))
	link, ok := p.Doc.Find("#local").Attr("href")
	if !ok {
		w.t.Fatalf("no other way on %s: %s", p.URL, text(p))
	}
	return b.Open(w.Issuer() + link)
}

func (w *world) password(b *plintotest.Browser, name, password string) *plintotest.Page {
	w.t.Helper()
	return w.local(b, nil).Submit("submit", map[string]string{"username": name, "password": password})
}

// leadsToProvider reports whether a page is that of people who sign in with a provider alone.
func leadsToProvider(p *plintotest.Page) bool {
	return p.Doc != nil && p.Status == http.StatusForbidden && p.Doc.Find("#realm").Length() == 1 && p.Doc.Find("#provider-idp").Length() == 1
}

// FED-19: the first page asks for the address alone, and where that leads depends on its domain.
func TestRealm_asksForTheAddressFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, capturing)
	w.User("alice@example.com")
	w.User("bob@other.example")
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil))
	if p.Doc.Find("#username").Length() != 1 || p.Doc.Find("#password").Length() != 0 || p.Doc.Find("#remember").Length() != 0 || p.Doc.Find("#provider-idp").Length() != 1 {
		t.Fatalf("the first page: %s", text(p))
	}
	hidden := p.Doc.Find("input[type=password]")
	if hidden.Length() != 1 || hidden.AttrOr("tabindex", "") != "-1" || hidden.AttrOr("autocomplete", "") != "current-password" {
		t.Error("there is nothing that a password manager fills")
	}
	for _, typed := range []string{"alice@example.com", "nobody@example.com", " Nobody@EXAMPLE.com"} {
		to := identifies(b.Open(w.AuthorizeURL(w.client, nil)), typed)
		if to.Left == nil || to.Left.Query().Get("login_hint") != typed {
			t.Errorf("%s leads to %v, %s", typed, to.Left, to.URL)
		}
	}
	for _, typed := range []string{"bob@other.example", "nobody@other.example", "bob", "bob@sub.example.com"} {
		to := identifies(b.Open(w.AuthorizeURL(w.client, nil)), typed)
		if to.Left != nil || to.URL.Path != w.Tenant.Path+"/login/local" || to.Doc.Find("#username").AttrOr("value", "") != typed || to.Doc.Find("#password").Length() != 1 {
			t.Errorf("%s leads to %v, %s: %s", typed, to.Left, to.URL, text(to))
		}
	}
	// Back, and another tab: each form goes on by itself.
	one := identifies(b.Open(w.AuthorizeURL(w.client, nil)), "bob@other.example")
	again := b.Open(w.Issuer() + "/login?flow=" + url.QueryEscape(one.URL.Query().Get("flow")))
	if again.Doc.Find("#username").AttrOr("value", "") != "bob@other.example" || again.Doc.Find("#password").Length() != 0 {
		t.Errorf("back: %s", text(again))
	}
	if identifies(again, "alice@example.com").Left == nil {
		t.Error("after going back nobody is led")
	}
	if p := one.Submit("submit", map[string]string{"username": "bob@other.example", "password": plintotest.Password}); !signedIn(p) {
		t.Errorf("the tab before: %s (%d)", text(p), p.Status)
	}
	// A password manager fills both in.
	both := w.Browser().Open(w.AuthorizeURL(w.client, nil)).Submit("submit", map[string]string{"username": "bob@other.example", "password": plintotest.Password})
	if !signedIn(both) {
		t.Errorf("filled in at once: %s (%d)", text(both), both.Status)
	}
	// Nothing but the domain is looked at, so whoever may sign in otherwise does.
	if p := w.password(w.Browser(), "alice@example.com", plintotest.Password); !signedIn(p) {
		t.Errorf("in another way: %s (%d)", text(p), p.Status)
	}
	w.edit(func(s *federation.Spec) { s.SSO = federation.SSOOff })
	if p := w.Browser().Open(w.AuthorizeURL(w.client, nil)); p.Doc.Find("#password").Length() != 1 {
		t.Errorf("where nobody is led: %s", text(p))
	}
}

// FED-20: a connection of an organization leads people of a domain while the organization has verified it, and nobody else's.
func TestRealm_isOfWhoHasVerifiedTheDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	acme, other := w.customer("acme"), w.customer("other")
	w.edit(func(s *federation.Spec) { capturing(s); s.Organization = acme.ID })
	leads := func(what string, want bool) {
		t.Helper()
		p := identifies(w.Browser().Open(w.AuthorizeURL(w.client, nil)), "ann@example.com")
		if (p.Left != nil) != want {
			t.Errorf("%s: leads to %v, %s", what, p.Left, p.URL)
		}
	}
	leads("not verified", false)
	w.verifies(other.ID, "example.com", true)
	leads("verified by another one", false)
	w.verifies(other.ID, "example.com", false)
	w.verifies(acme.ID, "example.com", true)
	leads("verified", true)
	w.verifies(acme.ID, "example.com", false)
	leads("gone", false)
}

// FED-21: whoever has to sign in with a provider does not by anything else, and a wrong password is answered like a right one.
func TestRealm_requiredTakesNothingElse(t *testing.T) {
	t.Parallel()
	settings := tenant.Settings{SignUp: tenant.SignUp{Enabled: true}, Devices: tenant.Devices{Check: tenant.CheckOff}, EmailSignIn: tenant.EmailSignInOn}
	w := newWorld(t, plintotest.Options{Mail: true, Settings: settings}, required)
	alice := w.User("alice@example.com")
	w.User("bob@other.example")
	asks := map[string]func(name string) *plintotest.Page{
		"the right password": func(name string) *plintotest.Page { return w.password(w.Browser(), name, plintotest.Password) },
		"a wrong password":   func(name string) *plintotest.Page { return w.password(w.Browser(), name, "wrong") },
		"a code by mail": func(name string) *plintotest.Page {
			return w.local(w.Browser(), nil).Submit("by-mail", map[string]string{"username": name})
		},
		"a forgotten password": func(name string) *plintotest.Page {
			b := w.Browser()
			link, _ := w.local(b, nil).Doc.Find("#forgot").Attr("href")
			return b.Open(w.Issuer()+link).Submit("submit", map[string]string{"username": name})
		},
		"another account": func(name string) *plintotest.Page {
			b := w.Browser()
			link, _ := w.local(b, nil).Doc.Find("#sign-up").Attr("href")
			return b.Open(w.Issuer()+link).Submit("submit", map[string]string{"email": name})
		},
	}
	for what, ask := range asks {
		for _, name := range []string{"alice@example.com", "nobody@example.com"} {
			if p := ask(name); !leadsToProvider(p) {
				t.Errorf("%s of %s: %s (%d): %s", what, name, p.URL, p.Status, text(p))
			}
		}
		if p := ask("bob@other.example"); leadsToProvider(p) {
			t.Errorf("%s: bob is led to a provider", what)
		}
	}
	p := asks["the right password"]("alice@example.com").Submit("provider-idp", nil)
	if p.Left == nil || p.Left.Query().Get("login_hint") != "alice@example.com" {
		t.Fatalf("the button leads to %v, %s", p.Left, p.URL)
	}
	// By the provider: the address is connected, and signs in.
	if p := w.through(w.Browser(), "alice"); !signedIn(p) {
		t.Errorf("with the provider: %s (%d)", text(p), p.Status)
	}
	for name, change := range map[string]func(on bool){
		"a role in the tenant": func(on bool) {
			if on {
				w.exec(`INSERT INTO user_roles (tenant_id, user_id, key) VALUES ($1, $2, 'support')`, w.Tenant.ID.String(), alice.ID)
			} else {
				w.exec(`DELETE FROM user_roles WHERE tenant_id = $1 AND user_id = $2`, w.Tenant.ID.String(), alice.ID)
			}
		},
		"an exception": func(on bool) {
			w.edit(func(s *federation.Spec) {
				s.SSOExempt = nil
				if on {
					s.SSOExempt = []string{"alice@example.com"}
				}
			})
		},
		"a connection that is disabled": func(on bool) {
			if on {
				must(t, w.service().Disable(w.In(), w.conn.ID))
			} else {
				must(t, w.service().Enable(w.In(), w.conn.ID))
			}
		},
	} {
		change(true)
		p := w.withPassword("alice@example.com")
		if !signedIn(p) {
			t.Errorf("%s: %s (%d)", name, text(p), p.Status)
		}
		change(false)
		if p := w.withPassword("alice@example.com"); signedIn(p) {
			t.Errorf("%s is over, and signed in", name)
		}
	}
}

// named gives a user another name to sign in with.
func (w *world) named(user uuid.UUID, name, kind string) {
	w.t.Helper()
	if kind == "username" {
		w.exec(`UPDATE users SET username = $2 WHERE id = $1`, user, name)
	}
	w.exec(`INSERT INTO user_identifiers (tenant_id, canonical, kind, user_id) VALUES ($1, $2, $3, $4)`, w.Tenant.ID.String(), name, kind, user)
}

// FED-52: by a name whose domain does not tell it, a right password of who has to sign in with a provider is answered like a wrong
// one, of theirs or of nobody, and counts like one. The page says how such people sign in.
func TestRealm_tellsNoRightPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Settings: tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOff}}}, required)
	alice := w.User("alice@example.com")
	w.named(alice.ID, "alice", "username")
	w.named(alice.ID, "alice@other.example", "other_email")
	said := map[string]bool{}
	for _, name := range []string{"alice", "alice@other.example", "nobody", "nobody@other.example"} {
		for _, password := range []string{plintotest.Password, "wrong"} {
			b := w.Browser()
			p := w.password(b, name, password)
			if p.Status != http.StatusUnauthorized || b.SessionCookie() != nil || p.Doc.Find("#sso").Length() != 1 {
				t.Fatalf("%s with %q: left to %v, %s (%d)", name, password, p.Left, text(p), p.Status)
			}
			said[text(p)] = true
			if to := identifies(b.Open(resolve(p, "#by-address")), "alice@example.com"); to.Left == nil {
				t.Errorf("%s with %q: the link leads to %s: %s", name, password, to.URL, text(to))
			}
		}
	}
	if len(said) != 1 {
		t.Errorf("answers differ: %v", said)
	}
	var told int
	must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'authentication.failed' AND reason = 'sso_required'`, w.Tenant.ID.String()).Scan(&told))
	if told != 2 {
		t.Errorf("the audit log tells of %d", told)
	}
	for range 8 {
		w.password(w.Browser(), "alice", plintotest.Password)
	}
	w.edit(func(s *federation.Spec) { s.SSOExempt = []string{"alice@example.com"} })
	if p := w.withPassword("alice"); signedIn(p) {
		t.Error("right passwords that were refused counted for nothing")
	}
}

// Who is exempt signs in by each name, and wrong passwords say nothing of providers where nobody has to.
func TestRealm_sparesByEachName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, required, func(s *federation.Spec) { s.SSOExempt = []string{"alice@example.com"} })
	alice := w.User("alice@example.com")
	w.named(alice.ID, "alice", "username")
	for _, name := range []string{"alice", "alice@example.com"} {
		if p := w.withPassword(name); !signedIn(p) {
			t.Errorf("%s: %s (%d)", name, text(p), p.Status)
		}
	}
	w.edit(capturing)
	if p := w.password(w.Browser(), "alice", "wrong"); p.Status != http.StatusUnauthorized || p.Doc.Find("#sso").Length() != 0 {
		t.Errorf("where nobody has to: %s (%d)", text(p), p.Status)
	}
}

// Whoever follows the link of a mail from before it was so is led to the provider, too.
func TestRealm_requiredOfWhoFollowsALink(t *testing.T) {
	t.Parallel()
	settings := tenant.Settings{Devices: tenant.Devices{Check: tenant.CheckOff}, EmailSignIn: tenant.EmailSignInOn}
	w := newWorld(t, plintotest.Options{Mail: true, Settings: settings})
	w.User("alice@example.com")
	b := w.Browser()
	b.Open(w.AuthorizeURL(w.client, nil)).Submit("by-mail", map[string]string{"username": "alice@example.com"})
	mail := w.Mail(func(m mailcatcher.Mail) bool { return m.To == "alice@example.com" && plintotest.HasCode(m) }, 1)
	w.edit(required)
	link := regexp.MustCompile(`https://\S+/login/email/link\?token=\S+`).FindString(mail.Text)
	if p := b.Open(link).Submit("submit", nil); !leadsToProvider(p) {
		t.Errorf("%s (%d): %s", p.URL, p.Status, text(p))
	}
}

// withPassword signs in with a password on whichever page asks for it.
func (w *world) withPassword(name string) *plintotest.Page {
	w.t.Helper()
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, nil))
	return p.Submit("submit", map[string]string{"username": name, "password": plintotest.Password, "action": "sign-in"})
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.Owner.Exec(w.t.Context(), sql, args...)
	must(w.t, err)
}

// FED-21: of an organization it is the members who have to; and whoever has shown an account of the provider connects it with
// their own.
func TestRealm_requiredOfMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	alice := w.User("alice@example.com")
	w.User("carol@example.com")
	acme := w.customer("acme", organization.Member{UserID: alice.ID, Roles: []string{"member"}})
	w.verifies(acme.ID, "example.com", true)
	w.edit(func(s *federation.Spec) { required(s); s.Organization = acme.ID })
	if p := w.password(w.Browser(), "carol@example.com", plintotest.Password); !signedIn(p) {
		t.Errorf("no member: %s (%d)", text(p), p.Status)
	}
	if p := w.password(w.Browser(), "alice@example.com", plintotest.Password); !leadsToProvider(p) {
		t.Fatalf("a member: %s (%d)", text(p), p.Status)
	}
	// By another address, or a user name, it is the same person.
	w.named(alice.ID, "alice", "username")
	if p := w.password(w.Browser(), "alice", plintotest.Password); signedIn(p) || leadsToProvider(p) {
		t.Errorf("by user name: left to %v, %s (%d)", p.Left, text(p), p.Status)
	}
	// The account is guarded by a role, so the two are connected by who can sign in to both.
	b := w.Browser()
	to := identifies(b.Open(w.AuthorizeURL(w.client, nil)), "alice@example.com").Left
	p := b.Open(w.idp.Approve(to, "alice").String())
	if p.Doc.Find("#connecting").Length() != 1 {
		t.Fatalf("on %s: %s", p.URL, text(p))
	}
	p = p.Submit("submit", plintotest.Alice())
	if p.Doc == nil || p.Doc.Find("#connect").Length() != 1 {
		t.Fatalf("left to %v, %s (%d)", p.Left, text(p), p.Status)
	}
	if p = p.Submit("submit", nil); !signedIn(p) || len(w.identities("alice@example.com")) != 1 {
		t.Errorf("connected: %s (%d)", text(p), p.Status)
	}
}

// FED-23: a client that names connections takes no other, by no way, and no session that was begun with another.
func TestClient_takesTheConnectionsThatItNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, capturing)
	w.provider("second")
	w.User("alice@example.com")
	choosy, _ := w.Client(testworld.Web("https://choosy.test/cb"), plintotest.FirstParty, func(c *provider.Client) { c.Connections = []string{"second"} })
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(choosy, nil))
	if p.Doc.Find("#provider-idp").Length() != 0 || p.Doc.Find("#provider-second").Length() != 1 || p.Doc.Find("#password").Length() != 1 {
		t.Errorf("buttons: %s", text(p))
	}
	posted := p.Submit("submit", map[string]string{"action": "provider", "connection": "idp"})
	if code(posted) != federation.ErrNotFound.Code || posted.Left != nil {
		t.Errorf("posted: left to %v, %s", posted.Left, text(posted))
	}
	if p := identifies(b.Open(w.AuthorizeURL(choosy, nil)), "alice@example.com"); p.Left != nil {
		t.Errorf("discovery leads to %v", p.Left)
	}
	if p := b.Open(w.AuthorizeURL(choosy, url.Values{"connection": {"idp"}})); p.Left == nil || p.Left.Query().Get("error") != "invalid_request" {
		t.Errorf("connection=idp: %v, %s", p.Left, text(p))
	}
	if p := b.Open(w.AuthorizeURL(choosy, url.Values{"domain_hint": {"example.com"}})); p.Left != nil {
		t.Errorf("domain_hint leads to %v", p.Left)
	}
	// A session that was begun with the other one serves the other client, and not this one.
	if p := w.through(b, "alice"); !signedIn(p) {
		t.Fatalf("%s (%d)", text(p), p.Status)
	}
	if p := b.Open(w.AuthorizeURL(w.client, nil)); !signedIn(p) {
		t.Errorf("the client that takes it: %s", text(p))
	}
	p = b.Open(w.AuthorizeURL(choosy, nil))
	if signedIn(p) || p.Doc == nil || p.Doc.Find("#password").Length() != 1 {
		t.Fatalf("a session of another provider: left to %v", p.Left)
	}
	silent := b.Open(w.AuthorizeURL(choosy, url.Values{"prompt": {"none"}}))
	if silent.Left == nil || silent.Left.Query().Get("error") != "login_required" {
		t.Errorf("prompt=none: %v", silent.Left)
	}
	if p = p.Submit("submit", plintotest.Alice()); !signedIn(p) {
		t.Errorf("with a password: %s (%d)", text(p), p.Status)
	}
	if p := b.Open(w.AuthorizeURL(choosy, nil)); !signedIn(p) {
		t.Errorf("the session is of a password now: %s", text(p))
	}
}

// FED-23: what the client takes is asked at the callback too.
func TestClient_takesNoAnswerOfAConnectionThatItGaveUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	b := w.Browser()
	to := w.leaves(b, "idp", nil)
	w.Change(w.client, func(c *provider.Client) { c.Connections = []string{"second"} })
	if p := b.Open(w.idp.Approve(to, "alice").String()); code(p) != federation.ErrNotFound.Code || b.SessionCookie() != nil {
		t.Errorf("left to %v, %s", p.Left, text(p))
	}
}

// domain_hint leads like an address of that domain, once, and says nothing where nobody knows it.
func TestDomainHint_leadsLikeAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{}, capturing)
	w.idp.Answer("denies")
	b := w.Browser()
	for hint, leads := range map[string]bool{"example.com": true, "EXAMPLE.com": true, "other.example": false, "no domain": false, "": false} {
		p := b.Open(w.AuthorizeURL(w.client, url.Values{"domain_hint": {hint}}))
		if (p.Left != nil) != leads || !leads && p.Doc.Find("#username").Length() != 1 {
			t.Errorf("%q leads to %v, %s", hint, p.Left, text(p))
		}
		if p.Left != nil {
			if back := b.Open(w.idp.Approve(p.Left, "alice").String()); back.Doc.Find("#back").Length() != 1 {
				t.Errorf("denied: %s", text(back))
			} else if p := b.Open(resolve(back, "#back")); p.Left != nil {
				t.Errorf("led there again, to %v", p.Left)
			}
		}
	}
	if p := b.Open(w.AuthorizeURL(w.client, url.Values{"domain_hint": {fmt.Sprintf("%0300d", 0)}})); p.Left == nil || p.Left.Query().Get("error") != "invalid_request" {
		t.Errorf("too long: %v", p.Left)
	}
}

func resolve(p *plintotest.Page, id string) string {
	link, _ := p.URL.Parse(p.Doc.Find(id).AttrOr("href", ""))
	return link.String()
}
