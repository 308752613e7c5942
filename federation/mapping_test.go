package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/federation/preset"
	"plinto/identity"
)

func claimsOf(t *testing.T, raw string) preset.Claims {
	t.Helper()
	c, err := ReadClaims([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FED-30: a claim becomes what it may become, and is one about the person.
func TestMapping_takesWhatIsOnTheListOnly(t *testing.T) {
	t.Parallel()
	for to, from := range map[string]string{
		"email": "email", "email_verified": "email_verified", "sub": "name", "roles": "groups", "password": "name", "": "name",
		"name": "sub", "nickname": "iss", "locale": "acr", "given_name": "nonce", "family_name": "", "zoneinfo": "/sub/of", "picture": "pict\nure", "username": "sid",
	} {
		m := Mapping{Claims: map[string]string{to: from}}
		if err := m.check(uuid.Nil); !errors.Is(err, ErrSpec) {
			t.Errorf("%q from %q: %v", to, from, err)
		}
	}
	m := Mapping{Claims: map[string]string{"name": "display_name", "picture": "https://example.com/photo", "username": "preferred_username"}, ClaimsUpdate: ClaimsAlways}
	if err := m.check(uuid.Nil); err != nil {
		t.Error(err)
	}
}

// FED-30: a value of another kind, or that cannot be shown, is none.
func TestMapping_leavesOutWhatIsNoText(t *testing.T) {
	t.Parallel()
	m := Mapping{Claims: map[string]string{"name": "n", "locale": "l", "picture": "p", "zoneinfo": "z", "username": "u"}}
	before := identity.Profile{Name: "Before", Locale: "de", Picture: "https://example.com/before", Zoneinfo: "Europe/Berlin"}
	for _, raw := range []string{
		`{}`, `{"n":null,"l":null,"p":null,"z":null}`, `{"n":7,"l":true,"p":[],"z":{}}`, `{"n":["Alice"],"p":["https://example.com/x"]}`,
		`{"n":"a\u0000b","l":"<b>","p":"javascript:alert(1)","z":"a b"}`, `{"n":"\u202eecila","l":"de_","p":"http://example.com/x"}`,
		`{"n":"` + strings.Repeat("a", 256) + `","l":"` + strings.Repeat("a", 40) + `","p":"https://example.com/` + strings.Repeat("a", 2000) + `"}`,
		`{"p":"https://user:password@example.com/x"}`, `{"p":"https:///x"}`,
	} {
		if got := m.profile(before, claimsOf(t, raw)); got != before {
			t.Errorf("%.60s: %+v", raw, got)
		}
	}
	got := m.profile(before, claimsOf(t, `{"n":"Zoë Example","l":"de_CH","p":"https://example.com/x","z":"Europe/Zurich","name":"Other"}`))
	if want := (identity.Profile{Name: "Zoë Example", Locale: "de-CH", Picture: "https://example.com/x", Zoneinfo: "Europe/Zurich"}); got != want {
		t.Errorf("got %+v", got)
	}
	for raw, want := range map[string]string{`{"u":"alice"}`: "alice", `{"u":7}`: "", `{"u":"a\nb"}`: ""} {
		if got := m.username(claimsOf(t, raw)); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

// FED-31: groups are a list of texts, and not more than are read; otherwise nobody is signed in by them.
func TestMapping_readsGroupsThatAreAList(t *testing.T) {
	t.Parallel()
	m := Mapping{GroupsClaim: "groups"}
	many := make([]string, MaxGroups+1)
	for i := range many {
		many[i] = fmt.Sprint("group-", i)
	}
	all, _ := json.Marshal(many)
	most, _ := json.Marshal(many[:MaxGroups])
	for _, raw := range []string{
		`{"groups":"admin"}`, `{"groups":{"admin":true}}`, `{"groups":[7]}`, `{"groups":[["admin"]]}`, `{"groups":true}`, `{"groups":` + string(all) + `}`,
		`{"groups":["` + strings.Repeat("a", 256) + `"]}`, `{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example"}}}`,
	} {
		if got, err := m.groups(claimsOf(t, raw)); err == nil {
			t.Errorf("%.60s: %q", raw, got)
		}
	}
	deep := Mapping{GroupsClaim: "/realm_access/roles"}
	for raw, want := range map[string]int{
		`{"realm_access":{"roles":["a","b"]}}`: 2, `{"realm_access":["roles"]}`: 0, `{"realm_access":{}}`: 0, `{"roles":["a"]}`: 0, `{"/realm_access/roles":["a"]}`: 1,
	} {
		if got, err := deep.groups(claimsOf(t, raw)); err != nil || len(got) != want {
			t.Errorf("%s: %q (%v)", raw, got, err)
		}
	}
	if got := (&Mapping{Claims: map[string]string{"name": "/a~1b/c~0d"}}).profile(identity.Profile{}, claimsOf(t, `{"a/b":{"c~d":"Ann"}}`)); got.Name != "Ann" {
		t.Errorf("a pointer finds %q", got.Name)
	}
	for raw, want := range map[string]int{`{}`: 0, `{"groups":null}`: 0, `{"groups":[]}`: 0, `{"groups":["a","b"]}`: 2, `{"groups":` + string(most) + `}`: MaxGroups} {
		if got, err := m.groups(claimsOf(t, raw)); err != nil || len(got) != want {
			t.Errorf("%.60s: %d groups (%v)", raw, len(got), err)
		}
	}
	if _, err := ReadClaims([]byte(`{"a":"` + strings.Repeat("a", MaxClaims) + `"}`)); !errors.Is(err, ErrClaims) {
		t.Errorf("claims over the limit: %v", err)
	}
}

// FED-34: a connection of an organization gives roles of that one alone.
func TestMapping_ofAnOrganizationGivesItsRoles(t *testing.T) {
	t.Parallel()
	own, other := uuid.New(), uuid.New()
	m := Mapping{GroupsClaim: "groups", GroupRoles: []GroupRole{{Group: "g", Role: "admin", Organization: other}}}
	if err := m.check(own); !errors.Is(err, ErrSpec) {
		t.Errorf("a role of another organization: %v", err)
	}
	m.GroupRoles[0].Organization = uuid.Nil
	if err := m.check(own); err != nil {
		t.Error(err)
	}
	if got := m.roles(own, []string{"g"}); len(got) != 1 || got[0] != (Given{Organization: own, Role: "admin"}) {
		t.Errorf("gives %+v", got)
	}
	m.GroupRoles = append(m.GroupRoles, GroupRole{Group: "h", Role: "admin"}, GroupRole{Group: "h", Role: "member"})
	if got := m.roles(uuid.Nil, []string{"h", "g"}); !slices.Equal(got, []Given{{Role: "admin"}, {Role: "member"}}) {
		t.Errorf("gives %+v", got)
	}
	if got := m.roles(uuid.Nil, []string{"G", "g "}); len(got) > 0 {
		t.Errorf("groups that are called nearly so give %+v", got)
	}
}

// A preset fills in what is not given, and nothing of what is.
func TestPreset_fillsInDefaults(t *testing.T) {
	t.Parallel()
	const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	for name, c := range map[string]struct {
		given  Spec
		issuer string
		bad    bool
	}{
		"google":                {given: Spec{ProviderSpec: ProviderSpec{Preset: "google"}}, issuer: "https://accounts.google.com"},
		"github":                {given: Spec{ProviderSpec: ProviderSpec{Preset: "github"}}, issuer: "https://github.com/login/oauth"},
		"apple without its key": {given: Spec{ProviderSpec: ProviderSpec{Preset: "apple"}}, bad: true},
		"apple":                 {given: Spec{ProviderSpec: ProviderSpec{Preset: "apple", TeamID: "T", KeyID: "K"}}, issuer: "https://appleid.apple.com"},
		"one tenant":            {given: Spec{ProviderSpec: ProviderSpec{Preset: "microsoft", Tenants: []string{strings.ToUpper(tenant)}}}, issuer: "https://login.microsoftonline.com/" + tenant + "/v2.0"},
		"two tenants":           {given: Spec{ProviderSpec: ProviderSpec{Preset: "microsoft", Tenants: []string{tenant, uuid.NewString()}}}, issuer: "https://login.microsoftonline.com/organizations/v2.0"},
		"any tenant":            {given: Spec{ProviderSpec: ProviderSpec{Preset: "microsoft"}, Issuer: "https://login.microsoftonline.com/common/v2.0"}, bad: true},
		"no tenant":             {given: Spec{ProviderSpec: ProviderSpec{Preset: "microsoft"}}, bad: true},
		"tenants of Google":     {given: Spec{ProviderSpec: ProviderSpec{Preset: "google", Tenants: []string{tenant}}}, bad: true},
		"auth0":                 {given: Spec{ProviderSpec: ProviderSpec{Preset: "auth0"}, Issuer: "https://example.eu.auth0.com"}, issuer: "https://example.eu.auth0.com/"},
		"okta without issuer":   {given: Spec{ProviderSpec: ProviderSpec{Preset: "okta"}}, bad: true},
		"a kind that it is not": {given: Spec{Kind: KindOIDC, ProviderSpec: ProviderSpec{Preset: "github"}}, bad: true},
		"nobody knows it":       {given: Spec{ProviderSpec: ProviderSpec{Preset: "myspace"}, Name: "M", Issuer: "https://m.example"}, bad: true},
		"oauth2 without userinfo": {given: Spec{
			Kind: KindOAuth2, Name: "O", Issuer: "https://o.example", ProviderSpec: ProviderSpec{SubjectClaim: "id"},
			Endpoints: &Endpoints{Authorization: "https://o.example/a", Token: "https://o.example/t"},
		}, bad: true},
		"oauth2 trusted for MFA": {given: Spec{
			Kind: KindOAuth2, Name: "O", Issuer: "https://o.example", ProviderSpec: ProviderSpec{SubjectClaim: "id"}, MFA: MFATrust, TrustedAMR: []string{"mfa"},
			Endpoints: &Endpoints{Authorization: "https://o.example/a", Token: "https://o.example/t", UserInfo: "https://o.example/u"},
		}, bad: true},
	} {
		c.given.ClientID = "plinto"
		spec := NewSpec(c.given)
		check := func(address string) error {
			if address == "" {
				return errors.New("no address")
			}
			return nil
		}
		if err := spec.check(check); (err != nil) != c.bad {
			t.Errorf("%s: %v", name, err)
		}
		if !c.bad && (spec.Issuer != c.issuer || spec.Name == "") {
			t.Errorf("%s: issuer %q, name %q", name, spec.Issuer, spec.Name)
		}
	}
	own := NewSpec(Spec{ProviderSpec: ProviderSpec{Preset: "google"}, Name: "Work", Scopes: []string{"openid"}, AuthMethod: AuthBasic})
	if own.Name != "Work" || !slices.Equal(own.Scopes, []string{"openid"}) || own.AuthMethod != AuthBasic {
		t.Errorf("what was given is %+v", own)
	}
	for _, name := range preset.Names() {
		if p := preset.Of(name); p.Source == "" || p.Read == "" || p.Title == "" {
			t.Errorf("%s says not where it is documented", name)
		}
	}
}
