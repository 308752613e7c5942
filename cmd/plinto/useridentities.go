package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/tid"
)

// userIdentities is plinto user identities.
func userIdentities(c *cli, t *tenantFlag) *cobra.Command {
	return group("identities", "The accounts at identity providers that sign a user in", userIdentitiesList(c, t), userIdentitiesRemove(c, t))
}

// An identityRow is how an identity is shown.
type identityRow struct {
	ID         string `json:"id"`
	Connection string `json:"connection"` // slug
	Issuer     string `json:"issuer"`
	Subject    string `json:"subject"`
	Label      string `json:"label"`
	LinkedAt   string `json:"linked_at"`
	UsedAt     string `json:"used_at,omitempty"`
}

func userIdentitiesList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the accounts at identity providers that sign a user in, oldest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				all, err := i.signIns().Of(ctx, u.ID)
				if err != nil {
					return err
				}
				rows := []identityRow{}
				for n := range all {
					d := &all[n]
					rows = append(rows, identityRow{d.PublicID(), d.Slug, d.Issuer, d.Subject, d.Label, stamp(d.CreatedAt), stamp(d.UsedAt)})
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tCONNECTION\tLABEL\tSUBJECT\tLAST USED")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%q\t%q\t%s\n", r.ID, r.Connection, r.Label, r.Subject, r.UsedAt)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func userIdentitiesRemove(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "remove USER ID",
		Short: "Have an account at an identity provider sign the user in no more; what was begun with it ends",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				id, err := tid.Parse(federation.IdentityPrefix, args[1])
				if err == nil {
					err = i.signIns().Unlink(ctx, operator, &u, id)
				}
				if errors.Is(err, federation.ErrIdentityNotFound) || errors.Is(err, tid.ErrInvalid) {
					return fmt.Errorf("the user has no identity %q", args[1])
				}
				if err == nil {
					fmt.Fprintf(c.out, "Identity %s is removed.\n", args[1])
				}
				return err
			})
		},
	}
}

// signIns are the use cases of identities.
func (i *installation) signIns() *federation.SignIns {
	return &federation.SignIns{
		Identities: i.store.Identities, Outbox: i.store.Outbox, Tx: i.store.DB, Endings: i.store.Endings(),
		Roles: &federation.RoleGiver{Given: i.store.Identities, Roles: i.Organizations.Roles},
	}
}
