package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/plintotest"
	"plinto/provider"
)

// What is just accepted of a client assertion, and what is just not: clocks of
// clients go wrong by seconds, not by minutes.
func TestAssertion_edges(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	p := newParty(t, s, false, service)
	grant := url.Values{"grant_type": {"client_credentials"}}
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, c := range map[string]struct {
		change map[string]any
		want   int
	}{
		"issued in 8 seconds":        {map[string]any{"iat": at(8 * time.Second)}, 200},
		"issued in 70 seconds":       {map[string]any{"iat": at(70 * time.Second)}, 401},
		"good from 8 seconds on":     {map[string]any{"nbf": at(8 * time.Second)}, 200},
		"good from 70 seconds on":    {map[string]any{"nbf": at(70 * time.Second)}, 401},
		"expired 5 seconds ago":      {map[string]any{"exp": at(-5 * time.Second)}, 200},
		"expired 15 seconds ago":     {map[string]any{"exp": at(-15 * time.Second)}, 401},
		"good for an hour":           {map[string]any{"exp": at(time.Hour)}, 200},
		"good for two hours":         {map[string]any{"exp": at(2 * time.Hour)}, 401},
		"for the endpoint called":    {map[string]any{"aud": s.Issuer() + "/oauth2/token"}, 200},
		"for another endpoint of us": {map[string]any{"aud": s.Issuer() + "/oauth2/par"}, 401},
		"for us by two names":        {map[string]any{"aud": []string{s.Issuer(), s.Issuer() + "/oauth2/token"}}, 200},
		"for nobody":                 {map[string]any{"aud": []string{}}, 401},
		"an audience in capitals":    {map[string]any{"aud": strings.ToUpper(s.Issuer())}, 401},
	} {
		if a := p.send(p.assertion(c.change), grant); a.StatusCode != c.want {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	for typ, want := range map[string]int{
		"": 200, "JWT": 200, "client-authentication+jwt": 200, "application/client-authentication+jwt": 200, "logout+jwt": 401,
	} {
		if a := p.send(sign(t, "RS256", p.key, p.kid, typ, p.assertionClaims(nil)), grant); a.StatusCode != want {
			t.Errorf("typ %q: %d", typ, a.StatusCode)
		}
	}
}

// The key of a client: the one its kid names, or else every one that fits.
func TestClientKeys_areChosenByKidOrFit(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	one, two, ec := newRSA(t), newRSA(t), keyBy(t, "ES256")
	set := func(keys ...jose.JSONWebKey) func(*provider.Metadata) {
		for i := range keys {
			keys[i] = keys[i].Public()
		}
		raw, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		return func(m *provider.Metadata) {
			service(m)
			m.JWKS = raw
		}
	}
	nameless := newParty(t, s, false, set(jose.JSONWebKey{Key: ec}, jose.JSONWebKey{Key: one}, jose.JSONWebKey{Key: two, Use: "sig"}))
	named := newParty(t, s, false, set(jose.JSONWebKey{Key: one, KeyID: "one"}, jose.JSONWebKey{Key: two, KeyID: "two"}))
	forEncryption := newParty(t, s, false, set(jose.JSONWebKey{Key: one, Use: "enc"}, jose.JSONWebKey{Key: ec}))
	for name, c := range map[string]struct {
		p    *party
		key  any
		kid  string
		want int
	}{
		"no kid, the second that fits": {nameless, two, "", 200},
		"a kid that the set lacks":     {nameless, two, "whatever", 200},
		"its kid":                      {named, two, "two", 200},
		"no kid in a set with some":    {named, two, "", 200},
		"the kid of another key":       {named, two, "one", 401},
		"a kid of no key in a set":     {named, two, "three", 401},
		"a key for encryption":         {forEncryption, one, "", 401},
		"a key that is not in the set": {nameless, newRSA(t), "", 401},
	} {
		token := sign(t, "RS256", c.key, c.kid, "", c.p.assertionClaims(nil))
		if a := c.p.send(token, url.Values{"grant_type": {"client_credentials"}}); a.StatusCode != c.want {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
}

// While a secret is being replaced, both work, for every method that uses one.
func TestSecrets_twoAreActiveWhileOneIsReplaced(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	for _, method := range []string{provider.AuthBasic, provider.AuthPost, provider.AuthSecretJWT} {
		p := newParty(t, s, false, func(m *provider.Metadata) {
			service(m)
			m.TokenEndpointAuthMethod, m.JWKS = method, nil
		})
		fresh, err := s.Registrar().RotateSecret(s.In(), p.c.ClientID, false)
		if err != nil {
			t.Fatal(err)
		}
		for name, plain := range map[string]string{"the old": p.secret, "the new": fresh.Plain} {
			if a := p.bySecret(method, plain); a.StatusCode != http.StatusOK {
				t.Errorf("%s, %s secret: %d %s", method, name, a.StatusCode, a.Text)
			}
		}
		if a := p.bySecret(method, provider.NewClientSecret(p.c.Metadata)); a.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), `Basic realm="`+s.Issuer()+`"`) {
			t.Errorf("%s, another secret: %d %v", method, a.StatusCode, a.Header)
		}
	}
}

// bySecret asks for a token with that secret.
func (p *party) bySecret(method, plain string) plintotest.Answer {
	p.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	switch method {
	case provider.AuthSecretJWT:
		return p.send(sign(p.t, "HS256", []byte(plain), "", "", p.assertionClaims(nil)), form)
	case provider.AuthPost:
		form.Set("client_id", p.c.ClientID)
		form.Set("client_secret", plain)
		return p.s.Send(http.MethodPost, "/oauth2/token", form)
	}
	return p.s.Send(http.MethodPost, "/oauth2/token", form, plintotest.As(p.c, plain))
}

// What is just accepted of a request object, and what its members may look like.
func TestRequestObject_edges(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	p := newParty(t, s, false)
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"good from 8 seconds on":     {map[string]any{"nbf": at(8 * time.Second)}, ""},
		"good from 70 seconds on":    {map[string]any{"nbf": at(70 * time.Second)}, "invalid_request_object"},
		"expired 5 seconds ago":      {map[string]any{"exp": at(-5 * time.Second)}, ""},
		"expired 15 seconds ago":     {map[string]any{"exp": at(-15 * time.Second)}, "invalid_request_object"},
		"for us and others":          {map[string]any{"aud": []string{"https://other.example", s.Issuer()}}, ""},
		"its subject is the client":  {map[string]any{"sub": p.c.ClientID}, "invalid_request_object"},
		"max_age in words":           {map[string]any{"max_age": "10000"}, ""},
		"max_age with a fraction":    {map[string]any{"max_age": 1.5}, "invalid_request"},
		"claims in a string":         {map[string]any{"claims": `{"userinfo":{"name":null}}`}, ""},
		"claims that are no object":  {map[string]any{"claims": []int{1}}, "invalid_request"},
		"a member that nobody knows": {map[string]any{"extra": map[string]any{"a": []any{1, true, nil}}}, ""},
		"a member of null":           {map[string]any{"login_hint": nil}, ""},
		"registration":               {map[string]any{"registration": map[string]any{}}, "registration_not_supported"},
		"a redirect_uri not of ours": {map[string]any{"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"},
		"a scope beyond":             {map[string]any{"scope": "openid admin"}, ""},
		"no scope that is known":     {map[string]any{"scope": "admin"}, "invalid_scope"},
		"a response_mode of its own": {map[string]any{"response_mode": "form_post"}, ""},
	} {
		address := s.Issuer() + "/oauth2/authorize?" + p.request("code", url.Values{"request": {p.object(c.change)}}).Encode()
		page := p.browser.Open(address)
		if c.want == "invalid_redirect_uri" {
			if page.Left != nil || !strings.Contains(page.Doc.Text(), c.want) {
				t.Errorf("%s: left to %v", name, page.Left)
			}
			continue
		}
		if a := p.walk(page); a.Get("error") != c.want || c.want == "" && (a.Get("code") == "" || a.Get("state") != "inside") {
			t.Errorf("%s: %v, want %q", name, a.Values, c.want)
		}
	}
	for typ, want := range map[string]string{"": "", "JWT": "", "oauth-authz-req+jwt": "", "client-authentication+jwt": "invalid_request_object", "logout+jwt": "invalid_request_object"} {
		claims := map[string]any{"iss": p.c.ClientID, "aud": s.Issuer(), "redirect_uri": callback, "response_type": "code", "scope": "openid"}
		if a := p.authorize("code", url.Values{"request": {sign(t, "RS256", p.key, p.kid, typ, claims)}}); a.Get("error") != want {
			t.Errorf("typ %q: %v", typ, a.Values)
		}
	}
	for name, change := range map[string]url.Values{
		"by value and by reference": {"request": {p.object(nil)}, "request_uri": {p.site.URL + "/object#random-fragment"}},
		"twice":                     {"request": {p.object(nil), p.object(nil)}},
		"twice, once empty":         {"request": {p.object(nil), ""}},
	} {
		if a := p.authorize("code", change); a.Get("error") != "invalid_request" {
			t.Errorf("%s: %v", name, a.Values)
		}
	}
	if a := p.authorize("code", url.Values{"request": {p.object(map[string]any{"resource": ""})}, "request_uri": {""}}); a.Get("code") == "" {
		t.Errorf("beside what was sent empty: %v", a.Values)
	}
}

// Details of answers and refusals that docs/protocol.md names.
func TestAnswers_inTheirDetails(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := plintotest.Start(t, plintotest.Options{Now: c.now, Settings: open})
	s.User(buffy)
	r := newRP(t, s, "code")
	if a := r.authorize("code", url.Values{"state": {""}}); a.Has("state") || a.Get("code") == "" {
		t.Errorf("an empty state came back: %v", a.Values)
	}
	if a := r.authorize("code", url.Values{"prompt": {"none login"}, "state": nil}); a.Has("state") || a.Get("error") != "invalid_request" {
		t.Errorf("a state from nowhere: %v", a.Values)
	}
	sealed := r.authorize("code", url.Values{"response_mode": {"jwt"}, "prompt": {"none login"}})
	if inside := r.unsealed(sealed.Values, "RS256"); inside.Get("error") != "invalid_request" || inside.Get("state") == "" {
		t.Errorf("a sealed error: %v", inside)
	}
	address := "/oauth2/authorize?" + r.request("code", url.Values{"prompt": {"none"}}).Encode()
	if a := s.Send(http.MethodGet, address, nil); a.StatusCode != http.StatusSeeOther || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("a redirect: %d %v", a.StatusCode, a.Header)
	}
	posted := s.Send(http.MethodGet, "/oauth2/authorize?"+r.request("code", url.Values{"prompt": {"none"}, "response_mode": {"form_post"}}).Encode(), nil)
	if csp := posted.Header.Get("Content-Security-Policy"); posted.StatusCode != http.StatusOK || posted.Header.Get("Cache-Control") != "no-store" || strings.Contains(csp, "form-action") || !strings.Contains(posted.Text, "<button") {
		t.Errorf("a form: %d %v", posted.StatusCode, posted.Header)
	}
	// What a client registered holds where the request says nothing.
	aged := newRP(t, s, "code", func(m *provider.Metadata) { age := int64(60); m.DefaultMaxAge = &age })
	aged.authorize("code", nil)
	c.forward(2 * time.Minute)
	if a := aged.authorize("code", nil); len(a.seen) != 1 || a.seen[0] != "login" {
		t.Errorf("default_max_age: saw %v", a.seen)
	}
	c.forward(2 * time.Minute)
	if a := aged.authorize("code", url.Values{"max_age": {"10000"}}); len(a.seen) != 0 {
		t.Errorf("max_age over default_max_age: saw %v", a.seen)
	}
}
