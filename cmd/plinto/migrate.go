package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plinto/internal/secret"
	"plinto/storage/schema"
)

func migrateCommand(c *cli) *cobra.Command {
	var check bool
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's tables up to date",
		Long: `Bring the database's tables up to date. It works as the role of
PLINTO_MIGRATE_DATABASE_URL, which owns the tables, and gives the role of
PLINTO_DATABASE_URL, which owns nothing, what the server needs. Running it twice,
or from two places at once, does no harm; servers may go on running.

With --check it changes nothing, lists what is missing, and exits with 1 when
anything is. With --wait 10m it changes nothing either and needs no owner: it waits
until plinto serve would start, or exits with 1 after that time.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wait > 0 && check {
				return usageError{errors.New("--check does not wait: give one of --check and --wait")}
			}
			if wait > 0 {
				return c.awaitSchema(cmd.Context(), wait)
			}
			cfg, err := LoadConfig(c.environ, c.dir, "PLINTO_DATABASE_URL")
			c.warn(cfg)
			if err != nil {
				return err
			}
			if check {
				return c.checkMigrations(cmd.Context(), cfg)
			}
			return c.migrate(cmd.Context(), cfg)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only list what is missing")
	cmd.Flags().DurationVar(&wait, "wait", 0, "only wait, at most this long, until somebody else has done it")
	return cmd
}

func (c *cli) checkMigrations(ctx context.Context, cfg *Config) error {
	pending, err := schema.Pending(ctx, cfg.OwnerDatabase().Reveal())
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	databases, err := databasesOf(ctx, cfg)
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	tenants, err := schema.PendingOfTenants(ctx, cfg.OwnerDatabase().Reveal(), databases)
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	if len(pending) == 0 && len(tenants) == 0 {
		fmt.Fprintln(c.out, "The tables are up to date.")
		return nil
	}
	for _, name := range pending {
		fmt.Fprintln(c.out, name)
	}
	for _, l := range tenants {
		if l.Err != nil {
			fmt.Fprintf(c.out, "tenant %s: %s\n", l.Tenant, schema.OneLine(l.Err))
		} else {
			fmt.Fprintln(c.out, "tenant "+l.Tenant)
		}
	}
	fmt.Fprintf(c.err, "plinto: %d migrations are missing, and the tables of %d tenants are not up to date: run plinto migrate\n", len(pending), len(tenants))
	return errFound
}

func (c *cli) migrate(ctx context.Context, cfg *Config) error {
	applied, err := schema.Migrate(ctx, cfg.OwnerDatabase().Reveal(), cfg.loginRole())
	for _, name := range applied {
		fmt.Fprintln(c.out, "applied "+name)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	databases, err := databasesOf(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrate: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	some := len(applied) > 0
	err = schema.MigrateTenants(ctx, cfg.OwnerDatabase().Reveal(), databases, func(m schema.Migrated) {
		if some = some || len(m.Applied) > 0; len(m.Applied) > 0 {
			fmt.Fprintf(c.out, "tenant %s: applied %s\n", m.Tenant, strings.Join(m.Applied, ", "))
		}
	})
	if err != nil {
		return fmt.Errorf("migrate: %w", explainDatabase(err, cfg.ownerSetting()))
	}
	if !some {
		fmt.Fprintln(c.out, "The tables were up to date.")
	}
	return nil
}

// databasesOf are those of tenants, whose URLs are sealed under the root key.
func databasesOf(ctx context.Context, cfg *Config) (*schema.Databases, error) {
	root, err := schema.RootAsOwner(ctx, cfg.OwnerDatabase().Reveal(), cfg.Keepers)
	if err != nil {
		return nil, err
	}
	return schema.NewDatabases(cmp.Or(cfg.DirectDatabase, cfg.Database), root)
}

// loginRole returns the role the server logs in as, when the migrating one is
// another: it is made if it is missing.
func (c *Config) loginRole() *schema.LoginRole {
	if c.MigrateDatabase.Empty() {
		return nil
	}
	u, err := url.Parse(c.Database.Reveal())
	if err != nil || u.User == nil || u.User.Username() == "" {
		return nil
	}
	password, _ := u.User.Password()
	return &schema.LoginRole{Name: u.User.Username(), Password: secret.NewString(password)}
}
