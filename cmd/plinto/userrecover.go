package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/paths"
	"plinto/tenant"
)

// A recoveryLink is how a link is shown.
type recoveryLink struct {
	User         string `json:"user"`
	URL          string `json:"url"`
	ExpiresAt    string `json:"expires_at"`
	ResetFactors bool   `json:"reset_factors"`
}

func userRecover(c *cli, t *tenantFlag) *cobra.Command {
	var life time.Duration
	var reset bool
	var format output
	cmd := &cobra.Command{
		Use:   "recover USER",
		Short: "Make a one-time link by which a user who has lost everything sets another password",
		Long: `Make a one-time link by which a user who has lost everything sets another password.
Make sure that it is the user who asks, and give the link to nobody else: whoever has it
can set the password. Until it is used nothing changes. Another link for the user ends
this one.

When it is used, every session of the user ends and everything applications were granted
is void; the user is told by mail. Second factors stay, and are asked for at the next
sign-in, unless --reset-factors removes them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				until := time.Now().Add(life)
				link, err := i.links().Issue(ctx, operator, &u, life, reset)
				if err != nil {
					return err
				}
				row := recoveryLink{User: u.PublicID(), URL: tenant.Must(ctx).URL(paths.RecoverLink + "?token=" + link), ExpiresAt: stamp(until), ResetFactors: reset}
				return format.write(c.out, row, func(w io.Writer) {
					fmt.Fprintf(w, "Give this link to %s alone. It works once, until %s:\n%s\n", nameOf(&u), row.ExpiresAt, row.URL)
				})
			})
		},
	}
	cmd.Flags().DurationVar(&life, "for", recovery.DefaultLinkLife, "how long the link is good, at most 168h")
	cmd.Flags().BoolVar(&reset, "reset-factors", false, "using the link removes all second factors and recovery codes")
	format.flag(cmd)
	return cmd
}

// links returns the service that makes the links.
func (i *installation) links() *recovery.Links {
	return &recovery.Links{
		Tokens: i.store.OneTimeTokens, Users: i.store.Users, Directory: i.Directory, Outbox: i.store.Outbox,
		RemoveFactors: i.passkeys.RemoveAll,
	}
}
