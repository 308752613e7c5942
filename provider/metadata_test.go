package provider_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/tenant"
)

// registered is the IANA registry "OAuth Dynamic Client Registration Metadata"
// with a good value of each, plus CIBA, JARM and Plinto's own members.
const registered = `{
	"redirect_uris": ["https://app.example.com/cb"], "token_endpoint_auth_method": "private_key_jwt",
	"grant_types": ["authorization_code", "refresh_token", "implicit", "urn:openid:params:grant-type:ciba"],
	"response_types": ["code", "token id_token"], "client_name": "App", "client_name#fr": "Appli",
	"client_uri": "https://app.example.com/", "logo_uri": "https://app.example.com/logo.png", "logo_uri#fr": "https://app.example.com/l.png",
	"scope": "openid profile", "contacts": ["ops@example.com"], "tos_uri": "https://app.example.com/tos",
	"policy_uri": "https://app.example.com/policy", "jwks_uri": "https://app.example.com/jwks",
	"software_id": "4NRB1-0XZABZI9E6-5SM3R", "software_version": "2.1", "software_statement": "e30.e30.",
	"application_type": "web", "sector_identifier_uri": "https://app.example.com/sector", "subject_type": "pairwise",
	"id_token_signed_response_alg": "ES256", "id_token_encrypted_response_alg": "RSA-OAEP-256", "id_token_encrypted_response_enc": "A256GCM",
	"userinfo_signed_response_alg": "ES256", "userinfo_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_enc": "A128GCM",
	"request_object_signing_alg": "PS256", "request_object_encryption_alg": "ECDH-ES+A128KW", "request_object_encryption_enc": "A128CBC-HS256",
	"token_endpoint_auth_signing_alg": "PS256", "default_max_age": 3600, "require_auth_time": true, "default_acr_values": ["urn:a"],
	"initiate_login_uri": "https://app.example.com/login", "request_uris": ["https://app.example.com/r#abc"],
	"claims_redirect_uris": ["https://app.example.com/claims"], "nfv_token_signed_response_alg": "ES256",
	"nfv_token_encrypted_response_alg": "RSA-OAEP", "nfv_token_encrypted_response_enc": "A256GCM",
	"tls_client_certificate_bound_access_tokens": true, "tls_client_auth_subject_dn": "CN=app", "tls_client_auth_san_dns": "app.example.com",
	"tls_client_auth_san_uri": "urn:app", "tls_client_auth_san_ip": "192.0.2.1", "tls_client_auth_san_email": "app@example.com",
	"require_signed_request_object": true, "require_pushed_authorization_requests": true,
	"introspection_signed_response_alg": "ES256", "introspection_encrypted_response_alg": "ECDH-ES", "introspection_encrypted_response_enc": "A256GCM",
	"frontchannel_logout_uri": "https://app.example.com/fc", "frontchannel_logout_session_required": true,
	"backchannel_logout_uri": "https://app.example.com/bc", "backchannel_logout_session_required": true,
	"post_logout_redirect_uris": ["https://app.example.com/out"], "authorization_details_types": ["payment"],
	"dpop_bound_access_tokens": true, "client_registration_types": ["automatic"], "signed_jwks_uri": "https://app.example.com/jwks.jwt",
	"organization_name": "Example", "description": "An app", "keywords": ["a", "b"], "information_uri": "https://app.example.com/info",
	"organization_uri": "https://example.com/", "use_mtls_endpoint_aliases": true, "encrypted_response_enc_values_supported": ["A256GCM"],
	"vp_formats_supported": {"jwt_vc_json": {"alg_values": ["ES256"]}},
	"backchannel_token_delivery_mode": "poll", "backchannel_client_notification_endpoint": "https://app.example.com/ping",
	"backchannel_authentication_request_signing_alg": "ES256", "backchannel_user_code_parameter": true,
	"authorization_signed_response_alg": "ES256", "authorization_encrypted_response_alg": "ECDH-ES", "authorization_encrypted_response_enc": "A256GCM",
	"default_scope": "openid", "include_claims_in_id_token": true, "profile": "oidc-legacy", "require_pkce": true, "allowed_origins": ["https://app.example.com"], "resources": ["https://api.example.com"], "access_token_ttl": 300, "organization": "required", "direct_sign_in": true, "connections": ["work"],
	"android_apps": ["com.example.app/00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"], "apple_apps": ["ABCDE12345.com.example.app"]
}`

func members(t *testing.T, doc string) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMetadata_keepsEveryRegisteredMember_IANA(t *testing.T) {
	t.Parallel()
	doc := members(t, registered)
	m, problems := provider.DecodeMetadata(doc)
	problems = append(problems, m.WithDefaults().Validate(provider.Rules{Operator: true})...)
	if len(problems) != 0 {
		t.Fatalf("good metadata refused: %v", problems)
	}
	back, err := provider.MetadataMembers(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, doc), plain(t, back)); diff != "" {
		t.Errorf("decoded and encoded again (-sent +kept):\n%s", diff)
	}
	notSent := []string{"client_id", "client_secret", "jwks"}
	notSent = append(notSent, provider.IssuedMembers...)
	for _, name := range provider.MemberNames() {
		if doc[name] == nil && !slices.Contains(notSent, name) {
			t.Errorf("this test says nothing about %s", name)
		}
	}
}

func plain(t *testing.T, doc map[string]json.RawMessage) map[string]any {
	t.Helper()
	out := make(map[string]any)
	for name, value := range doc {
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			t.Fatal(err)
		}
		out[name] = v
	}
	return out
}

func TestMetadata_warnsOfEveryMemberWithoutEffect(t *testing.T) {
	t.Parallel()
	m, _ := provider.DecodeMetadata(members(t, registered))
	var got []string
	for _, p := range m.WithDefaults().NotInEffect() {
		got = append(got, p.Member)
	}
	for _, want := range []string{
		"dpop_bound_access_tokens", "request_object_encryption_alg", "vp_formats_supported", "client_name#fr", "grant_types[3]",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no warning about %s", want)
		}
	}
	for _, effective := range []string{"redirect_uris", "client_name", "scope", "require_pkce", "default_max_age", "grant_types[0]", "jwks_uri", "backchannel_logout_uri"} {
		if slices.Contains(got, effective) {
			t.Errorf("a warning about %s, which is in effect", effective)
		}
	}
}

func TestMetadata_doesNotWarnOfWhatAsksForNothing(t *testing.T) {
	t.Parallel()
	m, _ := provider.DecodeMetadata(members(t, `{"dpop_bound_access_tokens": false, "request_uris": [], "subject_type": "public"}`))
	if got := m.WithDefaults().NotInEffect(); len(got) != 0 {
		t.Errorf("warnings %v", got)
	}
}

func TestDecodeMetadata_namesMembersOfTheWrongType(t *testing.T) {
	t.Parallel()
	_, problems := provider.DecodeMetadata(members(t, `{
		"client_name": 1, "redirect_uris": ["https://a.example/cb", 2], "contacts": "me", "require_auth_time": "yes",
		"default_max_age": -1, "jwks": [], "vp_formats_supported": "x", "tls_client_auth_san_ip": null, "somebody_elses": 1}`))
	var got []string
	for _, p := range problems {
		got = append(got, p.Member)
	}
	want := []string{"client_name", "contacts", "default_max_age", "jwks", "redirect_uris[1]", "require_auth_time", "vp_formats_supported"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMetadata_refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, member, message string }{
		{`{"redirect_uris": ["javascript:alert(1)"]}`, "redirect_uris[0]", "invalid redirect URI"},
		{`{"redirect_uris": ["https://a.example/#x"]}`, "redirect_uris[0]", "invalid redirect URI"},
		{`{"redirect_uris": ["https://a.example/", "https://a.example/"]}`, "redirect_uris[1]", "twice"},
		{`{"redirect_uris": ["https://id.example/cb"]}`, "redirect_uris[0]", "host of this server"},
		{`{"redirect_uris": ["http://127.0.0.1/cb"]}`, "redirect_uris[0]", "https"},
		{`{"redirect_uris": []}`, "redirect_uris", "at least one"},
		{`{"post_logout_redirect_uris": ["data:text/html,x"]}`, "post_logout_redirect_uris[0]", "invalid redirect URI"},
		{`{"logo_uri": "javascript:alert(1)"}`, "logo_uri", "https://"},
		{`{"policy_uri": "data:text/html,x"}`, "policy_uri", "https://"},
		{`{"tos_uri": "http://a.example/"}`, "tos_uri", "https://"},
		{`{"client_uri": "https://169.254.169.254/"}`, "client_uri", "internal"},
		{`{"logo_uri": "https://10.0.0.1/x"}`, "logo_uri", "internal"},
		{`{"logo_uri": "https://localhost/x"}`, "logo_uri", "internal"},
		{`{"backchannel_logout_uri": "https://[::1]/x"}`, "backchannel_logout_uri", "internal"},
		{`{"client_uri": "https://user@a.example/"}`, "client_uri", "no user"},
		{`{"initiate_login_uri": "http://a.example/"}`, "initiate_login_uri", "https://"},
		{`{"request_uris": ["https://a.example/", "ftp://a.example/"]}`, "request_uris[1]", "https://"},
		{`{"grant_types": ["password"]}`, "grant_types[0]", "not offered"},
		{`{"grant_types": ["authorisation_code"]}`, "grant_types[0]", "unknown"},
		{`{"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]}`, "grant_types[1]", "unknown"},
		{`{"response_types": ["code", "none"]}`, "response_types[1]", "unknown"},
		{`{"token_endpoint_auth_method": "tls_client_auth"}`, "token_endpoint_auth_method", "unknown"},
		{`{"id_token_encrypted_response_alg": "RSA1_5", "jwks_uri": "https://a.example/jwks"}`, "id_token_encrypted_response_alg", "not accepted"},
		{`{"id_token_encrypted_response_alg": "RSA-OAEP"}`, "id_token_encrypted_response_alg", "needs a key"},
		{`{"id_token_encrypted_response_alg": "dir", "token_endpoint_auth_method": "none"}`, "token_endpoint_auth_method", "secret"},
		{`{"grant_types": ["refresh_token"]}`, "grant_types", "beside it"},
		{`{"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}`, "grant_types", "authenticates"},
		{`{"grant_types": ["client_credentials"], "response_types": ["code"]}`, "response_types[0]", "authorization_code"},
		{`{"profile": "oidc-legacy", "response_types": ["code id_token"]}`, "response_types[0]", "implicit"},
		{`{"profile": "oidc-legacy", "grant_types": ["authorization_code", "implicit"], "response_types": ["id_token"]}`, "response_types", "must contain code"},
		{`{"grant_types": ["authorization_code", "implicit"], "response_types": ["code", "code id_token"]}`, "response_types[1]", "oidc-legacy"},
		{`{"profile": "fapi3"}`, "profile", "oidc-legacy"},
		{`{"response_types": ["code", "kode"]}`, "response_types[1]", "unknown"},
		{`{"token_endpoint_auth_method": "basic"}`, "token_endpoint_auth_method", "unknown"},
		{`{"id_token_signed_response_alg": "none"}`, "id_token_signed_response_alg", "not offered"},
		{`{"request_object_signing_alg": "none"}`, "request_object_signing_alg", "not accepted"},
		{`{"userinfo_encrypted_response_enc": "A128GCM"}`, "userinfo_encrypted_response_enc", "userinfo_encrypted_response_alg"},
		{`{"application_type": "spa"}`, "application_type", "web or native"},
		{`{"subject_type": "secret"}`, "subject_type", "public or pairwise"},
		{`{"scope": "a\tb"}`, "scope", "separated by spaces"},
		{`{"client_name": "a\u0007b"}`, "client_name", "control"},
		{`{"access_token_ttl": 86401}`, "access_token_ttl", "24h"},
		{`{"organization": "sometimes"}`, "organization", "none, optional or required"},
		{`{"android_apps": ["com.example.app"]}`, "android_apps[0]", "fingerprint"},
		{`{"android_apps": ["com.example.app/00:11"]}`, "android_apps[0]", "fingerprint"},
		{`{"android_apps": ["app/00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"]}`, "android_apps[0]", "package"},
		{`{"apple_apps": ["com.example.app"]}`, "apple_apps[0]", "team ID"},
		{`{"apple_apps": ["ABCDE12345.com.example.app", "abcde12345.com.example.app"]}`, "apple_apps[1]", "team ID"},
		{`{"allowed_origins": ["https://a.example/path"]}`, "allowed_origins[0]", "origin"},
		{`{"allowed_origins": ["http://a.example"]}`, "allowed_origins[0]", "https://"},
		{`{"allowed_origins": ["javascript://a.example"]}`, "allowed_origins[0]", "https://"},
		{`{"allowed_origins": ["chrome-extension://abc/"]}`, "allowed_origins[0]", "origin"},
		{`{"allowed_origins": ["https://bücher.example"]}`, "allowed_origins[0]", "origin"},
		{`{"redirect_uris": ["myapp:/cb"], "application_type": "native"}`, "redirect_uris[0]", "reversed domain name"},
		{`{"scope": "openid", "default_scope": "openid email"}`, "default_scope", "in scope"},
		{`{"profile": "strict", "grant_types": ["authorization_code", "implicit"], "response_types": ["code", "id_token"]}`, "response_types[1]", "oidc-legacy"},
		{`{"resources": ["/api"]}`, "resources[0]", "absolute"},
		{`{"resources": ["https://a.example/#x"]}`, "resources[0]", "fragment"},
		{`{"jwks": {"keys": [{"kty": "EC", "d": "x"}]}}`, "jwks.keys[0]", "private"},
		{`{"jwks": {"keys": [{"kty": "oct", "k": "x"}]}}`, "jwks.keys[0]", "secret"},
		{`{"jwks": {"keys": []}}`, "jwks", "list"},
		{`{"jwks": {"keys": [{"kty": "EC"}]}, "jwks_uri": "https://a.example/jwks"}`, "jwks", "jwks_uri"},
	} {
		doc := members(t, c.doc)
		if doc["redirect_uris"] == nil {
			doc["redirect_uris"] = json.RawMessage(`["https://a.example/cb"]`)
		}
		m, problems := provider.DecodeMetadata(doc)
		problems = append(problems, m.WithDefaults().Validate(provider.Rules{IssuerHosts: []string{"id.example"}})...)
		if len(problems) != 1 || problems[0].Member != c.member || !strings.Contains(problems[0].Message, c.message) {
			t.Errorf("%s: problems %q, want one about %s that says %q", c.doc, problems, c.member, c.message)
		}
	}
}

func TestMetadata_letsOperatorsUseLoopbackAndInternalHosts(t *testing.T) {
	t.Parallel()
	doc := members(t, `{"redirect_uris": ["http://127.0.0.1:5555/cb", "http://localhost:3000/cb"], "logo_uri": "https://10.0.0.1/logo.png",
		"allowed_origins": ["http://localhost:3000"], "client_uri": "http://localhost:3000/"}`)
	m, problems := provider.DecodeMetadata(doc)
	m = m.WithDefaults()
	if problems = append(problems, m.Validate(provider.Rules{Operator: true})...); len(problems) != 0 {
		t.Errorf("an operator's: %v", problems)
	}
	if got := m.Validate(provider.Rules{}); len(got) != 4 {
		t.Errorf("somebody else's: %d problems, want 4: %v", len(got), got)
	}
}

// RFC 8252 §7.1 recommends reversed domain names and does not demand them; browser
// extensions and apps that are web pages inside have schemes of their own.
func TestMetadata_letsOperatorsUseSchemesOfAppsAndExtensions(t *testing.T) {
	t.Parallel()
	doc := members(t, `{"application_type": "native", "redirect_uris": ["myapp:/cb", "capacitor://localhost/cb", "chrome-extension://abcdefghijklmnopabcdefghijklmnop/cb"],
		"allowed_origins": ["capacitor://localhost", "ionic://localhost", "http://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "moz-extension://0a1b2c3d-0000-4000-8000-000000000000"]}`)
	m, problems := provider.DecodeMetadata(doc)
	m = m.WithDefaults()
	if problems = append(problems, m.Validate(provider.Rules{Operator: true})...); len(problems) != 0 {
		t.Errorf("an operator's: %v", problems)
	}
	if got := m.Validate(provider.Rules{}); len(got) != 3 { // origins are the operator's in any case
		t.Errorf("somebody else's: %d problems, want 3: %v", len(got), got)
	}
}

func TestMetadata_defaultsAreThoseOfTheSpecifications_RFC7591_2(t *testing.T) {
	t.Parallel()
	got := provider.Metadata{}.WithDefaults()
	want := provider.Metadata{
		TokenEndpointAuthMethod: "client_secret_basic", GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"},
		ApplicationType: "web", SubjectType: "public", IDTokenSignedAlg: "RS256",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, got.WithDefaults()); diff != "" {
		t.Errorf("twice is not once:\n%s", diff)
	}
	service := provider.Metadata{GrantTypes: []string{"client_credentials"}}.WithDefaults()
	if service.ResponseTypes != nil {
		t.Errorf("a service got response types %v", service.ResponseTypes)
	}
}

func TestCheckClientID_refusesIdsOfUsersAndOddCharacters_RFC9700_4_15(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a", "demo-web", "x~y/z?!", "urn:imported:client", strings.Repeat("x", 255), "user_1"} {
		if p := provider.CheckClientID(id); p != nil {
			t.Errorf("%q refused: %s", id, p.Message)
		}
	}
	for _, id := range []string{
		"", "a b", "ä", "a\n", strings.Repeat("x", 256), "system", "Plinto", tid.Format("user", uuid.New()),
	} {
		if provider.CheckClientID(id) == nil {
			t.Errorf("%q accepted", id)
		}
	}
}

// Secrets of other servers come along, also shorter ones; what makes HMACs has to be as
// long as RFC 7518 §3.2 says.
func TestCheckClientSecret_takesPrintableOnesOf16To512Characters(t *testing.T) {
	t.Parallel()
	plain, hmac := provider.Metadata{}, provider.Metadata{TokenEndpointAuthMethod: provider.AuthSecretJWT}
	for secret, for512 := range map[string]bool{
		"demo-web-secret-0123456789abcdef": true, strings.Repeat("x", 512): true, strings.Repeat("x", 31): false, "s3cret:with ~!\"%": false,
	} {
		if p := provider.CheckClientSecret(plain, secret); p != nil {
			t.Errorf("%q: %s", secret, p.Message)
		}
		if p := provider.CheckClientSecret(hmac, secret); (p == nil) != for512 {
			t.Errorf("%q for HMACs: %v", secret, p)
		}
	}
	for _, s := range []string{"", strings.Repeat("x", 15), strings.Repeat("x", 513), strings.Repeat("x", 32) + "\x00", strings.Repeat("ü", 32)} {
		if provider.CheckClientSecret(plain, s) == nil {
			t.Errorf("%q accepted", s)
		}
	}
}

func TestWeakSecret_knowsShortAndMonotonousOnes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"0123456789abcdef": true, strings.Repeat("x", 512): true, strings.Repeat("ab", 40): true, strings.Repeat("secret", 6): true,
		"demo-web-secret-0123456789abcdef": false, "5f4dcc3b5aa765d61d8327deb882cf99": false, secret.Token(provider.ClientSecretPrefix): false,
	} {
		if got := provider.WeakSecret(s); got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	}
}

func TestSecretHasher_bindsTenantAndClient(t *testing.T) {
	t.Parallel()
	root, _ := secret.NewRoot()
	other, _ := secret.NewRoot()
	a, b := tenant.ID(uuid.New()), tenant.ID(uuid.New())
	h := provider.NewSecretHasher(root)
	client := &provider.Client{ClientID: "one", Secrets: []provider.ClientSecret{
		{Hash: []byte("no")},
		{Hash: h.Hash(a, "one", "s")},
		{Hash: h.Hash(a, "one", "later"), ExpiresAt: time.Unix(101, 0)},
		{Hash: h.Hash(a, "one", "expired"), ExpiresAt: time.Unix(100, 0)},
	}}
	for _, c := range []struct {
		hasher provider.SecretHasher
		tenant tenant.ID
		id     string
		plain  string
		want   bool
	}{
		{h, a, "one", "s", true},
		{h, a, "one", "later", true},
		{h, a, "one", "expired", false},
		{h, a, "one", "t", false},
		{h, b, "one", "s", false},
		{h, a, "two", "s", false},
		{provider.NewSecretHasher(other), a, "one", "s", false},
	} {
		client.ClientID = c.id
		if got := c.hasher.Matches(c.tenant, client, c.plain, time.Unix(100, 0)); got != c.want {
			t.Errorf("%s %s %s: %t", c.tenant, c.id, c.plain, got)
		}
	}
}
