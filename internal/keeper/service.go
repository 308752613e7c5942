//go:build awskms || azurekeyvault || gcpkms || hashivault

package keeper

import (
	"context"
	"fmt"
	"net/url"

	"gocloud.dev/secrets"

	"plinto/internal/secret"
)

// A service is a key of a key management service, which seals and opens for us.
type service struct {
	name string
	key  *secrets.Keeper
}

// openService opens the key of a URL, as https://gocloud.dev/howto/secrets says.
func openService(ctx context.Context, address string) (secret.Keeper, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the URL of a key cannot be read")
	}
	key, err := secrets.OpenKeeper(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("open a key of %s: %w", u.Scheme, err)
	}
	return &service{u.Scheme + "://" + u.Host + u.Path, key}, nil
}

// Name implements secret.Keeper: what follows the path of a URL says how to get there, not which key it is.
func (s *service) Name() string { return s.name }

// Seal implements secret.Keeper.
func (s *service) Seal(ctx context.Context, plain []byte) ([]byte, error) {
	return s.key.Encrypt(ctx, plain)
}

// Open implements secret.Keeper.
func (s *service) Open(ctx context.Context, sealed []byte) ([]byte, error) {
	return s.key.Decrypt(ctx, sealed)
}
