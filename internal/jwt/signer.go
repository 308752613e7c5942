package jwt

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The types of token whose header segment a [Signer] prepares when it is made. Any other works, a little slower.
var preparedTypes = []string{
	"JWT", "at+jwt", "logout+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt",
}

// maxFixed is the length of r‖s for P-521, the longest signature that is not RSA.
const maxFixed = 132

// Signer writes tokens with one key. It is immutable and may be used by any number of goroutines.
type Signer struct {
	name    string
	alg     algorithm
	kid     string
	key     crypto.Signer
	room    int                  // bytes a signature may take
	slots   func() chan struct{} // nil: no bound
	headers map[string]string    // typ → base64url(header) + "."
}

// NewSigner prepares the headers {"alg","kid","typ"} of a key. The key may live elsewhere (a KMS): only its
// [crypto.Signer] is used. It fails when the key does not fit the algorithm.
func NewSigner(alg, kid string, key crypto.Signer) (*Signer, error) {
	if err := Suits(alg, key.Public()); err != nil {
		return nil, fmt.Errorf("new signer: %w", err)
	}
	if kid == "" || len(kid) > maxKeyIDBytes {
		return nil, fmt.Errorf("new signer: kid of %d bytes: %w", len(kid), ErrKey)
	}
	s := &Signer{
		name: alg, alg: algorithms[alg], kid: kid, key: key,
		room: signatureRoom(key.Public()), slots: slotsFor(key), headers: map[string]string{},
	}
	for _, typ := range preparedTypes {
		header, err := encodeHeader(alg, kid, typ)
		if err != nil {
			return nil, fmt.Errorf("new signer: %w", err)
		}
		s.headers[typ] = header
	}
	return s, nil
}

// Algorithm is the alg of the tokens it writes.
func (s *Signer) Algorithm() string { return s.name }

// KeyID is the kid of the tokens it writes.
func (s *Signer) KeyID() string { return s.kid }

// Public is the key that verifies its tokens.
func (s *Signer) Public() Key { return Key{ID: s.kid, Algorithm: s.name, Public: s.key.Public()} }

// Sign writes one token. typ is the header of that name; "" means "JWT". payload is the claims as a JSON object and
// is not looked at.
func (s *Signer) Sign(typ string, payload []byte) (string, error) {
	if typ == "" {
		typ = "JWT"
	}
	header, ok := s.headers[typ]
	if !ok {
		var err error
		if header, err = encodeHeader(s.name, s.kid, typ); err != nil {
			return "", fmt.Errorf("sign token: %w", err)
		}
	}
	token := signingInput(header, payload, s.room)
	var scratch [maxFixed]byte
	signature, err := s.signature(scratch[:0], token)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return string(appendSegment(token, signature)), nil
}

// signingInput is header "." base64url(payload), with room behind it for a signature of that many bytes.
func signingInput(header string, payload []byte, room int) []byte {
	enc := base64.RawURLEncoding
	token := make([]byte, 0, len(header)+enc.EncodedLen(len(payload))+1+enc.EncodedLen(room))
	token = append(token, header...)
	return enc.AppendEncode(token, payload)
}

func appendSegment(token, segment []byte) []byte {
	return base64.RawURLEncoding.AppendEncode(append(token, '.'), segment)
}

func signatureRoom(pub crypto.PublicKey) int {
	if k, ok := pub.(*rsa.PublicKey); ok {
		return k.Size()
	}
	return maxFixed
}

// signature signs input as RFC 7518 §3 and RFC 8037 §3.1 prescribe; fixed-size results are appended to dst.
func (s *Signer) signature(dst, input []byte) ([]byte, error) {
	if s.alg.family == familyEd25519 {
		return s.sign(input, crypto.Hash(0))
	}
	var opts crypto.SignerOpts = s.alg.hash
	if s.alg.family == familyPSS {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.alg.hash}
	}
	signature, err := s.sign(digest(s.alg.hash, input), opts)
	if err != nil {
		return nil, err
	}
	if s.alg.family == familyECDSA {
		return appendFixed(dst, signature, s.alg.signatureSize())
	}
	return signature, nil
}

// digest hashes without the garbage of hash.Hash.
func digest(h crypto.Hash, input []byte) []byte {
	switch h {
	case crypto.SHA384:
		sum := sha512.Sum384(input)
		return sum[:]
	case crypto.SHA512:
		sum := sha512.Sum512(input)
		return sum[:]
	default:
		sum := sha256.Sum256(input)
		return sum[:]
	}
}

// appendFixed turns the ASN.1 signature of [crypto.Signer] into the r‖s of RFC 7518 §3.4.
func appendFixed(dst, der []byte, size int) ([]byte, error) {
	var sequence cryptobyte.String
	var r, s []byte
	input := cryptobyte.String(der)
	if !input.ReadASN1(&sequence, asn1.SEQUENCE) || !input.Empty() ||
		!sequence.ReadASN1Integer(&r) || !sequence.ReadASN1Integer(&s) || !sequence.Empty() ||
		len(r) > size/2 || len(s) > size/2 {
		return nil, fmt.Errorf("key returned a strange ECDSA signature: %w", ErrKey)
	}
	start := len(dst)
	dst = append(dst, make([]byte, size)...)
	copy(dst[start+size/2-len(r):], r)
	copy(dst[start+size-len(s):], s)
	return dst, nil
}

// encodeHeader is the first segment with its dot. kid may be empty (HMAC tokens have none).
func encodeHeader(alg, kid, typ string) (string, error) {
	header, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid,omitempty"`
		Type      string `json:"typ"`
	}{alg, kid, typ})
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(header) + ".", nil
}
