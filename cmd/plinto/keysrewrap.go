package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/event"
	"plinto/storage"
	"plinto/tenant"
)

func keysRewrap(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "rewrap",
		Short: "Seal the installation's root key by the encryption keys that are set, and by no others",
		Long: `Seal the installation's root key by the keys in PLINTO_ENCRYPTION_KEY, and by no
others. To replace the encryption key:

  1. set PLINTO_ENCRYPTION_KEY=NEW,OLD for this command, and run it
  2. set PLINTO_ENCRYPTION_KEY=NEW for the servers, and restart them one by one
  3. set PLINTO_ENCRYPTION_KEY=NEW for this command, and run it again: from then
     on the old key opens nothing

Servers go on meanwhile. It may be run again at any time. What it changes is in the
audit log of the tenant system, where there is one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				changes, err := i.rewrap(ctx)
				if err != nil {
					return err
				}
				rows := keeperRows(changes)
				return format.write(c.out, rows, func(w io.Writer) { keeperTable(w, rows) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// rewrap has the keys that are set seal the root key, and records what that changed with the change itself, where operators
// have a tenant.
func (i *installation) rewrap(ctx context.Context) (changes []storage.KeeperChange, err error) {
	system, err := i.Tenants.Current(ctx, tenant.SystemSlug)
	if errors.Is(err, tenant.ErrUnknown) {
		return i.store.RootKeys.Rewrap(ctx, i.cfg.Keepers)
	}
	if err != nil {
		return nil, fmt.Errorf("find the tenant of operators: %w", err)
	}
	err = i.store.Tenants.InTx(tenant.With(ctx, system), func(ctx context.Context) (err error) {
		if changes, err = i.store.RootKeys.Rewrap(ctx, i.cfg.Keepers); err != nil {
			return err
		}
		fact := event.RootKeyRewrapped{
			Added: keepers(changes, storage.KeeperAdded), Ended: keepers(changes, storage.KeeperEnded), Stay: keepers(changes, storage.KeeperStays),
		}
		if len(fact.Added)+len(fact.Ended) == 0 {
			return nil
		}
		return i.store.Tenants.Append(ctx, event.Event{Fact: fact, Actor: operator, Outcome: "success"})
	})
	return changes, err
}

// keepers names the keys that something became of.
func keepers(changes []storage.KeeperChange, state string) (names []string) {
	for _, k := range changes {
		if k.State == state {
			names = append(names, k.Keeper)
		}
	}
	return names
}

// A keeperRow is how a key is shown that seals the root key.
type keeperRow struct {
	Keeper string `json:"keeper"`
	State  string `json:"state"`
}

func keeperRows(changes []storage.KeeperChange) []keeperRow {
	rows := []keeperRow{}
	for _, k := range changes {
		rows = append(rows, keeperRow(k))
	}
	return rows
}

// keeperSays words what became of a key.
var keeperSays = map[string]string{
	storage.KeeperAdded: "opens the installation from now on",
	storage.KeeperStays: "opens the installation, as before",
	storage.KeeperEnded: "opens nothing any more",
}

func keeperTable(w io.Writer, rows []keeperRow) {
	fmt.Fprintln(w, "KEY\tSTATE")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\n", r.Keeper, keeperSays[r.State])
	}
}
