package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/tenant"
)

func userDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	var after time.Duration
	cmd := &cobra.Command{
		Use:   "delete USER --yes",
		Short: "Delete a user with everything that hangs on it",
		Long: `Delete a user with everything that hangs on it. With --after everything of the user
ends now, and the account is deleted when that time has passed: until then the user can
sign in and keep it, and plinto user keep does the same. The user is told by mail.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case after < 0 || after > tenant.MaxDeletionGrace:
				return usageError{fmt.Errorf("--after must be at most %s", tenant.MaxDeletionGrace)}
			case !yes:
				return usageError{fmt.Errorf("say that %s is to be deleted: add --yes, or disable the user", args[0])}
			}
			if after == 0 {
				return t.deleteUser(cmd.Context(), c, args[0])
			}
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				at, err := i.Directory.ScheduleDeletion(ctx, operator, u.ID, after)
				return "is signed out, and will be deleted at " + stamp(at), err
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete the user")
	cmd.Flags().DurationVar(&after, "after", 0, "how long the account can be kept, at most 2160h; 0 deletes it now")
	return cmd
}

// deleteUser deletes a user now.
func (f *tenantFlag) deleteUser(ctx context.Context, c *cli, name string) error {
	return f.onUser(ctx, c, name, func(ctx context.Context, i *installation, u identity.User) error {
		if err := i.Directory.Delete(ctx, operator, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "User %s is deleted.\n", nameOf(&u))
		return c.tellDeletion(ctx, i, u.ID)
	})
}

func userKeep(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "keep USER",
		Short: "Keep a user whose account is going to be deleted",
		Long: `Keep a user whose account is going to be deleted, because they or an operator said so.
What ended then stays dead: the user signs in again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return "is kept", i.Directory.Keep(ctx, operator, u.ID)
			})
		},
	}
}
