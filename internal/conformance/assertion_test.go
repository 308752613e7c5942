package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/provider"
)

// CLI-01, CLI-04, CLI-06, CLI-13, CLI-15, CLI-16, F4, F6.
func TestAssertion_refuses(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	cc := func(m *provider.Metadata) {
		m.GrantTypes, m.ResponseTypes, m.RedirectURIs = []string{provider.GrantClientCredentials}, nil, nil
	}
	p, other := newParty(t, s, false, cc), newParty(t, s, false, cc)
	grant := url.Values{"grant_type": {"client_credentials"}}
	now := time.Now()
	for name, token := range map[string]string{
		"no subject":              p.assertion(nil, "sub"),
		"no issuer":               p.assertion(nil, "iss"),
		"another issuer":          p.assertion(map[string]any{"iss": other.c.ClientID}),
		"another audience":        p.assertion(map[string]any{"aud": "https://evil.example"}),
		"two audiences (F6)":      p.assertion(map[string]any{"aud": []string{"https://evil.example", s.Issuer() + "/oauth2/token"}}),
		"no audience":             p.assertion(nil, "aud"),
		"no exp":                  p.assertion(nil, "exp"),
		"expired":                 p.assertion(map[string]any{"exp": now.Add(-time.Minute).Unix()}),
		"ten years (F6, CLI-04)":  p.assertion(map[string]any{"exp": now.Add(10 * 365 * 24 * time.Hour).Unix()}),
		"not yet":                 p.assertion(map[string]any{"nbf": now.Add(time.Minute).Unix()}),
		"issued tomorrow":         p.assertion(map[string]any{"iat": now.Add(24 * time.Hour).Unix()}),
		"no jti":                  p.assertion(nil, "jti"),
		"a long jti":              p.assertion(map[string]any{"jti": strings.Repeat("j", 300)}),
		"another key":             sign(t, "RS256", newRSA(t), "one", "", p.assertionClaims(nil)),
		"a kid of a path":         sign(t, "RS256", newRSA(t), "../../etc/passwd", "", p.assertionClaims(nil)),
		"a kid of SQL":            sign(t, "RS256", newRSA(t), "' OR 1=1--", "", p.assertionClaims(nil)),
		"a request object's type": sign(t, "RS256", p.key, p.kid, "oauth-authz-req+jwt", p.assertionClaims(nil)),
		"an access token's type":  sign(t, "RS256", p.key, p.kid, "at+jwt", p.assertionClaims(nil)),
		"HMAC with the key":       sign(t, "HS256", p.public(), "", "", p.assertionClaims(nil)),
		"an unknown client":       p.assertion(map[string]any{"iss": "nobody", "sub": "nobody"}),
		"alg none":                base64JSON(`{"alg":"none"}`) + "." + strings.Split(p.assertion(nil), ".")[1] + ".",
		"dots (CLI-16)":           strings.Repeat(".", 8_000),
		"a JWE (CLI-15)":          base64JSON(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}`) + ".AAAA.AAAA.AAAA.AAAA",
		"nothing":                 "",
	} {
		a := p.send(token, grant)
		if a.StatusCode != http.StatusUnauthorized || a.JSON["error"] != "invalid_client" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	burnt := map[string]any{"jti": "refused before", "aud": "https://evil.example"}
	if a := p.send(p.assertion(burnt), grant); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("another audience: %d", a.StatusCode)
	}
	good := p.assertion(map[string]any{"jti": burnt["jti"]})
	for name, form := range map[string]url.Values{
		"another type":        {"client_assertion_type": {"urn:x"}, "grant_type": {"client_credentials"}},
		"another client_id":   {"client_id": {other.c.ClientID}, "grant_type": {"client_credentials"}},
		"a secret beside it":  {"client_secret": {"x"}, "client_id": {p.c.ClientID}, "grant_type": {"client_credentials"}},
		"the secret for keys": {"client_assertion": nil, "client_assertion_type": nil, "client_secret": {"x"}, "client_id": {p.c.ClientID}, "grant_type": {"client_credentials"}},
	} {
		if a := p.send(good, form); a.StatusCode != http.StatusUnauthorized && a.JSON["error"] != "invalid_request" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	// None of that burnt its jti (F4), and another client may use the same (F5).
	if a := p.send(good, grant); a.StatusCode != http.StatusOK {
		t.Errorf("the good one after all: %d %s", a.StatusCode, a.Text)
	}
	if a := p.send(good, grant); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the good one again: %d", a.StatusCode)
	}
	shared := map[string]any{"jti": "shared"}
	for _, q := range []*party{p, other} {
		if a := q.send(q.assertion(shared), grant); a.StatusCode != http.StatusOK {
			t.Errorf("a jti that another client used: %d %s", a.StatusCode, a.Text)
		}
	}
}

// CLI-01: of many at once, one.
func TestAssertion_isAcceptedOnce(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	p := newParty(t, s, false, func(m *provider.Metadata) {
		m.GrantTypes, m.ResponseTypes, m.RedirectURIs = []string{provider.GrantClientCredentials}, nil, nil
	})
	token := p.assertion(nil)
	var accepted atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if p.send(token, url.Values{"grant_type": {"client_credentials"}}).StatusCode == http.StatusOK {
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	if n := accepted.Load(); n != 1 {
		t.Errorf("accepted %d times", n)
	}
}
