package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/federation"
)

func (f *connectionFlags) ssoFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.SSO, "sso", "",
		"what becomes of people with an address of --email-domains: off (the default), offered (they are led to the provider) or required (they sign in so alone)")
	cmd.Flags().StringSliceVar(&f.SSOExempt, "sso-exempt", nil, "addresses of users who sign in otherwise although --sso is required")
}

// A ssoRow is whom a connection leads to its provider by their address.
type ssoRow struct {
	SSO      string   `json:"sso"`
	Leads    []string `json:"leads"`
	Waits    []string `json:"waits"`
	Affected int      `json:"affected_users"`
	More     bool     `json:"affected_more"`
}

func ssoOf(ctx context.Context, i *installation, c *federation.Connection) (ssoRow, error) {
	realms := &federation.Realms{Connections: i.Connections, Domains: i.store.Realms}
	e, err := realms.Effect(ctx, c.ID)
	if err != nil {
		return ssoRow{}, fmt.Errorf("look at whom the connection leads: %w", err)
	}
	return ssoRow{SSO: e.SSO, Leads: e.Leads, Waits: e.Waits, Affected: min(e.Affected, federation.MaxAffected), More: e.Affected > federation.MaxAffected}, nil
}

func (r *ssoRow) users() string {
	if r.More {
		return fmt.Sprintf("more than %d", r.Affected)
	}
	return fmt.Sprint(r.Affected)
}

// tellSSO says what a change of --sso does to whom.
func tellSSO(ctx context.Context, c *cli, i *installation, found *federation.Connection) error {
	r, err := ssoOf(ctx, i, found)
	if err != nil {
		return err
	}
	switch r.SSO {
	case federation.SSORequired:
		fmt.Fprintf(c.out, "Users who can sign in with the provider alone from now on: %s. Their sessions stay.\n", r.users())
	case federation.SSOOffered:
		if len(r.Leads) == 0 {
			break
		}
		fmt.Fprintf(c.out, "Domains whose people are led to the provider: %s.\n", strings.Join(r.Leads, " "))
	}
	if len(r.Waits) > 0 && r.SSO != federation.SSOOff {
		fmt.Fprintf(c.out, "These lead nobody, because they are not verified by whose connection it is: %s.\n", strings.Join(r.Waits, " "))
	}
	return nil
}

func connectionSSO(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "sso SLUG",
		Short: "Show whom a connection leads to its provider by their address, and how many users --sso required affects",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				row, err := ssoOf(ctx, i, found)
				if err != nil {
					return err
				}
				return format.write(c.out, row, func(w io.Writer) { membersTable(w, row) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}
