package jwt

import (
	"crypto"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Limits of a key set that somebody else publishes or registers.
const (
	MaxKeySetBytes = 256 << 10
	maxKeys        = 32
	maxKeyIDBytes  = 256
)

// Key is a public key that may verify tokens.
type Key struct {
	ID        string           // kid; may be empty in a client's set
	Algorithm string           // the only alg it is good for; empty: any that fits the kind of key
	Public    crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// KeySet is where [Verify] looks for keys.
type KeySet interface {
	// Candidates returns the keys with that id, or every key when kid is empty. No match is an empty slice.
	// The caller does not change the slice.
	Candidates(kid string) []Key
}

// Keys is a fixed [KeySet].
type Keys []Key

// Candidates implements [KeySet].
func (ks Keys) Candidates(kid string) []Key {
	if kid == "" {
		return ks
	}
	var found []Key
	for i := range ks {
		switch {
		case ks[i].ID != kid:
		case found == nil:
			found = ks[i : i+1 : i+1] // the usual case of one match allocates nothing
		default:
			found = append(found, ks[i])
		}
	}
	return found
}

// ParseKeys reads a JWKS (RFC 7517 §5) of a client or an upstream provider. Keys of unknown kinds and keys not meant
// for signatures are left out, as the RFC asks. A set with a private or symmetric key is refused as a whole: whoever
// published it has leaked a secret and should hear about it. So are weak or oversized keys and sets over the limits.
func ParseKeys(raw []byte) (Keys, error) {
	if len(raw) > MaxKeySetBytes {
		return nil, fmt.Errorf("key set of %d bytes: %w", len(raw), ErrKey)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil || set.Keys == nil {
		return nil, fmt.Errorf("key set is no JSON object with keys: %w", ErrKey)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("key set of %d keys: %w", len(set.Keys), ErrKey)
	}
	keys := Keys{}
	for i, member := range set.Keys {
		key, usable, err := parseKey(member)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		if usable {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func parseKey(raw []byte) (key Key, usable bool, err error) {
	var kind struct {
		Type   string `json:"kty"`
		Use    string `json:"use"`
		Ops    any    `json:"key_ops"`
		Curve  string `json:"crv"`
		Secret any    `json:"k"`
		D      any    `json:"d"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return Key{}, false, fmt.Errorf("not a JWK: %w", ErrKey)
	}
	if kind.Secret != nil || kind.D != nil || kind.Type == "oct" {
		return Key{}, false, fmt.Errorf("set holds a secret key: %w", ErrKey)
	}
	if kind.Use != "" && kind.Use != "sig" || !permits(kind.Ops, "verify") || !knownKind(kind.Type, kind.Curve) {
		return Key{}, false, nil
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil || !jwk.Valid() || !jwk.IsPublic() {
		return Key{}, false, fmt.Errorf("invalid public key: %w", ErrKey)
	}
	if len(jwk.KeyID) > maxKeyIDBytes {
		return Key{}, false, fmt.Errorf("kid of %d bytes: %w", len(jwk.KeyID), ErrKey)
	}
	return usableKey(jwk)
}

// permits reports whether key_ops (RFC 7517 §4.3) allow one of the uses. Absent allows all.
func permits(ops any, uses ...string) bool {
	if ops == nil {
		return true
	}
	list, _ := ops.([]any)
	return slices.ContainsFunc(uses, func(use string) bool { return slices.Contains(list, any(use)) })
}

func knownKind(kty, crv string) bool {
	switch kty {
	case "RSA":
		return true
	case "EC":
		return crv == "P-256" || crv == "P-384" || crv == "P-521"
	case "OKP":
		return crv == "Ed25519"
	}
	return false
}

// usableKey leaves out a key whose alg is not ours (RSA-OAEP, say) and refuses one that is too weak for any alg or
// does not fit the alg it names.
func usableKey(jwk jose.JSONWebKey) (key Key, usable bool, err error) {
	key = Key{ID: jwk.KeyID, Algorithm: jwk.Algorithm, Public: jwk.Key}
	if key.Algorithm != "" {
		a, known := publicKeyAlgorithm(key.Algorithm)
		if known && !a.fits(key.Public) {
			return Key{}, false, fmt.Errorf("key is unfit for %s: %w", key.Algorithm, ErrKey)
		}
		return key, known, nil
	}
	for _, alg := range Asymmetric() {
		if algorithms[alg].fits(key.Public) {
			return key, true, nil
		}
	}
	return Key{}, false, fmt.Errorf("key is too weak or too large: %w", ErrKey)
}
