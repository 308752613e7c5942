package authorize_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// RED-01 to RED-20: nothing that is not registered is ever redirected to.
func TestRedirect_onlyToWhatIsRegisteredByteForByte(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	loopback, _ := s.Client(provider.Metadata{
		ApplicationType: "native", TokenEndpointAuthMethod: provider.AuthNone, GrantTypes: []string{provider.GrantCode},
		ResponseTypes: []string{"code"}, Scope: "openid", RedirectURIs: []string{"http://127.0.0.1/cb"},
	})
	foreign := map[*provider.Client][]string{
		client: {
			"https://rp.test/cb/../evil", "https://rp.test/cb/..;/evil", "https://rp.test/%2e%2e%2fevil", "https://rp.test/cb/", "https://rp.test/CB",
			"https://rp.test/cb%00", "https://rp.test/cb?x=1", "https://rp.test@evil.test/cb", "https://a@b@rp.test/cb", "https://rp.test:443@evil.test",
			"https://rp.test.evil.test/cb", "https://rp-test/cb", "https://rp.test/cb#frag", "HTTPS://rp.test/cb", "https://RP.test/cb", "https://rp.test./cb",
			"https://rp.test:443/cb", "https://xn--rp-test/cb", "https://rp%2etest/cb", "//rp.test/cb", "/cb", "javascript:alert(1)", "JaVaScript:alert(1)",
			"data:text/html,x", "https://evil.test/", "https://rp.test/cb\r\nSet-Cookie: a=b", "https://rp.test\\@evil.test/cb", " https://rp.test/cb", "",
		},
		loopback: {
			"http://localhost:1/cb", "http://127.0.0.1.evil.test/cb", "http://u@127.0.0.1/cb", "https://127.0.0.1/cb", "http://[::ffff:127.0.0.1]/cb",
			"http://127.1/cb", "http://127.0.0.1:1/cb/x", "http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb",
			"http://127.0.0.1:/cb", "http://evil.com@127.0.0.1:1/cb", "http://2130706433/cb", "http://127.0.0.1:+80/cb",
		},
	}
	for c, uris := range foreign {
		for _, uri := range uris {
			v := url.Values{
				"client_id": {c.ClientID}, "redirect_uri": {uri}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
				"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"},
			}
			a := s.Send(http.MethodGet, "/oauth2/authorize?"+v.Encode(), nil)
			if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
				t.Errorf("%q: status %d, location %q", uri, a.StatusCode, a.Header.Get("Location"))
			}
		}
	}
}

// RED-10, ENU-12: an unknown client is told to the user, never to the address.
func TestRedirect_neverForAnUnknownOrDisabledClient(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	for name, id := range map[string]string{"unknown": "nobody", "empty": "", "long": strings.Repeat("x", 300), "quoted": `' OR 1=1--`} {
		a := s.Send(http.MethodGet, "/oauth2/authorize?"+url.Values{"client_id": {id}, "redirect_uri": {"https://evil.test/"}, "response_type": {"code"}}.Encode(), nil)
		if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" || strings.Contains(a.Text, "evil.test") {
			t.Errorf("%s: %d %q", name, a.StatusCode, a.Header.Get("Location"))
		}
	}
	a := s.Send(http.MethodGet, "/oauth2/authorize?"+url.Values{"client_id": {client.ClientID}, "redirect_uri": {"https://evil.test/"}, "scope": {"nonsense"}}.Encode(), nil)
	if a.Header.Get("Location") != "" {
		t.Errorf("bad scope and foreign address: %q", a.Header.Get("Location"))
	}
}

// Every later error goes to the client, with state and iss, and nothing of the
// request but state comes back.
func TestAuthorize_errorsGoToTheClient(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb?registered=1"))
	public := testworld.Web("https://rp.test/cb")
	public.TokenEndpointAuthMethod = provider.AuthNone
	public.GrantTypes = []string{provider.GrantCode}
	app, _ := s.Client(public)
	of := func(change func(*provider.Metadata)) *provider.Client {
		m := testworld.Web("https://rp.test/cb")
		change(&m)
		c, _ := s.Client(m)
		return c
	}
	strict := of(func(m *provider.Metadata) { m.Profile = provider.ProfileStrict })
	noScope, noOpenID := of(func(m *provider.Metadata) { m.Scope = "" }), of(func(m *provider.Metadata) { m.Scope = "email" })
	challenge := strings.Repeat("A", 43)
	tests := map[string]struct {
		client *provider.Client
		change url.Values
		want   string
	}{
		"implicit (RED-16)":         {client, url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		"hybrid (RED-16)":           {client, url.Values{"response_type": {"code id_token"}}, "unsupported_response_type"},
		"none (RED-16)":             {client, url.Values{"response_type": {"none"}}, "unsupported_response_type"},
		"no response type":          {client, url.Values{"response_type": {""}}, "invalid_request"},
		"fragment (RED-17)":         {client, url.Values{"response_mode": {"fragment"}, "code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"fragment, strict (RED-17)": {strict, url.Values{"response_mode": {"fragment"}}, "invalid_request"},
		"web_message (RED-17)":      {client, url.Values{"response_mode": {"web_message"}}, "invalid_request"},
		"unknown scope":             {client, url.Values{"scope": {"admin"}}, "invalid_scope"},
		"unknown scope, strictly":   {strict, url.Values{"scope": {"openid admin"}}, "invalid_scope"},
		"no scope, strictly":        {strict, url.Values{"scope": {""}}, "invalid_scope"},
		"no challenge, strictly":    {strict, url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"no scope and no default":   {noScope, url.Values{"scope": {""}}, "invalid_scope"},
		"openid, not registered":    {noOpenID, url.Values{"scope": {"openid email"}}, "invalid_scope"},
		"resource, no scope":        {client, url.Values{"scope": {""}, "resource": {"https://nobody.example"}}, "invalid_target"},
		"scope in capitals":         {client, url.Values{"scope": {"OPENID"}}, "invalid_scope"},
		"long scope (NET-06)":       {client, url.Values{"scope": {strings.Repeat("a ", 3000)}}, "invalid_scope"},
		"unknown resource":          {client, url.Values{"resource": {"https://nobody.example"}}, "invalid_target"},
		"no challenge (COD-07)":     {app, url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"plain (COD-08)":            {app, url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"method left out (COD-08)":  {app, url.Values{"code_challenge_method": {""}}, "invalid_request"},
		"method in lower case":      {app, url.Values{"code_challenge_method": {"s256"}}, "invalid_request"},
		"short challenge":           {app, url.Values{"code_challenge": {challenge[1:]}}, "invalid_request"},
		"method without challenge":  {client, url.Values{"code_challenge": {""}}, "invalid_request"},
		"prompt=none login":         {client, url.Values{"prompt": {"none login"}}, "invalid_request"},
		"unknown prompt":            {client, url.Values{"prompt": {"please"}}, "invalid_request"},
		"negative max_age":          {client, url.Values{"max_age": {"-1"}}, "invalid_request"},
		"max_age in words":          {client, url.Values{"max_age": {"soon"}}, "invalid_request"},
		"claims that are no JSON":   {client, url.Values{"claims": {"{"}}, "invalid_request"},
		"claims that are a list":    {client, url.Values{"claims": {"[]"}}, "invalid_request"},
		"a hint that is no token":   {client, url.Values{"id_token_hint": {"x.y.z"}}, "invalid_request"},
		"request object (F2)":       {client, url.Values{"request": {"x"}}, "invalid_request_object"},
		"request_uri (PAR-03)":      {client, url.Values{"request_uri": {"http://169.254.169.254/"}}, "invalid_request_uri"},
		"registration":              {client, url.Values{"registration": {"{}"}}, "registration_not_supported"},
		"scope twice (F10)":         {client, url.Values{"scope": {"openid", "email"}}, "invalid_request"},
		"nonce twice":               {client, url.Values{"nonce": {"a", "b"}}, "invalid_request"},
		"a nonce of two kilobytes":  {client, url.Values{"nonce": {strings.Repeat("n", 2000)}}, "invalid_request"},
		"a line break in the nonce": {client, url.Values{"nonce": {"a\r\nb"}}, "invalid_request"},
	}
	for name, tt := range tests {
		a := s.Send(http.MethodGet, strings.TrimPrefix(s.AuthorizeURL(tt.client, tt.change), s.Issuer()), nil)
		location, err := url.Parse(a.Header.Get("Location"))
		if err != nil || a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %q %v", name, a.StatusCode, a.Header.Get("Location"), err)
			continue
		}
		q := location.Query()
		if fragment, err := url.ParseQuery(location.Fragment); err == nil && strings.Contains(tt.change.Get("response_type"), "token") {
			maps.Copy(q, fragment) // what would have held a token is answered there
			location.Fragment = ""
		}
		if location.Host != "rp.test" || q.Get("error") != tt.want || q.Get("state") != "s" || q.Get("iss") != s.Issuer() || location.Fragment != "" {
			t.Errorf("%s: %s, want %s", name, location, tt.want)
		}
		if strings.ContainsAny(q.Get("error_description"), "\"\\\r\n") || strings.Contains(location.RawQuery, "admin") {
			t.Errorf("%s: input comes back in %s", name, location)
		}
		if tt.client == client && q.Get("registered") != "1" {
			t.Errorf("%s: the registered query is lost: %s", name, location)
		}
	}
}

// COD-07: a tenant may demand PKCE of clients that need not use it.
func TestPKCE_isNeededWhereTheTenantSaysSo(t *testing.T) {
	t.Parallel()
	without := url.Values{"code_challenge": {""}, "code_challenge_method": {""}}
	for demanded, want := range map[bool]string{false: "", true: "invalid_request"} {
		s := plintotest.Start(t, plintotest.Options{Settings: tenant.Settings{RequirePKCE: demanded}})
		client, _ := s.Client(testworld.Web("https://rp.test/cb"))
		p := s.Browser().Open(s.AuthorizeURL(client, without))
		got := ""
		if p.Left != nil {
			got = p.Left.Query().Get("error")
		}
		if got != want {
			t.Errorf("demanded %t: %q, want %q", demanded, got, want)
		}
	}
}

// Nothing of this is ever an error (OpenID Connect Core §3.1.2.1).
func TestAuthorize_ignoresWhatItMayIgnore(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	p := b.Open(s.AuthorizeURL(client, url.Values{
		"display": {"popup"}, "claims_locales": {"se"}, "ui_locales": {"xx-YY"}, "acr_values": {"1 2"}, "unknown": {"x"},
		"login_hint": {strings.Repeat("x", 500)}, "nonce": {""}, "state": {""},
	}))
	if p.Left == nil || p.Left.Query().Get("code") == "" || p.Left.Query().Has("state") {
		t.Errorf("at %s, left to %v", p.URL, p.Left)
	}
}
