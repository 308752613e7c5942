//go:build awskms || azurekeyvault || gcpkms || hashivault

package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gocloud.dev/secrets"

	"plinto/internal/secret"
)

// A service is a key of a key management service, which seals and opens for us. It is asked when a process starts, and
// when the root key is sealed again.
type service struct{ name, address string }

// errURL does not repeat a URL, which may hold a password.
var errURL = errors.New("the URL of a key cannot be read")

// openService returns the key of a URL, as https://gocloud.dev/howto/secrets says.
func openService(address string) (secret.Keeper, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errURL
	}
	return service{u.Scheme + "://" + u.Host + u.Path, address}, nil
}

// Name implements secret.Keeper: what follows the path of a URL says how to get there, not which key it is.
func (s service) Name() string { return s.name }

// Seal implements secret.Keeper.
func (s service) Seal(ctx context.Context, plain []byte) ([]byte, error) {
	return s.ask(ctx, func(key *secrets.Keeper) ([]byte, error) { return key.Encrypt(ctx, plain) })
}

// Open implements secret.Keeper.
func (s service) Open(ctx context.Context, sealed []byte) ([]byte, error) {
	return s.ask(ctx, func(key *secrets.Keeper) ([]byte, error) { return key.Decrypt(ctx, sealed) })
}

func (s service) ask(ctx context.Context, do func(*secrets.Keeper) ([]byte, error)) ([]byte, error) {
	key, err := secrets.OpenKeeper(ctx, s.address)
	if err != nil {
		return nil, fmt.Errorf("open the key %s: %w", s.name, err)
	}
	answer, err := do(key)
	return answer, errors.Join(err, key.Close())
}
