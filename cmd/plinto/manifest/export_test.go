package manifest_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/cmd/plinto/manifest"
)

func TestExport_appliedAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(string(read(t, "good.yaml")), false)
	s.apply(everything, false)
	first := s.export()
	for _, hidden := range []string{"demo-web-secret", "correct horse", "argon2", "$"} {
		if strings.Contains(first, hidden) {
			t.Errorf("the export shows %q", hidden)
		}
	}
	before := s.rows()
	plan, _ := s.apply(first, true)
	if got := changes(plan); len(got) != 0 {
		t.Errorf("applying the export changed %v\n%s", got, first)
	}
	if diff := cmp.Diff(before, s.rows()); diff != "" {
		t.Errorf("applying the export wrote:\n%s", diff)
	}
	other := newScene(t)
	other.apply(first, false)
	if diff := cmp.Diff(first, other.export()); diff != "" {
		t.Errorf("exported, applied elsewhere and exported again (-first +second):\n%s", diff)
	}
}

// everything is a tenant with what good.yaml has not: odd texts, every state, no defaults.
const everything = `
tenants:
  - slug: odd
    name: "yes: \"quoted\" # and more"
    disabled: true
    settings:
      allow_implicit: true
      refresh_grace: 1m30s
      branding:
        name: Odd & Sons
        light: {primary: "#0b7285", accent: "#0b7285"}
        dark: {primary: "#66d9e8"}
        radius: 12px
        font: serif
        logo: testdata/logo.png
        logo_dark: testdata/logo.png
        links: {terms: "https://a.example/terms", privacy: "https://a.example/privacy", support: "https://a.example/help"}
      sign_up: {enabled: true, domains: [a.example, b.example], subdomains: true, denied_domains: [c.a.example]}
      identifiers: [email, username]
      registration:
        mode: token
        max_clients: 1000
        per_hour: 3
        software_statement_issuers:
          - {issuer: "https://a.example", jwks_uri: "https://a.example/keys"}
          - issuer: b
            jwks: {keys: [{kty: OKP, crv: Ed25519, kid: "1", x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}
    resource_servers:
      - {identifier: "urn:example:api", scopes: [{name: "a:b", default: true}, {name: "no", description: "- no"}], signing_alg: RS256}
    clients:
      - client_id: native
        application_type: native
        token_endpoint_auth_method: none
        redirect_uris: ["com.example.app:/cb", "http://127.0.0.1/cb"]
        client_name: "null"
        default_max_age: 0
        require_auth_time: true
        contacts: ["ops@example.com", "Jane: <j@example.com>"]
        vp_formats_supported: {"jwt_vc_json": {"alg_values": ["ES256"], "off": false, "none": []}}
        dpop_bound_access_tokens: true
        disabled: true
      - client_id: key
        token_endpoint_auth_method: private_key_jwt
        redirect_uris: ["https://a.example/cb"]
        jwks: {keys: [{kty: OKP, crv: Ed25519, kid: "1", x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}
    roles:
      - {key: lead, name: "Lead: all", includes: [helpdesk], permissions: ["orders:read"]}
      - {key: helpdesk, description: "- no", permissions: ["users:read", "users:write"]}
      - {key: "007", scope: organization}
      - {key: billing, scope: organization, includes: [member], permissions: ["members:read"]}
    users:
      - {username: "no", name: "1990-01-01", roles: [lead, administrator], disabled: true, password: "correct horse battery staple"}
      - {email: "Odd+tag's@example.com", phone_number: "+4930123456", phone_number_verified: true, locale: de-AT, address: {formatted: "Ring 1 1010 Wien"}}
    organizations:
      - {slug: empty}
      - slug: full
        external_id: "001"
        suspended: true
        public_metadata: {plan: "no", seats: 1234567890123, beta: false, list: []}
        private_metadata: {note: ""}
        policy: {mfa: required, session_ttl: 1h, email_domains: [acme.example], sign_in_methods: [passkey]}
        domains: [acme.example, "b\u00fccher.example"]
      - {slug: one, name: "1", members: [{username: "no", roles: ["owner", "007"]}]}
`

func (s *scene) export() string {
	s.t.Helper()
	var out bytes.Buffer
	if err := manifest.Export(s.t.Context(), s.target, &out, true); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// An export without users has no members either: whoever applies it needs none of them.
func TestExport_withoutUsersHasNoMembers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply("tenants: [{slug: acme, name: Acme, users: [{email: a@example.com}], organizations: [{slug: north, name: North, members: [{email: a@example.com}]}]}]", false)
	var out bytes.Buffer
	if err := manifest.Export(t.Context(), s.target, &out, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "a@example.com") || !strings.Contains(out.String(), "slug: north") {
		t.Errorf("it is\n%s", out.String())
	}
	plan, _ := s.apply(out.String(), true)
	if got := changes(plan); len(got) != 0 {
		t.Errorf("applying it, with prune, changes %v", got)
	}
}
