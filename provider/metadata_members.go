package provider

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A kind is the JSON type of a client metadata member, and what its value must be.
type kind int

const (
	kindText      kind = iota // a string
	kindURI                   // a string: an absolute https URI
	kindList                  // an array of strings
	kindURIs                  // an array of absolute https URIs
	kindBool                  // true or false
	kindSeconds               // a whole number, not negative
	kindObject                // an object
	kindSignAlg               // a JWS algorithm (RFC 7518 §3.1)
	kindWrapAlg               // a JWE key management algorithm (RFC 7518 §4.1)
	kindEncAlg                // a JWE content encryption algorithm (RFC 7518 §5.1)
	kindStatement             // a string that is kept as it came: a JWT
	kindIssued                // set by the server in its answers: ignored when sent
	kindIdentity              // client_id, client_secret: not metadata to us
)

// A member says what a metadata member holds and whether it does anything yet.
type member struct {
	kind
	effective bool
	localized bool // may carry a language tag: client_name#fr (RFC 7591 §2.2)
}

func in(k kind) member    { return member{kind: k, effective: true} }
func later(k kind) member { return member{kind: k} }

// members is the IANA registry "OAuth Dynamic Client Registration Metadata", in
// its order, then what CIBA and JARM define and Plinto's own.
var members = map[string]member{
	// RFC 7591 and 7592
	"redirect_uris":              in(kindList),
	"token_endpoint_auth_method": in(kindText),
	"grant_types":                in(kindList),
	"response_types":             in(kindList),
	"client_name":                {kindText, true, true},
	"client_uri":                 {kindURI, true, true},
	"logo_uri":                   {kindURI, true, true},
	"scope":                      in(kindText),
	"contacts":                   in(kindList),
	"tos_uri":                    {kindURI, true, true},
	"policy_uri":                 {kindURI, true, true},
	"jwks_uri":                   in(kindURI),
	"jwks":                       in(kindObject),
	"software_id":                in(kindText),
	"software_version":           in(kindText),
	"software_statement":         in(kindStatement),
	"client_id":                  in(kindIdentity),
	"client_secret":              in(kindIdentity),
	"client_id_issued_at":        in(kindIssued),
	"client_secret_expires_at":   in(kindIssued),
	"registration_access_token":  in(kindIssued),
	"registration_client_uri":    in(kindIssued),
	// OpenID Connect Dynamic Client Registration 1.0
	"application_type":                in(kindText),
	"sector_identifier_uri":           in(kindURI),
	"subject_type":                    in(kindText),
	"id_token_signed_response_alg":    in(kindSignAlg),
	"id_token_encrypted_response_alg": in(kindWrapAlg),
	"id_token_encrypted_response_enc": in(kindEncAlg),
	"userinfo_signed_response_alg":    in(kindSignAlg),
	"userinfo_encrypted_response_alg": in(kindWrapAlg),
	"userinfo_encrypted_response_enc": in(kindEncAlg),
	"request_object_signing_alg":      in(kindSignAlg),
	"request_object_encryption_alg":   later(kindWrapAlg),
	"request_object_encryption_enc":   later(kindEncAlg),
	"token_endpoint_auth_signing_alg": in(kindSignAlg),
	"default_max_age":                 in(kindSeconds),
	"require_auth_time":               in(kindBool),
	"default_acr_values":              in(kindList),
	"initiate_login_uri":              in(kindURI),
	"request_uris":                    in(kindURIs),
	// UMA 2.0, ETSI NFV-SEC 022
	"claims_redirect_uris":             later(kindURIs),
	"nfv_token_signed_response_alg":    later(kindSignAlg),
	"nfv_token_encrypted_response_alg": later(kindWrapAlg),
	"nfv_token_encrypted_response_enc": later(kindEncAlg),
	// RFC 8705
	"tls_client_certificate_bound_access_tokens": later(kindBool),
	"tls_client_auth_subject_dn":                 later(kindText),
	"tls_client_auth_san_dns":                    later(kindText),
	"tls_client_auth_san_uri":                    later(kindText),
	"tls_client_auth_san_ip":                     later(kindText),
	"tls_client_auth_san_email":                  later(kindText),
	// RFC 9101, 9126, 9701
	"require_signed_request_object":         in(kindBool),
	"require_pushed_authorization_requests": in(kindBool),
	"introspection_signed_response_alg":     later(kindSignAlg),
	"introspection_encrypted_response_alg":  later(kindWrapAlg),
	"introspection_encrypted_response_enc":  later(kindEncAlg),
	// OpenID Connect logout
	"frontchannel_logout_uri":              in(kindURI),
	"frontchannel_logout_session_required": in(kindBool),
	"backchannel_logout_uri":               in(kindURI),
	"backchannel_logout_session_required":  in(kindBool),
	"post_logout_redirect_uris":            in(kindList),
	// RFC 9396, 9449
	"authorization_details_types": later(kindList),
	"dpop_bound_access_tokens":    later(kindBool),
	// OpenID Federation 1.0
	"client_registration_types": later(kindList),
	"signed_jwks_uri":           later(kindURI),
	"organization_name":         later(kindText),
	"description":               later(kindText),
	"keywords":                  later(kindList),
	"information_uri":           later(kindURI),
	"organization_uri":          later(kindURI),
	// FAPI 2.0, OpenID4VP 1.0
	"use_mtls_endpoint_aliases":               later(kindBool),
	"encrypted_response_enc_values_supported": later(kindList),
	"vp_formats_supported":                    later(kindObject),
	// CIBA Core 1.0 §4
	"backchannel_token_delivery_mode":                later(kindText),
	"backchannel_client_notification_endpoint":       later(kindURI),
	"backchannel_authentication_request_signing_alg": later(kindSignAlg),
	"backchannel_user_code_parameter":                later(kindBool),
	// JARM §3
	"authorization_signed_response_alg":    in(kindSignAlg),
	"authorization_encrypted_response_alg": in(kindWrapAlg),
	"authorization_encrypted_response_enc": in(kindEncAlg),
	// Plinto's own
	"profile":                    in(kindText),
	"default_scope":              in(kindText),
	"include_claims_in_id_token": in(kindBool),
	"require_pkce":               in(kindBool),
	"allowed_origins":            in(kindList),
	"resources":                  in(kindList),
	"access_token_ttl":           in(kindSeconds),
	"organization":               in(kindText),
	"direct_sign_in":             in(kindBool),
	"connections":                in(kindList),
	"android_apps":               in(kindList),
	"apple_apps":                 in(kindList),
}

// kept names the members that are fields of Metadata; the others go to Extra.
var kept = func() map[string]bool {
	names := make(map[string]bool)
	for field := range reflect.TypeFor[Metadata]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = name != "-"
	}
	return names
}()

// lookup finds a member by its name as sent, with or without a language tag.
func lookup(name string) (member, bool) {
	base, _, tagged := strings.Cut(name, "#")
	m, ok := members[base]
	if tagged {
		m.effective = false
	}
	return m, ok && (!tagged || m.localized)
}

// MemberNames returns the name of every client metadata member Plinto knows,
// sorted, for suggestions.
func MemberNames() []string { return slices.Sorted(maps.Keys(members)) }

// KnownMember reports whether name is a client metadata member, with or without
// a language tag where one is allowed.
func KnownMember(name string) bool {
	_, ok := lookup(name)
	return ok
}

// IssuedMembers are the members that only a server sets, in its answers.
var IssuedMembers = []string{
	"client_id_issued_at", "client_secret_expires_at", "registration_access_token", "registration_client_uri",
}
