package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	ours "plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/provider"
)

// Every way to wrap a key × every way to encrypt the content, for ID tokens,
// userinfo and sealed answers, opened by a library that is not ours.
func TestEncryption_ofEveryKind(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	s.User(buffy)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		encryptionCell(t, s, "ECDH-ES", "A256GCM", key)
		encryptionCell(t, s, "ECDH-ES+A128KW", "A128CBC-HS256", key)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range slices.Concat(ours.KeyAlgorithms, provider.SecretWrapAlgs) {
		for _, enc := range ours.ContentAlgorithms {
			var key any = ec
			switch {
			case strings.HasPrefix(alg, "RSA"):
				key = rsaKey()
			case slices.Contains(provider.SecretWrapAlgs, alg):
				key = nil
			}
			encryptionCell(t, s, alg, enc, key)
		}
	}
}

// encryptionCell signs in with everything encrypted; key nil means the secret.
func encryptionCell(t *testing.T, s *plintotest.Server, alg, enc string, key any) {
	t.Helper()
	r := newRP(t, s, "code", func(m *provider.Metadata) {
		if key != nil {
			m.JWKS = publish(key, "enc", "enc")
		}
		m.IDTokenSignedAlg, m.UserinfoSignedAlg, m.AuthorizationSignedAlg = "ES256", "ES256", "ES256"
		m.IDTokenEncryptedAlg, m.IDTokenEncryptedEnc = alg, enc
		m.UserinfoEncryptedAlg, m.UserinfoEncryptedEnc = alg, enc
		m.AuthorizationEncryptedAlg, m.AuthorizationEncryptedEnc = alg, enc
	})
	answer := r.open(r.authorize("code", url.Values{"response_mode": {"jwt"}}).Get("response"), alg, enc, key)
	tokens := r.tokens(answer["code"].(string))
	id := r.open(tokens["id_token"].(string), alg, enc, key)
	info := s.Send(http.MethodGet, "/oauth2/userinfo", nil, plintotest.With("Authorization", "Bearer "+tokens["access_token"].(string)))
	if id["nonce"] != "n0nce01234" || id["sub"] != r.open(info.Text, alg, enc, key)["sub"] {
		t.Errorf("%s, %s: %v, %s", alg, enc, id, info.Text)
	}
}

// open decrypts a nested token and verifies what is inside.
func (r *rp) open(token, alg, enc string, key any) map[string]any {
	t := r.t
	t.Helper()
	sealed, err := jose.ParseEncryptedCompact(token, []jose.KeyAlgorithm{jose.KeyAlgorithm(alg)}, []jose.ContentEncryption{jose.ContentEncryption(enc)})
	if err != nil {
		t.Fatalf("%s, %s: %v", alg, enc, err)
	}
	kid := "enc"
	if key == nil {
		key, kid = secretKey(alg, enc, r.secret), ""
	}
	plain, err := sealed.Decrypt(key)
	if err != nil || sealed.Header.KeyID != kid || sealed.Header.ExtraHeaders["cty"] != "JWT" {
		t.Fatalf("%s, %s: %v, %+v", alg, enc, err, sealed.Header)
	}
	inner, err := jwt.ParseSigned(string(plain), []jose.SignatureAlgorithm{"ES256"})
	if err != nil {
		t.Fatalf("%s, %s: %v", alg, enc, err)
	}
	var claims map[string]any
	if err := inner.Claims(r.keys("ES256"), &claims); err != nil {
		t.Fatalf("%s, %s: %v", alg, enc, err)
	}
	return claims
}

// secretKey derives a key as OpenID Connect Core 1.0 §10.2 says, in bits: up to 256
// by SHA-256, up to 384 by SHA-384, up to 512 by SHA-512.
func secretKey(alg, enc, secret string) []byte {
	bits := map[string]int{
		"A128KW": 128, "A192KW": 192, "A256KW": 256, "A128GCMKW": 128, "A192GCMKW": 192, "A256GCMKW": 256,
		"dir A128CBC-HS256": 256, "dir A192CBC-HS384": 384, "dir A256CBC-HS512": 512, "dir A128GCM": 128, "dir A192GCM": 192, "dir A256GCM": 256,
	}
	size := bits[alg]
	if alg == "dir" {
		size = bits["dir "+enc]
	}
	h256, h384, h512 := sha256.Sum256([]byte(secret)), sha512.Sum384([]byte(secret)), sha512.Sum512([]byte(secret))
	for _, sum := range [][]byte{h256[:], h384[:], h512[:]} {
		if size <= 8*len(sum) {
			return sum[:size/8]
		}
	}
	return nil
}
