package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
)

func TestHalfHash_matchesOpenIDConnectExample(t *testing.T) {
	t.Parallel()
	// OpenID Connect Core appendix A.3 and A.4.
	if got := jwt.HalfHash(jwt.RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); got != "77QmUPtjPfzWtF2AnpK9RQ" {
		t.Errorf("at_hash %s", got)
	}
	if got := jwt.HalfHash(jwt.RS256, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"); got != "LDktKdoQak3Pk0cnXxCltA" {
		t.Errorf("c_hash %s", got)
	}
}

func TestHashFor_coversTheTable(t *testing.T) {
	t.Parallel()
	for alg, want := range map[string]crypto.Hash{
		jwt.RS256: crypto.SHA256, jwt.PS384: crypto.SHA384, jwt.ES512: crypto.SHA512, jwt.EdDSA: crypto.SHA512,
		jwt.HS384: crypto.SHA384, "none": 0, "rs256": 0,
	} {
		if got, ok := jwt.HashFor(alg); got != want || ok != (want != 0) {
			t.Errorf("%s: %v %v", alg, got, ok)
		}
	}
	if got := jwt.HalfHash("none", "x"); got != "" {
		t.Errorf("half hash for none: %q", got)
	}
	if got := len(jwt.HalfHash(jwt.EdDSA, "x")); got != 43 {
		t.Errorf("EdDSA half hash has %d characters", got)
	}
}

func TestThumbprint_matchesRFC7638Example(t *testing.T) {
	t.Parallel()
	n, err := base64.RawURLEncoding.DecodeString("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")
	if err != nil {
		t.Fatal(err)
	}
	got, err := jwt.Thumbprint(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537})
	if err != nil || got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Fatalf("%s, %v", got, err)
	}
	if _, err := jwt.Thumbprint("not a key"); !errors.Is(err, jwt.ErrKey) {
		t.Errorf("thumbprint of a string: %v", err)
	}
}

func TestPrivateKeys_surviveStorage(t *testing.T) {
	t.Parallel()
	for alg, key := range keys {
		der, err := jwt.MarshalPrivate(key)
		if err != nil {
			t.Fatal(err)
		}
		back, err := jwt.ParsePrivate(der)
		if err != nil {
			t.Fatal(err)
		}
		if !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(back) {
			t.Errorf("%s key changed", alg)
		}
	}
	for _, der := range [][]byte{nil, []byte("x"), make([]byte, 100)} {
		if _, err := jwt.ParsePrivate(der); !errors.Is(err, jwt.ErrKey) {
			t.Errorf("parse %x: %v", der, err)
		}
	}
}

func TestGenerate_refusesWhatHasNoKeyPair(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"", "none", jwt.HS256, "RS1", "es256"} {
		if _, err := jwt.Generate(alg); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("%q: %v", alg, err)
		}
	}
}

func TestPublicJWK_neverShowsAPrivateKey(t *testing.T) {
	t.Parallel()
	for alg, key := range keys {
		raw, err := json.Marshal(jwt.PublicJWK(key, "kid-1", alg)) // the mistake: not key.Public()
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, there := members[secret]; there {
				t.Errorf("%s JWK has member %q", alg, secret)
			}
		}
		if members["use"] != "sig" || members["kid"] != "kid-1" || members["alg"] != alg {
			t.Errorf("%s JWK: %s", alg, raw)
		}
	}
}

func jwks(t *testing.T, members ...any) []byte {
	t.Helper()
	return []byte(asJSON(t, map[string]any{"keys": members}))
}

func TestParseKeys_readsWhatPublicJWKWrites(t *testing.T) {
	t.Parallel()
	var members []any
	for _, alg := range jwt.Asymmetric() {
		members = append(members, jwt.PublicJWK(keys[alg].Public(), "k-"+alg, alg))
	}
	set, err := jwt.ParseKeys(jwks(t, members...))
	if err != nil || len(set) != len(members) {
		t.Fatalf("%d keys, %v", len(set), err)
	}
	for _, alg := range jwt.Asymmetric() {
		if _, _, err := jwt.Verify(sign(t, alg, "", claims), set, jwt.Options{}); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestParseKeys_leavesOutWhatIsNotForSignatures(t *testing.T) {
	t.Parallel()
	encryption := jwt.PublicJWK(keys[jwt.RS256].Public(), "enc", "RSA-OAEP")
	encryption.Use = "enc"
	unnamed := jwt.PublicJWK(keys[jwt.RS256].Public(), "oaep", "RSA-OAEP")
	set, err := jwt.ParseKeys(jwks(t, encryption, unnamed,
		map[string]any{"kty": "future", "x": 1},
		map[string]any{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
		map[string]any{"kty": "OKP", "crv": "X25519", "x": "AA"},
		withOps(t, "wraps", "wrapKey", "encrypt"), withOps(t, "nothing"), withOps(t, "verifies", "sign", "verify"),
		jwt.PublicJWK(keys[jwt.ES256].Public(), "good", jwt.ES256)))
	if err != nil || len(set) != 2 || set[0].ID != "verifies" || set[1].ID != "good" {
		t.Fatalf("%+v, %v", set, err)
	}
}

// RFC 7517 §4.3: key_ops say what a key may be used for.
func TestParseEncryptionKeys_leavesOutWhatIsNotForEncryption(t *testing.T) {
	t.Parallel()
	set, err := jwt.ParseEncryptionKeys(jwks(t, withOps(t, "verifies", "verify"), withOps(t, "derives", "deriveKey"), withOps(t, "nothing"),
		jwt.PublicJWK(keys[jwt.ES256].Public(), "signs", "")))
	if err != nil || len(set) != 1 || set[0].KeyID != "derives" {
		t.Fatalf("%+v, %v", set, err)
	}
}

// withOps is a key without use, for those operations.
func withOps(t *testing.T, kid string, ops ...string) map[string]any {
	t.Helper()
	raw, err := json.Marshal(jwt.PublicJWK(keys[jwt.ES256].Public(), kid, ""))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "use")
	members["key_ops"] = append([]string{}, ops...)
	return members
}

func TestParseKeys_refusesDangerousSets(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ec := keys[jwt.ES256].(*ecdsa.PrivateKey)
	huge := &rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 8500), big.NewInt(1)), E: 65537}
	many := make([]any, 33)
	for i := range many {
		many[i] = jwt.PublicJWK(ec.Public(), fmt.Sprint(i), jwt.ES256)
	}
	for name, raw := range map[string][]byte{
		"private":        jwks(t, jose.JSONWebKey{Key: ec}),
		"symmetric":      jwks(t, map[string]any{"kty": "oct", "k": "c2VjcmV0"}),
		"weak RSA":       jwks(t, jwt.PublicJWK(&weak.PublicKey, "w", "")),
		"weak RS256":     jwks(t, jwt.PublicJWK(&weak.PublicKey, "w", jwt.RS256)),
		"huge RSA":       jwks(t, jwt.PublicJWK(huge, "h", "")),
		"wrong alg":      jwks(t, jwt.PublicJWK(ec.Public(), "k", jwt.ES384)),
		"off the curve":  jwks(t, map[string]any{"kty": "EC", "crv": "P-256", "x": b64(strings.Repeat("\x01", 32)), "y": b64(strings.Repeat("\x01", 32))}),
		"long kid":       jwks(t, jwt.PublicJWK(ec.Public(), strings.Repeat("k", 257), jwt.ES256)),
		"too many":       jwks(t, many...),
		"too long":       append(jwks(t), make([]byte, jwt.MaxKeySetBytes)...),
		"no object":      []byte(`[]`),
		"no keys":        []byte(`{}`),
		"not JSON":       []byte(`<html>`),
		"key not object": []byte(`{"keys":["x"]}`),
	} {
		if set, err := jwt.ParseKeys(raw); !errors.Is(err, jwt.ErrKey) {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
}
