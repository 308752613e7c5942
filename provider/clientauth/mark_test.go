package clientauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// signedBy is an assertion of a client that its secret signs (RFC 7523 §2.2).
func signedBy(t *testing.T, p party, issuer string, issuedAt time.Time) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{
		"iss": p.ClientID, "sub": p.ClientID, "aud": issuer, "jti": rand.Text(), "iat": issuedAt.Unix(), "exp": issuedAt.Add(2 * time.Minute).Unix(),
	})
	must(t, err)
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(p.Secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// BAK-04: a tenant that was put back to an earlier time does not know which assertions were used since. None that was signed
// before is taken.
func TestAssertion_ofBeforeTheMarkOfTheTenantIsRefused_BAK_04(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("hmac", authMethod(provider.AuthSecretJWT))
	restored := *w.tenant
	restored.NotBefore = time.Now().Add(-30 * time.Second)
	for _, c := range []struct {
		name string
		of   *tenant.Tenant
		at   time.Time
		want string
	}{
		{"before", &restored, time.Now().Add(-time.Minute), "invalid_client"},
		{"after", &restored, time.Now(), ""},
		{"before, of a tenant that was never put back", w.tenant, time.Now().Add(-time.Minute), ""},
	} {
		f := form("client_assertion_type", assertionType, "client_assertion", signedBy(t, p, c.of.Issuer, c.at))
		_, err := w.Authenticate(tenant.With(w.ctx, c.of), httptest.NewRequest("POST", c.of.Path+"/oauth2/token", nil), f)
		if got := testworld.ErrorCode(err); got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}
