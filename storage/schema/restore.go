package schema

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/fault"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A Restorer restores the bundle of a tenant, as the owner of the tables: see Mover. Nobody finds the tenant before all is there.
type Restorer struct {
	Databases *Databases
	OwnerURL  string
	At        Spot
	Tenant    BundleRow // as it is to be
	Sealed    []byte    // its keys: secret.Root.SealKeys
	SameKeys  bool      // whether they are those that the tenant has here, or had
	// KeepTokens has sessions and tokens of the bundle live on, whatever ended them since.
	KeepTokens bool
	Fact       RestoredFact
	Tell       func(Copied)
}

// A RestoredFact is the event that the tenant is told of, as tenant_facts has it.
type RestoredFact struct {
	ID         uuid.UUID
	Type, Body string
}

// Errors of restoring.
var (
	ErrTenantThere = fault.New(fault.Conflict, "tenant_exists", "The installation has the tenant of the backup already. Delete it first; a backup is never mixed with what is there.")
	ErrBundleOlder = fault.New(fault.Conflict, "backup_of_another_version",
		"The backup was made by a version with other tables. Restore it into an empty installation of that version, upgrade that one, and back the tenant up there.")
	ErrBundleForeign = fault.New(fault.Invalid, "backup_of_others",
		"The backup has rows that are not of its tenant: somebody made it who has its key, and not plinto backup. Nothing was restored.")
	ErrLogElsewhere = fault.New(fault.Conflict, "audit_log_elsewhere",
		"The tenant was deleted here, and its audit log is where it was. Restore it with that isolation.")
	ErrOtherLog = fault.New(fault.Conflict, "audit_log_differs",
		"The tenant was deleted here, and its audit log, which stays, does not continue the one of the backup.")
)

func (r *Restorer) id() tenant.ID { return tenant.ID(r.Tenant.ID) }

func (r *Restorer) mover() *Mover {
	return &Mover{Databases: r.Databases, OwnerURL: r.OwnerURL, Tenant: r.id(), From: r.At, To: r.At, Tell: r.Tell}
}

// Look returns whether the place of the tenant has nothing of it yet, so that it can be removed when restoring fails. ErrTenantThere,
// ErrLogElsewhere.
func (r *Restorer) Look(ctx context.Context) (empty bool, err error) {
	err = asOwner(ctx, r.OwnerURL, func(conn *pgx.Conn) error {
		var registered, schema, database, shared bool
		err := conn.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM tenants WHERE id = $1), to_regnamespace($2) IS NOT NULL, EXISTS (SELECT FROM tenant_databases WHERE id = $1)`,
			r.Tenant.ID, pg.SchemaName(r.id())).Scan(&registered, &schema, &database)
		if err != nil {
			return pg.Wrap("look for the tenant", err)
		}
		if registered {
			return ErrTenantThere
		}
		m := r.mover()
		err = m.at(ctx, Spot{Isolation: tenant.Shared}, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, hasLog, m.id()).Scan(&shared)
		})
		if err != nil {
			return pg.Wrap("look for the audit log", err)
		}
		left := map[tenant.Isolation]bool{tenant.Shared: shared, tenant.Schema: schema, tenant.Database: database}
		for level, there := range left {
			if there && level != r.At.Isolation {
				return saying(ErrLogElsewhere, "It is in the tables of the isolation %s.", level)
			}
		}
		empty = !left[r.At.Isolation]
		return nil
	})
	return empty, err
}

// Load restores a bundle into the place of the tenant, which has been made. ErrTenantThere, ErrBundleOlder, ErrBundle, ErrDiffers.
func (r *Restorer) Load(ctx context.Context, b *Bundle) error {
	same, err := b.Head.fits()
	if err != nil {
		return err
	}
	b.same = same
	m := r.mover()
	return m.alone(ctx, func(*pgx.Conn) error {
		registry, err := m.registry(ctx)
		if err != nil {
			return err
		}
		return m.at(ctx, r.At, func(to *pgx.Conn) error {
			if r.At.Isolation == tenant.Database {
				if err := pgx.BeginFunc(ctx, to, func(pgx.Tx) error { return r.fill(ctx, m, to, b) }); err != nil {
					return err
				}
				return m.at(ctx, Spot{Isolation: tenant.Shared}, func(shared *pgx.Conn) error {
					return pgx.BeginFunc(ctx, shared, func(pgx.Tx) error { return r.register(ctx, shared, registry, b.Head.TakenAt) })
				})
			}
			return pgx.BeginFunc(ctx, to, func(pgx.Tx) error {
				if err := r.register(ctx, to, registry, b.Head.TakenAt); err != nil {
					return err
				}
				if r.At.Isolation == tenant.Schema {
					if _, err := to.Exec(ctx, `SELECT set_config('search_path', $1, true)`, pg.SchemaName(r.id())); err != nil {
						return err
					}
				}
				return r.fill(ctx, m, to, b)
			})
		})
	})
}

// register has the registry know the tenant, in the transaction of the connection, which works on the shared tables from then on.
// What was issued by the clock of the backup is over, too, if that is ahead.
func (r *Restorer) register(ctx context.Context, conn *pgx.Conn, registry string, takenAt time.Time) error {
	if _, err := conn.Exec(ctx, `SELECT set_config('search_path', $1, true)`, registry); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `
		INSERT INTO tenants (id, slug, name, host, isolation, settings, not_before, disabled_at, created_at, managed_by)
		VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, CASE WHEN $7 THEN coalesce($8::timestamptz, '-infinity'::timestamptz) ELSE greatest(now(), $12::timestamptz, $8::timestamptz + interval '1 microsecond') END, $9, $10, $11)`,
		r.Tenant.ID, r.Tenant.Slug, r.Tenant.Name, zeronull.Text(r.Tenant.Host), string(r.At.Isolation), string(r.Tenant.Settings),
		r.KeepTokens, r.Tenant.NotBefore, r.Tenant.DisabledAt, r.Tenant.CreatedAt, r.Tenant.ManagedBy, takenAt)
	if pg.Constraint(err) == "tenants_pkey" {
		return ErrTenantThere
	}
	if err != nil {
		return pg.Wrap("register tenant", err)
	}
	if r.At.Isolation == tenant.Database {
		_, err := conn.Exec(ctx, `INSERT INTO tenant_databases (id, url) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET url = excluded.url`, r.Tenant.ID, r.At.Sealed)
		if err != nil {
			return pg.Wrap("note database of tenant", err)
		}
	}
	if err := r.keep(ctx, conn); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `INSERT INTO tenant_facts (id, tenant, type, occurred_at, body) VALUES ($1, $2, $3, now(), $4::text::jsonb)`,
		r.Fact.ID, r.Tenant.ID, r.Fact.Type, r.Fact.Body)
	if err != nil {
		return pg.Wrap("note that the tenant was restored", err)
	}
	_, err = conn.Exec(ctx, openPlace, r.Tenant.ID)
	return pg.Wrap("open the place", err)
}

// RunsFromKeys keeps programs from starting that take the keys of the installation for those of every tenant.
const RunsFromKeys = `UPDATE schema_migrations SET runs_from = name WHERE name = '0053_restore_tenants'`

// keep stores the keys of the tenant, if they are others than the installation's.
func (r *Restorer) keep(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `DELETE FROM tenant_keys WHERE id = $1`, r.Tenant.ID); err != nil || r.Sealed == nil {
		return pg.Wrap("forget keys of tenant", err)
	}
	if _, err := conn.Exec(ctx, RunsFromKeys); err != nil {
		return pg.Wrap("keep older programs out", err)
	}
	_, err := conn.Exec(ctx, `INSERT INTO tenant_keys (id, sealed) VALUES ($1, $2)`, r.Tenant.ID, r.Sealed)
	return pg.Wrap("keep keys of tenant", err)
}

// fill puts the rows of the bundle where the connection finds the tables, in its transaction.
func (r *Restorer) fill(ctx context.Context, m *Mover, to *pgx.Conn, b *Bundle) error {
	all, err := tables(ctx, to)
	if err != nil {
		return err
	}
	logStays, err := r.log(ctx, to, b.Head)
	if err != nil {
		return err
	}
	for _, t := range slices.Backward(all) { // what a run before this one left in a database
		if logStays && ofLog(t.Name) {
			continue
		}
		if _, err := to.Exec(ctx, `/* what an earlier run left */ DELETE FROM `+t.Name+` WHERE tenant_id = $1`, m.id()); err != nil {
			return fmt.Errorf("empty %s: %w", t.Name, err)
		}
	}
	if err := b.next(); err != nil {
		return err
	}
	for b.kind == frameTable {
		var in bundleTable
		if err := b.value(frameTable, &in); err != nil {
			return err
		}
		if err := r.table(ctx, m, to, b, all, in, logStays && ofLog(in.Name)); err != nil {
			return fmt.Errorf("restore %s: %w", in.Name, err)
		}
	}
	if b.kind != frameEnd {
		return ErrBundle
	}
	if err := b.end(); err != nil {
		return err
	}
	return r.settle(ctx, to, b)
}

// settle does what follows when the rows are there.
func (r *Restorer) settle(ctx context.Context, to *pgx.Conn, b *Bundle) error {
	if err := aftermath(ctx, to, r.id()); err != nil {
		return err
	}
	_, err := to.Exec(ctx, `SELECT setval('events_seq'::regclass, $1::bigint + $2::bigint) FROM events_seq WHERE last_value <= $1`, b.Head.Events, sequenceGap)
	if err != nil {
		return pg.Wrap("continue the order of events", err)
	}
	if r.At.Isolation == tenant.Shared { // where its months are those of everybody
		return nil
	}
	if _, err := to.Exec(ctx, `SELECT extend_audit_log(3)`); err != nil {
		return pg.Wrap("divide the audit log", err)
	}
	_, err = to.Exec(ctx, openPlace, r.Tenant.ID)
	return pg.Wrap("open the place", err)
}

// hasLog asks whether there is an audit log of a tenant.
const hasLog = `SELECT EXISTS (SELECT FROM audit_log WHERE tenant_id = $1) OR EXISTS (SELECT FROM audit_trees WHERE tenant_id = $1)`

// ofLog reports whether a table is of the audit log, which a tenant that is deleted leaves behind.
func ofLog(name string) bool { return strings.HasPrefix(name, "audit_") }

// log reports whether the audit log of the tenant is there, and is the longer one: it stays then. ErrOtherLog of another one.
func (r *Restorer) log(ctx context.Context, to *pgx.Conn, head BundleHead) (stays bool, err error) {
	var continues bool
	err = to.QueryRow(ctx, `
		`+hasLog+`,
			EXISTS (SELECT FROM audit_heads WHERE tenant_id = $1 AND size = $2 AND note = $3)`, r.Tenant.ID, head.HeadSize, head.Head).Scan(&stays, &continues)
	switch {
	case err != nil:
		return false, pg.Wrap("look for the audit log", err)
	case stays && (!continues || !r.SameKeys):
		return false, ErrOtherLog
	}
	return stays, nil
}

// table restores the rows of a table, and compares them with what the bundle says of them.
func (r *Restorer) table(ctx context.Context, m *Mover, to *pgx.Conn, b *Bundle, all []table, in bundleTable, skip bool) error {
	if in.Name == tasksTable {
		return r.tasks(ctx, m, to, b, in)
	}
	t, err := in.now(all, b.same)
	if err != nil {
		return err
	}
	rows := &rowsOf{Bundle: b}
	if skip {
		if _, err := io.Copy(io.Discard, rows); err != nil {
			return err
		}
	} else if err := copyIn(ctx, to, rows, part{columns: t.list(), to: t.Name, values: t.list(), where: m.where()}); err != nil {
		return err
	}
	var had sum
	if err := b.value(frameSum, &had); err != nil {
		return err
	}
	if !skip {
		has, err := m.sum(ctx, to, t)
		if err != nil {
			return err
		}
		if has != had {
			return fmt.Errorf("%w: it had %d rows with the sum %s, and has %d with %s", ErrDiffers, had.Rows, had.Sum, has.Rows, has.Sum)
		}
		m.tell(Copied{Table: t.Name, Rows: has.Rows})
	}
	return b.next()
}

// tasks queues the jobs that have to go on. Their columns are those of the queue's version.
func (r *Restorer) tasks(ctx context.Context, m *Mover, to *pgx.Conn, b *Bundle, in bundleTable) error {
	queue, err := m.queueOf(ctx, r.At)
	if err != nil {
		return err
	}
	columns, err := columnsOfJobs(ctx, to, queue)
	if err != nil {
		return err
	}
	if b.same && !slices.Equal(columns, in.Columns) || slices.ContainsFunc(in.Columns, func(c string) bool { return !slices.Contains(columns, c) }) {
		return fmt.Errorf("%w: the queue is not that of the backup", ErrSchema)
	}
	list := strings.Join(in.Columns, ", ")
	values := strings.Replace(" "+list+",", " state,", " CASE state WHEN 'running' THEN 'available' ELSE state END,", 1)
	err = copyIn(ctx, to, &rowsOf{Bundle: b}, part{columns: list, to: queue, values: strings.TrimSuffix(values, ","), where: m.tasksOnly()})
	return err // the next frame has been read
}

// tasksOnly are the jobs that a bundle may bring: see Saver. A unique key would keep the job of somebody else away that has the same one.
func (m *Mover) tasksOnly() string {
	return `kind = '` + taskKind + `' AND queue = '` + taskKind + `' AND finalized_at IS NULL AND args ->> 'tenant_id' = '` + m.Tenant.String() + `' AND (to_jsonb(moving) ->> 'unique_key') IS NULL`
}

// copyIn inserts rows that are read. Row-level security knows no COPY into a table, so they go by a temporary one.
func copyIn(ctx context.Context, to *pgx.Conn, rows *rowsOf, p part) error {
	if _, err := to.Exec(ctx, `CREATE TEMPORARY TABLE moving ON COMMIT DROP AS SELECT `+p.columns+` FROM `+p.to+` LIMIT 0`); err != nil {
		return err
	}
	if _, err := to.PgConn().CopyFrom(ctx, rows, `COPY moving (`+p.columns+`) FROM STDIN`); err != nil {
		return cmp.Or(rows.failed, err) // Postgres says no more than that there was an error
	}
	if err := p.whole(ctx, to, ErrBundleForeign); err != nil {
		return err
	}
	if _, err := to.Exec(ctx, `/* restored */ INSERT INTO `+p.to+` (`+p.columns+`) SELECT `+p.values+` FROM moving`); err != nil {
		return err
	}
	_, err := to.Exec(ctx, `DROP TABLE moving`)
	return err
}

// aftermath ends what must not happen again in a tenant that is as it was: what was sent is not sent, what was asked for once is
// not done. Deleting and ending in steps goes on.
func aftermath(ctx context.Context, conn *pgx.Conn, of tenant.ID) error {
	for _, sql := range []string{
		`DELETE FROM codes WHERE tenant_id = $1`,
		`DELETE FROM flows WHERE tenant_id = $1`,
		`DELETE FROM pushed_requests WHERE tenant_id = $1`,
		`DELETE FROM one_time_tokens WHERE tenant_id = $1`,
		`DELETE FROM idempotency_keys WHERE tenant_id = $1`,
		`UPDATE webhook_deliveries SET state = 'dropped', reason = 'restored', finished_at = now() WHERE tenant_id = $1 AND state = 'pending'`,
		`UPDATE jobs SET state = 'canceled', finished_at = now() WHERE tenant_id = $1 AND state = 'running' AND kind = 'user_import'`,
		`DELETE FROM job_parts p WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM jobs j WHERE j.tenant_id = p.tenant_id AND j.id = p.job_id AND j.state = 'running')`,
		`DELETE FROM job_names p WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM jobs j WHERE j.tenant_id = p.tenant_id AND j.id = p.job_id AND j.state = 'running')`,
	} {
		if _, err := conn.Exec(ctx, sql, uuid.UUID(of)); err != nil {
			return pg.Wrap("end what was under way", err)
		}
	}
	return nil
}
