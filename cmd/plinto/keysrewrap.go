package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/storage"
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

Servers go on meanwhile. It may be run again at any time.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				changes, err := i.store.RootKeys.Rewrap(ctx, i.cfg.Keepers)
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
