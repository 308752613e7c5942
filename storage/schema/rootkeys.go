package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plinto/internal/secret"
)

// A KeptRoot is the root key of the installation as one of its keepers sealed it.
type KeptRoot struct {
	Keeper string
	Since  time.Time
	Sealed []byte
}

// RootKeys are the columns of a KeptRoot.
const RootKeys = `SELECT keeper, created_at, sealed FROM root_keys ORDER BY created_at, keeper`

// OpenRoot returns the root key that one of the keepers sealed. One that cannot be asked, such as a service that is away, leaves it to
// the others.
func OpenRoot(ctx context.Context, all []KeptRoot, keepers []secret.Keeper) (secret.Root, error) {
	var sealed, set []string
	var failed error
	for _, k := range keepers {
		for _, kept := range all {
			if kept.Keeper != k.Name() {
				continue
			}
			root, err := secret.OpenRoot(ctx, k, kept.Sealed)
			if err == nil {
				return root, nil
			}
			failed = errors.Join(failed, fmt.Errorf("open the root key with %s: %w", k.Name(), err))
		}
		set = append(set, k.Name())
	}
	if failed != nil {
		return secret.Root{}, failed
	}
	for _, kept := range all {
		sealed = append(sealed, kept.Keeper)
	}
	return secret.Root{}, Refuse([]Finding{Fatal(
		"the encryption key is not one of this installation: its root key is sealed by "+strings.Join(sealed, ", ")+", and what is set is "+strings.Join(set, ", "),
		"set PLINTO_ENCRYPTION_KEY to the key that the installation was set up with, or that plinto keys rewrap was last run with")})
}

// RootAsOwner is OpenRoot for whoever owns the tables and may come before they are there: then, and where no server of this
// version started yet, the encryption key is the root key. The zero key without keepers.
func RootAsOwner(ctx context.Context, ownerURL string, keepers []secret.Keeper) (root secret.Root, err error) {
	if len(keepers) == 0 {
		return root, nil
	}
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return root, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	all, err := keptAsOwner(ctx, conn)
	if err != nil {
		return root, err
	}
	if len(all) > 0 {
		return OpenRoot(ctx, all, keepers)
	}
	root, _ = secret.RootOf(keepers[len(keepers)-1]) // the oldest
	return root, nil
}
