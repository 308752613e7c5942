package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/tid"
)

// userFactors is plinto user factors.
func userFactors(c *cli, t *tenantFlag) *cobra.Command {
	return group("factors", "The second factors of a user", userFactorsList(c, t), userFactorsRemove(c, t))
}

// A factorRow is how a second factor is shown.
type factorRow struct {
	ID        string `json:"id,omitempty"`
	Kind      string `json:"kind"` // "totp", "passkey", "recovery_codes"
	Name      string `json:"name,omitempty"`
	Model     string `json:"model,omitempty"`  // of the authenticator of a passkey
	Synced    bool   `json:"synced,omitempty"` // a passkey that is on more devices than one
	Left      int    `json:"left,omitempty"`   // recovery codes that were not used
	CreatedAt string `json:"created_at,omitempty"`
	UsedAt    string `json:"used_at,omitempty"`
}

func factorRows(held *mfa.Held, keys []passkey.Passkey) []factorRow {
	rows := []factorRow{}
	for i := range keys {
		k := &keys[i]
		rows = append(rows, factorRow{ID: k.PublicID(), Kind: "passkey", Name: k.Name, Model: k.Model, Synced: k.BackedUp, CreatedAt: stamp(k.CreatedAt), UsedAt: stamp(k.UsedAt)})
	}
	for i := range held.TOTP {
		f := &held.TOTP[i]
		rows = append(rows, factorRow{ID: f.PublicID(), Kind: "totp", Name: f.Name, CreatedAt: stamp(f.CreatedAt), UsedAt: stamp(f.UsedAt)})
	}
	if held.Codes > 0 {
		rows = append(rows, factorRow{Kind: "recovery_codes", Left: held.Codes})
	}
	return rows
}

func userFactorsList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the second factors of a user, and how many recovery codes are left",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				held, err := i.factors.Held(ctx, u.ID)
				if err != nil {
					return err
				}
				keys, err := i.passkeys.Of(ctx, &u)
				if err != nil {
					return err
				}
				rows := factorRows(&held, keys)
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tKIND\tNAME\tADDED\tLAST USED")
					for _, r := range rows {
						name := r.Name
						if r.Model != "" && r.Model != r.Name {
							name = strings.TrimSpace(name + " (" + r.Model + ")")
						}
						if r.Synced {
							name = strings.TrimSpace(name + " (synced)")
						}
						if r.Left > 0 {
							name = fmt.Sprintf("%d left", r.Left)
						}
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, name, r.CreatedAt, r.UsedAt)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func userFactorsRemove(c *cli, t *tenantFlag) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "remove USER [ID]",
		Short: "Remove a second factor of a user who has lost it",
		Long: `Remove a second factor of a user who has lost it. With the last one the recovery codes
go too. Make sure that it is the user who asks: whoever has the password can sign in then.
The user is told by mail. Where a second factor is required, the user adds one at the next
sign-in.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 2) {
				return errors.New("name one factor by its id, or say --all")
			}
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				if all {
					return i.passkeys.RemoveAll(ctx, operator, &u)
				}
				return i.removeFactor(ctx, &u, args[1])
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove all of them")
	return cmd
}

// removeFactor removes one factor of a user, by its public id.
func (i *installation) removeFactor(ctx context.Context, u *identity.User, factor string) error {
	if id, err := tid.Parse(passkey.Prefix, factor); err == nil {
		return i.passkeys.Remove(ctx, operator, u, id)
	}
	id, err := tid.Parse(mfa.FactorPrefix, factor)
	if err != nil {
		return mfa.ErrFactorUnknown
	}
	return i.factors.Remove(ctx, operator, u, id)
}
