package engine

import (
	"context"
	"errors"

	"plinto/provider"
)

// Sealing says how a client wants something said to it: JOSE algorithm names.
type Sealing struct {
	SignAlg    string
	EncryptAlg string // "" for not encrypted
	EncryptEnc string
}

var errNoEncryption = errors.New("encryption is not available")

// Seal signs payload, a JSON object, with the tenant's key.
func (e *Engine) Seal(ctx context.Context, _ *provider.Client, how Sealing, typ string, payload []byte) (string, error) {
	if how.EncryptAlg != "" {
		return "", errNoEncryption
	}
	return e.Signer.Sign(ctx, how.SignAlg, typ, payload)
}
