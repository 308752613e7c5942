package register_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/tenant"
)

// RFC 7591 §3.2.1, OpenID Connect Registration 1.0 §3.2.
func TestRegister_answersWithAllMetadataAndTheDefaults(t *testing.T) {
	t.Parallel()
	s := open(t)
	a := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"client_name":"App","client_name#fr":"Appli","what_is_this":{"a":1},
		"initiate_login_uri":"https://rp.example/login","request_uris":["https://rp.example/r#x/y?z"],"contacts":null,
		"first_party":true,"allowed_origins":["https://evil.example"],"resources":["https://api.example"],"access_token_ttl":86400,"client_id":"mine","direct_sign_in":true,"connections":["work"],
		"android_apps":["com.example.app/00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"],"apple_apps":["ABCDE12345.com.example.app"]}`)
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Pragma") != "no-cache" || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", a.Header)
	}
	id, _ := a.JSON["client_id"].(string)
	secret, _ := a.JSON["client_secret"].(string)
	token, _ := a.JSON["registration_access_token"].(string)
	issued, _ := a.JSON["client_id_issued_at"].(float64)
	if !strings.HasPrefix(id, "client_") || !strings.HasPrefix(secret, "plcs_") || !strings.HasPrefix(token, "plra_") || issued < 1e9 {
		t.Errorf("issued %s", a.Text)
	}
	for _, name := range []string{"client_id", "client_secret", "registration_access_token", "client_id_issued_at"} {
		delete(a.JSON, name)
	}
	want := map[string]any{
		"redirect_uris": []any{"https://rp.example/cb"}, "client_name": "App", "client_name#fr": "Appli",
		"initiate_login_uri": "https://rp.example/login", "request_uris": []any{"https://rp.example/r#x/y?z"},
		"grant_types": []any{"authorization_code"}, "response_types": []any{"code"}, "token_endpoint_auth_method": "client_secret_basic",
		"id_token_signed_response_alg": "RS256", "application_type": "web", "subject_type": "public", "profile": "oauth21",
		"scope": "openid profile email address phone offline_access roles permissions", "client_secret_expires_at": float64(0),
		"registration_client_uri": s.Issuer() + path + "/" + id,
	}
	if diff := cmp.Diff(want, a.JSON); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRegister_aClientCanBeUsedAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.User("alice@example.com")
	a := registered(t, s, minimal)
	c, err := s.Store.Clients.ByClientID(s.In(), a.JSON["client_id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {"https://rp.example/cb"}}
	secret, _ := a.JSON["client_secret"].(string)
	s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(c, secret)).Wants(t, 400, "invalid_grant")
	s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(c, secret+"x")).Wants(t, 401, "invalid_client")
	if c.FirstParty || c.DirectSignIn || len(c.AllowedOrigins)+len(c.Resources)+len(c.Connections)+len(c.AndroidApps)+len(c.AppleApps) > 0 || c.AccessTokenTTL != 0 {
		t.Errorf("the client gave itself %+v", c)
	}
}

func TestRegister_issuesSecretsToThoseWhoNeedThem(t *testing.T) {
	t.Parallel()
	s := open(t)
	const keys = `"jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	for method, want := range map[string]bool{
		`"client_secret_basic"`: true, `"client_secret_post"`: true, `"client_secret_jwt"`: true, `"none"`: false, `"private_key_jwt",` + keys: false,
	} {
		a := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"token_endpoint_auth_method":`+method+`}`)
		_, has := a.JSON["client_secret"]
		_, expires := a.JSON["client_secret_expires_at"]
		if has != want || expires != want {
			t.Errorf("%s: %s", method, a.Text)
		}
	}
}

func TestRegister_refusesMetadataThatContradictItself(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.NewTenant("another", "another-tenant.example", tenant.Settings{})
	const uri, meta = "invalid_redirect_uri", "invalid_client_metadata"
	for _, c := range []struct{ members, code string }{
		{`"redirect_uris":["https://rp.example/cb#frag"]`, uri}, // RED-07
		{`"redirect_uris":["javascript:alert(1)"]`, uri},        // RED-06
		{`"redirect_uris":["data:text/html,x"]`, uri},
		{`"redirect_uris":["JaVaScript%3aalert(1)"]`, uri},
		{`"redirect_uris":["file:///etc/passwd"]`, uri},
		{`"redirect_uris":["http://rp.example/cb"]`, uri},
		{`"redirect_uris":["com.example.app:/cb","https://rp.example/cb"]`, uri}, // a web client's, by default
		{`"redirect_uris":["` + s.Issuer() + `/cb"]`, uri},                       // DCR-06
		{`"redirect_uris":["https://another-tenant.example/cb"]`, uri},
		{`"redirect_uris":["https://another-tenant.example:443/cb"]`, uri},
		{`"redirect_uris":[]`, uri},
		{`"client_name":"x"`, uri},
		{`"redirect_uris":[1]`, uri},
		{`"redirect_uris":"https://rp.example/cb"`, uri},
		{`"application_type":"native","redirect_uris":["http://rp.example/cb"]`, uri},
		{`"redirect_uris":["https://rp.example/cb"],"initiate_login_uri":"http://rp.example/login"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"logo_uri":"javascript:alert(1)"`, meta}, // DCR-04
		{`"redirect_uris":["https://rp.example/cb"],"policy_uri":"data:text/html,x"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"tos_uri":"https://10.0.0.1/"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"client_uri":"https://intranet/"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"grant_types":["implicit"]`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["id_token"],"grant_types":["authorization_code"]`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["code id_token"],"grant_types":["authorization_code","implicit"]`, meta}, // no legacy here
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["id_token"],"profile":"oidc-legacy"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"grant_types":["password"]`, meta},
		{`"grant_types":["client_credentials"]`, meta},
		{`"grant_types":["client_credentials"],"token_endpoint_auth_method":"none"`, meta},
		{`"redirect_uris":["myapp:/cb"],"application_type":"native"`, uri}, // a scheme without a dot is an operator's to allow
		{`"redirect_uris":["https://rp.example/cb"],"token_endpoint_auth_method":"private_key_jwt"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"token_endpoint_auth_method":"none","id_token_signed_response_alg":"HS256"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"id_token_signed_response_alg":"none"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"id_token_encrypted_response_enc":"A128GCM"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"userinfo_encrypted_response_alg":"RSA-OAEP"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"jwks_uri":"https://rp.example/k","jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"jwks":"x"`, meta},
		{`"redirect_uris":["https://a.example/cb","https://b.example/cb"],"subject_type":"pairwise"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"client_name":"a\nb"`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"default_max_age":-1`, meta},
		{`"redirect_uris":["https://rp.example/cb"],"software_statement":"x"`, "invalid_software_statement"},
		{`"redirect_uris":["https://rp.example/cb"],"software_statement":1`, "invalid_software_statement"},
		{`"a":1,"a":2`, "invalid_request"},
	} {
		a := post(s, "{"+c.members+"}")
		if a.StatusCode != 400 || a.JSON["error"] != c.code || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s, want %s", c.members, a.StatusCode, a.Text, c.code)
		}
	}
}

// RFC 7591 §3.2.1: what is not offered is left out and the client reads what it got.
func TestRegister_leavesOutWhatIsNotOffered(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct{ members, member, want string }{
		{`"grant_types":["authorization_code","client_credentials","password","urn:ietf:params:oauth:grant-type:device_code","refresh_token","what"]`, "grant_types", "[authorization_code refresh_token]"},
		{`"grant_types":["authorization_code","implicit"],"response_types":["code","id_token","code id_token"]`, "grant_types", "[authorization_code]"},
		{`"grant_types":["authorization_code","implicit"],"response_types":["code","id_token","none","code id_token"]`, "response_types", "[code]"},
		{`"grant_types":["authorization_code","authorization_code"]`, "grant_types", "[authorization_code]"},
		{`"grant_types":["refresh_token"]`, "grant_types", "[refresh_token authorization_code]"},
		{`"grant_types":["refresh_token"]`, "response_types", "[code]"},
		{`"response_types":["code"],"grant_types":["refresh_token"]`, "grant_types", "[refresh_token authorization_code]"},
		{`"token_endpoint_auth_method":"tls_client_auth"`, "token_endpoint_auth_method", "client_secret_basic"},
		{`"token_endpoint_auth_method":"magic"`, "token_endpoint_auth_method", "client_secret_basic"},
		{`"application_type":"spa"`, "application_type", "web"},
		{`"scope":"unknown openid email"`, "scope", "openid email"},
		{`"scope":"unknown"`, "scope", "openid profile email address phone offline_access roles permissions"},
		{`"scope":"openid email","default_scope":"email phone"`, "default_scope", "email"},
		{`"profile":"fapi3"`, "profile", "oauth21"},
		{`"profile":"strict"`, "profile", "strict"},
		{`"include_claims_in_id_token":true`, "include_claims_in_id_token", "true"},
		{`"direct_sign_in":true,"first_party":true`, "direct_sign_in", "<nil>"},
	} {
		a := registered(t, s, `{"redirect_uris":["https://rp.example/cb","https://rp.example/cb"],`+c.members+"}")
		if got := fmt.Sprint(a.JSON[c.member]); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.members, c.member, got, c.want)
		}
		if got := fmt.Sprint(a.JSON["redirect_uris"]); got != "[https://rp.example/cb]" {
			t.Errorf("%s: redirect_uris are %s", c.members, got)
		}
		if method, secret := a.JSON["token_endpoint_auth_method"], a.JSON["client_secret"]; method == "client_secret_basic" && secret == nil {
			t.Errorf("%s: %v without a secret", c.members, method)
		}
	}
}

// A client that names no scope gets what the tenant offers by default.
func TestRegister_offersTheDefaultScopes(t *testing.T) {
	t.Parallel()
	s := open(t, func(s *tenant.Settings) { s.Registration.Resources = []string{"https://api.example"} })
	err := s.Store.ResourceServers.Put(s.In(), provider.ResourceServer{
		Identifier: "https://api.example", Scopes: []provider.Scope{{Name: "api:read", Default: true}, {Name: "api:write"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := registered(t, s, minimal).JSON["scope"]; got != "openid profile email address phone offline_access roles permissions api:read" {
		t.Errorf("got %q", got)
	}
	if got := registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"scope":"api:write nonsense"}`).JSON["scope"]; got != "api:write" {
		t.Errorf("asked for, got %q", got)
	}
}

// RFC 7591 says nothing of application_type: what only an app on a device can be
// reached by makes a native one.
func TestRegister_infersWhatPlainOAuthClientsLeaveOut(t *testing.T) {
	t.Parallel()
	s := open(t, func(settings *tenant.Settings) { settings.AllowImplicit = true })
	for _, c := range []struct{ members, member, want string }{
		{`"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"`, "application_type", "native"},
		{`"redirect_uris":["com.example.app:/cb","http://localhost:8000/cb"]`, "application_type", "native"},
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["id_token"]`, "grant_types", "[implicit]"},
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["token code id_token"]`, "grant_types", "[authorization_code implicit]"},
		{`"redirect_uris":["https://rp.example/cb"],"response_types":["token code id_token"]`, "response_types", "[code id_token token]"},
		{`"redirect_uris":["https://rp.example/cb"]`, "profile", "oidc-legacy"},
		{`"redirect_uris":["https://rp.example/cb"],"profile":"oauth21","require_pkce":true`, "profile", "oauth21"},
		{`"redirect_uris":["https://rp.example/cb"],"scope":"openid nonsense email"`, "scope", "openid email"},
	} {
		a := registered(t, s, "{"+c.members+"}")
		if got := fmt.Sprint(a.JSON[c.member]); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.members, c.member, got, c.want)
		}
	}
}

// OpenID Connect Registration 1.0 §5.
func TestRegister_readsTheSectorIdentifier(t *testing.T) {
	t.Parallel()
	s := open(t)
	answer := map[string]string{
		"/good": `["https://a.example/cb","https://b.example/cb","https://c.example/"]`, "/partial": `["https://a.example/cb"]`,
		"/object": `{"a":1}`, "/rubbish": `x`, "/prefix": `["https://a.example/cb","https://b.example/cb2"]`,
	}
	rp := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answer[r.URL.Path]
		if !ok {
			http.Redirect(w, r, "/good", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(rp.Close)
	ask := func(uri string) plintotest.Answer {
		return post(s, `{"redirect_uris":["https://a.example/cb","https://b.example/cb"],"subject_type":"pairwise","sector_identifier_uri":"`+uri+`"}`)
	}
	if a := ask(rp.URL + "/good"); a.StatusCode != http.StatusCreated {
		t.Errorf("good: %d %s", a.StatusCode, a.Text)
	}
	for _, bad := range []string{"/partial", "/object", "/rubbish", "/prefix", "/redirect"} {
		if a := ask(rp.URL + bad); a.StatusCode != 400 || a.JSON["error"] != "invalid_client_metadata" {
			t.Errorf("%s: %d %s", bad, a.StatusCode, a.Text)
		}
	}
	ask(strings.Replace(rp.URL, "https", "http", 1)+"/good").Wants(t, 400, "invalid_client_metadata")
	ask("https://127.0.0.1:1/x").Wants(t, 400, "invalid_client_metadata")
}
