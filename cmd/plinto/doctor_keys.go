package main

import (
	"context"
	"fmt"
	"strings"

	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/schema"
)

// rootKeys looks at who opens the installation.
func (d *doctor) rootKeys(ctx context.Context, cfg *Config, store *storage.Store) {
	kept, err := store.RootKeys.Kept(ctx)
	if err != nil {
		d.fail("encryption key", err.Error(), databaseRemedy)
		return
	}
	if len(kept) == 0 {
		d.ok("encryption key", "the first server or command that starts takes it for that of the installation")
		return
	}
	d.keepers(kept, cfg.Keepers)
}

// keepers compares the keys that seal the root key with those that are set.
func (d *doctor) keepers(kept []schema.KeptRoot, set []secret.Keeper) {
	const check = "encryption key"
	unset, idle := schema.Others(kept, set)
	if len(unset) > 0 {
		d.warn(check, fmt.Sprintf("%s opens the installation too, and PLINTO_ENCRYPTION_KEY does not name it", strings.Join(unset, ", ")),
			"once every server has the new key, run plinto keys rewrap with the new key alone: until then whoever has the old one can read the database")
	}
	if len(idle) > 0 {
		d.warn(check, fmt.Sprintf("PLINTO_ENCRYPTION_KEY names %s, which opens nothing", strings.Join(idle, ", ")),
			"run plinto keys rewrap with the same keys to have it open the installation, or take it out of the setting")
	}
	if len(unset)+len(idle) > 0 {
		return
	}
	var names []string
	for _, k := range kept {
		names = append(names, fmt.Sprintf("%s (since %s)", k.Keeper, stamp(k.Since)))
	}
	d.ok(check, "the installation is opened by %s", strings.Join(names, ", "))
}
