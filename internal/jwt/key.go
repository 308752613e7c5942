package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Generate makes a new private key for an asymmetric algorithm: RSA with 2048 bits, the curve of the ES algorithm,
// or Ed25519.
func Generate(alg string) (crypto.Signer, error) {
	a, ok := publicKeyAlgorithm(alg)
	if !ok {
		return nil, fmt.Errorf("generate key for %.16q: %w", alg, ErrAlgorithm)
	}
	var key crypto.Signer
	var err error
	switch a.family {
	case familyECDSA:
		key, err = ecdsa.GenerateKey(a.curve, rand.Reader)
	case familyEd25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, minRSABits)
	}
	if err != nil {
		return nil, fmt.Errorf("generate %s key: %w", alg, err)
	}
	return key, nil
}

// MarshalPrivate encodes a private key as PKCS#8 DER. The result is secret: seal it before it is stored.
func MarshalPrivate(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("marshal private key: %w", err)
	}
	return der, nil
}

// ParsePrivate reads what [MarshalPrivate] wrote. RSA keys come back with their precomputed values, which makes
// signing several times faster.
func ParsePrivate(der []byte) (crypto.Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		// The cause is dropped: it may quote key material.
		return nil, fmt.Errorf("parse private key: %w", ErrKey)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("parse private key: %T cannot sign: %w", parsed, ErrKey)
	}
	return key, nil
}

// Thumbprint is the RFC 7638 SHA-256 thumbprint of a public key, base64url, 43 characters: the kid of our keys.
func Thumbprint(pub crypto.PublicKey) (string, error) {
	jwk := jose.JSONWebKey{Key: pub}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("thumbprint of %T: %w", pub, ErrKey)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// PublicJWK is the entry of a public key in a JWKS, with use=sig. pub must be a public key; a private one would be
// published as it is, so it is replaced by its public half.
func PublicJWK(pub crypto.PublicKey, kid, alg string) jose.JSONWebKey {
	if private, ok := pub.(crypto.Signer); ok {
		pub = private.Public()
	}
	return jose.JSONWebKey{Key: pub, KeyID: kid, Algorithm: alg, Use: "sig"}
}
