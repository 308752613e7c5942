package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"plinto/internal/secret"
	"plinto/tenant"
	"plinto/tenant/registry"
)

func tenantMove(c *cli) *cobra.Command {
	var to, databaseURLFile string
	var confirm, cancel bool
	cmd := &cobra.Command{
		Use:   "move SLUG --to shared|schema|database",
		Short: "Move a tenant to the shared tables, a schema or a database of its own",
		Long: `Move a tenant to the shared tables, a schema or a database of its own. While that
lasts its servers answer 503 with Retry-After; everybody else is served as ever. What
users and clients hold is valid afterwards. Everything is copied and compared, table by
table, before the tenant is in the new place; a copy that differs is thrown away.

The old copy stays until the move is confirmed:

  plinto tenant move acme --to schema
  plinto tenant move acme --confirm

A command that was ended can be run again, and goes on, or undone with --cancel. There
is no way back to the old copy once the tenant was used in the new place: confirm, and
move it back. It works as the role of PLINTO_MIGRATE_DATABASE_URL.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			move := tenantMoving{cli: c, slug: args[0]}
			if n := cmd.Flags().Changed("to"); n == (confirm || cancel) || confirm && cancel || databaseURLFile != "" && !n {
				return usageError{errors.New("say one of --to LEVEL, --confirm and --cancel; --database-url-file goes with --to database")}
			}
			switch {
			case confirm:
				return c.work(cmd.Context(), move.confirm)
			case cancel:
				return c.work(cmd.Context(), move.cancel)
			}
			var err error
			if move.to, err = placement(to, databaseURLFile); err != nil {
				return err
			}
			return c.work(cmd.Context(), move.start)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "shared, schema or database")
	cmd.Flags().StringVar(&databaseURLFile, "database-url-file", "", "file with the URL of the database, which is there and empty")
	cmd.Flags().BoolVar(&confirm, "confirm", false, "the tenant is well where it is: remove the old copy")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "undo a move that was interrupted")
	return cmd
}

// placement reads where a tenant is to be; file has the URL of a database, or is "".
func placement(isolation, file string) (tenant.Placement, error) {
	p := tenant.Placement{Isolation: tenant.Isolation(isolation)}
	if file != "" {
		url, err := readSecret(file)
		if err != nil {
			return p, usageError{fmt.Errorf("--database-url-file %s cannot be read: %w", file, bare(err))}
		}
		p.Database = secret.NewString(url)
	}
	return p, p.Check()
}

// A tenantMoving is one run of the command.
type tenantMoving struct {
	*cli
	slug string
	to   tenant.Placement
}

func (m *tenantMoving) start(ctx context.Context, i *installation) error {
	t, err := i.bySlug(ctx, m.slug)
	if err != nil {
		return err
	}
	moved, err := i.Registry.Move(ctx, t.Slug, m.to, func(p registry.Progress) { tellProgress(m.progress(), p) })
	if err != nil {
		return fmt.Errorf("move tenant %s: %w", t.Slug, err)
	}
	fmt.Fprintf(m.out, "Tenant %s is moved: %s. Its old copy is there until plinto tenant move %s --confirm\n", moved.Slug, moved.Placement.Isolation, moved.Slug)
	return nil
}

func (m *tenantMoving) confirm(ctx context.Context, i *installation) error {
	t, err := i.bySlug(ctx, m.slug)
	if err != nil {
		return err
	}
	if _, err := i.Registry.ConfirmMove(ctx, t.Slug); err != nil {
		return fmt.Errorf("confirm move of tenant %s: %w", t.Slug, err)
	}
	fmt.Fprintf(m.out, "The old copy of tenant %s is removed.\n", t.Slug)
	return nil
}

func (m *tenantMoving) cancel(ctx context.Context, i *installation) error {
	t, err := i.bySlug(ctx, m.slug)
	if err != nil {
		return err
	}
	back, err := i.Registry.CancelMove(ctx, t.Slug)
	if err != nil {
		return fmt.Errorf("cancel move of tenant %s: %w", t.Slug, err)
	}
	fmt.Fprintf(m.out, "Tenant %s is where it was: %s\n", back.Slug, back.Placement.Isolation)
	return nil
}

// tellProgress says how far copying is; of tables without rows nothing.
func tellProgress(w io.Writer, p registry.Progress) {
	switch {
	case p.Rows > 0:
		fmt.Fprintf(w, "%s: %d rows\n", p.Table, p.Rows)
	case p.Bytes > 0:
		fmt.Fprintf(w, "%s: %d MB …\n", p.Table, p.Bytes>>20)
	}
}
