package plintotest

import (
	"encoding/base64"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// Peers are a server of ours and a Keycloak that people sign in with.
type peers struct {
	*Server
	k      *keycloak
	client *provider.Client
	acme   uuid.UUID
}

const keycloakSecret = "the secret that Keycloak has for Plinto"

// newPeers starts both, with a connection by OpenID Connect that gives the members of a group a role in an organization.
func newPeers(t *testing.T) *peers {
	t.Helper()
	if os.Getenv(keycloakVariable) == "" {
		t.Skip("make test-peers runs it")
	}
	s := Start(t, Options{Settings: tenant.Settings{SAML: tenant.SAMLOn}})
	p := &peers{Server: s, k: s.startKeycloak()}
	p.client, _ = s.Client(testworld.Web("https://rp.test/cb"), FirstParty)
	organizations := &organization.Service{Organizations: s.Store.Organizations, Writes: s.Store.Organizations, Roles: p.roles(), Outbox: s.Store.Outbox, Tx: s.Store.DB}
	acme, err := organizations.Ensure(s.In(), "acme", "Acme")
	s.must(err)
	p.acme = acme.ID
	spec := p.spec()
	spec.RPLogout, spec.GroupsClaim, spec.GroupRoles = true, "groups", []federation.GroupRole{{Group: "engineering", Role: "member", Organization: p.acme}}
	spec.Claims = map[string]string{"name": "name", "given_name": "given_name", "family_name": "family_name", "username": "preferred_username"}
	p.connects("keycloak", spec, keycloakSecret)
	return p
}

// on is the same for a part of the test.
func (p *peers) on(t *testing.T) *peers {
	s, k, part := *p.Server, *p.k, *p
	s.t, k.t = t, t
	part.Server, part.k = &s, &k
	return &part
}

func (p *peers) roles() *organization.RoleService {
	return &organization.RoleService{Store: p.Store.Roles, Outbox: p.Store.Outbox, Tx: p.Store.DB}
}

// connections changes connections, as the command line has it.
func (p *peers) connections() *federation.Service {
	return &federation.Service{
		Connections: p.Store.Connections, Writes: p.Store.Connections, Vault: federation.NewVault(p.Root), CheckURL: func(string) error { return nil },
		Outbox: p.Store.Outbox, Tx: p.Store.DB, Now: time.Now, Endings: p.Store.Endings(), Roles: &federation.RoleGiver{Given: p.Store.Identities, Roles: p.roles()},
	}
}

// spec is a connection to the realm by the preset, which makes accounts for addresses of a domain.
func (p *peers) spec() federation.Spec {
	return federation.Spec{
		ProviderSpec: federation.ProviderSpec{Preset: "keycloak"}, Issuer: p.k.issuer(), ClientID: "plinto",
		EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
	}
}

func (p *peers) connects(slug string, spec federation.Spec, given string) federation.Connection { //nolint:gocritic // a copy is what is stored
	p.t.Helper()
	c, err := p.connections().Create(p.In(), slug, spec, secret.NewString(given))
	p.must(err)
	return c
}

func (p *peers) edits(c federation.Connection, f func(*federation.Spec)) { //nolint:gocritic // it is read once
	p.t.Helper()
	_, err := p.connections().Update(p.In(), c.ID, f, secret.String{})
	p.must(err)
}

// comes is a browser that is led to Keycloak by a connection.
func (p *peers) comes(slug string, more url.Values) (*Browser, *Page) {
	p.t.Helper()
	b := p.Browser().Also(p.k.origin)
	return b, p.asks(b, slug, more)
}

// asks leads a browser to Keycloak, which asks it for a password.
func (p *peers) asks(b *Browser, slug string, more url.Values) *Page {
	p.t.Helper()
	asked := url.Values{"connection": {slug}}
	for name, values := range more {
		asked[name] = values
	}
	page := b.Open(p.AuthorizeURL(p.client, asked))
	if page.Doc == nil || page.Doc.Find("#kc-login").Length() != 1 {
		p.t.Fatalf("Keycloak does not ask: on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	return page
}

// said is what a page says, on one line.
func said(page *Page) string {
	if page.Doc == nil {
		return ""
	}
	return strings.Join(strings.Fields(page.Doc.Find("body").Text()), " ")
}

// passes types name and password at Keycloak, and goes on as its page does, which answers by SAML in a form.
func (p *peers) passes(b *Browser, at *Page, name string) *Page {
	p.t.Helper()
	page := at.Submit("kc-login", map[string]string{"username": name, "password": Password})
	if page.Doc == nil {
		return page
	}
	if page.Doc.Find("form[name=saml-post-binding]").Length() == 0 {
		return page
	}
	if raw, err := base64.StdEncoding.DecodeString(page.Doc.Find("input[name=SAMLResponse]").AttrOr("value", "")); err != nil || !strings.Contains(string(raw), "EncryptedAssertion") {
		p.t.Errorf("the assertion is not encrypted (%v)", err)
	}
	return p.carries(b, page)
}

// signs signs somebody in with a connection, to the end.
func (p *peers) signs(slug, name string, more url.Values) *Browser {
	p.t.Helper()
	b, at := p.comes(slug, more)
	p.arrived(p.passes(b, at, name))
	return b
}

// arrived has the application be answered with a code.
func (p *peers) arrived(page *Page) {
	p.t.Helper()
	if page.Left == nil || page.Left.Host != "rp.test" || page.Left.Query().Get("code") == "" {
		var why string // as plinto explain says it: trails are written after the answer
		if page.Doc != nil && page.Doc.Find("#error-code").Length() == 1 {
			Eventually(p.t, "the trail of the request", func() bool {
				p.must(p.Owner.QueryRow(p.t.Context(), `SELECT coalesce(string_agg(DISTINCT body::text, '; '), '') FROM request_trails WHERE body ->> 'code' = $1`,
					page.Doc.Find("#error-code").Text()).Scan(&why))
				return why != ""
			})
		}
		p.t.Fatalf("on %s (%d), left to %v: %s; %s", page.URL, page.Status, page.Left, said(page), why)
	}
}

// silently is what the application is told without anybody being asked: "", or an error.
func (p *peers) silently(b *Browser) string { return b.Silently(p.AuthorizeURL(p.client, nil)) }

// holds is who has an address, by one identity of an issuer, with roles in the organization and in the tenant.
func (p *peers) holds(email, issuer string, in, of []string) {
	p.t.Helper()
	found, err := p.Store.Users.Credential(p.In(), email, nil)
	p.must(err)
	all, err := p.Store.Identities.Of(p.In(), found.User.ID)
	p.must(err)
	if len(all) != 1 || all[0].Issuer != issuer {
		p.t.Errorf("%s has %+v, want one of %s", email, all, issuer)
	}
	held, err := p.Store.Identities.Holdings(p.In(), found.User.ID, []uuid.UUID{p.acme, uuid.Nil})
	p.must(err)
	if !slices.Equal(held[p.acme].Roles, in) || held[p.acme].Member != (in != nil) || !slices.Equal(held[uuid.Nil].Roles, of) {
		p.t.Errorf("%s has the roles %+v, want %q in the organization and %q", email, held, in, of)
	}
	first, _, _ := strings.Cut(email, "@")
	if called := found.User.Profile.GivenName; strings.ToLower(called) != first {
		p.t.Errorf("%s is called %q", email, called)
	}
}

// A real Keycloak is the provider of people here, by OpenID Connect and by SAML 2.0.
func TestPeers_keycloakSignsPeopleIn(t *testing.T) {
	p := newPeers(t)
	for _, part := range []struct {
		name string
		run  func(*peers)
	}{
		{"makes accounts, and roles of groups", (*peers).makesAccounts},
		{"connects an account by its address", (*peers).connectsAccounts},
		{"is asked what the application asks for", (*peers).passesOn},
		{"says how it was signed in", (*peers).readsClasses},
		{"refuses, or is not believed", (*peers).refuses},
		{"tells of logouts", (*peers).hearsLogouts},
		{"is told of logouts", (*peers).passesLogouts},
		{"signs in by SAML", (*peers).signsInBySAML},
		{"changes its key of SAML", (*peers).changesKeyOfSAML},
		{"signs out by SAML, there and so here", (*peers).hearsLogoutsOfSAML},
		{"signs out by SAML, here and so there", (*peers).passesLogoutsBySAML},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(p.on(t)) })
	}
}

func (p *peers) makesAccounts() {
	p.signs("keycloak", "carol", nil)
	p.holds("carol@example.com", p.k.issuer(), []string{"member"}, nil)
	found, err := p.Store.Users.Credential(p.In(), "carol@example.com", nil)
	p.must(err)
	if found.User.Username != "carol" || !found.User.EmailVerified {
		p.t.Errorf("made %+v", found.User)
	}
	p.signs("keycloak", "carol", nil)
	p.holds("carol@example.com", p.k.issuer(), []string{"member"}, nil)
}

func (p *peers) connectsAccounts() {
	u := p.User("dave@example.com")
	p.signs("keycloak", "dave", nil)
	all, err := p.Store.Identities.Of(p.In(), u.ID)
	p.must(err)
	if len(all) != 1 || all[0].Issuer != p.k.issuer() {
		p.t.Errorf("dave has %+v", all)
	}
}

// passesOn looks at what Keycloak makes of login_hint, prompt, max_age and ui_locales.
func (p *peers) passesOn() {
	_, at := p.comes("keycloak", url.Values{"login_hint": {"carol@example.com"}})
	if hint := at.Doc.Find("#username").AttrOr("value", ""); hint != "carol@example.com" {
		p.t.Errorf("login_hint is %q there", hint)
	}
	b := p.signs("keycloak", "carol", nil)
	if got := p.silently(b); got != "" {
		p.t.Errorf("silently: %s", got)
	}
	for name, value := range map[string]string{"prompt": "login", "max_age": "0"} {
		at := p.asks(b, "keycloak", url.Values{name: {value}})
		p.arrived(p.passes(b, at, "carol"))
	}
}

// readsClasses looks at acr, which Keycloak gives names to, and at roles inside a claim.
func (p *peers) readsClasses() {
	_, err := p.roles().Create(p.In(), organization.Role{Scope: organization.TenantRole, Key: "auditor", Name: "Auditor", Permissions: []organization.Permission{organization.AuditRead}})
	p.must(err)
	spec := p.spec()
	spec.GroupsClaim, spec.GroupRoles = "/realm_access/roles", []federation.GroupRole{{Group: "auditor", Role: "auditor"}}
	spec.MFA, spec.TrustedACR, spec.ACRValues = federation.MFATrust, []string{"silver"}, []string{"silver"}
	c := p.connects("trusting", spec, keycloakSecret)
	trusted := func(want bool) {
		p.t.Helper()
		p.signs("trusting", "grace", nil)
		var amr []string
		p.must(p.Owner.QueryRow(p.t.Context(), `SELECT amr FROM sessions ORDER BY id DESC LIMIT 1`).Scan(&amr))
		if slices.Contains(amr, "mfa") != want {
			p.t.Errorf("amr is %q", amr)
		}
	}
	trusted(true)
	p.holds("grace@example.com", p.k.issuer(), nil, []string{"auditor"})
	// More than Keycloak reaches: it says what it was, which is not what is trusted.
	p.edits(c, func(s *federation.Spec) { s.TrustedACR, s.ACRValues = []string{"gold"}, []string{"gold"} })
	trusted(false)
}

func (p *peers) refuses() {
	p.connects("mistaken", p.spec(), "another secret than Keycloak has")
	b, at := p.comes("mistaken", nil)
	page := p.passes(b, at, "carol")
	if page.Doc == nil || page.Doc.Find("#error-code").Text() != federation.ErrMisconfigured.Code || b.SessionCookie() != nil {
		p.t.Errorf("a wrong secret: on %s (%d): %s", page.URL, page.Status, said(page))
	}
	b, at = p.comes("keycloak", nil)
	if page = p.passes(b, at, "frank"); !strings.HasPrefix(page.URL.String(), p.k.issuer()) || b.SessionCookie() != nil {
		p.t.Errorf("a disabled user: on %s (%d): %s", page.URL, page.Status, said(page))
	}
	b, at = p.comes("keycloak", nil)
	page = p.passes(b, at, "erin")
	if page.Doc == nil || page.Doc.Find("#connecting").Length() != 1 || b.SessionCookie() != nil {
		p.t.Errorf("an address that is not verified: on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	if _, err := p.Store.Users.Credential(p.In(), "erin@example.com", nil); err == nil {
		p.t.Error("an address that is not verified makes an account")
	}
}

// hearsLogouts signs people out at Keycloak: one by herself, and one by an administrator. Nobody else is signed out here.
func (p *peers) hearsLogouts() {
	carol, dave := p.signs("keycloak", "carol", nil), p.signs("keycloak", "dave", nil)
	carol.Open(p.k.issuer()+"/protocol/openid-connect/logout?client_id=plinto").Submit("kc-logout", nil)
	Eventually(p.t, "the end of Carol's session", func() bool { return p.silently(carol) == "login_required" })
	if got := p.silently(dave); got != "" {
		p.t.Errorf("Dave is signed out too: %s", got)
	}
	p.k.signsOut("dave")
	Eventually(p.t, "the end of Dave's session", func() bool { return p.silently(dave) == "login_required" })
}

// passesLogouts signs somebody out here: the session at Keycloak ends, and the browser comes back to the application.
func (p *peers) passesLogouts() {
	b := p.signs("keycloak", "dave", nil)
	back := url.Values{"client_id": {p.client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"theirs"}}
	page := b.Open(p.Issuer()+"/oauth2/logout?"+back.Encode()).Submit("logout-yes", nil)
	if !strings.HasPrefix(page.URL.String(), p.k.issuer()) {
		p.t.Fatalf("signed out here, on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	if page = page.Submit("kc-logout", nil); page.Left == nil || page.Left.String() != "https://rp.example/bye?state=theirs" {
		p.t.Fatalf("signed out there, on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	p.asks(b, "keycloak", nil)
}
