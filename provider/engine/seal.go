package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// Sealing says how a client wants something said to it: JOSE algorithm names.
type Sealing struct {
	SignAlg    string // "" for not signed
	EncryptAlg string // "" for not encrypted
	EncryptEnc string // "" for A128CBC-HS256
}

// defaultEnc is what OpenID Connect Registration 1.0 §2 and JARM §3 say.
const defaultEnc = "A128CBC-HS256"

var errNoReadableSecret = errors.New("the client has no secret that can be read: it was made before an algorithm needed one; rotate it")

// Seal signs payload, a JSON object, by the tenant's key or with the client's
// secret, and encrypts the result to the client if it wants that (RFC 7519 §11.2).
func (e *Engine) Seal(ctx context.Context, c *provider.Client, how Sealing, typ string, payload []byte) (string, error) {
	token, contentType := string(payload), ""
	if how.SignAlg != "" {
		var err error
		if token, err = e.signFor(ctx, c, how.SignAlg, typ, payload); err != nil {
			return "", err
		}
		contentType = "JWT"
	}
	if how.EncryptAlg == "" {
		return token, nil
	}
	enc := how.EncryptEnc
	if enc == "" {
		enc = defaultEnc
	}
	if !slices.Contains(provider.SecretWrapAlgs, how.EncryptAlg) {
		return e.Keys.Encrypt(ctx, c, how.EncryptAlg, enc, contentType, token)
	}
	readable := e.readableSecrets(ctx, c)
	if len(readable) == 0 {
		return "", errNoReadableSecret
	}
	return jwt.EncryptWithSecret(how.EncryptAlg, enc, contentType, token, readable[0])
}

func (e *Engine) signFor(ctx context.Context, c *provider.Client, alg, typ string, payload []byte) (string, error) {
	if !strings.HasPrefix(alg, "HS") {
		return e.Signer.Sign(ctx, alg, typ, payload)
	}
	readable := e.readableSecrets(ctx, c)
	if len(readable) == 0 {
		return "", errNoReadableSecret
	}
	return jwt.SignHMAC(alg, typ, readable[0], payload)
}

// readableSecrets are the client's live secrets that were kept readable, newest first.
func (e *Engine) readableSecrets(ctx context.Context, c *provider.Client) [][]byte {
	t, now := tenant.Must(ctx), e.Now()
	var readable [][]byte
	for _, s := range c.Secrets {
		if !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt) {
			continue
		}
		if plain, err := e.secrets.Open(t.ID, c.ClientID, s); err == nil {
			readable = append(readable, plain)
		}
	}
	return readable
}

// OwnToken verifies an ID token that was issued to the client: by a key of the
// tenant, those that are gone too, or by the client's secret. It may have expired. One
// that is older than the client was issued to another one of its client_id.
func (e *Engine) OwnToken(ctx context.Context, c *provider.Client, token string) ([]byte, error) {
	payload, err := e.verifyOwn(ctx, c, token)
	if err != nil {
		return nil, err
	}
	claims, err := jwt.ParseStandard(payload)
	if err != nil {
		return nil, err
	}
	if claims.IssuedAt == nil || time.Unix(*claims.IssuedAt+1, 0).Before(c.CreatedAt) {
		return nil, provider.ErrTokenUnknown
	}
	return payload, nil
}

func (e *Engine) verifyOwn(ctx context.Context, c *provider.Client, token string) ([]byte, error) {
	payload, err := e.Signer.VerifyPast(ctx, token)
	if err == nil || !strings.HasPrefix(c.IDTokenSignedAlg, "HS") {
		return payload, err
	}
	for _, plain := range e.readableSecrets(ctx, c) {
		if payload, _, err := jwt.VerifyHMAC(token, plain, jwt.Options{Algorithms: []string{c.IDTokenSignedAlg}, Type: "JWT"}); err == nil {
			return payload, nil
		}
	}
	return nil, err
}
