package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"plinto/admin"
	"plinto/cmd/plinto/app"
	"plinto/identity/bulk"
	"plinto/internal/nearest"
)

// bulk returns what imports and exports users.
func (i *installation) bulk() (*bulk.Service, error) {
	contract, err := admin.ReadContract()
	if err != nil {
		return nil, err
	}
	return app.NewBulk(i.store, i.cfg.Root, i.Directory, i.factors, i.Organizations.Roles, contract, time.Now)
}

// fromPlinto is the source of an import whose lines are as they should be.
const fromPlinto = "plinto"

// sources read what an import may be from.
var sources = map[string]func(io.Reader) bulk.Lines{fromPlinto: bulk.NewLines, "keycloak": bulk.Keycloak, "auth0": bulk.Auth0}

func importCommand(c *cli) *cobra.Command {
	var t tenantFlag
	var dryRun bool
	from := fromPlinto
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Create and change many users",
		Long: `Create and change many users. FILE has a user a line, as JSON: see UserImport in the
reference of the management API. With --from keycloak it is a realm that kc.sh export --users
same_file wrote, with --from auth0 a list of users as Auth0's bulk import takes it, or an export of
users or of password hashes with one a line. A line whose external_id a user has changes that user, any other creates one.

What became of each line is written to standard output as JSON, a line each. A line that is refused
stops nothing. An import that was interrupted goes on when it is started again with the same file.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sources[from] == nil {
				return usageError{fmt.Errorf("--from must be %s", oneOf(sources))}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				return c.importFile(ctx, i, args[0], from, dryRun)
			})
		},
	}
	t.flag(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would become of each line, and store no user")
	cmd.Flags().StringVar(&from, "from", fromPlinto, "what wrote the file: "+oneOf(sources))
	return cmd
}

// oneOf words the keys of a map.
func oneOf[T any](of map[string]T) string {
	return nearest.OneOf(slices.Sorted(maps.Keys(of)))
}

// errRefused makes the exit code of an import that did not take every line.
var errRefused = errors.New("some lines were refused: the report says why")

func (c *cli) importFile(ctx context.Context, i *installation, name, from string, dryRun bool) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	print, err := fingerprint(file, from, dryRun)
	if err != nil {
		return err
	}
	service, err := i.bulk()
	if err != nil {
		return err
	}
	j, err := service.Start(ctx, print, dryRun)
	if err != nil {
		return err
	}
	if j.Lines > 0 {
		fmt.Fprintf(c.err, "Going on after line %d, where the import was interrupted.\n", j.Lines)
	}
	if j, _, err = service.Work(ctx, j, sources[from](file), time.Time{}); err != nil {
		return err
	}
	if err := service.Report(ctx, &j, c.out); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "%d lines: %d users created, %d changed, %d as they were, %d lines refused.\n", j.Lines, j.Created, j.Updated, j.Unchanged, j.Refused)
	if j.Refused > 0 {
		return errRefused
	}
	return nil
}

// fingerprint tells files apart, and goes back to the start of the file.
func fingerprint(file *os.File, from string, dryRun bool) ([]byte, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %t ", from, dryRun)
	if _, err := io.Copy(hash, file); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read file again: %w", err)
	}
	return hash.Sum(nil), nil
}

func userExport(c *cli, t *tenantFlag) *cobra.Command {
	var passwords bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write all users as lines of JSON, for plinto import",
		Long: `Write all users as lines of JSON, to standard output, for plinto import. The audit log
notes it. Hashes of passwords that Plinto made are of use to an installation with the same
encryption key only.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				service, err := i.bulk()
				if err != nil {
					return err
				}
				return service.Export(ctx, c.out, passwords)
			})
		},
	}
	cmd.Flags().BoolVar(&passwords, "with-passwords", false, "with the hashes of passwords")
	return cmd
}
