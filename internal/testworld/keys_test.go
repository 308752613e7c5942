package testworld_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"testing"

	"plinto/internal/jwt"
	"plinto/internal/testworld"
)

func TestSigningKeys_giveATestNoKeyTwice(t *testing.T) {
	t.Parallel()
	made := func(t *testing.T, generate func(string) (crypto.Signer, error), alg string) crypto.Signer {
		t.Helper()
		key, err := generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	one, two := testworld.SigningKeys(t), testworld.SigningKeys(t)
	first := made(t, one, jwt.RS256).(*rsa.PrivateKey)
	if again := made(t, one, jwt.RS256); first.Equal(again) {
		t.Error("a server got the same key twice")
	}
	if first.Equal(made(t, two, jwt.PS256)) {
		t.Error("two servers of a test got the same key")
	}
	t.Run("of a subtest", func(t *testing.T) {
		if first.Equal(made(t, testworld.SigningKeys(t), jwt.RS256)) {
			t.Error("a subtest got a key of its test")
		}
	})
	if a, b := made(t, one, jwt.ES256).(*ecdsa.PrivateKey), made(t, one, jwt.ES256); a.Equal(b) {
		t.Error("an EC key came twice")
	}
}
