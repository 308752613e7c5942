package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/tenant"
)

func tenantCommand(c *cli) *cobra.Command {
	return group("tenant", "Manage tenants: each is an issuer of its own",
		tenantCreate(c), tenantList(c), tenantUpdate(c), tenantMove(c), tenantRestored(c), tenantDelete(c))
}

// A tenantRow is how a tenant is shown.
type tenantRow struct {
	ID        string          `json:"id"`
	Slug      string          `json:"slug"`
	Name      string          `json:"name"`
	Issuer    string          `json:"issuer,omitempty"`
	Host      string          `json:"host,omitempty"`
	State     string          `json:"state"`
	Isolation string          `json:"isolation"` // moving: it is nowhere right now
	Settings  tenant.Settings `json:"settings"`
	ManagedBy string          `json:"managed_by,omitempty"` // the manifest that declares it
	CreatedAt string          `json:"created_at,omitempty"`
	// Unreadable says what of it cannot be read, so that it answers 503; "": nothing. Its settings are left out then.
	Unreadable string `json:"unreadable,omitempty"`
}

func (i *installation) row(t *tenant.Tenant) tenantRow {
	row := tenantRow{
		ID: t.ID.String(), Slug: t.Slug, Name: t.Name, Issuer: t.Issuer, Host: t.Host,
		State: state(t.DisabledAt), Isolation: string(t.Placement.Isolation), Settings: t.Settings, ManagedBy: t.ManagedBy, CreatedAt: stamp(t.CreatedAt),
		Unreadable: t.Unreadable,
	}
	if row.Unreadable != "" {
		row.State = "unreadable"
	}
	return row
}

func tenantCreate(c *cli) *cobra.Command {
	var name, host, isolation, databaseURLFile string
	var ownKeys bool
	var format output
	cmd := &cobra.Command{
		Use:   "create SLUG",
		Short: "Make a tenant; running servers answer for it at once",
		Long: `Make a tenant; running servers answer for it at once.

With --isolation schema it gets tables of its own, in a schema of the same database;
with --isolation database, a database of its own: a new one on the same server, or the
one whose URL, of the role that servers log in as, is in a file. They are made as the
role of PLINTO_MIGRATE_DATABASE_URL, which has the same password there.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t := tenant.Tenant{
				ID: tenant.ID(uuid.Must(uuid.NewV7())), Slug: args[0], Name: name, Host: host, OwnKeys: ownKeys,
			}
			if t.Name == "" {
				t.Name = t.Slug
			}
			var err error
			if t.Placement, err = placement(isolation, databaseURLFile); err != nil {
				return err
			}
			if err := checkTenant(&t); err != nil {
				return err
			}
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				made, err := i.Registry.Create(ctx, t)
				if err != nil {
					return fmt.Errorf("create tenant %s: %w", t.Slug, err)
				}
				row := i.row(made)
				return format.write(c.out, row, func(w io.Writer) {
					fmt.Fprintf(w, "Tenant %s is there.\n\nissuer\t%s\n", t.Slug, issuer(made))
					fmt.Fprintf(w, "\nNext: plinto client create --tenant %s --type web --redirect-uri https://app.example.com/callback\n", t.Slug)
				})
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what users see; the slug without it")
	cmd.Flags().StringVar(&host, "host", "", "host (and port) of an issuer of its own; without it the issuer is <public url>/t/SLUG")
	cmd.Flags().StringVar(&isolation, "isolation", string(tenant.Shared), "shared: rows of tables that tenants share; schema: tables of its own; database: a database of its own")
	cmd.Flags().StringVar(&databaseURLFile, "database-url-file", "", "file with the URL of the database, which is there and empty")
	cmd.Flags().BoolVar(&ownKeys, "own-keys", false, "its hashes and secrets are kept under keys that no other tenant has: a backup of it has nothing of others")
	format.flag(cmd)
	return cmd
}

func checkTenant(t *tenant.Tenant) error {
	if err := tenant.CheckSlug(t.Slug); err != nil {
		return err
	}
	if err := t.Placement.Check(); err != nil {
		return err
	}
	return tenant.CheckHost(t.Host)
}

func tenantList(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tenants",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				all, err := tenant.All(ctx, i.Tenants)
				if err != nil {
					return fmt.Errorf("list tenants: %w", err)
				}
				rows := []tenantRow{}
				for _, t := range all {
					rows = append(rows, i.row(&t))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "SLUG\tNAME\tSTATE\tISOLATION\tISSUER")
					for n, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Slug, r.Name, r.State, r.Isolation, issuer(&all[n]))
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func tenantUpdate(c *cli) *cobra.Command {
	var name, host, saml string
	var disabled bool
	var format output
	cmd := &cobra.Command{
		Use:   "update SLUG",
		Short: "Change a tenant; only what is given changes",
		Long: `Change a tenant; only what is given changes. A new host is a new issuer: tokens
of the old one are not valid any more, and clients have to be told.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				t, err := i.bySlug(ctx, args[0])
				if err != nil {
					return err
				}
				changed := t
				if given := cmd.Flags().Changed; given("name") || given("host") || given("saml") { // otherwise one that cannot be read is disabled, too
					changed, err = i.Registry.Update(ctx, t.Slug, func(t *tenant.Tenant) error {
						if given("name") {
							t.Name = name
						}
						if given("host") {
							t.Host = host
						}
						if given("saml") {
							t.Settings.SAML = tenant.SAML(saml)
						}
						return checkTenant(t)
					})
				}
				if err == nil && cmd.Flags().Changed("disabled") {
					changed, err = i.switchTenant(ctx, t.Slug, disabled)
				}
				if err != nil {
					return fmt.Errorf("update tenant %s: %w", t.Slug, err)
				}
				return format.write(c.out, i.row(changed), func(w io.Writer) {
					fmt.Fprintf(w, "Tenant %s is %s; its issuer is %s\n", t.Slug, state(changed.DisabledAt), issuer(changed))
				})
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what users see")
	cmd.Flags().StringVar(&host, "host", "", `host (and port); "" makes the issuer <public url>/t/SLUG`)
	cmd.Flags().BoolVar(&disabled, "disabled", false, "true: it answers nobody; false: it does again")
	cmd.Flags().StringVar(&saml, "saml", "", "on: there may be connections to identity providers by SAML; off: there are none, and those that are there sign nobody in")
	format.flag(cmd)
	return cmd
}

// switchTenant disables or enables a tenant and returns it.
func (i *installation) switchTenant(ctx context.Context, slug string, disabled bool) (*tenant.Tenant, error) {
	change := i.Registry.Enable
	if disabled {
		change = i.Registry.Disable
	}
	if err := change(ctx, slug); err != nil {
		return nil, err
	}
	return i.Tenants.Current(ctx, slug)
}

func tenantDelete(c *cli) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete SLUG --yes",
		Short: "Delete a tenant with everything in it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == tenant.SystemSlug {
				return usageError{fmt.Errorf("the tenant %s cannot be deleted: operators sign in there", tenant.SystemSlug)}
			}
			if !yes {
				return usageError{fmt.Errorf("deleting %s deletes its users, clients and keys for good: add --yes", args[0])}
			}
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				t, err := i.bySlug(ctx, args[0])
				if err != nil {
					return err
				}
				if err := i.Registry.Delete(ctx, t); err != nil {
					return fmt.Errorf("delete tenant %s: %w", t.Slug, err)
				}
				fmt.Fprintf(c.out, "Tenant %s is deleted.\n", t.Slug)
				system, err := i.Tenants.Current(ctx, tenant.SystemSlug)
				if errors.Is(err, tenant.ErrUnknown) {
					return nil // there is nobody whose job it would be
				}
				if err != nil {
					return err
				}
				return c.tellDeletion(tenant.With(ctx, system), i, uuid.UUID(t.ID))
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete it")
	return cmd
}
