package jwt

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Algorithms of JWE (RFC 7518 §4.1, §5.1): those [EncryptionKeys.Encrypt] writes, those [EncryptWithSecret] writes,
// and what both encrypt the content with. Nothing here reads JWE: what is encrypted to us costs us work before we
// know who sent it.
var (
	KeyAlgorithms = []string{
		"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW",
	}
	SecretKeyAlgorithms = []string{"A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "dir"}
	ContentAlgorithms   = []string{"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"}
)

// EncryptionKeys are the keys of a set that tokens may be encrypted to.
type EncryptionKeys []jose.JSONWebKey

// ParseEncryptionKeys reads the keys of a JWKS that are meant for encryption, or for anything. The set was checked by
// [ParseKeys], which refuses what must not be published.
func ParseEncryptionKeys(raw []byte) (EncryptionKeys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("key set: %w", ErrKey)
	}
	var keys EncryptionKeys
	for _, member := range set.Keys {
		var key jose.JSONWebKey
		var limits struct {
			Ops any `json:"key_ops"`
		}
		if json.Unmarshal(member, &limits) != nil || !permits(limits.Ops, "encrypt", "wrapKey", "deriveKey", "deriveBits") {
			continue
		}
		if json.Unmarshal(member, &key) == nil && key.Valid() && key.IsPublic() && key.Use != "sig" {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Encrypt makes a compact JWE of plain under the first key that fits. contentType is the cty header, "" for none.
func (ks EncryptionKeys) Encrypt(alg, enc, contentType, plain string) (string, error) {
	for _, key := range ks {
		if key.Algorithm != "" && key.Algorithm != alg || key.Algorithm == "" && !suitsKeyAlgorithm(alg, key) {
			continue
		}
		return encrypt(key, alg, enc, contentType, plain)
	}
	return "", fmt.Errorf("no key for %.20q: %w", alg, ErrUnknownKey)
}

// secretBytes is how long a key the algorithms need; "dir" needs one for the content.
var secretBytes = map[string]int{
	"A128KW": 16, "A192KW": 24, "A256KW": 32, "A128GCMKW": 16, "A192GCMKW": 24, "A256GCMKW": 32,
	"A128CBC-HS256": 32, "A192CBC-HS384": 48, "A256CBC-HS512": 64, "A128GCM": 16, "A192GCM": 24, "A256GCM": 32,
}

// EncryptWithSecret makes a compact JWE of plain under a key that is derived from a client's secret (OpenID Connect
// Core 1.0 §10.2): the left part of its hash, of the smallest hash that is long enough. contentType is the cty
// header, "" for none.
func EncryptWithSecret(alg, enc, contentType, plain string, secret []byte) (string, error) {
	size := secretBytes[alg]
	if alg == "dir" {
		size = secretBytes[enc]
	}
	var sum []byte
	switch h256, h384, h512 := sha256.Sum256(secret), sha512.Sum384(secret), sha512.Sum512(secret); {
	case size == 0:
		return "", fmt.Errorf("encrypt by %.20q: %w", alg, ErrAlgorithm)
	case size <= len(h256):
		sum = h256[:]
	case size <= len(h384):
		sum = h384[:]
	default:
		sum = h512[:]
	}
	return encrypt(jose.JSONWebKey{Key: sum[:size]}, alg, enc, contentType, plain)
}

func suitsKeyAlgorithm(alg string, key jose.JSONWebKey) bool {
	_, rsa := algorithmOf(key, PS256)
	if rsa {
		return alg == "RSA-OAEP" || alg == "RSA-OAEP-256"
	}
	for _, curve := range []string{ES256, ES384, ES512} {
		if _, ok := algorithmOf(key, curve); ok {
			return alg != "RSA-OAEP" && alg != "RSA-OAEP-256"
		}
	}
	return false
}

// algorithmOf reports whether the key is of the kind and strength that a signature algorithm needs.
func algorithmOf(key jose.JSONWebKey, name string) (algorithm, bool) {
	a := algorithms[name]
	return a, a.fits(key.Key)
}

func encrypt(key jose.JSONWebKey, alg, enc, contentType, plain string) (string, error) {
	opts := &jose.EncrypterOptions{}
	if contentType != "" {
		opts = opts.WithContentType(jose.ContentType(contentType))
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(alg), Key: key.Key, KeyID: key.KeyID}
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(enc), to, opts)
	if err != nil {
		return "", fmt.Errorf("prepare encryption: %w: %w", err, ErrKey)
	}
	object, err := encrypter.Encrypt([]byte(plain))
	if err != nil {
		return "", fmt.Errorf("encrypt: %w: %w", err, ErrKey)
	}
	return object.CompactSerialize()
}
