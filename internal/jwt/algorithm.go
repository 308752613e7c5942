package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/bits"

	// The hashes of the table below register themselves with package crypto.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Signature algorithms by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1). "none" is not among them.
const (
	RS256 = "RS256"
	RS384 = "RS384"
	RS512 = "RS512"
	PS256 = "PS256"
	PS384 = "PS384"
	PS512 = "PS512"
	ES256 = "ES256"
	ES384 = "ES384"
	ES512 = "ES512"
	EdDSA = "EdDSA" // Ed25519 only
	HS256 = "HS256"
	HS384 = "HS384"
	HS512 = "HS512"
)

// RSA moduli outside these limits are refused: shorter ones are weak (RFC 7518 §3.3), longer ones let a
// registered key buy seconds of our CPU with every token.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

type family int

const (
	familyPKCS1 family = iota + 1
	familyPSS
	familyECDSA
	familyEd25519
	familyHMAC
)

type algorithm struct {
	family family
	hash   crypto.Hash    // of the signature, and of at_hash and c_hash
	curve  elliptic.Curve // ECDSA only
}

var algorithms = map[string]algorithm{
	RS256: {family: familyPKCS1, hash: crypto.SHA256},
	RS384: {family: familyPKCS1, hash: crypto.SHA384},
	RS512: {family: familyPKCS1, hash: crypto.SHA512},
	PS256: {family: familyPSS, hash: crypto.SHA256},
	PS384: {family: familyPSS, hash: crypto.SHA384},
	PS512: {family: familyPSS, hash: crypto.SHA512},
	ES256: {family: familyECDSA, hash: crypto.SHA256, curve: elliptic.P256()},
	ES384: {family: familyECDSA, hash: crypto.SHA384, curve: elliptic.P384()},
	ES512: {family: familyECDSA, hash: crypto.SHA512, curve: elliptic.P521()},
	EdDSA: {family: familyEd25519, hash: crypto.SHA512},
	HS256: {family: familyHMAC, hash: crypto.SHA256},
	HS384: {family: familyHMAC, hash: crypto.SHA384},
	HS512: {family: familyHMAC, hash: crypto.SHA512},
}

// Asymmetric lists the algorithms that [Signer] writes and [Verify] reads, in the order metadata documents show.
func Asymmetric() []string {
	return []string{RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA}
}

func publicKeyAlgorithm(name string) (algorithm, bool) {
	a, ok := algorithms[name]
	return a, ok && a.family != familyHMAC
}

func hmacAlgorithm(name string) (algorithm, bool) {
	a, ok := algorithms[name]
	return a, ok && a.family == familyHMAC
}

// HashFor returns the hash that OpenID Connect Core §3.1.3.6 pairs with a signature algorithm for at_hash, c_hash
// and s_hash. EdDSA has SHA-512, the hash inside Ed25519. ok is false for an algorithm outside the table.
func HashFor(alg string) (hash crypto.Hash, ok bool) {
	a, ok := algorithms[alg]
	return a.hash, ok
}

// HalfHash is the base64url form of the left half of value's hash: the content of at_hash, c_hash and s_hash
// (OpenID Connect Core §3.1.3.6, §3.3.2.11). It is empty for an algorithm outside the table.
func HalfHash(alg, value string) string {
	hash, ok := HashFor(alg)
	if !ok {
		return ""
	}
	h := hash.New()
	h.Write([]byte(value))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// fits says whether pub is a key of the kind, curve and strength the algorithm needs.
func (a algorithm) fits(pub crypto.PublicKey) bool {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return (a.family == familyPKCS1 || a.family == familyPSS) && saneRSA(k)
	case *ecdsa.PublicKey:
		return a.family == familyECDSA && k.Curve == a.curve
	case ed25519.PublicKey:
		return a.family == familyEd25519 && len(k) == ed25519.PublicKeySize
	}
	return false
}

// saneRSA bounds both numbers of a key that may have been registered by a stranger. A public exponent of more than
// 32 bits is never needed and makes verification as slow as signing.
func saneRSA(k *rsa.PublicKey) bool {
	n := k.N.BitLen()
	return n >= minRSABits && n <= maxRSABits && k.E >= 3 && k.E&1 == 1 && bits.Len(uint(k.E)) <= 32
}

// signatureSize is the length of r‖s for an ECDSA algorithm (RFC 7518 §3.4).
func (a algorithm) signatureSize() int { return 2 * ((a.curve.Params().BitSize + 7) / 8) }

// Suits reports as an error why a public key cannot be used with an algorithm; nil when it can.
func Suits(alg string, pub crypto.PublicKey) error {
	a, ok := publicKeyAlgorithm(alg)
	if !ok {
		return fmt.Errorf("algorithm %.16q: %w", alg, ErrAlgorithm)
	}
	if !a.fits(pub) {
		return fmt.Errorf("%T does not fit %s: %w", pub, alg, ErrAlgorithm)
	}
	return nil
}
