package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
)

// unnamed are values that exist, here or elsewhere, and that discovery does not name.
var unnamed = map[string][]string{
	"response_types_supported":                         {"none", "token", "code code"},
	"response_modes_supported":                         {"web_message", "query.jwt.jwt", "QUERY", "fragment.JWT", ""},
	"prompt_values_supported":                          {"please", "NONE", "login_hint"},
	"code_challenge_methods_supported":                 {"plain", "s256", "S512"},
	"scopes_supported":                                 {"admin", "OPENID", "openid:*"},
	"id_token_signing_alg_values_supported":            {"none", "ES256K", "RS1", "HS1", "Ed448", "rs256"},
	"userinfo_signing_alg_values_supported":            {"none", "ES256K"},
	"authorization_signing_alg_values_supported":       {"none", "ES256K"},
	"request_object_signing_alg_values_supported":      {"none", "HS256"},
	"token_endpoint_auth_signing_alg_values_supported": {"none", "ES256K"},
	"id_token_encryption_alg_values_supported":         {"RSA1_5", "PBES2-HS256+A128KW", "RSA-OAEP-512"},
	"id_token_encryption_enc_values_supported":         {"A128CBC", "XC20P"},
	"userinfo_encryption_alg_values_supported":         {"RSA1_5"},
	"authorization_encryption_alg_values_supported":    {"RSA1_5"},
	"token_endpoint_auth_methods_supported":            {"tls_client_auth", "self_signed_tls_client_auth", "digest", "attest_jwt_client_auth"},
	"subject_types_supported":                          {"ephemeral"},
	"grant_types_supported": {
		"password", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
		"urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:openid:params:grant-type:ciba",
	},
}

// memberOf says by which member a client registers what a list of discovery names.
var memberOf = map[string]string{
	"id_token_signing_alg_values_supported":            "id_token_signed_response_alg",
	"userinfo_signing_alg_values_supported":            "userinfo_signed_response_alg",
	"authorization_signing_alg_values_supported":       "authorization_signed_response_alg",
	"request_object_signing_alg_values_supported":      "request_object_signing_alg",
	"token_endpoint_auth_signing_alg_values_supported": "token_endpoint_auth_signing_alg",
	"id_token_encryption_alg_values_supported":         "id_token_encrypted_response_alg",
	"id_token_encryption_enc_values_supported":         "id_token_encrypted_response_enc",
	"userinfo_encryption_alg_values_supported":         "userinfo_encrypted_response_alg",
	"authorization_encryption_alg_values_supported":    "authorization_encrypted_response_alg",
	"token_endpoint_auth_methods_supported":            "token_endpoint_auth_method",
	"subject_types_supported":                          "subject_type",
	"grant_types_supported":                            "grant_types",
}

// parameterOf says by which parameter it is asked for.
var parameterOf = map[string]string{
	"response_types_supported": "response_type", "response_modes_supported": "response_mode", "prompt_values_supported": "prompt",
	"code_challenge_methods_supported": "code_challenge_method", "scopes_supported": "scope",
}

// What discovery does not name is not to be had: not in a request, not by
// registration, not at the token endpoint, and there are no endpoints besides.
func TestDiscovery_whatItDoesNotNameIsRefused(t *testing.T) {
	t.Parallel()
	s, doc := advertised(t)
	r := newRP(t, s, "code")
	for list, values := range unnamed {
		named, _ := doc[list].([]any)
		for _, v := range values {
			if slices.Contains(named, any(v)) {
				t.Errorf("%s names %s", list, v)
			}
			if name := parameterOf[list]; name != "" && v != "" {
				a := r.authorize("code", url.Values{name: {v}, "code_challenge": {plintotest.Challenge}})
				if !a.Has("error") || a.Has("code") {
					t.Errorf("%s=%s: %v", name, v, a.Values)
				}
			}
			if member := memberOf[list]; member != "" {
				refusedRegistration(t, s, member, v)
			}
		}
	}
	for _, grant := range unnamed["grant_types_supported"] {
		form := url.Values{"grant_type": {grant}, "username": {buffy}, "password": {plintotest.Password}, "device_code": {"x"}, "assertion": {"x"}}
		s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(r.c, r.secret)).Wants(t, http.StatusBadRequest, "unsupported_grant_type")
	}
	for _, member := range []string{
		"device_authorization_endpoint", "backchannel_authentication_endpoint", "mtls_endpoint_aliases", "dpop_signing_alg_values_supported",
		"request_object_encryption_alg_values_supported", "request_object_encryption_enc_values_supported", "tls_client_certificate_bound_access_tokens",
		"authorization_details_types_supported", "display_values_supported", "claims_locales_supported",
	} {
		if doc[member] != nil {
			t.Errorf("%s is named, and there is no such thing", member)
		}
	}
}

// refusedRegistration wants a registration with that value refused, or the value left
// out where something else is left (RFC 7591 §3.2.1).
func refusedRegistration(t *testing.T, s *plintotest.Server, member, value string) {
	t.Helper()
	change := map[string]any{member: value, "client_name": "Another"} // the operator's client has the usual name
	if member == "grant_types" {
		change[member] = []string{provider.GrantCode, value}
	}
	if base, ok := strings.CutSuffix(member, "_enc"); ok {
		change[base+"_alg"] = "RSA-OAEP"
	}
	a := post(t, s, registration([]string{"code"}, change))
	if member == "grant_types" || member == "token_endpoint_auth_method" {
		if echo := fmt.Sprint(a.JSON[member]); a.StatusCode != http.StatusCreated || strings.Contains(echo, value) || echo == "" {
			t.Errorf("%s %s: %d, registered is %s: %v", member, value, a.StatusCode, echo, a.JSON)
		}
		return
	}
	if a.StatusCode != http.StatusBadRequest || a.JSON["error"] != "invalid_client_metadata" {
		t.Errorf("%s %s: %d %v", member, value, a.StatusCode, a.JSON)
	}
}
