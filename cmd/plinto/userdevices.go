package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/agent"
	"plinto/internal/tid"
)

// userDevices is plinto user devices.
func userDevices(c *cli, t *tenantFlag) *cobra.Command {
	return group("devices", "The browsers that are known of a user", userDevicesList(c, t), userDevicesRevoke(c, t))
}

// A deviceRow is how a browser is shown.
type deviceRow struct {
	ID              string `json:"id"`
	Browser         string `json:"browser,omitempty"` // User-Agent header
	Address         string `json:"address,omitempty"` // at the last sign-in
	KnownSince      string `json:"known_since"`
	UsedAt          string `json:"used_at"`
	RememberedUntil string `json:"remembered_until,omitempty"` // the second factor is not asked for
}

func userDevicesList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the browsers that are known of a user, and those that are not asked for the second factor",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				all, err := i.devices.List(ctx, u.ID)
				if err != nil {
					return err
				}
				rows := deviceRows(all)
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tKNOWN SINCE\tLAST USED\tREMEMBERED UNTIL\tADDRESS\tBROWSER")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%q\n", r.ID, r.KnownSince, r.UsedAt, r.RememberedUntil, r.Address, r.Browser)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func deviceRows(all []identity.Device) []deviceRow {
	rows := []deviceRow{}
	for i := range all {
		d := &all[i]
		rows = append(rows, deviceRow{
			ID: d.PublicID(), Browser: browserName(d.Agent), Address: d.IP, KnownSince: stamp(d.CreatedAt), UsedAt: stamp(d.UsedAt), RememberedUntil: stamp(d.RememberedUntil),
		})
	}
	return rows
}

// browserName is the browser that a User-Agent header names, or the header.
func browserName(header string) string {
	browser, system := agent.Names(header)
	switch {
	case browser == "":
		return header
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func userDevicesRevoke(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke USER ID",
		Short: "Make a browser of a user an unknown one",
		Long: `Make a browser of a user an unknown one: at the next sign-in it is asked for a code by mail,
or for the second factor. The sessions end in which it stood in for the second factor.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				id, err := tid.Parse(identity.DevicePrefix, args[1])
				if err != nil {
					return identity.ErrDeviceUnknown
				}
				return i.devices.Revoke(ctx, operator, &u, id)
			})
		},
	}
}
