package federation

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/tenant"
)

// FED-19, FED-20, FED-21: whom a domain leads where, and who has to go there.
func TestRealms_decideByWhoseDomainItIs(t *testing.T) {
	t.Parallel()
	acme, other := uuid.New(), uuid.New()
	connection := func(slug string, of uuid.UUID, sso string, domains ...string) Connection {
		return Connection{ID: uuid.New(), Slug: slug, Spec: Spec{Organization: of, SSO: sso, EmailDomains: domains}}
	}
	exempting := connection("acme", acme, SSORequired, "acme.example")
	exempting.SSOExempt = []string{"Owner@acme.example"}
	for name, c := range map[string]struct {
		all      []Connection
		owner    uuid.UUID // of acme.example
		member   Member    // besides the address ann@acme.example
		leads    string    // slugs
		required bool
		demanded bool
	}{
		"nobody names it":              {all: []Connection{connection("x", uuid.Nil, SSORequired, "x.example")}},
		"only its button":              {all: []Connection{connection("acme", acme, SSOOff, "acme.example")}, owner: acme},
		"verified":                     {all: []Connection{connection("acme", acme, SSOOffered, "acme.example")}, owner: acme, leads: "acme"},
		"not verified":                 {all: []Connection{connection("acme", acme, SSORequired, "acme.example")}, member: Member{Organizations: []uuid.UUID{acme}}},
		"verified by another one":      {all: []Connection{connection("acme", acme, SSORequired, "acme.example")}, owner: other, member: Member{Organizations: []uuid.UUID{acme}}},
		"the tenant's":                 {all: []Connection{connection("t", uuid.Nil, SSORequired, "acme.example")}, leads: "t", required: true, demanded: true},
		"any domain":                   {all: []Connection{connection("t", uuid.Nil, SSOOffered, AnyDomain, "t.example")}},
		"the organization's first":     {all: []Connection{connection("acme", acme, SSOOffered, "acme.example"), connection("t", uuid.Nil, SSORequired, "acme.example")}, owner: acme, leads: "acme"},
		"the tenant's where it is all": {all: []Connection{connection("acme", acme, SSOOff, "acme.example"), connection("t", uuid.Nil, SSOOffered, "acme.example")}, owner: acme, leads: "t"},
		"two of an organization":       {all: []Connection{connection("a", acme, SSOOffered, "acme.example"), connection("b", acme, SSORequired, "acme.example")}, owner: acme, member: Member{Organizations: []uuid.UUID{acme}}, leads: "a b", required: true, demanded: true},
		"a member":                     {all: []Connection{connection("acme", acme, SSORequired, "acme.example")}, owner: acme, member: Member{Organizations: []uuid.UUID{other, acme}}, leads: "acme", required: true, demanded: true},
		"no member":                    {all: []Connection{connection("acme", acme, SSORequired, "acme.example")}, owner: acme, member: Member{Organizations: []uuid.UUID{other}}, leads: "acme", required: true},
		"who manages the tenant":       {all: []Connection{connection("acme", acme, SSORequired, "acme.example")}, owner: acme, member: Member{Organizations: []uuid.UUID{acme}, Manages: true}, leads: "acme", required: true},
		"somebody who is not exempt":   {all: []Connection{exempting}, owner: acme, member: Member{Organizations: []uuid.UUID{acme}}, leads: "acme", required: true, demanded: true},
		"who is exempt":                {all: []Connection{exempting}, owner: acme, member: Member{Organizations: []uuid.UUID{acme}, Addresses: []string{"owner@acme.example"}}, leads: "acme", required: true},
		"a public domain":              {all: []Connection{connection("t", uuid.Nil, SSORequired, "gmail.com")}, member: Member{Addresses: []string{"ann@gmail.com"}}},
	} {
		realm := realmOf(c.all, "acme.example", c.owner)
		var slugs string
		for i := range realm.Connections {
			if i > 0 {
				slugs += " "
			}
			slugs += realm.Connections[i].Slug
		}
		if slugs != c.leads || realm.Required != c.required || realm.Known() != (c.leads != "") {
			t.Errorf("%s: leads to %q, required %v; want %q, %v", name, slugs, realm.Required, c.leads, c.required)
		}
		c.member.Addresses = append(c.member.Addresses, "ann@acme.example")
		if c.owner != uuid.Nil {
			c.member.Owners = map[string]uuid.UUID{"acme.example": c.owner}
		}
		if got := demanded(c.all, &c.member); (got != nil) != c.demanded {
			t.Errorf("%s: demanded %+v, want %v", name, got, c.demanded)
		}
	}
}

func TestDomainOf_readsWhatPeopleType(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ann@acme.example": "acme.example", " Ann@ACME.Example ": "acme.example", "ann@bücher.example": "xn--bcher-kva.example",
		"ann@acme.example.": "acme.example", "ann": "", "@acme.example": "", "ann@": "", "": "", "a@b@acme.example": "acme.example", "ann@a b.example": "",
	} {
		if got := DomainOf(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// FED-22: what a connection may capture is checked when it is stored.
func TestSpec_ssoTakesDomainsThatAreSomebodysOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec  Spec
		wrong string
	}{
		"offered":             {Spec{SSO: SSOOffered, EmailDomains: []string{"acme.example"}}, ""},
		"no domain":           {Spec{SSO: SSOOffered}, "/sso"},
		"every domain":        {Spec{SSO: SSORequired, EmailDomains: []string{"*"}}, "/sso"},
		"a public one":        {Spec{SSO: SSOOffered, EmailDomains: []string{"acme.example", "GMail.com"}}, "/sso"},
		"a public one, off":   {Spec{EmailDomains: []string{"gmail.com"}}, ""},
		"something else":      {Spec{SSO: "always", EmailDomains: []string{"acme.example"}}, "/sso"},
		"exempt":              {Spec{SSO: SSORequired, EmailDomains: []string{"acme.example"}, SSOExempt: []string{"ann@acme.example"}}, ""},
		"exempt, no address":  {Spec{SSO: SSORequired, EmailDomains: []string{"acme.example"}, SSOExempt: []string{"ann"}}, "/sso_exempt"},
		"too many are exempt": {Spec{SSO: SSORequired, EmailDomains: []string{"acme.example"}, SSOExempt: slices.Repeat([]string{"ann@acme.example"}, 21)}, "/sso_exempt"},
	} {
		c.spec.Name, c.spec.Issuer, c.spec.ClientID = "Work", "https://idp.example", "plinto"
		c.spec.normalize()
		err := c.spec.check(func(string) error { return nil })
		got := ""
		if f, ok := fault.As(err); ok {
			got = f.Fields[0].Pointer
		}
		if got != c.wrong {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.wrong)
		}
	}
}

// Connections by SAML lead nobody, and are required of nobody, in a tenant that has switched SAML off.
func TestRealms_leaveOutWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	c := Connection{ID: uuid.New(), Slug: "saml", Spec: Spec{Kind: KindSAML, SSO: SSORequired, EmailDomains: []string{"acme.example"}}}
	realms := Realms{Connections: someConnections{all: []Connection{c}}, Domains: someMember{Member{Addresses: []string{"ann@acme.example"}}}}
	of := &tenant.Tenant{}
	ctx := tenant.With(t.Context(), of)
	anything := func(string) bool { return true }
	for _, on := range []bool{false, true} {
		if of.Settings.SAML = ""; on {
			of.Settings.SAML = tenant.SAMLOn
		}
		leads, err := realms.Discovers(ctx, anything)
		if err != nil || leads != on {
			t.Errorf("on %v: leads %v, %v", on, leads, err)
		}
		if realm, err := realms.Of(ctx, "acme.example", anything); err != nil || realm.Known() != on {
			t.Errorf("on %v: %+v, %v", on, realm, err)
		}
		if err := realms.Admit(ctx, &identity.Proof{}); errors.Is(err, identity.ErrProviderRequired) != on {
			t.Errorf("on %v: %v", on, err)
		}
	}
}

// someConnections are all that are enabled.
type someConnections struct {
	Connections
	all []Connection
}

func (s someConnections) Offered(context.Context) ([]Connection, error) { return s.all, nil }

// someMember is the only user.
type someMember struct{ Member }

func (someMember) OwnerOf(context.Context, string) (uuid.UUID, error) { return uuid.Nil, nil }

func (s someMember) MemberOf(context.Context, uuid.UUID) (Member, error) { return s.Member, nil }

func (someMember) Affected(context.Context, uuid.UUID, []string, []string, int) (int, error) {
	return 0, nil
}
