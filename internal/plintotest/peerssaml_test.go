package plintotest

import (
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"plinto/federation"
	"plinto/federation/saml"
)

// signsInBySAML has each side read the metadata of the other: requests are signed, as the realm demands, and assertions encrypted.
func (p *peers) signsInBySAML() {
	entity, described, err := saml.ReadMetadata(p.k.describes(), time.Now())
	p.must(err)
	if entity != p.k.issuer() || !described.SignRequests {
		p.t.Errorf("Keycloak says that it is %s, and wants signed requests: %v", entity, described.SignRequests)
	}
	described.LogoutBinding = federation.BindingRedirect
	c := p.connects("keycloak-saml", federation.Spec{
		Kind: federation.KindSAML, Name: "Keycloak by SAML", Issuer: entity, SAML: &described, EmailDomains: []string{"example.com"}, Provision: federation.ProvisionDomain,
		Mapping: federation.Mapping{
			Claims:      map[string]string{"given_name": "givenName", "username": "uid"},
			GroupsClaim: "groups", GroupRoles: []federation.GroupRole{{Group: "engineering", Role: "member", Organization: p.acme}},
		},
	}, "")
	mapper := func(kind string, config map[string]string) map[string]any {
		config["attribute.nameformat"] = "Basic"
		return map[string]any{"name": config["attribute.name"], "protocol": "saml", "protocolMapper": kind, "config": config}
	}
	client := p.k.knows(p.describes(),
		mapper("saml-user-property-mapper", map[string]string{"attribute.name": "mail", "user.attribute": "email"}),
		mapper("saml-user-property-mapper", map[string]string{"attribute.name": "uid", "user.attribute": "username"}),
		mapper("saml-user-property-mapper", map[string]string{"attribute.name": "givenName", "user.attribute": "firstName"}),
		mapper("saml-group-membership-mapper", map[string]string{"attribute.name": "groups", "single": "true", "full.path": "false"}),
	)
	if made, _ := client["attributes"].(map[string]any); made["saml.client.signature"] != "true" || made["saml.encrypt"] != "true" || made["saml_name_id_format"] != "persistent" {
		p.t.Errorf("Keycloak makes of our metadata %v", made)
	}
	for range 2 {
		p.signs("keycloak-saml", "heidi", nil)
		p.holds("heidi@example.com", entity, []string{"member"}, nil)
	}
	b := p.signs("keycloak-saml", "heidi", nil)
	p.arrived(p.passes(b, p.asks(b, "keycloak-saml", url.Values{"prompt": {"login"}}), "heidi"))
	// Without a signature the realm does not take the request.
	unsigned := described
	unsigned.SignRequests = false
	p.edits(c, func(s *federation.Spec) { s.SAML = &unsigned })
	b = p.Browser().Also(p.k.origin)
	if page := b.Open(p.AuthorizeURL(p.client, url.Values{"connection": {"keycloak-saml"}})); page.Doc == nil || page.Doc.Find("#kc-login").Length() != 0 || page.Status < 400 {
		p.t.Errorf("an unsigned request: on %s (%d): %s", page.URL, page.Status, said(page))
	}
	p.edits(c, func(s *federation.Spec) { s.SAML, s.RPLogout = &described, true })
}

// describes returns our metadata.
func (p *peers) describes() string {
	p.t.Helper()
	return p.Send("GET", "/federation/keycloak-saml/metadata", nil).Text
}

// carries posts the messages of SAML on that Keycloak answers in forms, as its page does.
func (p *peers) carries(b *Browser, page *Page) *Page {
	p.t.Helper()
	for range 4 {
		if page.Doc == nil {
			return page
		}
		form := page.Doc.Find("form[name=saml-post-binding]")
		if form.Length() == 0 {
			return page
		}
		values := url.Values{}
		form.Find("input[name]").Each(func(_ int, field *goquery.Selection) {
			values.Set(field.AttrOr("name", ""), field.AttrOr("value", ""))
		})
		page = b.PostFromElsewhere(form.AttrOr("action", ""), values)
		if page.Doc != nil && strings.HasPrefix(page.URL.String(), p.Issuer()) && page.Doc.Find("#submit").Length() == 1 {
			page = page.Submit("submit", nil)
		}
	}
	p.t.Fatalf("on and on, on %s", page.URL)
	return nil
}

// changesKeyOfSAML changes our key pair, without a time in which nobody could sign in. Keycloak takes one certificate from metadata that are
// imported, the last, so it is told to read those that are at our address. It keeps what it read, and encrypts for the first of them.
func (p *peers) changesKeyOfSAML() {
	c, err := p.Store.Connections.BySlug(p.In(), "keycloak-saml")
	p.must(err)
	rotates := func(step string) {
		_, err := p.connections().RotateKey(p.In(), c.ID, step)
		p.must(err)
		p.signs("keycloak-saml", "heidi", nil)
	}
	p.k.reads(p.describes(), p.Issuer()+"/federation/keycloak-saml/metadata")
	rotates(federation.KeyPublish)
	p.k.forgets()
	p.signs("keycloak-saml", "heidi", nil)
	rotates(federation.KeyActivate)
	p.k.forgets()
	p.signs("keycloak-saml", "heidi", nil)
	rotates(federation.KeyRetire)
}

// hearsLogoutsOfSAML signs somebody out at Keycloak, which has the browser bring a logout request here. It names the session that ended.
func (p *peers) hearsLogoutsOfSAML() {
	heidi, elsewhere := p.signs("keycloak-saml", "heidi", nil), p.signs("keycloak-saml", "heidi", nil)
	page := heidi.Open(p.k.issuer()+"/protocol/openid-connect/logout?client_id=plinto").Submit("kc-logout", nil)
	page = p.carries(heidi, page)
	if got := p.silently(heidi); got != "login_required" {
		p.t.Errorf("still signed in (%q); on %s (%d), left to %v: %s", got, page.URL, page.Status, page.Left, said(page))
	}
	if !strings.HasPrefix(page.URL.String(), p.k.issuer()) {
		p.t.Errorf("at the end on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	if got := p.silently(elsewhere); got != "" {
		p.t.Errorf("she is signed out in another browser too: %s", got)
	}
}

// passesLogoutsBySAML signs somebody out here: the browser brings Keycloak a logout request, and comes back to the application.
func (p *peers) passesLogoutsBySAML() {
	b := p.signs("keycloak-saml", "heidi", nil)
	back := url.Values{"client_id": {p.client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}, "state": {"theirs"}}
	page := p.carries(b, b.Open(p.Issuer()+"/oauth2/logout?"+back.Encode()).Submit("logout-yes", nil))
	if page.Left == nil || page.Left.String() != "https://rp.example/bye?state=theirs" {
		p.t.Fatalf("signed out, on %s (%d), left to %v: %s", page.URL, page.Status, page.Left, said(page))
	}
	p.asks(b, "keycloak-saml", nil) // it has no session there any more
}
