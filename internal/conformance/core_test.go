package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

// Pairwise subjects (OpenID Connect Core 1.0 §8): stable for a client, the same for
// clients of one sector, different elsewhere, and the same wherever the client sees one.
func TestPairwise_subjectsAreTheSectorsOwn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	user := s.User(buffy)
	pairwise := func(m *provider.Metadata) {
		m.SubjectType, m.GrantTypes = provider.SubjectPairwise, []string{provider.GrantCode, provider.GrantRefresh}
	}
	other := func(m *provider.Metadata) {
		pairwise(m)
		m.SubjectType, m.SectorIdentifierURI = provider.SubjectPairwise, "https://sector.example/redirects.json"
	}
	subject := func(r *rp) string {
		t.Helper()
		a := r.authorize("code", url.Values{"scope": {"openid offline_access"}})
		tokens := r.tokens(a.Get("code"))
		claims := r.idToken(tokens["id_token"])
		info := r.userinfo(tokens["access_token"])
		looked := s.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {tokens["access_token"].(string)}}, plintotest.As(r.c, r.secret))
		kept := s.Send(http.MethodPost, "/oauth2/introspect", url.Values{"token": {tokens["refresh_token"].(string)}}, plintotest.As(r.c, r.secret))
		if kept.JSON["sub"] != claims["sub"] || r.c.SubjectType == provider.SubjectPairwise && strings.Contains(looked.Text+kept.Text, "username") {
			t.Errorf("introspection of the refresh token: %s", kept.Text)
		}
		if info["sub"] != claims["sub"] || looked.JSON["sub"] != claims["sub"] {
			t.Errorf("sub of ID token %v, userinfo %v, introspection %v", claims["sub"], info["sub"], looked.JSON["sub"])
		}
		again := r.authorize("code", url.Values{"prompt": {"none"}, "id_token_hint": {tokens["id_token"].(string)}})
		if again.Get("code") == "" {
			t.Errorf("a hint with a pairwise subject: %v", again.Values)
		}
		return claims["sub"].(string)
	}
	one, two, three, public := newRP(t, s, "code", pairwise), newRP(t, s, "code", pairwise), newRP(t, s, "code", other), newRP(t, s, "code", func(m *provider.Metadata) { pairwise(m); m.SubjectType = "" })
	first := subject(one)
	if first != subject(one) || first != subject(two) {
		t.Error("clients of one sector see different subjects")
	}
	if first == subject(three) || first == user.PublicID() || subject(public) != user.PublicID() {
		t.Error("a pairwise subject is known elsewhere")
	}
}

// What the claims parameter asks about the sign-in itself (§5.5.1).
func TestClaims_aboutTheSignIn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	user := s.User(buffy)
	r := newRP(t, s, "code")
	if a := r.authorize("code", url.Values{"scope": {"openid profile email phone"}}); a.Get("code") == "" {
		t.Fatalf("control: %v", a.Values)
	}
	silent := func(claims string) callbackAnswer {
		return r.authorize("code", url.Values{"prompt": {"none"}, "claims": {claims}})
	}
	for claims, want := range map[string]string{
		`{"id_token":{"acr":{"essential":true,"values":["urn:mace:incommon:iap:silver"]}}}`:                              "unmet_authentication_requirements",
		`{"id_token":{"acr":{"essential":true,"value":"` + tenant.ACRPassword + `"}}}`:                                   "",
		`{"id_token":{"acr":{"values":["urn:mace:incommon:iap:silver"]}}}`:                                               "",
		`{"id_token":{"acr":{"essential":true,"values":["urn:mace:incommon:iap:silver","` + tenant.ACRPassword + `"]}}}`: "",
		`{"id_token":{"sub":{"value":"` + user.PublicID() + `"}}}`:                                                       "",
		`{"id_token":{"sub":{"value":"user_somebody"}}}`:                                                                 "login_required",
		`{"id_token":{"nobody_knows":{"essential":true},"email":null}}`:                                                  "",
		`{"id_token":{"acr":"x"}}`: "invalid_request",
		// Members that are not understood must be ignored (§5.5), whatever is in them.
		`{"id_token":null,"userinfo":{"email":null},"vp_token":7,"x":[{}]}`:                 "",
		`{"id_token":{"age_over":{"values":[18,21]},"x":{"value":{"y":1},"unknown":true}}}`: "",
		`{"userinfo":[]}`: "invalid_request",
		`null`:            "invalid_request",
	} {
		a := silent(claims)
		if a.Get("error") != want || want == "" && a.Get("code") == "" {
			t.Errorf("%s: %v, want %q", claims, a.Values, want)
		}
	}
	a := silent(`{"id_token":{"email":null,"name":{"essential":true}},"userinfo":{"phone_number":null}}`)
	tokens := r.tokens(a.Get("code"))
	id := r.idToken(tokens["id_token"], "email", "name")
	if info := r.userinfo(tokens["access_token"]); id["email"] != buffy || id["name"] == nil || info["phone_number"] == nil || info["email"] != nil {
		t.Errorf("%v, %v", id, info)
	}
}

// The userinfo member needs an access token to come from somewhere (§5.5).
func TestClaims_ofUserinfoNeedATokenForIt(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	s.User(buffy)
	for responseType, want := range map[string]string{"id_token": "invalid_request", "id_token token": "", "code id_token": ""} {
		r := newRP(t, s, responseType)
		a := r.authorize(responseType, url.Values{"claims": {`{"userinfo":{"name":null}}`}})
		if a.Get("error") != want || a.how != "fragment" {
			t.Errorf("%s: %v by %s", responseType, a.Values, a.how)
		}
	}
}

// What the claims parameter asks for one by one, the user is asked about, and a
// client gets none that belongs to a scope it may not have.
func TestClaims_areAskedForOfTheUser(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	r := newRP(t, s, "code")
	if a := r.authorize("code", nil); a.Get("code") == "" {
		t.Fatalf("control: %v", a.Values)
	}
	params := url.Values{"claims": {`{"id_token":{"email":null},"userinfo":{"phone_number":{"essential":true}}}`}, "prompt": {"none"}}
	if a := r.authorize("code", params); a.Get("error") != "consent_required" {
		t.Errorf("more than was allowed, silently: %v", a.Values)
	}
	params.Del("prompt")
	p := r.browser.Open(s.Issuer() + "/oauth2/authorize?" + r.request("code", params).Encode())
	if p.Doc == nil || !strings.Contains(p.Doc.Find(".scopes").Text(), "email") || !strings.Contains(p.Doc.Find(".scopes").Text(), "phone") {
		t.Fatalf("the page does not say what is asked for: %v", p.Left)
	}
	tokens := r.tokens(r.walk(p).Get("code"))
	if tokens["scope"] != "openid" || r.idToken(tokens["id_token"], "email")["email"] != buffy || r.userinfo(tokens["access_token"])["phone_number"] == nil {
		t.Errorf("allowed, and not given: %v", tokens)
	}
	if a := r.authorize("code", url.Values{"prompt": {"none"}, "claims": params["claims"]}); a.Get("code") == "" {
		t.Errorf("asked again: %v", a.Values)
	}
	few := newRP(t, s, "code", func(m *provider.Metadata) { m.Scope = "openid profile" })
	tokens = few.tokens(few.authorize("code", url.Values{"claims": {`{"id_token":{"email":null,"name":null},"userinfo":{"address":null}}`}}).Get("code"))
	id, info := few.idToken(tokens["id_token"], "name", "email"), few.userinfo(tokens["access_token"])
	if id["email"] != nil || info["address"] != nil || id["name"] == nil {
		t.Errorf("a client of few scopes: %v, %v", id, info)
	}
}

// Neither pairwise subjects nor the claims parameter cost a statement.
func TestFlows_costNoMoreStatementsWithClaimsAndPairwise(t *testing.T) {
	t.Parallel()
	counted := &counter{}
	s := plintotest.Start(t, plintotest.Options{Tracer: counted, Settings: open})
	s.User(buffy)
	plain := newRP(t, s, "code")
	rich := newRP(t, s, "code", func(m *provider.Metadata) { m.SubjectType = provider.SubjectPairwise })
	count := func(r *rp, change url.Values) int64 {
		r.authorize("code", change) // consent, and everything into memory
		r.tokens(r.authorize("code", change).Get("code"))
		before := counted.n.Load()
		r.tokens(r.authorize("code", change).Get("code"))
		return counted.n.Load() - before
	}
	claims := url.Values{"claims": {`{"id_token":{"email":null,"name":null},"userinfo":{"address":null}}`}}
	if without, with := count(plain, nil), count(rich, claims); with != without {
		t.Errorf("%d statements, %d without claims and pairwise subjects", with, without)
	}
}

// The metadata documents name exactly the members there are, and what works.
func TestDiscovery_namesRegisteredMembersOnly(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	a := s.Send(http.MethodGet, "/.well-known/openid-configuration", nil)
	known := strings.Fields(`issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint revocation_endpoint
		introspection_endpoint end_session_endpoint pushed_authorization_request_endpoint check_session_iframe scopes_supported claims_supported
		response_types_supported response_modes_supported grant_types_supported subject_types_supported acr_values_supported prompt_values_supported
		ui_locales_supported claim_types_supported id_token_signing_alg_values_supported userinfo_signing_alg_values_supported
		authorization_signing_alg_values_supported request_object_signing_alg_values_supported token_endpoint_auth_signing_alg_values_supported
		revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_signing_alg_values_supported
		id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported userinfo_encryption_alg_values_supported
		userinfo_encryption_enc_values_supported authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported
		token_endpoint_auth_methods_supported revocation_endpoint_auth_methods_supported introspection_endpoint_auth_methods_supported
		code_challenge_methods_supported claims_parameter_supported request_parameter_supported request_uri_parameter_supported
		require_request_uri_registration authorization_response_iss_parameter_supported require_pushed_authorization_requests
		frontchannel_logout_supported frontchannel_logout_session_supported backchannel_logout_supported backchannel_logout_session_supported`)
	for name, value := range a.JSON {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not a registered member", name)
		}
		if endpoint, ok := value.(string); ok && !strings.HasPrefix(endpoint, s.Issuer()) {
			t.Errorf("%s is %s", name, endpoint)
		}
		if list, ok := value.([]any); ok && len(list) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	has := func(name, value string) bool {
		list, _ := a.JSON[name].([]any)
		return slices.Contains(list, any(value))
	}
	for _, want := range [][2]string{
		{"id_token_signing_alg_values_supported", "RS256"},
		{"userinfo_signing_alg_values_supported", "RS256"},
		{"request_object_signing_alg_values_supported", "RS256"},
		{"grant_types_supported", "implicit"},
		{"grant_types_supported", "refresh_token"},
		{"response_types_supported", "code"},
		{"response_types_supported", "id_token"},
		{"response_types_supported", "id_token token"},
		{"scopes_supported", "openid"},
		{"code_challenge_methods_supported", "S256"},
		{"subject_types_supported", "pairwise"},
	} {
		if !has(want[0], want[1]) {
			t.Errorf("%s without %s", want[0], want[1])
		}
	}
	for _, algs := range []string{"id_token_signing_alg_values_supported", "request_object_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"} {
		if has(algs, "none") {
			t.Errorf("%s has none", algs)
		}
	}
	for name, value := range a.JSON {
		if works, ok := value.(bool); ok && works == (name == "require_pushed_authorization_requests") {
			t.Errorf("%s is %v", name, works)
		}
	}
	if a.JSON["issuer"] != s.Issuer() {
		t.Errorf("issuer %v, want %s", a.JSON["issuer"], s.Issuer())
	}
}

// Without the tenant's switch nothing but code is advertised or answered, whatever
// a client registered.
func TestImplicit_isOffUnlessTheTenantAllowsIt(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	for _, responseType := range provider.ResponseTypes {
		r := newRP(t, s, responseType)
		a := r.authorize(responseType, nil)
		if want := responseType == "code"; want != a.Has("code") || !want && a.Get("error") != "unsupported_response_type" {
			t.Errorf("%s: %v", responseType, a.Values)
		}
	}
	a := s.Send(http.MethodGet, "/.well-known/openid-configuration", nil)
	if types, _ := a.JSON["response_types_supported"].([]any); len(types) != 1 {
		t.Errorf("advertised: %v", types)
	}
}
