package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"plinto/cmd/plinto/manifest"
	"plinto/internal/textfile"
)

// maxManifest bounds what is read of a manifest at once. A longer one is read some at a time.
const maxManifest = 17 << 20

func applyCommand(c *cli) *cobra.Command {
	var a applying
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make the installation what a file declares",
		Long: `Make the installation what a file declares: tenants with their resource
servers, clients, users and organizations. What is there already is left alone,
so that applying twice changes nothing.

With --prune, tenants that are not in the file are deleted (never the tenant
system), and within a tenant everything that is missing from a list that is in
the file: a tenant without "users:" keeps all its users.

The file owns what it declares, under its own name or the one that it says after
"owner:". Others do not change that without --force; neither does another file.
What leaves the file is given up.

A tenant is changed in one transaction. One with more than 5,000 users, or members of an
organization, is changed in several: 200 users in each. Whoever interrupts it applies the
file again, which goes on.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context(), c) },
	}
	cmd.Flags().StringVarP(&a.file, "file", "f", "", "the file, or - for standard input")
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, "show what would change, and change nothing")
	cmd.Flags().BoolVar(&a.prune, "prune", false, "also delete what is not declared")
	c.forceFlag(cmd)
	a.trust.flag(cmd)
	a.format.flag(cmd)
	return cmd
}

// applying is one run of plinto apply.
type applying struct {
	file          string
	dryRun, prune bool
	differs       bool // a difference is a failure
	trust         trustSectors
	format        output
}

// applied is what apply says as JSON and YAML.
type applied struct {
	DryRun   bool                       `json:"dry_run"`
	Changes  []manifest.Change          `json:"changes"`
	Omitted  int                        `json:"omitted,omitempty"` // changes of long lists that are not among them
	Secrets  []manifest.GeneratedSecret `json:"secrets,omitempty"`
	Warnings []string                   `json:"warnings,omitempty"`
}

func (a *applying) run(ctx context.Context, c *cli) error {
	if a.file == "" {
		return usageError{fmt.Errorf("say which file to apply: -f FILE, or -f - for standard input")}
	}
	file, err := openManifest(c, a.file)
	if err != nil {
		return err
	}
	defer file.Close()
	if file.size > maxManifest { // its parts come and go: collected earlier, they take less at once
		defer debug.SetGCPercent(debug.SetGCPercent(50))
	}
	m, warnings, err := manifest.Read(file.name, file, file.size)
	if err != nil {
		return err
	}
	result := applied{DryRun: a.dryRun}
	for _, w := range warnings {
		result.Warnings = append(result.Warnings, w.In(file.name))
		c.warning(w.In(file.name))
	}
	return c.work(ctx, func(ctx context.Context, i *installation) error {
		a.trust.apply(i)
		plan, err := m.Plan(ctx, i.Target, a.prune)
		if err != nil {
			return err
		}
		for _, w := range plan.Warnings {
			result.Warnings = append(result.Warnings, w.In(file.name))
			c.warning(w.In(file.name))
		}
		var failed error
		if !a.dryRun {
			result.Secrets, failed = plan.Apply(ctx)
		}
		result.Changes, result.Omitted = plan.Changes, plan.Omitted
		if failed != nil {
			c.tellSecrets(result.Secrets) // they are stored, and nobody would ever see them
			return failed
		}
		err = a.format.write(c.out, result, func(w io.Writer) { planTable(w, plan, &result) })
		if err == nil && a.differs && plan.Differs() {
			err = errFound
		}
		return err
	})
}

func diffCommand(c *cli) *cobra.Command {
	a := applying{dryRun: true, differs: true}
	cmd := &cobra.Command{
		Use:   "diff -f FILE",
		Short: "Show how the installation differs from what a file declares",
		Long: `Show how the installation differs from what a file declares, also what others
changed by force. It writes nothing. The exit code is 1 when there is a difference.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context(), c) },
	}
	cmd.Flags().StringVarP(&a.file, "file", "f", "", "the file, or - for standard input")
	cmd.Flags().BoolVar(&a.prune, "prune", false, "also show what is not declared")
	a.format.flag(cmd)
	return cmd
}

// A manifestFile is what is applied, open until it was.
type manifestFile struct {
	name string
	size int64
	io.ReaderAt
	io.Closer
}

// openManifest opens a file, or reads standard input. A file that is too large to be read at once is read from
// where it is.
func openManifest(c *cli, file string) (*manifestFile, error) {
	name, from, closer := "standard input", c.in, io.NopCloser(nil)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read manifest: %w", err)
		}
		if is, err := f.Stat(); err == nil && is.Mode().IsRegular() && is.Size() > maxManifest {
			return &manifestFile{file, is.Size(), f, f}, nil
		}
		name, from, closer = file, f, f
	}
	data, err := textfile.ReadFrom(from, maxManifest)
	if err != nil {
		err = errors.Join(err, closer.Close())
	}
	switch {
	case errors.Is(err, textfile.ErrLarge):
		return nil, fmt.Errorf("read %s: it is larger than %d MiB: name the file by -f, so that it can be read some at a time", name, maxManifest>>20)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &manifestFile{name, int64(len(data)), bytes.NewReader(data), closer}, nil
}

// readManifest reads a file that is not too large for it.
func readManifest(c *cli, file string) (name string, data []byte, err error) {
	f, err := openManifest(c, file)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	if f.size > maxManifest {
		return "", nil, fmt.Errorf("read %s: %w", f.name, textfile.ErrLarge)
	}
	data, err = io.ReadAll(io.NewSectionReader(f, 0, f.size))
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	return f.name, data, nil
}

func planTable(w io.Writer, plan *manifest.Plan, result *applied) {
	for _, change := range plan.Changes {
		if change.Action == manifest.Unchanged {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", change.Action, change.Tenant, change.Kind, change.Name)
		for _, f := range change.Fields {
			fmt.Fprintf(w, "\t\t\t  %s: %s\n", f.Name, difference(f))
		}
	}
	if plan.Omitted > 0 {
		fmt.Fprintf(w, "and %d more of long lists\n", plan.Omitted)
	}
	fmt.Fprintf(w, "%d to create, %d to update, %d to delete, %d unchanged.\n", plan.Count(manifest.Create),
		plan.Count(manifest.Update), plan.Count(manifest.Delete), plan.Count(manifest.Unchanged))
	if result.DryRun {
		fmt.Fprintln(w, "Nothing was written: this was a dry run.")
	}
	showSecrets(w, result.Secrets)
}

func difference(f manifest.Field) string {
	switch {
	case f.From == "":
		return f.To
	case f.To == "":
		return "removed, was " + f.From
	default:
		return f.From + " → " + f.To
	}
}

// tellSecrets tells secrets that were made before a manifest failed.
func (c *cli) tellSecrets(made []manifest.GeneratedSecret) {
	if c.json && len(made) > 0 {
		c.tell("secrets", made)
		return
	}
	showSecrets(c.err, made)
}

func showSecrets(w io.Writer, secrets []manifest.GeneratedSecret) {
	if len(secrets) == 0 {
		return
	}
	fmt.Fprintln(w, "\nNew secrets, shown once:")
	for _, s := range secrets {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Tenant, s.ClientID+s.Webhook, s.Secret)
	}
}

func exportCommand(c *cli) *cobra.Command {
	var tenants []string
	var users bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the installation as a file for plinto apply",
		Long: `Write the installation as a file for plinto apply, to standard output. Client
secrets and passwords are not in it: only hashes of them are kept.

With --users=false, users and members of organizations are left out. What people have of
their own, such as second factors, is in neither: see plinto user export.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error {
				return i.unknown(ctx, tenants, manifest.Export(ctx, i.Target, c.out, users, tenants...))
			})
		},
	}
	cmd.Flags().BoolVar(&users, "users", true, "with users and members of organizations")
	cmd.Flags().StringSliceVar(&tenants, "tenant", nil, "slugs of the tenants to write; all without it")
	return cmd
}
