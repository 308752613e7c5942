package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"plinto/internal/keeper"
	"plinto/internal/secret"
	"plinto/tenant"
	"plinto/tenant/registry"
)

func backupCommand(c *cli) *cobra.Command {
	var out, keyFile string
	var replace bool
	cmd := &cobra.Command{
		Use:   "backup SLUG --out FILE|URL|- --key-file FILE",
		Short: "Write everything of a tenant into a file that a key of yours seals",
		Long: `Write everything of a tenant into a file, of one moment, while servers go on: ids, hashes
of passwords, second factors, clients and their secrets, signing keys, grants, the audit
log. plinto restore puts it into this installation or another one.

The file is sealed by the key in --key-file, which also shows that you made it. Keep it
apart from the file:

  openssl rand -base64 32 > backup.key
  plinto backup acme --key-file backup.key --out acme.backup

A file that is there is replaced with --force alone.

The keys of the installation that the tenant's secrets are sealed under are in it. It works as the
role of PLINTO_MIGRATE_DATABASE_URL.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usageError{errors.New("--out says where the backup goes: a file, the URL of an object, or - for standard output")}
			}
			key, err := backupKey(keyFile)
			if err != nil {
				return err
			}
			return c.work(cmd.Context(), func(ctx context.Context, i *installation) error { return c.backup(ctx, i, args[0], out, replace, key) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file, URL of an object (as audit export takes it), or - for standard output")
	forceFile(cmd, &replace)
	keyFileFlag(cmd, &keyFile)
	return cmd
}

func keyFileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "key-file", "", "file with the key of the backup: 32 random bytes in base64 or hex, or the URL of a key of a key management service")
}

// backupKey reads the key of a bundle.
func backupKey(file string) (secret.Keeper, error) {
	if file == "" {
		return nil, usageError{errors.New("--key-file names the file with the key of the backup; openssl rand -base64 32 makes one")}
	}
	text, err := readSecret(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("--key-file %s cannot be read: %w", file, bare(err))}
	}
	keys, err := keeper.Parse(text)
	if err == nil && len(keys) > 1 {
		err = errors.New("it has more than one key")
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("--key-file %s: %w", file, err)}
	}
	return keys[0], nil
}

func (c *cli) backup(ctx context.Context, i *installation, slug, out string, replace bool, key secret.Keeper) error {
	t, err := i.bySlug(ctx, slug)
	if err != nil {
		return err
	}
	if root, local := secret.RootOf(key); local && root == i.cfg.Root || keeps(i.cfg.Keepers, key) {
		return usageError{errors.New("the key of a backup must not be an encryption key of the installation: who restores it would need that")}
	}
	// The log that a tenant leaves when it is deleted is known again by a signed head.
	a, err := i.auditor()
	if err != nil {
		return err
	}
	if err := a.verifier.Sealer.Seal(tenant.With(ctx, t), t.ID); err != nil {
		return fmt.Errorf("seal the audit log: %w", err)
	}
	to, err := c.create(ctx, out, replace)
	if err != nil {
		return err
	}
	made, err := i.Registry.Backup(ctx, t.Slug, to, key, func(p registry.Progress) { tellProgress(c.err, p) })
	if err != nil {
		return errors.Join(fmt.Errorf("back up tenant %s: %w", t.Slug, err), to.abandon())
	}
	if err := to.commit(); err != nil {
		return fmt.Errorf("back up tenant %s: %w", t.Slug, err)
	}
	fmt.Fprintf(c.err, "Tenant %s is backed up as it was at %s, sealed by %s, to %s.\n", t.Slug, made.TakenAt.UTC().Format(time.RFC3339), key.Name(), destinationName(out))
	return nil
}

// keeps reports whether a key is one of those that are set.
func keeps(keepers []secret.Keeper, key secret.Keeper) bool {
	for _, k := range keepers {
		if k.Name() == key.Name() {
			return true
		}
	}
	return false
}

func restoreCommand(c *cli) *cobra.Command {
	var r restoring
	cmd := &cobra.Command{
		Use:   "restore FILE|- --key-file FILE",
		Short: "Restore a tenant that plinto backup wrote",
		Long: `Restore a tenant that plinto backup wrote, into an installation that does not have it:
this one, after the tenant was deleted, or another one, whatever its encryption key.
Nothing is seen of the tenant before all of it is there and was compared. A file that was
changed or cut off, or that another key sealed, is refused.

The tenant is as it was then, and what happened since is lost: who was disabled or
deleted, passwords, factors and secrets that were changed, roles that were taken. So it
is disabled until you have done that again, and all sessions and tokens are over.

  plinto restore acme.backup --key-file backup.key
  plinto tenant update acme --disabled=false

Mails, webhooks and jobs that waited are not sent and not done.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("host") {
				r.Host = &r.host
			}
			return r.run(cmd.Context(), c, args[0])
		},
	}
	keyFileFlag(cmd, &r.keyFile)
	flags := cmd.Flags()
	flags.StringVar(&r.Slug, "as", "", "the slug of the tenant here; as it was without it")
	flags.StringVar(&r.host, "host", "", `host (and port) of the tenant here; "" for none; as it was without the flag`)
	flags.StringVar(&r.isolation, "isolation", "", "shared, schema or database; as it was without it")
	flags.StringVar(&r.databaseURLFile, "database-url-file", "", "file with the URL of the database, which is there and empty")
	flags.BoolVar(&r.Enabled, "enable", false, "the tenant answers at once")
	r.format.flag(cmd)
	flags.BoolVar(&r.KeepTokens, "keep-tokens", false, "sessions and tokens of the backup live on, also those that were ended or used since")
	return cmd
}

// A restoring is one run of the command.
type restoring struct {
	registry.Restore
	keyFile, host, isolation, databaseURLFile string
	format                                    output
}

func (r *restoring) run(ctx context.Context, c *cli, file string) (err error) {
	if r.Key, err = backupKey(r.keyFile); err != nil {
		return err
	}
	switch {
	case r.isolation != "":
		if r.Placement, err = placement(r.isolation, r.databaseURLFile); err != nil {
			return err
		}
	case r.databaseURLFile != "":
		return usageError{errors.New("--database-url-file goes with --isolation database")}
	}
	r.From, r.Now = c.in, time.Now()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return usageError{fmt.Errorf("%s cannot be read: %w", file, bare(err))}
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		r.From = io.Reader(f)
	}
	return c.work(ctx, func(ctx context.Context, i *installation) error {
		back, of, err := i.Registry.Restore(ctx, r.Restore, func(p registry.Progress) { tellProgress(c.progress(), p) })
		if err != nil {
			return fmt.Errorf("restore %s: %w", file, err)
		}
		row := restoredRow{i.row(back), stamp(of.TakenAt)}
		return r.format.write(c.out, row, func(w io.Writer) { tellRestored(w, back, &of) })
	})
}

// A restoredRow is a tenant that was restored, with when its backup was taken.
type restoredRow struct {
	tenantRow
	TakenAt string `json:"taken_at"`
}

func tellRestored(w io.Writer, t *tenant.Tenant, of *registry.Bundle) {
	at := of.TakenAt.UTC().Format(time.RFC3339)
	fmt.Fprintf(w, "Tenant %s is restored as it was at %s; its issuer is %s\n", t.Slug, at, issuer(t))
	fmt.Fprintf(w, "What happened since is not in it: disable, delete and change again what was since %s.\n", at)
	if !t.DisabledAt.IsZero() {
		force := ""
		if t.ManagedBy != "" {
			force = " --force" // or by its manifest
		}
		fmt.Fprintf(w, "It is disabled until: plinto tenant update %s --disabled=false%s\n", t.Slug, force)
	}
}
