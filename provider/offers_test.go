package provider

import (
	"slices"
	"strings"
	"testing"

	"plinto/tenant"
)

// requests are, for each list of the table, how a client asks for one of its values and
// what it was given.
var requests = map[string]struct {
	offered []string
	ask     func(*Metadata, string)
	got     func(Metadata) []string
}{
	"grant_types": {
		GrantTypes, func(m *Metadata, v string) {
			if m.GrantTypes = []string{v}; v == GrantImplicit {
				m.ResponseTypes = []string{"id_token"}
			}
		}, func(m Metadata) []string { return m.GrantTypes },
	},
	"response_types": {ResponseTypes, func(m *Metadata, v string) { m.ResponseTypes = []string{v} }, func(m Metadata) []string { return m.ResponseTypes }},
	"token_endpoint_auth_method": {AuthMethods, func(m *Metadata, v string) {
		if m.TokenEndpointAuthMethod = v; v == AuthPrivateKeyJWT {
			m.JWKSURI = "https://rp.example/jwks"
		}
	}, func(m Metadata) []string { return []string{m.TokenEndpointAuthMethod} }},
	"default_acr_values": {
		[]string{tenant.ACRPassword},
		func(m *Metadata, v string) { m.DefaultACRValues = []string{v} },
		func(m Metadata) []string { return m.DefaultACRValues },
	},
	"subject_type":     {SubjectTypes, func(m *Metadata, v string) { m.SubjectType = v }, func(m Metadata) []string { return []string{m.SubjectType} }},
	"application_type": {ApplicationTypes, func(m *Metadata, v string) { m.ApplicationType = v }, func(m Metadata) []string { return []string{m.ApplicationType} }},
	"id_token_signed_response_alg": {
		TokenSigningAlgs, func(m *Metadata, v string) { m.IDTokenSignedAlg = v },
		func(m Metadata) []string { return []string{m.IDTokenSignedAlg} },
	},
	"userinfo_signed_response_alg": {
		TokenSigningAlgs, func(m *Metadata, v string) { m.UserinfoSignedAlg = v },
		func(m Metadata) []string { return []string{m.UserinfoSignedAlg} },
	},
	"request_object_signing_alg": {
		SigningAlgs, func(m *Metadata, v string) { m.RequestObjectSigningAlg = v },
		func(m Metadata) []string { return []string{m.RequestObjectSigningAlg} },
	},
	"id_token_encrypted_response_alg": {
		WrapAlgs, func(m *Metadata, v string) { m.IDTokenEncryptedAlg, m.JWKSURI = v, "https://rp.example/jwks" },
		func(m Metadata) []string { return []string{m.IDTokenEncryptedAlg} },
	},
	"id_token_encrypted_response_enc": {ContentAlgs, func(m *Metadata, v string) {
		m.IDTokenEncryptedAlg, m.IDTokenEncryptedEnc, m.JWKSURI = "RSA-OAEP-256", v, "https://rp.example/jwks"
	}, func(m Metadata) []string { return []string{m.IDTokenEncryptedEnc} }},
}

func asked(ask func(*Metadata, string), value string) (Metadata, []Problem) {
	m := Metadata{RedirectURIs: []string{"https://rp.example/cb"}}
	ask(&m, value)
	kept, problems := m.ForRegistration(Offer{Implicit: true, ClientCredentials: true}, Metadata{})
	return kept, append(problems, kept.Validate(Rules{})...)
}

func TestOffers_registrationKeepsEachOfTheTable(t *testing.T) {
	t.Parallel()
	for member, w := range requests {
		for _, value := range w.offered {
			if kept, problems := asked(w.ask, value); len(problems) > 0 || !slices.Contains(w.got(kept), value) {
				t.Errorf("%s %q: got %v, problems %v, want it kept", member, value, w.got(kept), problems)
			}
		}
	}
}

func TestOffers_registrationKeepsNothingElse(t *testing.T) {
	t.Parallel()
	others := slices.Concat(grantsLater, responsesLater, methodsLater, []string{"password", "none", "HS1", "RSA1_5", "A128CTR", "ephemeral", "desktop", "urn:x"})
	for member, w := range requests {
		for _, value := range others {
			if slices.Contains(w.offered, value) {
				continue
			}
			if kept, problems := asked(w.ask, value); len(problems) == 0 && slices.Contains(w.got(kept), value) {
				t.Errorf("%s %q: kept, and it is not in the table", member, value)
			}
		}
	}
}

func TestOffers_ofATenantArePartOfTheTable(t *testing.T) {
	t.Parallel()
	grants, responses := OfferedFlows(true)
	if !slices.Equal(grants, GrantTypes) || !slices.Equal(responses, ResponseTypes) || !slices.Equal(OfferedPrompts(true), Prompts) {
		t.Errorf("got %v %v %v, want all there is", grants, responses, OfferedPrompts(true))
	}
	grants, responses = OfferedFlows(false)
	if got := strings.Join(grants, " ") + ", " + strings.Join(responses, " "); got != "authorization_code refresh_token client_credentials, code" {
		t.Errorf("without the legacy profile: got %s", got)
	}
	if slices.Contains(OfferedPrompts(false), PromptCreate) {
		t.Error("create is offered where nobody can sign up")
	}
}
