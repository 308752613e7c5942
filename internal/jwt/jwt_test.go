package jwt_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"plinto/internal/jwt"
)

const claims = `{"iss":"https://op.test","sub":"user_1","aud":"client_1","exp":1800000000,"iat":1700000000}`

// keys holds one private key per algorithm; making them once keeps the RSA tests fast.
var keys = func() map[string]crypto.Signer {
	made := map[string]crypto.Signer{}
	for _, alg := range []string{jwt.RS256, jwt.ES256, jwt.ES384, jwt.ES512, jwt.EdDSA} {
		key, err := jwt.Generate(alg)
		if err != nil {
			panic(err)
		}
		made[alg] = key
	}
	for _, alg := range []string{jwt.RS384, jwt.RS512, jwt.PS256, jwt.PS384, jwt.PS512} {
		made[alg] = made[jwt.RS256]
	}
	return made
}()

// signerFor returns a signer with kid "k-<alg>".
func signerFor(t testing.TB, alg string) *jwt.Signer {
	t.Helper()
	signer, err := jwt.NewSigner(alg, "k-"+alg, keys[alg])
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func sign(t testing.TB, alg, typ, payload string) string {
	t.Helper()
	token, err := signerFor(t, alg).Sign(typ, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// allKeys is a set with the key of every algorithm.
func allKeys(t testing.TB) jwt.Keys {
	t.Helper()
	var set jwt.Keys
	for _, alg := range jwt.Asymmetric() {
		set = append(set, signerFor(t, alg).Public())
	}
	return set
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signHeader signs any header, however wrong, with the ES256 key.
func signHeader(t testing.TB, header, payload string) string {
	t.Helper()
	input := b64(header) + "." + b64(payload)
	return input + "." + b64(string(es256(t, input)))
}

func splitToken(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
