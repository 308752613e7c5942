package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/internal/keyset"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/tenant"
)

// orgDomains is plinto org domains.
func orgDomains(c *cli, t *tenantFlag) *cobra.Command {
	return group("domains", "The mail domains of an organization",
		orgDomainsList(c, t), orgDomainsAdd(c, t), orgDomainsVerify(c, t), orgDomainsRemove(c, t))
}

// A domainRow is how a domain is shown, with the TXT record that shows whose it is.
type domainRow struct {
	ID         string `json:"id"`
	Domain     string `json:"domain"`
	State      string `json:"state"` // "verified", "failing", "pending"
	Record     string `json:"record"`
	Value      string `json:"value"`
	VerifiedAt string `json:"verified_at,omitempty"`
	CheckedAt  string `json:"checked_at,omitempty"`
}

func newDomainRow(ctx context.Context, d *domain.Domain) domainRow {
	r := domainRow{
		ID: d.PublicID(), Domain: d.Name, State: "pending", Record: d.Record(domain.Label(tenant.Must(ctx))), Value: d.Token,
		VerifiedAt: stamp(d.VerifiedAt), CheckedAt: stamp(d.CheckedAt),
	}
	switch {
	case d.Verified() && d.Failures > 0:
		r.State = "failing"
	case d.Verified():
		r.State = "verified"
	}
	return r
}

// domainsOf are the domains of an organization.
func (i *installation) domainsOf(ctx context.Context, org uuid.UUID) (all []domain.Domain, err error) {
	list := func(ctx context.Context, after uuid.UUID, limit int) ([]domain.Domain, error) {
		return i.Domains.Domains.List(ctx, org, keyset.Rows(after, limit))
	}
	for d, err := range keyset.All(ctx, list, func(d *domain.Domain) uuid.UUID { return d.ID }) {
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// onDomain is work on a domain of an organization, however it is written.
func (f *tenantFlag) onDomain(ctx context.Context, c *cli, args []string, fn func(context.Context, *installation, domain.Domain) error) error {
	return f.onOrg(ctx, c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
		name, err := domain.Normal(args[1])
		if err != nil {
			return err
		}
		all, err := i.domainsOf(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Name == name {
				return fn(ctx, i, d)
			}
		}
		return domain.ErrNotFound
	})
}

func orgDomainsList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list ORGANIZATION",
		Short: "List domains, with the DNS records that show whose they are",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				all, err := i.domainsOf(ctx, o.ID)
				if err != nil {
					return err
				}
				rows := []domainRow{}
				for n := range all {
					rows = append(rows, newDomainRow(ctx, &all[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "DOMAIN\tSTATE\tTXT RECORD\tVALUE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Domain, r.State, r.Record, r.Value)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func orgDomainsAdd(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "add ORGANIZATION DOMAIN",
		Short: "Note a domain, and show the DNS record that verifies it",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				d, err := i.Domains.Add(ctx, o.ID, args[1])
				if err != nil {
					return err
				}
				row := newDomainRow(ctx, &d)
				return format.write(c.out, row, func(w io.Writer) {
					fmt.Fprintf(w, "Publish this TXT record, then: plinto org domains verify %s %s\n%s\t%s\n", o.Slug, d.Name, row.Record, row.Value)
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func orgDomainsVerify(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "verify ORGANIZATION DOMAIN",
		Short: "Look for the DNS record of a domain now",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onDomain(cmd.Context(), c, args, func(ctx context.Context, i *installation, d domain.Domain) error {
				_, err := i.Domains.Verify(ctx, d.Organization, d.ID)
				if errors.Is(err, domain.ErrNoRecord) {
					row := newDomainRow(ctx, &d)
					return fmt.Errorf("the TXT record %s does not hold %s yet: %w", row.Record, row.Value, err)
				}
				if err == nil {
					fmt.Fprintf(c.out, "Domain %s is verified.\n", d.Name)
				}
				return err
			})
		},
	}
}

func orgDomainsRemove(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ORGANIZATION DOMAIN",
		Short: "Take a domain from an organization",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onDomain(cmd.Context(), c, args, func(ctx context.Context, i *installation, d domain.Domain) error {
				err := i.Domains.Remove(ctx, d.Organization, d.ID)
				if err == nil {
					fmt.Fprintf(c.out, "Domain %s is removed.\n", d.Name)
				}
				return err
			})
		},
	}
}
