package secret

import (
	"context"
	"encoding/hex"
)

// A Keeper seals the root key of an installation: a key that the operator holds, or one of a key management service
// that never leaves it.
type Keeper interface {
	// Name tells keepers apart, and says nothing of a key.
	Name() string
	Seal(ctx context.Context, plain []byte) ([]byte, error)
	// Open returns what Seal was given. ErrSealed of what another Keeper sealed.
	Open(ctx context.Context, sealed []byte) ([]byte, error)
}

// A localKeeper seals under a key of its own.
type localKeeper struct{ key Root }

// NewKeeper returns the Keeper of a key that the operator holds.
func NewKeeper(key Root) Keeper { return localKeeper{key} }

// RootOf returns the key of NewKeeper. Installations that were made before there were keepers have it as their root key.
func RootOf(k Keeper) (Root, bool) {
	local, ok := k.(localKeeper)
	return local.key, ok
}

// Name implements Keeper.
func (k localKeeper) Name() string {
	name := k.key.Subkey("plinto/keeper-name/v1")
	return "local:" + hex.EncodeToString(name[:6])
}

// keptAs is what a sealed root key is bound to.
const keptAs = "root key"

// Seal implements Keeper.
func (k localKeeper) Seal(_ context.Context, plain []byte) ([]byte, error) {
	box, err := NewBox(k.key.Subkey("plinto/keeper/v1"))
	if err != nil {
		return nil, err
	}
	return box.Seal(plain, keptAs), nil
}

// Open implements Keeper.
func (k localKeeper) Open(_ context.Context, sealed []byte) ([]byte, error) {
	box, err := NewBox(k.key.Subkey("plinto/keeper/v1"))
	if err != nil {
		return nil, err
	}
	return box.Open(sealed, keptAs)
}

// SealedBy returns the root key as a Keeper seals it, once it was seen to open again: what is lost is not found out
// when it is needed.
func (r Root) SealedBy(ctx context.Context, k Keeper) ([]byte, error) {
	sealed, err := k.Seal(ctx, r.key[:])
	if err != nil {
		return nil, err
	}
	if again, err := OpenRoot(ctx, k, sealed); err != nil || again != r {
		return nil, ErrSealed
	}
	return sealed, nil
}

// OpenRoot returns what SealedBy sealed. ErrSealed.
func OpenRoot(ctx context.Context, k Keeper, sealed []byte) (Root, error) {
	plain, err := k.Open(ctx, sealed)
	if err != nil {
		return Root{}, err
	}
	if len(plain) != len(Root{}.key) {
		return Root{}, ErrSealed
	}
	return Root{[32]byte(plain)}, nil
}
