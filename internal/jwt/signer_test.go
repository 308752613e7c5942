package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/jwt"
)

func es256(t testing.TB, input string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, keys[jwt.ES256].(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func TestSigner_writesWhatVerifyReads_everyAlgorithm(t *testing.T) {
	t.Parallel()
	for _, alg := range jwt.Asymmetric() {
		for _, typ := range []string{"JWT", "at+jwt", "unprepared+jwt"} {
			payload, header, err := jwt.Verify(sign(t, alg, typ, claims), allKeys(t), jwt.Options{Type: typ})
			if err != nil {
				t.Errorf("%s %s: %v", alg, typ, err)
				continue
			}
			if diff := cmp.Diff(claims, string(payload)); diff != "" {
				t.Errorf("%s payload (-want +got):\n%s", alg, diff)
			}
			want := jwt.Header{Algorithm: alg, KeyID: "k-" + alg, Type: typ}
			if diff := cmp.Diff(want, header); diff != "" {
				t.Errorf("%s header (-want +got):\n%s", alg, diff)
			}
		}
	}
}

// A quarter of all ECDSA signatures has an r or s with a leading zero bit pattern that ASN.1 shortens.
func TestSigner_padsShortECDSAIntegers(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{jwt.ES256, jwt.ES384, jwt.ES512} {
		size := map[string]int{jwt.ES256: 64, jwt.ES384: 96, jwt.ES512: 132}[alg]
		signer, set := signerFor(t, alg), allKeys(t)
		for range 300 {
			token, err := signer.Sign("", []byte(claims))
			if err != nil {
				t.Fatal(err)
			}
			_, _, signature := splitToken(token)
			if raw, _ := base64.RawURLEncoding.DecodeString(signature); len(raw) != size {
				t.Fatalf("%s signature has %d bytes, want %d", alg, len(raw), size)
			}
			if _, _, err := jwt.Verify(token, set, jwt.Options{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSigner_emptyTypeMeansJWT(t *testing.T) {
	t.Parallel()
	_, header, err := jwt.Peek(sign(t, jwt.ES256, "", claims))
	if err != nil || header.Type != "JWT" {
		t.Fatalf("typ %q, %v", header.Type, err)
	}
}

func TestSigner_mayBeSharedByGoroutines(t *testing.T) {
	t.Parallel()
	signer, set := signerFor(t, jwt.ES256), allKeys(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				token, err := signer.Sign("at+jwt", []byte(claims))
				if err != nil {
					t.Error(err)
					return
				}
				if _, _, err := jwt.Verify(token, set, jwt.Options{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func TestNewSigner_refusesKeysThatDoNotFit(t *testing.T) {
	t.Parallel()
	for alg, of := range map[string]string{
		jwt.RS256: jwt.ES256, jwt.ES256: jwt.ES384, jwt.ES384: jwt.RS256, jwt.EdDSA: jwt.ES256, jwt.PS256: jwt.EdDSA,
		jwt.HS256: jwt.RS256, "none": jwt.RS256, "": jwt.ES256, "es256": jwt.ES256,
	} {
		if _, err := jwt.NewSigner(alg, "k", keys[of]); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("%q with a key for %s: %v", alg, of, err)
		}
	}
	if _, err := jwt.NewSigner(jwt.ES256, "", keys[jwt.ES256]); !errors.Is(err, jwt.ErrKey) {
		t.Errorf("empty kid: %v", err)
	}
}

// strangeKey is a remote key whose service misbehaves.
type strangeKey struct {
	crypto.Signer
	answer []byte
	err    error
}

func (k strangeKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return k.answer, k.err
}

func TestSigner_reportsAMisbehavingKey(t *testing.T) {
	t.Parallel()
	down := errors.New("key service down")
	tooLong := append([]byte{0x30, 0x28, 0x02, 0x22, 0x7f}, make([]byte, 33+4)...)
	tooLong[39-1], tooLong[39] = 0x02, 0x02
	for name, key := range map[string]strangeKey{
		"error":    {err: down},
		"empty":    {answer: []byte{}},
		"not DER":  {answer: []byte("sixty-four bytes of nothing in particular, as fixed r and s ones")},
		"trailing": {answer: []byte{0x30, 6, 2, 1, 1, 2, 1, 1, 0}},
		"negative": {answer: []byte{0x30, 6, 2, 1, 0x80, 2, 1, 1}},
		"too long": {answer: tooLong},
	} {
		key.Signer = keys[jwt.ES256]
		signer, err := jwt.NewSigner(jwt.ES256, "k", key)
		if err != nil {
			t.Fatal(err)
		}
		token, err := signer.Sign("", []byte(claims))
		if err == nil || token != "" {
			t.Errorf("%s: token %q, %v", name, token, err)
		}
		if key.err != nil && !errors.Is(err, down) {
			t.Errorf("%s: cause lost: %v", name, err)
		}
	}
}
