package jwt

import (
	"crypto/hmac"
	"fmt"
	"slices"
)

// SignHMAC writes a token with a client secret (HS256, HS384, HS512). The secret must be at least as long as the hash
// (RFC 7518 §3.2). typ "" means "JWT". Such a token proves nothing to anybody but that client.
func SignHMAC(alg, typ string, secret, payload []byte) (string, error) {
	a, err := hmacWith(alg, secret)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if typ == "" {
		typ = "JWT"
	}
	header, err := encodeHeader(alg, "", typ)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	token := signingInput(header, payload, a.hash.Size())
	return string(appendSegment(token, a.mac(secret, token))), nil
}

// VerifyHMAC is [Verify] for a token made with a client secret. Options.Algorithms must name the HS algorithms that
// are allowed; empty allows none, and others in it are ignored. A kid is ignored: the caller chose the secret.
func VerifyHMAC(token string, secret []byte, opts Options) (payload []byte, header Header, err error) {
	parts, header, err := split(token)
	if err != nil {
		return nil, Header{}, err
	}
	if !slices.Contains(opts.Algorithms, header.Algorithm) {
		return nil, Header{}, fmt.Errorf("verify HMAC: %w", ErrAlgorithm)
	}
	a, err := hmacWith(header.Algorithm, secret)
	if err != nil {
		return nil, Header{}, fmt.Errorf("verify HMAC: %w", err)
	}
	if err := checkType(opts.Type, header.Type); err != nil {
		return nil, Header{}, err
	}
	if !hmac.Equal(parts.signature, a.mac(secret, []byte(parts.input))) {
		return nil, Header{}, ErrSignature
	}
	if err := checkObject(parts.payload); err != nil {
		return nil, Header{}, err
	}
	return parts.payload, header, nil
}

func hmacWith(alg string, secret []byte) (algorithm, error) {
	a, ok := hmacAlgorithm(alg)
	if !ok {
		return algorithm{}, ErrAlgorithm
	}
	if len(secret) < a.hash.Size() {
		return algorithm{}, fmt.Errorf("secret shorter than the hash of %s: %w", alg, ErrKey)
	}
	return a, nil
}

func (a algorithm) mac(secret, input []byte) []byte {
	m := hmac.New(a.hash.New, secret)
	m.Write(input)
	return m.Sum(nil)
}
