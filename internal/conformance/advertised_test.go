package conformance

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// advertised is a server that offers everything, and its metadata.
func advertised(t *testing.T) (*plintotest.Server, map[string]any) {
	t.Helper()
	settings := open
	settings.SignUp = tenant.SignUp{Enabled: true}
	s := plintotest.Start(t, plintotest.Options{Settings: settings, Mail: true})
	s.User(buffy)
	return s, s.Send(http.MethodGet, "/.well-known/openid-configuration", nil).JSON
}

// uses are how each value of each list of the metadata is put to use.
var uses = map[string]func(*testing.T, *plintotest.Server, string){
	"scopes_supported":         useScope,
	"claims_supported":         useClaim,
	"response_types_supported": func(t *testing.T, s *plintotest.Server, value string) { signedIn(newRP(t, s, value), value, nil) },
	"response_modes_supported": func(t *testing.T, s *plintotest.Server, value string) {
		a := newRP(t, s, "code").authorize("code", url.Values{"response_mode": {value}})
		if a.how != carrier("code", value) || a.Has("response") != strings.HasSuffix(value, "jwt") {
			t.Errorf("answered by %s: %v", a.how, a.Values)
		}
	},
	"grant_types_supported":   useGrant,
	"subject_types_supported": useSubject,
	"acr_values_supported":    useACR,
	"prompt_values_supported": usePrompt,
	"ui_locales_supported":    useLocale,
	"claim_types_supported":   func(t *testing.T, s *plintotest.Server, _ string) { useClaim(t, s, "email") },
	"code_challenge_methods_supported": func(t *testing.T, s *plintotest.Server, value string) {
		r := newRP(t, s, "code")
		a := r.authorize("code", url.Values{"code_challenge": {plintotest.Challenge}, "code_challenge_method": {value}})
		if got := r.redeem(a.Get("code"), url.Values{"code_verifier": {plintotest.Verifier}}); got.StatusCode != http.StatusOK {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
	},
	"id_token_signing_alg_values_supported": func(t *testing.T, s *plintotest.Server, alg string) {
		r := newRP(t, s, "code", func(m *provider.Metadata) { m.IDTokenSignedAlg = alg })
		r.idTokenBy(alg, r.tokens(r.authorize("code", nil).Get("code"))["id_token"])
	},
	"userinfo_signing_alg_values_supported": func(t *testing.T, s *plintotest.Server, alg string) {
		r := newRP(t, s, "code", func(m *provider.Metadata) { m.UserinfoSignedAlg = alg })
		token := r.tokens(r.authorize("code", nil).Get("code"))["access_token"].(string)
		a := s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+token))
		if claims := r.idTokenBy(alg, a.Text); claims["aud"] != r.c.ClientID || claims["sub"] == nil || a.Header.Get("Content-Type") != "application/jwt" {
			t.Errorf("%v, %s", claims, a.Header.Get("Content-Type"))
		}
	},
	"authorization_signing_alg_values_supported": func(t *testing.T, s *plintotest.Server, alg string) {
		r := newRP(t, s, "code", func(m *provider.Metadata) { m.AuthorizationSignedAlg = alg })
		if v := r.unsealed(r.authorize("code", url.Values{"response_mode": {"jwt"}}).Values, alg); v.Get("code") == "" {
			t.Errorf("%v", v)
		}
	},
	"request_object_signing_alg_values_supported": func(t *testing.T, s *plintotest.Server, alg string) {
		p := partyBy(t, s, alg, func(m *provider.Metadata) { m.RequestObjectSigningAlg = alg })
		if a := p.authorize("code", url.Values{"request": {p.object(nil)}}); a.Get("code") == "" || a.Get("state") != "inside" {
			t.Errorf("%v", a.Values)
		}
	},
	"token_endpoint_auth_signing_alg_values_supported":         useAssertion("/oauth2/token"),
	"revocation_endpoint_auth_signing_alg_values_supported":    useAssertion("/oauth2/revoke"),
	"introspection_endpoint_auth_signing_alg_values_supported": useAssertion("/oauth2/introspect"),
	"token_endpoint_auth_methods_supported":                    useMethod("/oauth2/token"),
	"revocation_endpoint_auth_methods_supported":               useMethod("/oauth2/revoke"),
	"introspection_endpoint_auth_methods_supported":            useMethod("/oauth2/introspect"),
	"id_token_encryption_alg_values_supported":                 useWrapping,
	"userinfo_encryption_alg_values_supported":                 useWrapping,
	"authorization_encryption_alg_values_supported":            useWrapping,
	"id_token_encryption_enc_values_supported":                 useContent,
	"userinfo_encryption_enc_values_supported":                 useContent,
	"authorization_encryption_enc_values_supported":            useContent,
}

// Discovery names what works: every value of every list is put to use.
func TestDiscovery_everyValueItNamesWorks(t *testing.T) {
	t.Parallel()
	s, doc := advertised(t)
	for member, value := range doc {
		list, ok := value.([]any)
		if !ok {
			continue
		}
		use := uses[member]
		if use == nil {
			t.Errorf("nothing here puts %s to use", member)
			continue
		}
		for _, v := range list {
			t.Run(member+"/"+v.(string), func(t *testing.T) { use(t, s, v.(string)) })
		}
	}
	for _, flag := range strings.Fields(`claims_parameter_supported request_parameter_supported request_uri_parameter_supported require_request_uri_registration
		authorization_response_iss_parameter_supported frontchannel_logout_supported frontchannel_logout_session_supported
		backchannel_logout_supported backchannel_logout_session_supported`) {
		if doc[flag] != true { // each has tests of its own: docs/conformance.md
			t.Errorf("%s is %v", flag, doc[flag])
		}
	}
	for member, endpoint := range doc {
		address, ok := endpoint.(string)
		if !ok || member == "issuer" {
			continue
		}
		a := s.Send(http.MethodOptions, strings.TrimPrefix(address, s.Issuer()), nil)
		if a.StatusCode == http.StatusNotFound {
			t.Errorf("there is nothing at %s", member)
		}
	}
}

// What a default tenant names works for clients with the default profile, with a
// secret and without: nobody has to know which profile a value belongs to.
func TestDiscovery_whatItNamesWorksForClientsWithDefaults(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	doc := s.Send(http.MethodGet, "/.well-known/openid-configuration", nil).JSON
	pkce := url.Values{"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"}}
	parameters := map[string]string{
		"response_types_supported": "response_type", "response_modes_supported": "response_mode", "scopes_supported": "scope",
		"acr_values_supported": "acr_values", "prompt_values_supported": "prompt", "ui_locales_supported": "ui_locales",
	}
	for _, method := range []string{provider.AuthNone, provider.AuthBasic} {
		r := newRP(t, s, "code", func(m *provider.Metadata) {
			m.Profile, m.TokenEndpointAuthMethod = "", method
			m.GrantTypes = []string{provider.GrantCode, provider.GrantRefresh}
		})
		signedIn(r, "code", pkce) // so that prompt=none has somebody
		for member, name := range parameters {
			for _, v := range doc[member].([]any) {
				value := v.(string)
				if name == "prompt" && (value == "select_account" || value == "create") {
					continue // pages of their own: TestDiscovery_everyValueItNamesWorks
				}
				change := maps.Clone(pkce)
				change.Set(name, value)
				if name == "scope" {
					change.Set(name, "openid "+value)
				}
				a := r.authorize("code", change)
				sealed := name == "response_mode" && strings.HasSuffix(value, "jwt")
				if a.Has("error") || !a.Has("code") && !sealed || name == "response_mode" && a.how != carrier("code", value) {
					t.Errorf("%s: %s=%s: by %s %v", method, name, value, a.how, a.Values)
				}
			}
		}
	}
}

// signedIn wants the request answered with what its response type names.
func signedIn(r *rp, responseType string, change url.Values) callbackAnswer {
	r.t.Helper()
	a := r.authorize(responseType, change)
	for name, word := range map[string]string{"code": "code", "id_token": "id_token", "access_token": "token"} {
		if a.Has(name) != contains(responseType, word) {
			r.t.Errorf("%s: %v", responseType, a.Values)
		}
	}
	return a
}

func useScope(t *testing.T, s *plintotest.Server, scope string) {
	r := newRP(t, s, "code", func(m *provider.Metadata) { m.GrantTypes = append(m.GrantTypes, provider.GrantRefresh) })
	tokens := r.tokens(r.authorize("code", url.Values{"scope": {"openid " + scope}}).Get("code"))
	if granted, _ := tokens["scope"].(string); !slices.Contains(strings.Fields(granted), scope) {
		t.Errorf("granted %q", granted)
	}
}

// useClaim asks for one claim by the claims parameter.
func useClaim(t *testing.T, s *plintotest.Server, claim string) {
	if strings.HasPrefix(claim, "org_") {
		useOrganizationClaim(t, s, claim)
		return
	}
	r := newRP(t, s, "code")
	claims, err := json.Marshal(map[string]any{"id_token": map[string]any{claim: map[string]any{"essential": claim != "acr"}}})
	if err != nil {
		t.Fatal(err)
	}
	tokens := r.tokens(r.authorize("code", url.Values{"claims": {string(claims)}}).Get("code"))
	if id := r.idToken(tokens["id_token"], claim); id[claim] == nil {
		t.Errorf("got %v", id)
	}
}

// useOrganizationClaim signs in for an organization.
func useOrganizationClaim(t *testing.T, s *plintotest.Server, claim string) {
	orgs := &organization.Service{
		Organizations: s.Store.Organizations, Writes: s.Store.Organizations, Roles: &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB},
		Outbox: s.Store.Outbox, Tx: s.Store.DB,
	}
	o, err := orgs.Create(s.In(), organization.Organization{Slug: "of-" + strings.ReplaceAll(claim, "_", "-"), Name: "Acme"})
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.Store.Users.Credential(s.In(), buffy, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := orgs.SetMember(s.In(), o.ID, organization.Member{UserID: user.User.ID, Roles: []string{organization.Owner}}); err != nil {
		t.Fatal(err)
	}
	r := newRP(t, s, "code")
	tokens := r.tokens(r.authorize("code", url.Values{"scope": {"openid roles permissions"}, "organization": {o.Slug}}).Get("code"))
	if said := r.userinfo(tokens["access_token"]); said[claim] == nil {
		t.Errorf("got %v", said)
	}
}

func useGrant(t *testing.T, s *plintotest.Server, grant string) {
	switch grant {
	case provider.GrantCode:
		signedIn(newRP(t, s, "code"), "code", nil)
	case provider.GrantRefresh:
		r := newRP(t, s, "code", func(m *provider.Metadata) { m.GrantTypes = append(m.GrantTypes, grant) })
		tokens := r.tokens(r.authorize("code", url.Values{"scope": {"openid offline_access"}}).Get("code"))
		form := url.Values{"grant_type": {grant}, "refresh_token": {tokens["refresh_token"].(string)}}
		if a := s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(r.c, r.secret)); a.StatusCode != http.StatusOK {
			t.Errorf("%d %s", a.StatusCode, a.Text)
		}
	case provider.GrantImplicit:
		signedIn(newRP(t, s, "id_token token"), "id_token token", nil)
	case provider.GrantClientCredentials:
		useMethod("/oauth2/token")(t, s, provider.AuthBasic)
	default:
		t.Error("nobody knows how to use it")
	}
}

func useSubject(t *testing.T, s *plintotest.Server, kind string) {
	r := newRP(t, s, "code", func(m *provider.Metadata) { m.SubjectType = kind })
	sub, _ := r.idToken(r.tokens(r.authorize("code", nil).Get("code"))["id_token"])["sub"].(string)
	if strings.HasPrefix(sub, "user_") != (kind == "public") {
		t.Errorf("sub %s", sub)
	}
}

func useACR(t *testing.T, s *plintotest.Server, acr string) {
	r := newRP(t, s, "code")
	claims := `{"id_token":{"acr":{"essential":true,"value":"` + acr + `"}}}`
	if id := r.idToken(r.tokens(r.authorize("code", url.Values{"claims": {claims}}).Get("code"))["id_token"]); id["acr"] != acr {
		t.Errorf("acr %v", id["acr"])
	}
}

// usePrompt: what each prompt shows to somebody who is signed in and has consented.
func usePrompt(t *testing.T, s *plintotest.Server, prompt string) {
	r := newRP(t, s, "code")
	signedIn(r, "code", nil)
	shows := map[string]string{"login": "#password", "consent": "#allow", "select_account": "#account-0", "create": "#sign-up-form"}
	p := r.browser.Open(s.Issuer() + "/oauth2/authorize?" + r.request("code", url.Values{"prompt": {prompt}}).Encode())
	if prompt == "none" {
		if p.Left == nil || !p.Left.Query().Has("code") {
			t.Errorf("left to %v", p.Left)
		}
		return
	}
	if shows[prompt] == "" || p.Doc == nil || p.Doc.Find(shows[prompt]).Length() != 1 {
		t.Errorf("at %s, left to %v", p.URL, p.Left)
	}
}

func useLocale(t *testing.T, s *plintotest.Server, tag string) {
	r := newRP(t, s, "code")
	p := r.browser.Open(s.Issuer() + "/oauth2/authorize?" + r.request("code", url.Values{"ui_locales": {tag}}).Encode())
	if got := p.Doc.Find("html").AttrOr("lang", ""); got != tag {
		t.Errorf("the page speaks %s", got)
	}
}

// keyBy makes a key for a signature algorithm.
func keyBy(t *testing.T, alg string) any {
	t.Helper()
	curves := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}
	if curve := curves[alg]; curve != nil {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	if alg == "EdDSA" {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	return rsaKey()
}

// partyBy is a party with a key of that algorithm, or with its secret.
func partyBy(t *testing.T, s *plintotest.Server, alg string, change func(*provider.Metadata)) *party {
	t.Helper()
	key := keyBy(t, alg)
	p := newParty(t, s, false, func(m *provider.Metadata) {
		m.JWKS = publish(key, "one", "sig")
		if slices.Contains(provider.HMACAlgs, alg) {
			m.TokenEndpointAuthMethod, m.JWKS = provider.AuthSecretJWT, nil
		}
		change(m)
	})
	p.alg = alg
	p.rotate(key, "one")
	if slices.Contains(provider.HMACAlgs, alg) {
		p.rotate([]byte(p.secret), "")
	}
	return p
}

// service are the metadata of a client that signs nobody in.
func service(m *provider.Metadata) {
	m.GrantTypes, m.ResponseTypes, m.RedirectURIs = []string{provider.GrantClientCredentials}, nil, nil
}

// useAssertion authenticates at an endpoint by an assertion of that algorithm.
func useAssertion(path string) func(*testing.T, *plintotest.Server, string) {
	return func(t *testing.T, s *plintotest.Server, alg string) {
		p := partyBy(t, s, alg, func(m *provider.Metadata) {
			service(m)
			m.TokenEndpointAuthSigningAlg = alg
		})
		form := url.Values{"client_assertion": {p.assertion(map[string]any{"aud": s.Issuer() + path})}, "client_assertion_type": {assertionType}}
		authenticated(t, s, path, form)
	}
}

// authenticated sends what each endpoint wants besides the client's authentication.
func authenticated(t *testing.T, s *plintotest.Server, path string, form url.Values, change ...func(*http.Request)) {
	t.Helper()
	form.Set("token", "x")
	if path == "/oauth2/token" {
		form.Set("grant_type", provider.GrantClientCredentials)
	}
	if a := s.Send(http.MethodPost, path, form, change...); a.StatusCode != http.StatusOK {
		t.Errorf("%s: %d %s", path, a.StatusCode, a.Text)
	}
}

// useMethod authenticates at an endpoint by that method.
func useMethod(path string) func(*testing.T, *plintotest.Server, string) {
	return func(t *testing.T, s *plintotest.Server, method string) {
		switch method {
		case provider.AuthPrivateKeyJWT:
			useAssertion(path)(t, s, "ES256")
		case provider.AuthSecretJWT:
			useAssertion(path)(t, s, "HS256")
		case provider.AuthNone:
			r := newRP(t, s, "code", func(m *provider.Metadata) { m.TokenEndpointAuthMethod = method })
			usePublic(t, r, path)
		default:
			c, secret := s.Client(provider.Metadata{TokenEndpointAuthMethod: method, GrantTypes: []string{provider.GrantClientCredentials}})
			if method == provider.AuthPost {
				authenticated(t, s, path, url.Values{"client_id": {c.ClientID}, "client_secret": {secret}})
				return
			}
			authenticated(t, s, path, url.Values{}, plintotest.As(c, secret))
		}
	}
}

// usePublic: a public client says who it is, and proves it by its verifier.
func usePublic(t *testing.T, r *rp, path string) {
	t.Helper()
	if path != "/oauth2/token" {
		authenticated(t, r.s, path, url.Values{"client_id": {r.c.ClientID}})
		return
	}
	a := r.authorize("code", url.Values{"code_challenge": {plintotest.Challenge}, "code_challenge_method": {"S256"}})
	got := r.s.Send(http.MethodPost, path, url.Values{
		"grant_type": {"authorization_code"}, "code": {a.Get("code")}, "redirect_uri": {callback}, "code_verifier": {plintotest.Verifier}, "client_id": {r.c.ClientID},
	})
	if got.StatusCode != http.StatusOK {
		t.Errorf("%d %s", got.StatusCode, got.Text)
	}
}

func useWrapping(t *testing.T, s *plintotest.Server, alg string) {
	key := keyBy(t, "ES256")
	switch {
	case strings.HasPrefix(alg, "RSA"):
		key = rsaKey()
	case slices.Contains(provider.SecretWrapAlgs, alg):
		key = nil
	}
	encryptionCell(t, s, alg, "A128CBC-HS256", key)
}

func useContent(t *testing.T, s *plintotest.Server, enc string) {
	encryptionCell(t, s, "RSA-OAEP-256", enc, rsaKey())
}
