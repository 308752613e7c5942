package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plinto/internal/keyset"
	"plinto/provider"
	"plinto/tenant"
)

// clientShown returns a client as JSON: metadata by their names, and what else
// there is to know. Secrets are shown by age only.
func clientShown(c *provider.Client) (map[string]any, error) {
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"client_id": c.ClientID, "first_party": c.FirstParty, "state": state(c.DisabledAt), "created_at": stamp(c.CreatedAt),
	}
	for name, value := range members {
		out[name] = value
	}
	if c.ManagedBy != "" {
		out["managed_by"] = c.ManagedBy
	}
	if c.SubjectType == provider.SubjectPairwise {
		out["sector"] = c.Sector()
	}
	var secrets []map[string]string
	for _, s := range c.Secrets {
		shown := map[string]string{"created_at": stamp(s.CreatedAt), "expires_at": stamp(s.ExpiresAt)}
		if !s.UsedAt.IsZero() {
			shown["used_at"] = stamp(s.UsedAt)
		}
		secrets = append(secrets, shown)
	}
	if secrets != nil {
		out["client_secrets"] = secrets
	}
	return out, nil
}

func clientList(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List clients, in order of client_id",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := page.check(); err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				found, err := i.Clients.List(ctx, page.after, page.limit)
				if err != nil {
					return fmt.Errorf("list clients: %w", err)
				}
				rows := []map[string]any{}
				for _, client := range found {
					row, err := clientShown(&client)
					if err != nil {
						return err
					}
					rows = append(rows, row)
				}
				return format.write(c.out, rows, func(w io.Writer) {
					clientTable(w, found)
					if len(found) > 0 {
						page.more(w, len(found), found[len(found)-1].ClientID)
					}
				})
			})
		},
	}
	page.flags(cmd, "client_id")
	format.flag(cmd)
	return cmd
}

func clientTable(w io.Writer, all []provider.Client) {
	fmt.Fprintln(w, "CLIENT ID\tNAME\tAUTHENTICATION\tGRANTS\tSTATE")
	for _, c := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.ClientID, c.ClientName, c.TokenEndpointAuthMethod,
			strings.Join(c.GrantTypes, " "), state(c.DisabledAt))
	}
}

func clientShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show CLIENT_ID",
		Short: "Show a client's metadata",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				client, err := i.client(ctx, args[0])
				if err != nil {
					return err
				}
				shown, err := clientShown(client)
				if err != nil {
					return err
				}
				return format.write(c.out, shown, func(w io.Writer) {
					for _, name := range slices.Sorted(maps.Keys(shown)) {
						value, _ := json.Marshal(shown[name]) // was just made
						fmt.Fprintf(w, "%s\t%s\n", name, strings.Trim(string(value), `"`))
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func clientCheck(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "check [CLIENT_ID]",
		Short: "Say what would make a client safer, or all clients",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				servers, err := i.ResourceServers.All(ctx)
				if err != nil {
					return fmt.Errorf("list resource servers: %w", err)
				}
				found, n := []provider.Advice{}, 0
				for client, err := range i.examined(ctx, args) {
					if err != nil {
						return err
					}
					found, n = append(found, provider.Advise(&client, servers, tenant.Must(ctx).Settings.ACRLevels)...), n+1
				}
				return format.write(c.out, found, func(w io.Writer) { adviceTable(w, found, n) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// examined are the client that is named, or all.
func (i *installation) examined(ctx context.Context, named []string) iter.Seq2[provider.Client, error] {
	if len(named) == 0 {
		return keyset.All(ctx, i.Clients.List, func(c *provider.Client) string { return c.ClientID })
	}
	return func(yield func(provider.Client, error) bool) {
		client, err := i.client(ctx, named[0])
		if err != nil {
			yield(provider.Client{}, err)
			return
		}
		yield(*client, nil)
	}
}

func adviceTable(w io.Writer, found []provider.Advice, clients int) {
	for _, a := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\n", a.ClientID, a.Member, a.Advice)
	}
	if len(found) == 0 {
		fmt.Fprintf(w, "Nothing to say about %d clients.\n", clients)
	}
}
