package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
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
	var format output
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
				return c.awaitSchema(cmd.Context(), wait, &format)
			}
			cfg, err := LoadConfig(c.environ, c.dir, "PLINTO_DATABASE_URL")
			c.warn(cfg)
			if err != nil {
				return err
			}
			if check {
				return c.checkMigrations(cmd.Context(), cfg, &format)
			}
			return c.migrate(cmd.Context(), cfg, format)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only list what is missing")
	cmd.Flags().DurationVar(&wait, "wait", 0, "only wait, at most this long, until somebody else has done it")
	format.flag(cmd)
	return cmd
}

// A migration is what plinto migrate did, or with --check what it has to do.
type migration struct {
	UpToDate bool              `json:"up_to_date"`        // before, with --check; now, otherwise
	Applied  []string          `json:"applied,omitempty"` // to the shared tables, in order
	Pending  []string          `json:"pending,omitempty"`
	Tenants  []migrationTenant `json:"tenants,omitempty"` // with tables of their own, as far as something was or is to be done
}

// A migrationTenant is a tenant with tables of its own.
type migrationTenant struct {
	Tenant  string   `json:"tenant"` // slug
	Applied []string `json:"applied,omitempty"`
	Error   string   `json:"error,omitempty"` // why it cannot be looked at
}

func (c *cli) checkMigrations(ctx context.Context, cfg *Config, format *output) error {
	pending, err := schema.Pending(ctx, cfg.OwnerDatabase().Reveal())
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainOwner(err, cfg))
	}
	databases, err := databasesOf(ctx, cfg)
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainOwner(err, cfg))
	}
	tenants, err := schema.PendingOfTenants(ctx, cfg.OwnerDatabase().Reveal(), databases)
	if err != nil {
		return fmt.Errorf("check migrations: %w", explainOwner(err, cfg))
	}
	found := migration{UpToDate: len(pending)+len(tenants) == 0, Pending: pending}
	for _, l := range tenants {
		row := migrationTenant{Tenant: l.Tenant}
		if l.Err != nil {
			row.Error = schema.OneLine(l.Err)
		}
		found.Tenants = append(found.Tenants, row)
	}
	if err := format.write(c.out, found, func(w io.Writer) { found.lacks(w) }); err != nil || found.UpToDate {
		return err
	}
	if !c.json {
		fmt.Fprintf(c.err, "plinto: %d migrations are missing, and the tables of %d tenants are not up to date: run plinto migrate\n", len(pending), len(tenants))
	}
	return errFound
}

// lacks lists what is to be done.
func (m *migration) lacks(w io.Writer) {
	if m.UpToDate {
		fmt.Fprintln(w, "The tables are up to date.")
	}
	for _, name := range m.Pending {
		fmt.Fprintln(w, name)
	}
	for _, t := range m.Tenants {
		if t.Error != "" {
			fmt.Fprintf(w, "tenant %s: %s\n", t.Tenant, t.Error)
		} else {
			fmt.Fprintln(w, "tenant "+t.Tenant)
		}
	}
}

// migrate brings all tables up to date. As text it says each thing when it is done.
func (c *cli) migrate(ctx context.Context, cfg *Config, format output) error {
	w := c.out
	if format != outputTable {
		w = io.Discard
	}
	did := migration{}
	err := migrateAll(ctx, cfg, w, &did)
	if did.UpToDate = err == nil; format != outputTable {
		err = errors.Join(format.write(c.out, did, nil), err)
	}
	return err
}

func migrateAll(ctx context.Context, cfg *Config, w io.Writer, did *migration) (err error) {
	did.Applied, err = schema.Migrate(ctx, cfg.OwnerDatabase().Reveal(), cfg.loginRole())
	for _, name := range did.Applied {
		fmt.Fprintln(w, "applied "+name)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", explainOwner(err, cfg))
	}
	databases, err := databasesOf(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrate: %w", explainOwner(err, cfg))
	}
	err = schema.MigrateTenants(ctx, cfg.OwnerDatabase().Reveal(), databases, func(m schema.Migrated) {
		if len(m.Applied) > 0 {
			did.Tenants = append(did.Tenants, migrationTenant{Tenant: m.Tenant, Applied: m.Applied})
			fmt.Fprintf(w, "tenant %s: applied %s\n", m.Tenant, strings.Join(m.Applied, ", "))
		}
	})
	if err != nil {
		return fmt.Errorf("migrate: %w", explainOwner(err, cfg))
	}
	if len(did.Applied)+len(did.Tenants) == 0 {
		fmt.Fprintln(w, "The tables were up to date.")
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
