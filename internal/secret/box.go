package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
)

// ErrSealed reports a ciphertext that was not sealed by this key for this purpose.
var ErrSealed = errors.New("sealed value cannot be opened")

const (
	boxVersion = 1
	nonceLen   = 12
)

// A Box seals with AES-256-GCM. It is safe for concurrent use.
type Box struct{ aead cipher.AEAD }

// NewBox returns the box of a key.
func NewBox(key [32]byte) (*Box, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead}, nil
}

// Seal encrypts plaintext and binds it to the context, which must be the same,
// part by part, to open it: version, nonce, ciphertext.
func (b *Box) Seal(plaintext []byte, context ...string) []byte {
	out := make([]byte, 1+nonceLen, 1+nonceLen+len(plaintext)+b.aead.Overhead())
	out[0] = boxVersion
	_, _ = rand.Read(out[1:]) // never fails (crypto/rand)
	return b.aead.Seal(out, out[1:1+nonceLen], plaintext, bind(context))
}

// Open decrypts what Seal made with the same context. ErrSealed.
func (b *Box) Open(sealed []byte, context ...string) ([]byte, error) {
	if len(sealed) < 1+nonceLen+b.aead.Overhead() || sealed[0] != boxVersion {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(nil, sealed[1:1+nonceLen], sealed[1+nonceLen:], bind(context))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// bind writes each part with its length in front: ("ab","c") and ("a","bc") differ.
func bind(parts []string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p))) // parts are far below 4 GiB
		out = append(out, p...)
	}
	return out
}
