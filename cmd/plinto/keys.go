package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"plinto/provider"
	"plinto/provider/keys"
)

func keysCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("keys", "Manage signing keys, and the encryption key of the installation", keysList(c, &t), keysRotate(c, &t), keysRewrap(c))
	t.flag(cmd)
	return cmd
}

// A keyRow is how a signing key is shown.
type keyRow struct {
	KID         string `json:"kid"`
	Alg         string `json:"alg"`
	State       string `json:"state"`
	CreatedAt   string `json:"created_at"`
	ActivatesAt string `json:"activates_at,omitempty"`
	RetiresAt   string `json:"retires_at,omitempty"`
	GoneAt      string `json:"gone_at,omitempty"`
}

// keyGone is how a key is shown that is not published any more.
const keyGone = "gone"

func keysList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tenant's keys",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				all, err := i.store.Keys.All(ctx)
				if err != nil {
					return fmt.Errorf("list keys: %w", err)
				}
				return format.write(c.out, keyRows(all), func(w io.Writer) { keyTable(w, keyRows(all)) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func keyRows(all []provider.SigningKey) []keyRow {
	rows := []keyRow{}
	for _, k := range all {
		state := string(k.State)
		if k.Gone(time.Now()) {
			state = keyGone
		}
		rows = append(rows, keyRow{
			KID: k.KID, Alg: k.Alg, State: state, CreatedAt: stamp(k.CreatedAt),
			ActivatesAt: stamp(k.ActivatesAt), RetiresAt: stamp(k.RetiresAt), GoneAt: stamp(k.GoneAt),
		})
	}
	return rows
}

func keyTable(w io.Writer, rows []keyRow) {
	fmt.Fprintln(w, "KID\tALG\tSTATE\tMADE\tNEXT")
	for _, r := range rows {
		next := "signs until it is rotated"
		switch {
		case r.State == string(provider.KeyNext):
			next = "signs from " + r.ActivatesAt
		case r.State == keyGone:
			next = "verifies hints; cannot sign: its private half is destroyed"
		case r.GoneAt != "":
			next = "leaves the JWKS at " + r.GoneAt
		case r.RetiresAt != "":
			next = "is replaced at " + r.RetiresAt
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.KID, r.Alg, r.State, r.CreatedAt, next)
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "No keys yet: they are made when first needed.")
	}
}

func keysRotate(c *cli, t *tenantFlag) *cobra.Command {
	var algs []string
	var format output
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Sign with new keys at once; old tokens stay valid",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				service := &keys.Service{Keys: i.store.Keys, Outbox: i.store.Outbox, Tx: i.store.DB, Root: i.cfg.Root, Now: time.Now}
				for _, alg := range algs {
					if err := service.Rotate(ctx, alg); err != nil {
						return fmt.Errorf("rotate keys: %w", err)
					}
				}
				all, err := i.store.Keys.All(ctx)
				if err != nil {
					return fmt.Errorf("list keys: %w", err)
				}
				rows := keyRows(slices.DeleteFunc(all, func(k provider.SigningKey) bool {
					return k.State != provider.KeyActive || !slices.Contains(algs, k.Alg)
				}))
				return format.write(c.out, rows, func(w io.Writer) {
					for _, r := range rows {
						fmt.Fprintf(w, "%s is signed with %s now, on every instance.\n", r.Alg, r.KID)
					}
				})
			})
		},
	}
	cmd.Flags().StringSliceVar(&algs, "alg", provider.DefaultAlgs, "algorithms to rotate")
	format.flag(cmd)
	return cmd
}
