package seal

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

// A Sealer signs and encrypts for clients, and verifies ID tokens that were issued to them.
type Sealer struct {
	Signer  Signer
	Keys    provider.ClientKeys
	Secrets provider.SecretHasher
	Now     func() time.Time
}

// A Signer signs with the keys of the context's tenant. See provider.Signer.
type Signer interface {
	Sign(ctx context.Context, alg, typ string, claims []byte) (string, error)
	VerifyPast(ctx context.Context, token string) (claims []byte, err error)
}

// Seal signs payload, a JSON object, by the tenant's key or with the client's
// secret, and encrypts the result to the client if it wants that (RFC 7519 §11.2).
func (s *Sealer) Seal(ctx context.Context, c *provider.Client, how Sealing, typ string, payload []byte) (string, error) {
	token, contentType := string(payload), ""
	if how.SignAlg != "" {
		var err error
		if token, err = s.signFor(ctx, c, how.SignAlg, typ, payload); err != nil {
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
		return s.Keys.Encrypt(ctx, c, how.EncryptAlg, enc, contentType, token)
	}
	readable := s.Secrets.Readable(tenant.Must(ctx).ID, c, s.Now())
	if len(readable) == 0 {
		return "", errNoReadableSecret
	}
	return jwt.EncryptWithSecret(how.EncryptAlg, enc, contentType, token, readable[0])
}

func (s *Sealer) signFor(ctx context.Context, c *provider.Client, alg, typ string, payload []byte) (string, error) {
	if !strings.HasPrefix(alg, "HS") {
		return s.Signer.Sign(ctx, alg, typ, payload)
	}
	readable := s.Secrets.Readable(tenant.Must(ctx).ID, c, s.Now())
	if len(readable) == 0 {
		return "", errNoReadableSecret
	}
	return jwt.SignHMAC(alg, typ, readable[0], payload)
}

// OwnToken verifies an ID token that was issued to the client, with a key of the tenant
// (retired ones too) or the client's secret. It may have expired. A token that is older
// than the client was issued to an earlier client of the same client_id, and is refused.
func (s *Sealer) OwnToken(ctx context.Context, c *provider.Client, token string) ([]byte, error) {
	payload, err := s.verifyOwn(ctx, c, token)
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

func (s *Sealer) verifyOwn(ctx context.Context, c *provider.Client, token string) ([]byte, error) {
	payload, err := s.Signer.VerifyPast(ctx, token)
	if err == nil || !strings.HasPrefix(c.IDTokenSignedAlg, "HS") {
		return payload, err
	}
	for _, plain := range s.Secrets.Readable(tenant.Must(ctx).ID, c, s.Now()) {
		if payload, _, err := jwt.VerifyHMAC(token, plain, jwt.Options{Algorithms: []string{c.IDTokenSignedAlg}, Type: "JWT"}); err == nil {
			return payload, nil
		}
	}
	return nil, err
}
