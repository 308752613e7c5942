package register_test

import (
	"crypto"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// An issuer signs software statements.
type issuer struct {
	key    crypto.Signer
	signer *jwt.Signer
	t      *testing.T
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := jwt.Generate("ES256")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.NewSigner("ES256", "1", key)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{key, signer, t}
}

func (i *issuer) jwks() json.RawMessage {
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwt.PublicJWK(i.key.Public(), "1", "ES256")}})
	if err != nil {
		i.t.Fatal(err)
	}
	return set
}

func (i *issuer) sign(claims map[string]any) string {
	i.t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		i.t.Fatal(err)
	}
	token, err := i.signer.Sign("", payload)
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// with is minimal with a name of the client's own and a statement.
func with(statement string) string {
	return `{"redirect_uris":["https://rp.example/cb"],"client_name":"Bank","software_statement":"` + statement + `"}`
}

// believing starts a server that believes i, by value as "a" and by reference as "b".
func believing(t *testing.T, i *issuer) *plintotest.Server {
	t.Helper()
	keys := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(i.jwks()) }))
	t.Cleanup(keys.Close)
	return open(t, func(s *tenant.Settings) {
		s.Registration.StatementIssuers = []tenant.StatementIssuer{{Issuer: "a", JWKS: i.jwks()}, {Issuer: "b", JWKSURI: keys.URL}}
	})
}

// RFC 7591 §2.3, §3.2.1.
func TestRegister_whatAStatementSaysHasPrecedence(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	s := believing(t, i)
	for _, iss := range []string{"a", "b"} {
		statement := i.sign(map[string]any{"iss": iss, "client_name": "Attested", "software_id": "s", "aud": s.Issuer(), "exp": time.Now().Add(time.Hour).Unix(), "client_id": "mine"})
		made := registered(t, s, with(statement))
		if made.JSON["client_name"] != "Attested" || made.JSON["software_id"] != "s" || made.JSON["software_statement"] != statement || made.JSON["client_id"] == "mine" || made.JSON["iss"] != nil {
			t.Errorf("%s: %s", iss, made.Text)
		}
		uri, token := own(s, made)
		later := put(s, uri, token, map[string]any{"client_id": made.JSON["client_id"], "redirect_uris": []string{"https://rp.example/2"}, "client_name": "Another"})
		if later.StatusCode != http.StatusOK || later.JSON["client_name"] != "Attested" || later.JSON["software_statement"] != statement {
			t.Errorf("%s: the client talked it away: %d %s", iss, later.StatusCode, later.Text)
		}
	}
}

func TestRegister_refusesStatementsThatProveNothing(t *testing.T) {
	t.Parallel()
	i, stranger := newIssuer(t), newIssuer(t)
	s := believing(t, i)
	good := i.sign(map[string]any{"iss": "a", "client_name": "Attested"})
	registered(t, s, with(good))
	const unapproved, invalid = "unapproved_software_statement", "invalid_software_statement"
	for name, c := range map[string]struct{ statement, code string }{
		"another issuer":    {i.sign(map[string]any{"iss": "c"}), unapproved},
		"no issuer":         {i.sign(map[string]any{"client_name": "x"}), unapproved},
		"another's key":     {stranger.sign(map[string]any{"iss": "a"}), invalid},
		"another's by link": {stranger.sign(map[string]any{"iss": "b"}), invalid},
		"expired":           {i.sign(map[string]any{"iss": "a", "exp": time.Now().Add(-time.Hour).Unix()}), invalid},
		"for another":       {i.sign(map[string]any{"iss": "a", "aud": "https://other.example"}), invalid},
		"from the future":   {i.sign(map[string]any{"iss": "a", "iat": time.Now().Add(time.Hour).Unix()}), invalid},
		"cut":               {good[:len(good)-4], invalid},
		"unsigned":          {"eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0.", invalid},
		"rubbish":           {"x", invalid},
	} {
		if a := post(s, with(c.statement)); a.StatusCode != 400 || a.JSON["error"] != c.code {
			t.Errorf("%s: %d %s, want %s", name, a.StatusCode, a.Text, c.code)
		}
	}
	bad := i.sign(map[string]any{"iss": "a", "redirect_uris": []string{"javascript:alert(1)"}})
	post(s, with(bad)).Wants(t, 400, "invalid_redirect_uri")
}
