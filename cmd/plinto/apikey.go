package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/apikey"
)

func apiKeyCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("api-key", "Manage keys with which scripts call the management API", apiKeyCreate(c, &t), apiKeyList(c, &t), apiKeyRevoke(c, &t))
	t.flag(cmd)
	return cmd
}

// An apiKeyRow is how a key is shown.
type apiKeyRow struct {
	ID          string                    `json:"id"`
	Name        string                    `json:"name"`
	Key         string                    `json:"key,omitempty"` // when it was made just now
	Hint        string                    `json:"hint"`          // how it starts
	User        string                    `json:"user,omitempty"`
	Permissions []organization.Permission `json:"permissions"`
	CreatedAt   string                    `json:"created_at"`
	ExpiresAt   string                    `json:"expires_at"`
	UsedAt      string                    `json:"used_at,omitempty"`
}

func newAPIKeyRow(k *apikey.Key) apiKeyRow {
	row := apiKeyRow{
		ID: k.PublicID(), Name: k.Name, Hint: k.Hint, Permissions: k.Permissions,
		CreatedAt: stamp(k.CreatedAt), ExpiresAt: stamp(k.ExpiresAt), UsedAt: stamp(k.UsedAt),
	}
	if k.UserID != uuid.Nil {
		row.User = tid.Format(identity.UserPrefix, k.UserID)
	}
	return row
}

// userOf finds the user that a command names, or none when it names none.
func (i *installation) userOf(ctx context.Context, name string) (uuid.UUID, error) {
	if name == "" {
		return uuid.Nil, nil
	}
	u, err := i.user(ctx, name)
	return u.ID, err
}

func apiKeyCreate(c *cli, t *tenantFlag) *cobra.Command {
	var user string
	var permissions []string
	var ttl time.Duration
	var format output
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a key; it is shown once",
		Long: `Make a key; it is shown once. With --user it is that user's: it never allows more than
the user may do at the time, and is over with whatever ends all that the user has, like
a new password. Without, it is the tenant's and stands until it expires or is revoked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				owner, err := i.userOf(ctx, user)
				if err != nil {
					return err
				}
				made, plain, err := i.apiKeys.Create(ctx, apikey.New{Name: args[0], UserID: owner, TTL: ttl, Permissions: permissionsOf(permissions)})
				if err != nil {
					return err
				}
				row := newAPIKeyRow(&made)
				row.Key = plain.Reveal()
				return format.write(c.out, row, func(w io.Writer) {
					fmt.Fprintf(w, "The key is shown now and never again. It is good until %s:\n\n%s\n", row.ExpiresAt, row.Key)
				})
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "whose key it is, by id, email or user name")
	cmd.Flags().StringSliceVar(&permissions, "permission", nil, "what it allows, like users:read; several with commas, or again")
	cmd.Flags().DurationVar(&ttl, "ttl", apikey.DefaultTTL, "how long it is good")
	format.flag(cmd)
	return cmd
}

func apiKeyList(c *cli, t *tenantFlag) *cobra.Command {
	var user string
	var page paging
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys that are good, without what is secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, err := page.afterID(apikey.Prefix, "a key")
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				owner, err := i.userOf(ctx, user)
				if err != nil {
					return err
				}
				all, err := i.apiKeys.List(ctx, owner, start, page.limit)
				if err != nil {
					return err
				}
				rows := []apiKeyRow{}
				for n := range all {
					rows = append(rows, newAPIKeyRow(&all[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) { apiKeyTable(w, rows, &page) })
			})
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "only those of this user")
	page.flags(cmd, "key id")
	format.flag(cmd)
	return cmd
}

func apiKeyTable(w io.Writer, rows []apiKeyRow, page *paging) {
	fmt.Fprintln(w, "ID\tNAME\tSTARTS WITH\tUSER\tEXPIRES\tLAST USED\tPERMISSIONS")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Name, r.Hint, r.User, r.ExpiresAt, r.UsedAt, permissionText(r.Permissions))
	}
	if len(rows) > 0 {
		page.more(w, len(rows), rows[len(rows)-1].ID)
	}
}

func apiKeyRevoke(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a key at once",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := tid.Parse(apikey.Prefix, args[0])
			if err != nil {
				return usageError{fmt.Errorf("the id is that of plinto api-key list")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				if err := i.apiKeys.Revoke(ctx, id); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "API key %s is revoked.\n", args[0])
				return nil
			})
		},
	}
}
