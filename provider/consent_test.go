package provider

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/tenant"
)

// A list of resource servers that is always in memory.
type listed []ResourceServer

func (l listed) All(context.Context) ([]ResourceServer, error) { return l, nil }
func (l listed) Put(context.Context, ResourceServer) error     { return nil }
func (l listed) Delete(context.Context, string) error          { return nil }

var shop = listed{
	{Identifier: "https://bills.example", Name: "Bills", Scopes: []Scope{{Name: "read", Description: "Read your bills"}, {Name: "pay"}}},
	{Identifier: "https://empty.example"},
	{Identifier: "https://orders.example", Name: "Orders", Scopes: []Scope{{Name: "read", Description: "Read your orders"}, {Name: "email"}}},
}

func askedOf(t *testing.T, c *Client, r Request) ConsentRequest {
	t.Helper()
	asked, err := ScopePolicy{shop}.ConsentRequest(tenant.With(t.Context(), &tenant.Tenant{Issuer: "https://id.example"}), c, &r, Membership{})
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

func consentTo(asked ConsentRequest) *Consent {
	return &Consent{Shown: asked.Shown(), Permissions: asked.Permissions}
}

// CON-11: whatever the page showed, a consent is for that and for nothing else.
func TestConsent_coversWhatWasShownAndNothingElse(t *testing.T) {
	t.Parallel()
	metadata := Metadata{
		ClientName: "App", LogoURI: "https://rp.example/logo", PolicyURI: "https://rp.example/policy", TosURI: "https://rp.example/tos",
		SubjectType: SubjectPairwise, RedirectURIs: []string{"https://rp.example/cb", "https://other.example/cb"},
		SectorIdentifierURI: "https://sector.example/uris",
	}
	request := Request{RedirectURI: "https://rp.example/cb", Scopes: []string{"openid", "read"}, Resources: []string{"https://orders.example"}}
	given := consentTo(askedOf(t, &Client{Metadata: metadata}, request))
	for name, c := range map[string]struct {
		change func(*Metadata, *Request)
		want   bool
	}{
		"nothing changed":          {func(*Metadata, *Request) {}, true},
		"fewer scopes":             {func(_ *Metadata, r *Request) { r.Scopes = []string{"openid"} }, true},
		"another path of the host": {func(_ *Metadata, r *Request) { r.RedirectURI = "https://rp.example/other" }, true},
		"what the page shows not":  {func(m *Metadata, _ *Request) { m.ClientURI, m.Contacts = "https://new.example", []string{"x"} }, true},
		"another host":             {func(_ *Metadata, r *Request) { r.RedirectURI = "https://other.example/cb" }, false},
		"another port":             {func(_ *Metadata, r *Request) { r.RedirectURI = "https://rp.example:8443/cb" }, false},
		"an app's scheme":          {func(_ *Metadata, r *Request) { r.RedirectURI = "com.example.app:/cb" }, false},
		"another name":             {func(m *Metadata, _ *Request) { m.ClientName = "Bank" }, false},
		"another logo":             {func(m *Metadata, _ *Request) { m.LogoURI = "https://bank.example/logo" }, false},
		"another policy":           {func(m *Metadata, _ *Request) { m.PolicyURI = "https://rp.example/new" }, false},
		"other terms":              {func(m *Metadata, _ *Request) { m.TosURI = "https://rp.example/new" }, false},
		"public subjects":          {func(m *Metadata, _ *Request) { m.SubjectType = SubjectPublic }, false},
		"another sector":           {func(m *Metadata, _ *Request) { m.SectorIdentifierURI = "https://ring.example/uris" }, false},
		"one more scope":           {func(_ *Metadata, r *Request) { r.Scopes = []string{"openid", "read", "profile"} }, false},
		"a claim of another scope": {func(_ *Metadata, r *Request) { r.Claims = []byte(`{"userinfo":{"email":null}}`) }, false},
		"the scope elsewhere":      {func(_ *Metadata, r *Request) { r.Resources = []string{"https://bills.example"} }, false},
		"the scope there too":      {func(_ *Metadata, r *Request) { r.Resources = nil }, false},
		"a resource of no scopes":  {func(_ *Metadata, r *Request) { r.Resources = append(r.Resources, "https://empty.example") }, false},
	} {
		m, r := metadata, request
		c.change(&m, &r)
		asked := askedOf(t, &Client{Metadata: m}, r)
		if got := given.Covers(&asked); got != c.want {
			t.Errorf("%s: covered %t, want %t", name, got, c.want)
		}
		if same := asked.Digest() == consentDigest(t, metadata, request); same != (c.want && name != "fewer scopes") {
			t.Errorf("%s: the page has the same digest: %t", name, same)
		}
	}
	asked := askedOf(t, &Client{Metadata: metadata}, request)
	if (&Consent{}).Covers(&asked) || (&Consent{Permissions: asked.Permissions}).Covers(&asked) {
		t.Error("a consent of no page covers a request")
	}
}

func consentDigest(t *testing.T, m Metadata, r Request) string {
	t.Helper()
	asked := askedOf(t, &Client{Metadata: m}, r)
	return asked.Digest()
}

func TestConsentRequest_namesEveryScopeAtItsResourceServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request Request
		want    []Permission
	}{
		"about the user": {Request{Scopes: []string{"openid", "email"}}, []Permission{{"", "openid"}, {"", "email"}}},
		"by a scope of two": {
			Request{Scopes: []string{"openid", "read"}},
			[]Permission{{"", "openid"}, {"https://bills.example", "read"}, {"https://orders.example", "read"}},
		},
		"at one": {
			Request{Scopes: []string{"read", "pay"}, Resources: []string{"https://orders.example"}},
			[]Permission{{"", "pay"}, {"https://orders.example", "read"}},
		},
		"at one without scopes": {
			Request{Scopes: []string{"openid"}, Resources: []string{"https://empty.example"}},
			[]Permission{{"", "openid"}, {"https://empty.example", ""}},
		},
		"by a claim": {Request{Scopes: []string{"openid"}, Claims: []byte(`{"id_token":{"phone_number":null}}`)}, []Permission{{"", "openid"}, {"", "phone"}}},
	} {
		if diff := cmp.Diff(c.want, askedOf(t, &Client{}, c.request).Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDescribe_groupsByResourceServerInItsWords(t *testing.T) {
	t.Parallel()
	got, err := ScopePolicy{shop}.Describe(t.Context(), []Permission{
		{"", "openid"}, {"", "pay"}, {"https://bills.example", "read"}, {"https://empty.example", ""}, {"https://orders.example", "read"},
	})
	want := []Described{
		{Scopes: []Scope{{Name: "openid"}, {Name: "pay"}}},
		{"https://bills.example", "Bills", []Scope{{Name: "read", Description: "Read your bills"}}},
		{"https://empty.example", "", nil},
		{"https://orders.example", "Orders", []Scope{{Name: "read", Description: "Read your orders"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// RFC 8252 §8.6.
func TestClient_impersonableIsWhoHasNeitherSecretNorAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]bool{
		"https://app.example/cb": false, "http://127.0.0.1:1/cb": true, "http://127.0.0.1/cb": true, "http://[::1]:9/cb": true,
		"http://localhost:3000/cb": true, "https://localhost/cb": true, "http://dev.localhost/cb": true, "http://127.9.9.9/cb": true,
		"com.example.app:/cb": true, "myapp://cb": true, "https://127.0.0.1.example/cb": false, "https://localhost.example/cb": false,
	} {
		if got := (&Client{Metadata: Metadata{TokenEndpointAuthMethod: AuthNone}}).Impersonable(uri); got != want {
			t.Errorf("%s: %t, want %t", uri, got, want)
		}
		if (&Client{Metadata: Metadata{TokenEndpointAuthMethod: AuthBasic}}).Impersonable(uri) {
			t.Errorf("%s, with a secret", uri)
		}
	}
}

func TestMayUse_wantsAnOperatorsLeaveOfClientsThatRegisteredThemselves(t *testing.T) {
	t.Parallel()
	closed, open := &tenant.Tenant{}, &tenant.Tenant{Settings: tenant.Settings{Registration: tenant.Registration{Resources: []string{"https://api"}}}}
	for name, c := range map[string]struct {
		client       Client
		closed, open bool
	}{
		"an operator's":              {Client{}, true, true},
		"an operator's, limited":     {Client{Metadata: Metadata{Resources: []string{"https://other"}}}, false, false},
		"its own":                    {Client{SelfRegistered: true}, false, true},
		"its own, allowed this one":  {Client{SelfRegistered: true, Metadata: Metadata{Resources: []string{"https://api"}}}, true, true},
		"its own, allowed another":   {Client{SelfRegistered: true, Metadata: Metadata{Resources: []string{"https://other"}}}, false, false},
		"its own, made the tenant's": {Client{SelfRegistered: true, FirstParty: true}, true, true},
	} {
		if got := c.client.MayUse(closed, "https://api"); got != c.closed {
			t.Errorf("%s: %t, want %t", name, got, c.closed)
		}
		if got := c.client.MayUse(open, "https://api"); got != c.open {
			t.Errorf("%s, tenant allows it: %t, want %t", name, got, c.open)
		}
	}
}
