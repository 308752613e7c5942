package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/identity/addresses"
)

// userEmails is plinto user emails.
func userEmails(c *cli, t *tenantFlag) *cobra.Command {
	return group("emails", "The email addresses of a user", userEmailsList(c, t), userEmailsAdd(c, t), userEmailsPrimary(c, t), userEmailsRemove(c, t))
}

// An emailRow is how an address is shown.
type emailRow struct {
	ID         string `json:"id,omitempty"` // none for the primary one
	Email      string `json:"email"`
	Primary    bool   `json:"primary"`
	Verified   bool   `json:"verified"`
	VerifiedAt string `json:"verified_at,omitempty"`
}

func (r *emailRow) state() string {
	switch {
	case r.Primary && r.Verified:
		return "primary"
	case r.Primary:
		return "primary, not confirmed"
	case r.Verified:
		return "confirmed"
	}
	return "not confirmed"
}

func userEmailsList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the email addresses of a user, the primary one first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				all, err := i.addresses.List(ctx, &u)
				if err != nil {
					return err
				}
				rows := []emailRow{}
				for _, e := range all {
					rows = append(rows, emailRow{e.PublicID(), e.Address, e.Primary, e.Verified, stamp(e.VerifiedAt)})
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "EMAIL\tSTATE\tSINCE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\n", r.Email, r.state(), r.VerifiedAt)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func userEmailsAdd(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "add USER EMAIL",
		Short: "Give a user another email address",
		Long: `Give a user another email address. It counts as confirmed: the user can sign in with it
and have a new password set by it. Make sure that it is theirs. The user is told at the
primary address.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				_, err := i.addresses.Provide(ctx, operator, &u, args[1])
				return "has the address " + args[1] + " too", err
			})
		},
	}
}

func userEmailsPrimary(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "primary USER EMAIL",
		Short: "Make a confirmed email address the one to which mails go",
		Long: `Make one of a user's confirmed email addresses the primary one, to which mails go and
which applications see. Both addresses are told. What the user changes can be taken back
by the old address for a week; this cannot.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				e, err := i.email(ctx, &u, args[1])
				if err != nil || e.Primary {
					return "has that primary address already", err
				}
				return "has the primary address " + e.Address, i.addresses.MakePrimary(ctx, operator, &u, e.ID)
			})
		},
	}
}

func userEmailsRemove(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "remove USER EMAIL",
		Short: "Take an email address from a user, other than the primary one",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				e, err := i.email(ctx, &u, args[1])
				if err != nil {
					return "", err
				}
				return "no longer has the address " + e.Address, i.addresses.Remove(ctx, operator, &u, e.ID)
			})
		},
	}
}

// email finds an address of a user, however it is spelled. addresses.ErrUnknown.
func (i *installation) email(ctx context.Context, u *identity.User, typed string) (addresses.Email, error) {
	all, err := i.addresses.List(ctx, u)
	if err != nil {
		return addresses.Email{}, err
	}
	wanted, err := identity.Canonical(typed)
	if err != nil {
		return addresses.Email{}, identity.ErrEmail
	}
	for _, e := range all {
		if have, err := identity.Canonical(e.Address); err == nil && have == wanted {
			return e, nil
		}
	}
	return addresses.Email{}, addresses.ErrUnknown
}
