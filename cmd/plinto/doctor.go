package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plinto/storage"
	"plinto/tenant"
)

// A severity says how bad a finding is.
type severity string

// The severities.
const (
	severityOK   severity = "OK"
	severityWarn severity = "WARN"
	severityFail severity = "FAIL"
)

// A finding is what doctor says about one thing.
type finding struct {
	Check    string   `json:"check"`
	Severity severity `json:"severity"`
	Cause    string   `json:"cause"`            // what is the case
	Remedy   string   `json:"remedy,omitempty"` // what to do; "" when nothing
}

// checkTimeout bounds each check: what does not answer by then is a finding.
const checkTimeout = 10 * time.Second

func doctorCommand(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine the installation: what is wrong, and what to do about it",
		Long: `Examine the installation: configuration, database (role, row-level security,
migrations, clock, connections, disk, partitions), Redis, keys, certificates, mail,
queue, webhooks, domains, and whether the issuers answer where they say they are.
Each finding has a cause and a remedy. The exit code is 1 when anything fails, and
0 when there are warnings only. Nothing is changed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{cli: c}
			d.examine(cmd.Context())
			if err := format.write(c.out, d.findings, func(w io.Writer) { findingsTable(w, d.findings) }); err != nil {
				return err
			}
			if d.failed() {
				return errFound
			}
			return nil
		},
	}
	format.flag(cmd)
	return cmd
}

func findingsTable(w io.Writer, all []finding) {
	for _, f := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Severity, f.Check, f.Cause)
		if f.Remedy != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", f.Remedy)
		}
	}
}

// A doctor examines an installation.
type doctor struct {
	cli      *cli
	findings []finding
}

func (d *doctor) ok(check, format string, args ...any) {
	d.findings = append(d.findings, finding{check, severityOK, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) warn(check, cause, remedy string) {
	d.findings = append(d.findings, finding{check, severityWarn, cause, remedy})
}

func (d *doctor) fail(check, cause, remedy string) {
	d.findings = append(d.findings, finding{check, severityFail, cause, remedy})
}

func (d *doctor) failed() bool {
	for _, f := range d.findings {
		if f.Severity == severityFail {
			return true
		}
	}
	return false
}

// examine makes every check that the ones before it leave possible.
func (d *doctor) examine(ctx context.Context) {
	cfg := d.configuration()
	each := func(check func(context.Context, *Config)) {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		check(ctx, cfg)
	}
	each(d.publicURL)
	each(d.tls)
	each(d.certificate)
	store := d.database(ctx, cfg)
	each(d.redis)
	each(d.mail)
	if store == nil {
		return
	}
	defer store.Close()
	each(func(ctx context.Context, _ *Config) { d.replicas(ctx, store) })
	each(func(ctx context.Context, _ *Config) { d.rootKeys(ctx, cfg, store) })
	each(func(ctx context.Context, _ *Config) { d.operation(ctx, cfg, store) })
	i := &installation{Target: newTarget(store, cfg.Root, cfg.egress()), cfg: cfg, store: store}
	d.tenants(ctx, i)
}

// read reads the configuration, and reports each of its problems under the name of a check; complete is said where there is none.
func (d *doctor) read(check, complete string, required ...string) *Config {
	cfg, err := d.cli.gather().config(required)
	var problems configError
	if errors.As(err, &problems) {
		for _, p := range problems {
			cause, remedy, _ := strings.Cut(p, ": ")
			d.fail(check, cause, remedy)
		}
	} else {
		d.ok(check, "%s", complete)
	}
	for _, w := range cfg.warnings {
		cause, remedy, _ := strings.Cut(w, "; ")
		d.warn(check, cause, remedy)
	}
	return cfg
}

// configuration reports each problem of the configuration.
func (d *doctor) configuration() *Config {
	cfg := d.read("configuration", "is complete", "PLINTO_PUBLIC_URL", "PLINTO_DATABASE_URL", "PLINTO_ENCRYPTION_KEY")
	if cfg.Redis.Empty() {
		d.warn("configuration", "PLINTO_REDIS_URL is not set", "set it where there is more than one instance: limits are counted by each alone, and every session is read from Postgres")
	}
	if cfg.SMTP.Empty() {
		d.warn("configuration", "PLINTO_SMTP_URL is not set", "set it to let Plinto send mails: without, who has no second factor signs in only in browsers that are known, unless a tenant says devices: {unreachable: allow}")
	}
	if cfg.EgressAllowLoopback {
		d.warn("configuration", "PLINTO_EGRESS_ALLOW_LOOPBACK is true", "unset it outside of development: addresses that clients register may reach services of this machine")
	}
	return cfg
}

// database opens the store, which checks roles, row-level security and schema,
// and returns it when it can be worked with.
func (d *doctor) database(ctx context.Context, cfg *Config) *storage.Store {
	if cfg.Database.Empty() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	store, err := openStore(ctx, cfg, storage.Config{MaxConns: commandConns})
	if err != nil {
		d.databaseFails(err)
		return nil
	}
	d.ok("database", "answers; its roles cannot bypass row-level security, every tenant table forces it, and no migration is missing")
	if err := store.Ready(ctx); err != nil {
		d.databaseFails(explainDatabase(err, cfg.sessionSetting()))
	} else {
		d.ok("clock", "agrees with the database's")
	}
	d.tenantSchemas(ctx, store)
	d.tenantDatabases(ctx, store)
	return store
}

// tenantSchemas looks at each schema that a tenant has of its own. Roles and row-level security were looked at there
// with those of the shared tables.
func (d *doctor) tenantSchemas(ctx context.Context, store *storage.Store) {
	looked, failed := 0, 0
	err := store.LookAtSchemas(ctx, func(of *tenant.Tenant, err error) {
		if looked++; err != nil {
			failed++
			d.fail("schema of tenant "+of.Slug, err.Error(), "run plinto migrate; its tenant answers 503 until then")
		}
	})
	switch {
	case err != nil:
		d.fail("schemas of tenants", err.Error(), databaseRemedy)
	case looked > 0 && failed == 0:
		d.ok("schemas of tenants", "are there, %d of them, and no migration is missing", looked)
	}
}

// tenantDatabases makes the same checks in each database that a tenant has of its own.
func (d *doctor) tenantDatabases(ctx context.Context, store *storage.Store) {
	err := store.LookAtDatabases(ctx, func(of tenant.ID, err error) {
		name := "database of tenant " + of.String()
		if err != nil {
			d.fail(name, err.Error(), "look whether it can be reached with the URL that was given, and run plinto migrate; its tenant answers 503 until then")
			return
		}
		d.ok(name, "answers; its roles cannot bypass row-level security, every tenant table forces it, and no migration is missing")
	})
	if err != nil {
		d.fail("databases of tenants", err.Error(), databaseRemedy)
	}
}

func (d *doctor) databaseFails(err error) {
	var explained *databaseError
	if !errors.As(err, &explained) {
		d.fail("database", err.Error(), databaseRemedy)
		return
	}
	for _, f := range explained.findings {
		d.fail("database", f.Cause, f.Remedy)
	}
}

// databaseRemedy is for errors that bring none of their own.
const databaseRemedy = "check that PLINTO_DATABASE_URL names a Postgres that runs and lets the role in"
