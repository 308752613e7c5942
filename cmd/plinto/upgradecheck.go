package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/internal/ddl"
	"plinto/migrations"
	"plinto/storage/schema"
	"plinto/tenant"
)

func upgradeCheckCommand(c *cli) *cobra.Command {
	var format output
	var from string
	cmd := &cobra.Command{
		Use:   "upgrade-check",
		Short: "Say what an upgrade to this program will do, before it is done",
		Long: `Say what an upgrade to this program will do: which migrations the shared tables,
schemas and databases of tenants lack, what those do to tables with rows and how
large these are, whether servers of the release before go on meanwhile and can be
gone back to, and what is wrong with the settings and keys of this environment.
It works as the role of PLINTO_MIGRATE_DATABASE_URL and changes nothing.

--from is the release of the servers that run, or the number of its last
migration; without it, that of the tables. The exit code is 1 when anything is in
the way.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u := &upgradeCheck{doctor: doctor{cli: c}, report: upgradeReport{Places: []upgradePlace{}}}
			if err := u.begin(from); err != nil {
				return err
			}
			u.examine(cmd.Context())
			u.report.Findings = u.findings
			if err := format.write(c.out, u.report, u.report.table); err != nil {
				return err
			}
			if u.failed() {
				return errFound
			}
			return nil
		},
	}
	format.flag(cmd)
	cmd.Flags().StringVar(&from, "from", "", "release of the servers that run, or its last migration, such as 0050")
	return cmd
}

// An upgradeReport is what upgrade-check says.
type upgradeReport struct {
	From     string         `json:"from"` // last migration that the servers that run know; "" of an empty database
	To       string         `json:"to"`   // last migration of this program
	Places   []upgradePlace `json:"places"`
	Findings []finding      `json:"findings"`
}

// An upgradePlace is where tables are.
type upgradePlace struct {
	Tenant    string        `json:"tenant,omitempty"` // with tables of its own; "": the shared ones
	Isolation string        `json:"isolation"`
	Has       string        `json:"has,omitempty"` // its last migration
	Pending   []string      `json:"pending"`
	Steps     []upgradeStep `json:"steps"` // what somebody may notice
}

// An upgradeStep is what a migration does to a table.
type upgradeStep struct {
	Migration string `json:"migration"`
	Table     string `json:"table,omitempty"`
	Does      string `json:"does"`
	Work      string `json:"work"`  // "brief", "reads the table", "writes the table anew"
	Waits     string `json:"waits"` // who waits until the migration is over: "nobody", "writers", "everybody"
	Rows      int64  `json:"rows"`  // estimated
	Bytes     int64  `json:"bytes"`
}

var (
	workSays  = map[ddl.Work]string{ddl.Brief: "brief", ddl.Scans: "reads the table", ddl.Rewrites: "writes the table anew"}
	waitsSays = map[ddl.Waits]string{ddl.Nobody: "nobody", ddl.Writers: "writers", ddl.Everybody: "everybody"}
)

// An upgradeCheck looks at an installation as doctor does, before it is upgraded.
type upgradeCheck struct {
	doctor
	report upgradeReport
}

// noticed is how large a table is, in bytes, that is not read or written anew without people noticing that they wait.
const noticed = 64 << 20

// begin reads --from.
func (u *upgradeCheck) begin(from string) (err error) {
	if u.report.To, err = schema.Newest(); err != nil || from == "" {
		return err
	}
	if u.report.From, err = schema.FindMigration(from); err != nil {
		return err
	}
	if u.report.From == "" {
		return usageError{fmt.Errorf("this program knows no release or migration %s: name the last migration of the servers that run, such as %s", from, strings.SplitN(u.report.To, "_", 2)[0])}
	}
	return nil
}

func (u *upgradeCheck) examine(ctx context.Context) {
	cfg := u.read("settings", "this program takes all that are set here", "PLINTO_DATABASE_URL")
	if cfg.Database.Empty() || u.wrong[databaseURL] || u.wrong[ownerURL] || u.wrong[directURL] {
		return
	}
	dbs, err := databasesOf(ctx, cfg)
	if err != nil {
		u.databaseFails(explainOwner(err, cfg))
		return
	}
	plan, err := schema.PlanUpgrade(ctx, cfg.OwnerDatabase().Reveal(), dbs)
	if err != nil {
		u.databaseFails(explainOwner(err, cfg))
		return
	}
	for _, p := range plan.Places {
		u.place(p)
	}
	shared := plan.Places[0]
	if shared.Err != nil || shared.Has == "" {
		return
	}
	if u.report.From == "" {
		u.report.From = shared.Has
	}
	u.servers(shared)
	u.keys(cfg, plan.Kept)
}

// place reports what will be done in one place.
func (u *upgradeCheck) place(p schema.PlacePlan) {
	row := upgradePlace{Tenant: p.Tenant, Isolation: string(p.Isolation), Has: p.Has, Pending: append([]string{}, p.Pending...), Steps: []upgradeStep{}}
	check := "tables"
	if p.Tenant != "" {
		check += " of " + p.Tenant
	}
	waits := false
	for _, s := range p.Steps {
		row.Steps = append(row.Steps, upgradeStep{s.Migration, s.Table, s.Does, workSays[s.Work], waitsSays[s.Waits], s.Rows, s.Bytes})
		if s.Waits != ddl.Nobody && s.Work != ddl.Brief && s.Bytes > noticed {
			waits = true
			u.fail(check, fmt.Sprintf("%s %s, while %s wait: %s has about %d rows in %s", s.Migration, s.Does, waitsSays[s.Waits], s.Table, s.Rows, size(s.Bytes)),
				"migrate when few people sign in, and try on a copy of the database how long it takes")
		}
	}
	u.report.Places = append(u.report.Places, row)
	switch {
	case p.Err != nil:
		u.fail(check, schema.OneLine(p.Err), "a newer program made them, or they cannot be reached: see plinto doctor")
	case len(p.Pending) == 0:
		u.ok(check, "lack no migration")
	case p.Has == "" && p.Isolation == tenant.Shared:
		u.ok(check, "are not there yet: plinto migrate makes them")
	case !waits:
		u.ok(check, "lack %d migrations, which keep nobody waiting for long", len(p.Pending))
	}
}

// servers reports whether those that run go on, and whether there is a way back.
func (u *upgradeCheck) servers(shared schema.PlacePlan) {
	from := u.report.From
	switch {
	case from > shared.Has:
		u.fail("release", fmt.Sprintf("the tables are of %s, and servers that know %s do not start on them", shared.Has, from), "give --from what really runs, or run plinto migrate of that release first")
	case !schema.RunsOnOurs(from):
		u.fail("servers", fmt.Sprintf("those that know no migration after %s do not run on the new tables", from),
			"upgrade to the release before this one first, or stop all servers for the upgrade; then there is no way back without a backup")
	case shared.Needs(from) != "":
		u.fail("servers", fmt.Sprintf("those that know no migration after %s do not start any more: the tables need %s, for what it brings is in use", from, shared.Needs(from)),
			"do not restart them; start a release that knows it in their place, and give --from that release")
	default:
		u.ok("servers", "those that run go on and start while the tables are migrated, and afterwards")
		u.wayBack(shared)
	}
}

// wayBack reports which programs could be started again. Where nothing is pending, the release before is that before this one.
func (u *upgradeCheck) wayBack(shared schema.PlacePlan) {
	before := u.report.From
	if len(shared.Pending) == 0 && before == u.report.To {
		before = migrations.RunsFrom
	}
	if needs := shared.Needs(before); needs != "" {
		u.ok("way back", "ends at programs that know %s: what it brings is in use, such as another encryption key, or a tenant with keys of its own", needs)
		return
	}
	u.ok("way back", "is there: start the release before again, and leave the tables as they are")
}

// keys reports what is to be done about the keys that seal the root key.
func (u *upgradeCheck) keys(cfg *Config, kept []schema.KeptRoot) {
	if len(cfg.Keepers) == 0 {
		u.warn("keys", "PLINTO_ENCRYPTION_KEY is not set here, so it was not looked at", "run this with the environment of the servers")
		return
	}
	if len(kept) == 0 {
		u.ok("keys", "the first server that starts takes the encryption key for the root key; once plinto keys rewrap has replaced it, the release before does not start any more")
		return
	}
	u.keepers(kept, cfg.Keepers)
}

// size is for people.
func size(bytes int64) string {
	switch {
	case bytes >= 10<<30:
		return fmt.Sprintf("%d GiB", bytes>>30)
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MiB", bytes>>20)
	default:
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
}

// table shows the report in words.
func (r *upgradeReport) table(w io.Writer) {
	for _, p := range r.Places {
		name := "shared tables"
		if p.Tenant != "" {
			name = p.Isolation + " of " + p.Tenant
		}
		for _, m := range p.Pending {
			told := false
			for _, s := range p.Steps {
				if s.Migration == m {
					told = true
					fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s wait\t%d rows, %s\n", name, m, s.Table, s.Does, s.Work, s.Waits, s.Rows, size(s.Bytes))
				}
			}
			if !told {
				fmt.Fprintf(w, "%s\t%s\tnothing that anybody notices\n", name, m)
			}
		}
	}
	fmt.Fprintf(w, "from %s to %s\n", r.From, r.To)
	findingsTable(w, r.Findings)
}
