package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/keyset"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/provider/grants"
)

func userGrants(c *cli, t *tenantFlag) *cobra.Command {
	return group("grants", "What applications may do for a user now", userGrantsList(c, t), userGrantsEnd(c, t))
}

// A grantRow is how a grant is shown.
type grantRow struct {
	ID        string   `json:"id"`
	ClientID  string   `json:"client_id"`
	Scopes    []string `json:"scopes"`
	Resources []string `json:"resources"`
	Offline   bool     `json:"offline"`
	CreatedAt string   `json:"created_at"`
	ExpiresAt string   `json:"expires_at"`
}

// mostGrants bounds how many grants of a user are shown.
const mostGrants = 1000

func userGrantsList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the grants of a user that stand, newest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				rows, err := i.grantsOf(ctx, u.ID)
				if err != nil {
					return err
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tCLIENT ID\tSCOPES\tGRANTED\tUNTIL")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.ClientID, strings.Join(r.Scopes, " "), r.CreatedAt, r.ExpiresAt)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// grantsOf returns the grants of a user that stand.
func (i *installation) grantsOf(ctx context.Context, user uuid.UUID) ([]grantRow, error) {
	all, err := i.store.Grants.PageOfUser(ctx, user, keyset.Window{Limit: mostGrants, Descending: true})
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	var ids []uuid.UUID
	for _, g := range all {
		ids = append(ids, g.ClientID)
	}
	names, err := i.Clients.Names(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find clients: %w", err)
	}
	rows := []grantRow{}
	for n := range all {
		g := &all[n]
		rows = append(rows, grantRow{
			ID: g.PublicID(), ClientID: names[g.ClientID], Scopes: append([]string{}, g.Scopes...), Resources: append([]string{}, g.Resources...),
			Offline: g.Offline, CreatedAt: stamp(g.CreatedAt), ExpiresAt: stamp(g.ExpiresAt),
		})
	}
	return rows, nil
}

func userGrantsEnd(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "end USER GRANT",
		Short: "End a grant of a user with its tokens",
		Long: `End a grant of a user with its tokens. What the user allowed the application stays
allowed: plinto user consents revoke takes that back.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				id, err := tid.Parse(provider.GrantPrefix, args[1])
				if err != nil {
					return "", provider.ErrGrantNotFound
				}
				ender := &grants.Service{Grants: i.store.Grants, Outbox: i.store.Outbox, Tx: i.Tx}
				return "no longer has the grant " + args[1], ender.End(ctx, u.ID, id)
			})
		},
	}
}
