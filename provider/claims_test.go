package provider_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/provider"
)

func claimsOf(t *testing.T, u *identity.User, requested string, scopes ...string) map[string]any {
	t.Helper()
	raw, err := json.Marshal(provider.UserinfoClaims(u.PublicID(), u, scopes, json.RawMessage(requested)))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func everyone() *identity.User {
	return &identity.User{
		ID: uuid.New(), Email: "alice@example.com", Phone: "+43123", PhoneVerified: true, Username: "alice", UpdatedAt: time.Unix(1700000000, 5),
		Profile: identity.Profile{
			Name: "n", GivenName: "g", FamilyName: "f", MiddleName: "m", Nickname: "k", PreferredUsername: "p", Profile: "https://p", Picture: "https://i",
			Website: "https://w", Gender: "x", Birthdate: "1990-01-02", Zoneinfo: "Europe/Vienna", Locale: "de-AT",
			Address: &identity.Address{Locality: "Wien", Country: "AT"},
		},
	}
}

// OpenID Connect Core 1.0 §5.1 and §5.4: types and scopes.
func TestUserinfoClaims_areThoseOfTheScopesWithTheirTypes(t *testing.T) {
	t.Parallel()
	u := everyone()
	sub := u.PublicID()
	for _, c := range []struct {
		scopes []string
		want   map[string]any
	}{
		{[]string{"openid"}, map[string]any{"sub": sub}},
		{[]string{"openid", "email"}, map[string]any{"sub": sub, "email": "alice@example.com", "email_verified": false}},
		{[]string{"openid", "phone"}, map[string]any{"sub": sub, "phone_number": "+43123", "phone_number_verified": true}},
		{[]string{"openid", "address"}, map[string]any{"sub": sub, "address": map[string]any{"locality": "Wien", "country": "AT"}}},
		{[]string{"openid", "profile", "offline_access", "orders"}, map[string]any{
			"sub": sub, "name": "n", "given_name": "g", "family_name": "f", "middle_name": "m", "nickname": "k", "preferred_username": "p",
			"profile": "https://p", "picture": "https://i", "website": "https://w", "gender": "x", "birthdate": "1990-01-02",
			"zoneinfo": "Europe/Vienna", "locale": "de-AT", "updated_at": float64(1700000000),
		}},
	} {
		if diff := cmp.Diff(c.want, claimsOf(t, u, "", c.scopes...)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.scopes, diff)
		}
	}
}

// §5.3.2: what is not there is left out, not null or empty.
func TestUserinfoClaims_leaveOutWhatTheUserHasNot(t *testing.T) {
	t.Parallel()
	u := &identity.User{ID: uuid.New(), Username: "bob", Profile: identity.Profile{Address: &identity.Address{}}}
	want := map[string]any{"sub": u.PublicID(), "preferred_username": "bob"}
	if diff := cmp.Diff(want, claimsOf(t, u, `{"userinfo":{"website":{"essential":true}}}`, provider.StandardScopes...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TOK-08: what stands for a scope goes with the scope; what stands for none stays.
func TestClaimsWithin_leavesOutWhatTheScopesDoNotAllow(t *testing.T) {
	t.Parallel()
	const asked = `{"id_token":{"acr":{"essential":true},"email":null,"locale":null},"userinfo":{"email_verified":null,"phone_number":null}}`
	for allowed, want := range map[string]string{
		"openid profile email phone": asked,
		"openid phone":               `{"id_token":{"acr":{"essential":true}},"userinfo":{"phone_number":null}}`,
		"":                           `{"id_token":{"acr":{"essential":true}},"userinfo":{}}`,
	} {
		if got := string(provider.ClaimsWithin(json.RawMessage(asked), strings.Fields(allowed))); got != want {
			t.Errorf("%q: %s, want %s", allowed, got, want)
		}
	}
	for _, odd := range []string{"", "[]", `{"userinfo":7}`, "{"} {
		if got := provider.ClaimsWithin(json.RawMessage(odd), nil); got != nil {
			t.Errorf("%s: %s", odd, got)
		}
	}
}

// §5.5: the claims parameter adds; it cannot replace the subject.
func TestUserinfoClaims_addWhatTheClaimsParameterAsks(t *testing.T) {
	t.Parallel()
	u := everyone()
	got := claimsOf(t, u, `{"userinfo":{"email":null,"name":{"value":"other"},"sub":{"value":"x"},"made_up":null,"iss":null},"id_token":{"locale":null}}`, "openid")
	want := map[string]any{"sub": u.PublicID(), "email": "alice@example.com", "name": "n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, odd := range []string{"", "null", "[]", `{"userinfo":null}`, `{"userinfo":7}`, "{", `{"userinfo":{"email":7}}`} {
		if got := claimsOf(t, u, odd, "openid"); got["sub"] != u.PublicID() {
			t.Errorf("%s: %v", odd, got)
		}
	}
}
