package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"plinto/tenant"
)

func tenantRestored(c *cli) *cobra.Command {
	var all, keepTokens bool
	cmd := &cobra.Command{
		Use:   "restored SLUG | --all",
		Short: "After the database was put back to an earlier time: end what was lost on the way",
		Long: `Say that the database was put back to an earlier time, such as by a backup of Postgres and
its WAL. Run it before servers start. Sessions, tokens, codes and links of before are
over, as those of the lost time are forgotten; mails, webhooks and imports that wait are
not sent and not done, as they may have been. It is in the audit log of each tenant. It
can be run again.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return usageError{errors.New("name one tenant, or say --all")}
			}
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				slugs := args
				if all {
					tenants, err := tenant.All(ctx, i.Tenants)
					if err != nil {
						return fmt.Errorf("list tenants: %w", err)
					}
					for n := range tenants {
						slugs = append(slugs, tenants[n].Slug)
					}
				}
				return c.tellRewound(ctx, i, slugs, keepTokens)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every tenant")
	cmd.Flags().BoolVar(&keepTokens, "keep-tokens", false, "sessions and tokens live on, also those that were ended or used in the lost time")
	return cmd
}

// tellRewound does it for one tenant after the other. One that fails leaves the others to be.
func (c *cli) tellRewound(ctx context.Context, i *installation, slugs []string, keepTokens bool) (failed error) {
	for _, slug := range slugs {
		t, err := i.bySlug(ctx, slug)
		if err == nil {
			err = i.Registry.Rewound(ctx, t.Slug, keepTokens)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("end what tenant %s had: %w", slug, err))
			continue
		}
		fmt.Fprintf(c.out, "Tenant %s goes on from where its database was put back to.\n", slug)
	}
	return failed
}
