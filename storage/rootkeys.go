package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
)

// RootKeys are where the root key of the installation is kept, sealed once by each of its keepers.
type RootKeys struct {
	system *System
	db     *DB
	root   secret.Root
}

// Changes of what a keeper seals.
const (
	KeeperStays = "stays"
	KeeperAdded = "added"
	KeeperEnded = "ended" // it opens nothing any more
)

// A KeeperChange is what Rewrap did for one keeper.
type KeeperChange struct{ Keeper, State string }

// rootKeyLock has those who look for a root key, or change who seals it, queue.
const rootKeyLock = `SELECT pg_advisory_xact_lock(hashtextextended('root keys', 0))`

// Kept returns who seals the root key, in the order of time.
func (s *RootKeys) Kept(ctx context.Context) ([]schema.KeptRoot, error) {
	all, err := pg.SystemQuery(ctx, s.system, pgx.RowToStructByPos[schema.KeptRoot], schema.RootKeys)
	return all, pg.Wrap("read root keys", err)
}

// Root returns the root key.
func (s *RootKeys) Root() secret.Root { return s.root }

// open finds the root key with one of the keepers, and makes it in an installation that has nothing yet, unless it only looks: whoever
// looks with a wrong key must not have the installation be opened by that one.
func (s *RootKeys) open(ctx context.Context, keepers []secret.Keeper, looks bool) error {
	all, err := s.Kept(ctx)
	if err == nil && len(all) == 0 && looks {
		return nil
	}
	if err == nil && len(all) == 0 {
		err = s.system.InTx(ctx, func(ctx context.Context) (err error) {
			all, err = s.first(ctx, keepers)
			return err
		})
	}
	if err != nil {
		return err
	}
	s.root, err = schema.OpenRoot(ctx, all, keepers)
	return err
}

// first keeps a root key where there is none.
func (s *RootKeys) first(ctx context.Context, keepers []secret.Keeper) ([]schema.KeptRoot, error) {
	if _, err := pg.SystemExec(ctx, rootKeyLock); err != nil {
		return nil, err
	}
	if all, err := s.Kept(ctx); err != nil || len(all) > 0 {
		return all, err // another process was faster
	}
	root, err := s.firstRoot(ctx, keepers)
	if err != nil {
		return nil, err
	}
	for _, k := range keepers {
		if err := s.keep(ctx, root, k); err != nil {
			return nil, err
		}
	}
	return s.Kept(ctx)
}

// firstRoot is a new root key, or that of an installation which was made when the encryption key itself was the root key.
func (s *RootKeys) firstRoot(ctx context.Context, keepers []secret.Keeper) (secret.Root, error) {
	tenants, err := pg.SystemOne(ctx, s.system, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM tenants)`)
	if err != nil || !tenants {
		root, _ := secret.NewRoot()
		return root, err
	}
	of, wrapped, err := s.anyDataKey(ctx)
	if err != nil {
		return secret.Root{}, err
	}
	for _, k := range keepers {
		root, local := secret.RootOf(k)
		if !local || wrapped == nil && len(keepers) > 1 {
			continue
		}
		if wrapped == nil {
			return root, nil // nothing says that it is wrong
		}
		if _, err := root.TenantKey(secret.DataKeys).OpenDataKey(of, wrapped, "data-key", of.String()); err == nil {
			return root, nil
		}
	}
	return secret.Root{}, schema.Refuse([]schema.Finding{schema.Fatal(
		"none of the encryption keys that are set is known to be the one that this installation was set up with",
		"set PLINTO_ENCRYPTION_KEY to that key, alone, and start again; others can be added afterwards")})
}

// anyDataKey returns a data key of a tenant in the shared tables, as the root key wrapped it; nil: there is none.
func (s *RootKeys) anyDataKey(ctx context.Context) (of tenant.ID, wrapped []byte, err error) {
	tenants, err := pg.SystemQuery(ctx, s.system, pgx.RowTo[uuid.UUID], `SELECT id FROM tenants WHERE isolation = 'shared' ORDER BY created_at LIMIT 50`)
	if err != nil {
		return of, nil, err
	}
	for _, id := range tenants {
		of = tenant.ID(id)
		found, err := pg.Query(tenant.With(ctx, &tenant.Tenant{ID: of}), s.db, pgx.RowTo[[]byte], `SELECT wrapped FROM data_keys`)
		if err != nil || len(found) > 0 {
			return of, slices.Concat(found...), err
		}
	}
	return of, nil, nil
}

func (s *RootKeys) keep(ctx context.Context, root secret.Root, k secret.Keeper) error {
	sealed, err := root.SealedBy(ctx, k)
	if err != nil {
		return fmt.Errorf("seal the root key by %s: %w", k.Name(), err)
	}
	if own, local := secret.RootOf(k); !local || own != root {
		if _, err := pg.SystemExec(ctx, needsRootKeys); err != nil {
			return err
		}
	}
	_, err = pg.SystemExec(ctx, `INSERT INTO root_keys (keeper, sealed) VALUES ($1, $2)`, k.Name(), sealed)
	return err
}

// needsRootKeys keeps programs from starting that take the encryption key for the root key, which it is not.
const needsRootKeys = `UPDATE schema_migrations SET runs_from = name WHERE name = '0052_keep_root_keys'`

// errNoKeeper refuses to leave an installation that nobody opens.
var errNoKeeper = errors.New("no key is named that could seal the root key")

// Rewrap has exactly the keepers seal the root key: those that are new do, and what others sealed is forgotten. It may be
// run again at any time.
func (s *RootKeys) Rewrap(ctx context.Context, keepers []secret.Keeper) (changes []KeeperChange, err error) {
	if len(keepers) == 0 {
		return nil, errNoKeeper
	}
	err = s.system.InTx(ctx, func(ctx context.Context) error {
		changes = nil
		if _, err := pg.SystemExec(ctx, rootKeyLock); err != nil {
			return err
		}
		all, err := s.Kept(ctx)
		if err != nil {
			return err
		}
		for _, k := range keepers {
			if slices.ContainsFunc(all, func(kept schema.KeptRoot) bool { return kept.Keeper == k.Name() }) {
				changes = append(changes, KeeperChange{k.Name(), KeeperStays})
				continue
			}
			if err := s.keep(ctx, s.root, k); err != nil {
				return err
			}
			changes = append(changes, KeeperChange{k.Name(), KeeperAdded})
		}
		for _, kept := range all {
			if slices.ContainsFunc(keepers, func(k secret.Keeper) bool { return k.Name() == kept.Keeper }) {
				continue
			}
			if _, err := pg.SystemExec(ctx, `DELETE FROM root_keys WHERE keeper = $1`, kept.Keeper); err != nil {
				return err
			}
			changes = append(changes, KeeperChange{kept.Keeper, KeeperEnded})
		}
		return nil
	})
	return changes, pg.Wrap("rewrap the root key", err)
}
