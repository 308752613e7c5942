package keys

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

func (s *Service) generate(ctx context.Context, alg string, state provider.KeyState) (provider.SigningKey, error) {
	generate := jwt.Generate
	if s.Generate != nil {
		generate = s.Generate
	}
	key, err := generate(alg)
	if err != nil {
		return provider.SigningKey{}, fmt.Errorf("make %s key: %w", alg, err)
	}
	kid, err := jwt.Thumbprint(key.Public())
	if err != nil {
		return provider.SigningKey{}, err
	}
	private, err := jwt.MarshalPrivate(key)
	if err != nil {
		return provider.SigningKey{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return provider.SigningKey{}, err
	}
	box, err := s.box(ctx)
	if err != nil {
		return provider.SigningKey{}, err
	}
	t := tenant.Must(ctx)
	now := s.Now()
	k := provider.SigningKey{
		ID: uuid.Must(uuid.NewV7()), KID: kid, Alg: alg, State: state, Public: public,
		Sealed: box.Seal(private, "signing-key", t.ID.String(), kid), CreatedAt: now,
	}
	if state == provider.KeyNext {
		k.ActivatesAt = now.Add(publishAhead)
	}
	k.RetiresAt = now.Add(activeFor)
	return k, nil
}

// signer opens an active key, or takes over the one old has opened.
func (s *Service) signer(ctx context.Context, k provider.SigningKey, old *ring) (*jwt.Signer, error) {
	if old != nil {
		if held := old.signers[k.Alg]; held != nil && held.KeyID() == k.KID {
			return held, nil
		}
	}
	box, err := s.box(ctx)
	if err != nil {
		return nil, err
	}
	t := tenant.Must(ctx)
	private, err := box.Open(k.Sealed, "signing-key", t.ID.String(), k.KID)
	if err != nil {
		return nil, fmt.Errorf("%w: open signing key %s (is PLINTO_ENCRYPTION_KEY the one it was made under?): %w", errUnreadable, k.KID, err)
	}
	key, err := jwt.ParsePrivate(private)
	if err != nil {
		return nil, fmt.Errorf("%w: read signing key %s: %w", errUnreadable, k.KID, err)
	}
	signer, err := jwt.NewSigner(k.Alg, k.KID, key)
	if err != nil {
		return nil, fmt.Errorf("%w: use signing key %s: %w", errUnreadable, k.KID, err)
	}
	return signer, nil
}

// errUnreadable reports what is stored of keys and cannot be read; errors without it are of the database.
var errUnreadable = errors.New("unreadable")

// openedKey is where a load keeps the data key that it opened, for all keys that it makes or opens.
type openedKey struct{ box *secret.Box }

type dataKeyOf struct{}

// withDataKey has box read the data key of the tenant of ctx once. It is for
// one goroutine.
func withDataKey(ctx context.Context) context.Context {
	return context.WithValue(ctx, dataKeyOf{}, new(openedKey))
}

// box opens the tenant's data key.
func (s *Service) box(ctx context.Context) (*secret.Box, error) {
	held, _ := ctx.Value(dataKeyOf{}).(*openedKey)
	if held != nil && held.box != nil {
		return held.box, nil
	}
	box, err := s.readDataKey(ctx)
	if err == nil && held != nil {
		held.box = box
	}
	return box, err
}

func (s *Service) readDataKey(ctx context.Context) (*secret.Box, error) {
	t := tenant.Must(ctx)
	aad := []string{"data-key", t.ID.String()}
	wraps := s.Root.TenantKey(secret.DataKeys)
	wrapped, err := s.Keys.DataKey(ctx, wraps.NewDataKey(t.ID, aad...))
	if err != nil {
		return nil, fmt.Errorf("load data key: %w", err)
	}
	box, err := wraps.OpenDataKey(t.ID, wrapped, aad...)
	if err != nil {
		return nil, fmt.Errorf("%w: open data key (is PLINTO_ENCRYPTION_KEY the one it was made under?): %w", errUnreadable, err)
	}
	return box, nil
}
