package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plinto/internal/secret"
	"plinto/storage"
	"plinto/storage/schema"
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

// placesTimeout bounds what is looked at in each schema and each database of tenants: of those that are not looked at by then, the number is said.
const placesTimeout = time.Minute

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
	wrong    map[string]bool // settings that were found to be wrong: what would fail because of them is not looked at
	silent   bool            // nothing is at the public URL, which was said
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
	if !d.wrong["PLINTO_TLS_CERT_FILE"] && !d.wrong["PLINTO_TLS_KEY_FILE"] {
		each(d.tls)
	}
	each(d.certificate)
	store := d.database(ctx, cfg)
	if !d.wrong["PLINTO_REDIS_URL"] {
		each(d.redis)
	}
	if !d.wrong["PLINTO_SMTP_URL"] && !d.wrong["PLINTO_MAIL_FROM"] {
		each(d.mail)
	}
	if store == nil {
		return
	}
	defer store.Close()
	each(func(ctx context.Context, _ *Config) { d.replicas(ctx, store) })
	d.places(ctx, func(ctx context.Context) { d.operation(ctx, cfg, store) })
	if len(cfg.Keepers) == 0 {
		return // nothing that is sealed can be looked at, which was said
	}
	each(func(ctx context.Context, _ *Config) { d.rootKeys(ctx, cfg, store) })
	if cfg.Root == (secret.Root{}) {
		each(func(ctx context.Context, _ *Config) { d.listed(ctx, store.Tenants) })
		return // nothing is sealed yet
	}
	i := &installation{Target: newTarget(store, cfg.Root, cfg.egress()), cfg: cfg, store: store}
	d.tenants(ctx, i)
}

// read reads the configuration, and reports each of its problems under the name of a check; complete is said where there is none.
func (d *doctor) read(check, complete string, required ...string) *Config {
	cfg, err := d.cli.gather().config(required)
	var problems configError
	d.wrong = map[string]bool{}
	if errors.As(err, &problems) {
		for _, p := range problems {
			cause, remedy, _ := strings.Cut(p, ": ")
			name, _, _ := strings.Cut(p, " ")
			d.wrong[strings.TrimSuffix(strings.TrimSuffix(name, ","), "_FILE")], d.wrong[name] = true, true
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
		d.warn("configuration", "PLINTO_SMTP_URL is not set", "set it to let Plinto send mails: without, users without a second factor sign in only in browsers that are known, unless a tenant says devices: {unreachable: allow}")
	}
	if cfg.EgressAllowLoopback {
		d.warn("configuration", "PLINTO_EGRESS_ALLOW_LOOPBACK is true", "unset it outside of development: addresses that clients register may reach services of this machine")
	}
	return cfg
}

// database opens the store, which checks roles, row-level security and schema,
// and returns it when it can be worked with.
func (d *doctor) database(ctx context.Context, cfg *Config) *storage.Store {
	if cfg.Database.Empty() || d.wrong["PLINTO_DATABASE_URL"] || d.wrong["PLINTO_DATABASE_DIRECT_URL"] || d.wrong["PLINTO_DATABASE_POOLER"] {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if d.wrong["PLINTO_REDIS_URL"] {
		cfg.Redis = secret.String{} // the store would refuse it, too
	}
	store, err := openStore(within, cfg, storage.Config{MaxConns: commandConns, Looks: true})
	if err != nil {
		d.databaseFails(err)
		return nil
	}
	d.ok("database", "answers; its roles cannot bypass row-level security, every tenant table forces it, and no migration is missing")
	if err := store.Ready(within); err != nil {
		d.databaseFails(explainDatabase(err, cfg.sessionSetting()))
	} else {
		d.ok("clock", "agrees with the database's")
	}
	d.places(ctx, func(ctx context.Context) { d.tenantSchemas(ctx, store) })
	d.places(ctx, func(ctx context.Context) { d.tenantDatabases(ctx, store) })
	return store
}

// places makes a check that looks into many places.
func (d *doctor) places(ctx context.Context, check func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, placesTimeout)
	defer cancel()
	check(ctx)
}

// lookedAt says so where not all were looked at in time.
func (d *doctor) lookedAt(check string, looked storage.Looked) {
	if looked.N < looked.Of {
		d.warn(check, fmt.Sprintf("only %d of %d were looked at in time", looked.N, looked.Of), "run plinto doctor again when the others answer")
	}
}

// tenantSchemas looks at each schema that a tenant has of its own. Roles and row-level security were looked at there
// with those of the shared tables.
func (d *doctor) tenantSchemas(ctx context.Context, store *storage.Store) {
	failed := 0
	looked, err := store.LookAtSchemas(ctx, func(of *tenant.Tenant, err error) {
		if err != nil {
			failed++
			d.fail("schema of tenant "+of.Slug, err.Error(), "run plinto migrate; its tenant answers 503 until then")
		}
	})
	d.lookedAt("schemas of tenants", looked)
	switch {
	case err != nil:
		d.fail("schemas of tenants", err.Error(), databaseRemedy)
	case looked.N > 0 && failed == 0:
		d.ok("schemas of tenants", "are there, %d of them, and no migration is missing", looked.N)
	}
}

// tenantDatabases makes the same checks in each database that a tenant has of its own.
func (d *doctor) tenantDatabases(ctx context.Context, store *storage.Store) {
	failed, remedies := newAlike(), map[string]string{}
	looked, err := store.LookAtDatabases(ctx, func(of tenant.ID, err error) {
		if err != nil {
			for _, f := range ofTenantDatabase(err) {
				failed.add(of.String(), f.Cause)
				remedies[f.Cause] = f.Remedy
			}
			return
		}
		d.ok("database of tenant "+of.String(), "answers; its roles cannot bypass row-level security, every tenant table forces it, and no migration is missing")
	})
	d.lookedAt("databases of tenants", looked)
	for tenants, cause := range failed.all {
		d.fail(tenants.named("database of tenant ", "databases of tenants "), cause, remedies[cause]+"; tenants answer 503 until then")
	}
	if err != nil {
		d.fail("databases of tenants", err.Error(), databaseRemedy)
	}
}

// ofTenantDatabase words why the database of a tenant cannot be worked with.
func ofTenantDatabase(err error) []schema.Finding {
	if found := schema.Explain(err, "the URL that was given for it"); len(found) > 0 {
		return found
	}
	return []schema.Finding{schema.Fatal(err.Error(), "look whether it can be reached with the URL that was given, and run plinto migrate")}
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
