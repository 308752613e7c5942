package jwt_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"plinto/internal/jwt"
)

// The raw benchmarks are the floor: the same digest and the bare signature, nothing written.

func BenchmarkRawES256(b *testing.B) { benchmarkRaw(b, jwt.ES256) }
func BenchmarkRawRS256(b *testing.B) { benchmarkRaw(b, jwt.RS256) }

func benchmarkRaw(b *testing.B, alg string) {
	b.ReportAllocs()
	key := keys[alg]
	for b.Loop() {
		digest := sha256.Sum256([]byte(claims))
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	for _, alg := range []string{jwt.ES256, jwt.RS256, jwt.EdDSA} {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			signer := signerFor(b, alg)
			for b.Loop() {
				if _, err := signer.Sign("at+jwt", []byte(claims)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []string{jwt.ES256, jwt.RS256, jwt.EdDSA} {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			token, set := sign(b, alg, "at+jwt", claims), allKeys(b)
			for b.Loop() {
				if _, _, err := jwt.Verify(token, set, jwt.Options{Type: "at+jwt"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Everything but the signature: what a flood of wrong tokens costs.
func BenchmarkPeek(b *testing.B) {
	b.ReportAllocs()
	token := sign(b, jwt.ES256, "at+jwt", claims)
	for b.Loop() {
		if _, _, err := jwt.Peek(token); err != nil {
			b.Fatal(err)
		}
	}
}
