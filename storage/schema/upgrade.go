package schema

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"plinto/internal/ddl"
	"plinto/internal/secret"
	"plinto/migrations"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// An UpgradePlan is what Migrate and MigrateTenants will do.
type UpgradePlan struct {
	Places []PlacePlan // the shared tables first
	Kept   []KeptRoot  // who seals the root key; empty: nobody yet
}

// A PlacePlan is what they will do in one place.
type PlacePlan struct {
	Tenant    string // slug, "" of the shared tables
	Isolation tenant.Isolation
	Has       string   // the last migration that it has, "" when it has none
	Pending   []string // migrations that it lacks
	Steps     []Step   // of those, what people may notice
	applied   []appliedMigration
	Err       error // why it cannot be looked at, or not be migrated
}

// Needs returns the migration that programs have to know to start on the tables, where one whose last migration that is does not start
// any more: what a migration is for has been used, such as keys of a tenant's own. "": it starts.
func (p *PlacePlan) Needs(last string) (needs string) {
	for _, m := range p.applied {
		if m.Name > last && (m.RunsFrom > last || m.RunsFrom == "") {
			needs = max(needs, cmp.Or(m.RunsFrom, m.Name))
		}
	}
	return needs
}

// A Step is what a migration does to a table with rows.
type Step struct {
	Migration string
	ddl.Effect
	Rows  int64 // as Postgres estimates them
	Bytes int64 // on disk, without indexes
}

// FindMigration returns the name of a migration of this binary by its number ("0050", "50"), its name, or the release that
// it was the last one of; "": there is none.
func FindMigration(v string) (string, error) {
	all, err := allMigrations()
	if err != nil {
		return "", err
	}
	v = strings.TrimPrefix(v, "v")
	if last := migrations.Releases[v]; last != "" {
		v = last
	}
	for _, m := range all {
		number, _, _ := strings.Cut(m.name, "_")
		if v == m.name || v != "" && strings.TrimLeft(number, "0") == strings.TrimLeft(v, "0") {
			return m.name, nil
		}
	}
	return "", nil
}

// RunsOnOurs reports whether servers whose last migration that is start, and go on, on the tables of this binary.
func RunsOnOurs(last string) bool { return last >= migrations.RunsFrom }

// PlanUpgrade looks at every place, as the owner of the tables, and changes nothing.
func PlanUpgrade(ctx context.Context, ownerURL string, dbs *Databases) (plan UpgradePlan, err error) {
	effects, err := allEffects()
	if err != nil {
		return plan, err
	}
	all, err := ownPlaces(ctx, ownerURL)
	if err != nil {
		return plan, err
	}
	err = asOwner(ctx, ownerURL, func(conn *pgx.Conn) error {
		shared := PlacePlan{Isolation: tenant.Shared}
		shared.look(ctx, conn, effects)
		plan.Places = append(plan.Places, shared)
		if plan.Kept, err = keptAsOwner(ctx, conn); err != nil {
			return err
		}
		for _, p := range all {
			place := PlacePlan{Tenant: p.Slug, Isolation: p.Isolation}
			err := inPlace(ctx, ownerURL, conn, dbs, p, func(conn *pgx.Conn) { place.look(ctx, conn, effects) })
			if err != nil {
				place.Err = err // the others are looked at
			}
			plan.Places = append(plan.Places, place)
		}
		return nil
	})
	return plan, err
}

// inPlace looks at a place of a tenant. conn leads to the shared database, and finds another schema afterwards.
func inPlace(ctx context.Context, ownerURL string, conn *pgx.Conn, dbs *Databases, p ownPlace, look func(*pgx.Conn)) error {
	if p.Isolation != tenant.Database {
		if _, err := conn.Exec(ctx, `SELECT set_config('search_path', $1, false)`, pg.SchemaName(p.id())); err != nil {
			return err
		}
		look(conn)
		return nil
	}
	url, err := dbs.owner(ownerURL, p.id(), p.Sealed)
	if err != nil {
		return err
	}
	return asOwner(ctx, url, func(conn *pgx.Conn) error { look(conn); return nil })
}

// keptAsOwner is who seals the root key, where its table is there.
func keptAsOwner(ctx context.Context, conn *pgx.Conn) (all []KeptRoot, err error) {
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('root_keys') IS NOT NULL`).Scan(&there); err != nil || !there {
		return nil, pg.Wrap("look for root keys", err)
	}
	rows, _ := conn.Query(ctx, RootKeys) // the error is also in rows
	all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KeptRoot])
	return all, pg.Wrap("read root keys", err)
}

// allEffects are those of all migrations, by their names.
func allEffects() (map[string][]ddl.Effect, error) {
	all, err := allMigrations()
	if err != nil {
		return nil, err
	}
	reader, effects := ddl.NewReader(), map[string][]ddl.Effect{}
	for _, m := range all {
		effects[m.name] = reader.Read(m.sql)
	}
	return effects, nil
}

// look fills the plan of the place that the connection finds tables in.
func (p *PlacePlan) look(ctx context.Context, conn *pgx.Conn, effects map[string][]ddl.Effect) {
	var there bool
	p.Err = conn.QueryRow(ctx, `SELECT to_regclass('schema_migrations') IS NOT NULL`).Scan(&there)
	if p.Err != nil {
		return
	}
	if there {
		p.Err = p.lacks(ctx, conn)
	} else {
		all, err := allMigrations()
		p.Pending, p.Err = migrationNames(all), err
	}
	if p.Err != nil || !there {
		return // a place without tables has no rows that anybody would notice
	}
	for _, name := range p.Pending {
		for _, e := range effects[name] {
			step := Step{Migration: name, Effect: e}
			if p.Err = step.weigh(ctx, conn); p.Err != nil {
				return
			}
			p.Steps = append(p.Steps, step)
		}
	}
}

// lacks compares the migrations of a place with ours.
func (p *PlacePlan) lacks(ctx context.Context, conn *pgx.Conn) error {
	rows, _ := conn.Query(ctx, appliedMigrations) // the error is also in rows
	var err error
	if p.applied, err = pgx.CollectRows(rows, pgx.RowToStructByPos[appliedMigration]); err != nil {
		return fmt.Errorf("read schema_migrations: %w", err)
	}
	for _, m := range p.applied {
		p.Has = max(p.Has, m.Name)
	}
	if p.Isolation != tenant.Schema { // the queue of a schema is that of the shared tables
		p.Pending, err = pendingNames(ctx, conn)
		return err
	}
	pending, err := unapplied(ctx, conn)
	p.Pending = migrationNames(pending)
	return err
}

// weigh asks the catalog how large the table of a step is, with its partitions. A table that is not there has no rows.
func (s *Step) weigh(ctx context.Context, conn *pgx.Conn) error {
	if s.Table == "" {
		return nil
	}
	return pg.Wrap("look up the size of "+s.Table, conn.QueryRow(ctx, `
		SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint, coalesce(sum(pg_table_size(c.oid)), 0)::bigint
		FROM pg_class c WHERE c.oid = to_regclass($1) OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1))`,
		pgx.Identifier{s.Table}.Sanitize()).Scan(&s.Rows, &s.Bytes))
}

// Others are the keepers that seal the root key and are not among those that are set, and those that are set and do not seal it.
func Others(kept []KeptRoot, set []secret.Keeper) (unset, idle []string) {
	for _, k := range kept {
		if !slices.ContainsFunc(set, func(s secret.Keeper) bool { return s.Name() == k.Keeper }) {
			unset = append(unset, k.Keeper)
		}
	}
	for _, s := range set {
		if !slices.ContainsFunc(kept, func(k KeptRoot) bool { return k.Keeper == s.Name() }) {
			idle = append(idle, s.Name())
		}
	}
	return unset, idle
}

// Newest is the last migration of this binary.
func Newest() (string, error) {
	all, err := allMigrations()
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[len(all)-1].name, nil
}
