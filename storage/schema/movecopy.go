package schema

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A table holds rows of tenants.
type table struct {
	Name    string
	Columns []string // names, quoted where they must be, in order of name; none that Postgres computes
	Types   []string
	Needs   []string // tables that its foreign keys end at
}

func (t *table) list() string { return strings.Join(t.Columns, ", ") }

// tables returns those with rows of tenants where the connection finds them, each after those that it needs.
func tables(ctx context.Context, conn *pgx.Conn) ([]table, error) {
	rows, _ := conn.Query(ctx, `
		SELECT c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attname), array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attname),
			ARRAY(SELECT r.relname::text FROM pg_constraint k JOIN pg_class r ON r.oid = k.confrelid
				WHERE k.contype = 'f' AND k.conrelid = c.oid AND k.confrelid <> c.oid AND r.relname <> 'tenants')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped)
		GROUP BY c.oid, c.relname ORDER BY c.relname`) // the error is also in rows
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return nil, pg.Wrap("list tables", err)
	}
	return inOrder(all)
}

// errCircle reports foreign keys that go round.
var errCircle = errors.New("tables need each other")

// inOrder sorts tables so that each comes after those that it needs.
func inOrder(all []table) (sorted []table, err error) {
	done := map[string]bool{}
	for len(sorted) < len(all) {
		before := len(sorted)
		for _, t := range all {
			if !done[t.Name] && !slices.ContainsFunc(t.Needs, func(need string) bool { return !done[need] }) {
				done[t.Name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == before {
			return nil, errCircle
		}
	}
	return sorted, nil
}

// emptyBatch is how many rows are deleted of a shared table at once.
const emptyBatch = 5000

// empty removes the rows that the tenant has in a place, and in a database also its jobs.
func (m *Mover) empty(ctx context.Context, conn *pgx.Conn, spot Spot) error {
	all, err := tables(ctx, conn)
	if err != nil {
		return err
	}
	if spot.Isolation != tenant.Shared {
		var names []string
		for _, t := range all {
			names = append(names, t.Name)
		}
		if spot.Isolation == tenant.Database {
			names = append(names, "river_job")
		}
		_, err := conn.Exec(ctx, `TRUNCATE `+strings.Join(names, ", "))
		return pg.Wrap("empty tables", err)
	}
	if m.From.Isolation == tenant.Database && m.To.Isolation == tenant.Shared { // that were copied; of a schema they are in the same queue
		if _, err := conn.Exec(ctx, `DELETE FROM river_job WHERE args ->> 'tenant_id' = $1 AND finalized_at IS NULL`, m.Tenant.String()); err != nil {
			return pg.Wrap("remove jobs", err)
		}
	}
	for _, t := range slices.Backward(all) {
		// A partition may have a row at the same place as another one: both are the tenant's.
		sql := fmt.Sprintf(`/* some rows */ DELETE FROM %[1]s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %[1]s WHERE tenant_id = $1 LIMIT %[2]d)) AND tenant_id = $1`, t.Name, emptyBatch)
		for {
			tag, err := conn.Exec(ctx, sql, m.id())
			if err != nil {
				return fmt.Errorf("remove rows of %s: %w", t.Name, err)
			}
			if tag.RowsAffected() == 0 {
				break
			}
		}
	}
	return nil
}

// copy copies all tables in one transaction, from one snapshot of the old place, and compares them.
func (m *Mover) copy(ctx context.Context, from, to *pgx.Conn) error {
	source, err := from.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return pg.Wrap("read the old place", err)
	}
	defer func() { _ = source.Rollback(context.WithoutCancel(ctx)) }()
	all, err := tables(ctx, from)
	if err != nil {
		return err
	}
	there, err := tables(ctx, to)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(all, there, func(a, b table) bool {
		return a.Name == b.Name && slices.Equal(a.Columns, b.Columns) && slices.Equal(a.Types, b.Types)
	}) {
		return fmt.Errorf("%w: the tables of the two places are not alike: run plinto migrate", ErrSchema)
	}
	err = pgx.BeginFunc(ctx, to, func(pgx.Tx) error {
		for _, t := range all {
			if err := m.copyTable(ctx, from, to, t); err != nil {
				return fmt.Errorf("copy %s: %w", t.Name, err)
			}
		}
		if err := m.copyJobs(ctx, from, to); err != nil {
			return fmt.Errorf("copy jobs: %w", err)
		}
		return continueSequence(ctx, from, to)
	})
	if err != nil {
		return err
	}
	if m.To.Isolation != tenant.Shared { // where its months are those of everybody
		if _, err := to.Exec(ctx, `SELECT extend_audit_log(3)`); err != nil {
			return pg.Wrap("divide the audit log", err)
		}
	}
	return m.compare(ctx, from, to, all)
}

func (m *Mover) where() string { return `tenant_id = '` + m.Tenant.String() + `'` }

// copyTable copies the rows of one table. Row-level security knows no COPY into a table, so they go by a
// temporary one.
func (m *Mover) copyTable(ctx context.Context, from, to *pgx.Conn, t table) error {
	m.tell(Copied{Table: t.Name, Rows: -1})
	n, err := m.stream(ctx, from, to, part{columns: t.list(), from: t.Name, to: t.Name, where: m.where(), values: t.list()})
	if err == nil {
		m.tell(Copied{Table: t.Name, Rows: n})
	}
	return err
}

// copyJobs copies the jobs that are not done where the queues are two. One that runs, does so in a process that was
// lost, or will find that the tenant was moved: it is done again.
func (m *Mover) copyJobs(ctx context.Context, from, to *pgx.Conn) error {
	if m.From.Isolation != tenant.Database && m.To.Isolation != tenant.Database {
		return nil
	}
	queue, err := m.queueOf(ctx, m.From)
	if err != nil {
		return err
	}
	target, err := m.queueOf(ctx, m.To)
	if err != nil {
		return err
	}
	var columns, values string
	err = to.QueryRow(ctx, `
		SELECT string_agg(name, ', ' ORDER BY name), string_agg(CASE name WHEN 'state' THEN 'CASE state WHEN ''running'' THEN ''available'' ELSE state END' ELSE name END, ', ' ORDER BY name)
		FROM (SELECT quote_ident(attname) AS name FROM pg_attribute
			WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'id') c`, target).Scan(&columns, &values)
	if err != nil {
		return err
	}
	_, err = m.stream(ctx, from, to, part{
		columns: columns, from: queue, to: target, where: `finalized_at IS NULL AND args ->> 'tenant_id' = '` + m.Tenant.String() + `'`, values: values,
	})
	return err
}

// A part is rows of a table that are copied.
type part struct {
	columns, from, to, where string
	values                   string // that are inserted, of columns
}

// whole returns foreign where a row in the temporary table is not one of the part. What is copied may be what somebody else made: a backup,
// or a database elsewhere. Row-level security would let such rows in where the owner of the tables is a superuser, and jobs have none.
func (p part) whole(ctx context.Context, to *pgx.Conn, foreign error) error {
	var others bool
	err := to.QueryRow(ctx, `/* rows of others */ SELECT EXISTS (SELECT FROM moving WHERE (`+p.where+`) IS NOT TRUE)`).Scan(&others)
	if err == nil && others {
		err = foreign
	}
	return err
}

// stream copies rows into a temporary table, and inserts them from there.
func (m *Mover) stream(ctx context.Context, from, to *pgx.Conn, p part) (int64, error) {
	if _, err := to.Exec(ctx, `CREATE TEMPORARY TABLE moving ON COMMIT DROP AS SELECT `+p.columns+` FROM `+p.to+` LIMIT 0`); err != nil {
		return 0, err
	}
	out, in := io.Pipe()
	read := make(chan error, 1)
	go func() {
		_, err := from.PgConn().CopyTo(ctx, &counted{Writer: in, table: p.from, tell: m.tell}, `COPY (SELECT `+p.columns+` FROM `+p.from+` WHERE `+p.where+`) TO STDOUT (FORMAT binary)`)
		_ = in.CloseWithError(err) // never fails
		read <- err
	}()
	_, err := to.PgConn().CopyFrom(ctx, out, `COPY moving (`+p.columns+`) FROM STDIN (FORMAT binary)`)
	_ = out.CloseWithError(io.ErrClosedPipe) // never fails
	if failed := <-read; err == nil {
		err = failed
	}
	if err == nil {
		err = p.whole(ctx, to, fmt.Errorf("%w: rows of another tenant are in %s", ErrDiffers, p.from))
	}
	if err != nil {
		return 0, err
	}
	tag, err := to.Exec(ctx, `/* copied */ INSERT INTO `+p.to+` (`+p.columns+`) SELECT `+p.values+` FROM moving`)
	if err != nil {
		return 0, err
	}
	_, err = to.Exec(ctx, `DROP TABLE moving`)
	return tag.RowsAffected(), err
}

// tellEvery is how often it is told how much of a table is copied.
const tellEvery = time.Second

// A counted writer tells how much went through it.
type counted struct {
	io.Writer
	table string
	tell  func(Copied)
	bytes int64
	told  time.Time
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.bytes += int64(n)
	if now := time.Now(); now.Sub(c.told) > tellEvery {
		if !c.told.IsZero() {
			c.tell(Copied{Table: c.table, Rows: -1, Bytes: c.bytes})
		}
		c.told = now
	}
	return n, err
}

func (m *Mover) tell(c Copied) {
	if m.Tell != nil {
		m.Tell(c)
	}
}

// sequenceGap is how far a sequence is put beyond what was copied: others may draw from it meanwhile.
const sequenceGap = 1000

// continueSequence has later events of the tenant follow those that were copied.
func continueSequence(ctx context.Context, from, to *pgx.Conn) error {
	var last int64
	if err := from.QueryRow(ctx, `SELECT last_value FROM events_seq`).Scan(&last); err != nil {
		return err
	}
	_, err := to.Exec(ctx, `SELECT setval('events_seq'::regclass, $1::bigint + $2::bigint) FROM events_seq WHERE last_value <= $1`, last, sequenceGap)
	return pg.Wrap("continue the order of events", err)
}

// compare compares how many rows each table has in both places, and sums over what they say. ErrDiffers.
func (m *Mover) compare(ctx context.Context, from, to *pgx.Conn, all []table) error {
	for _, t := range all {
		was, err := m.sum(ctx, from, t)
		if err != nil {
			return err
		}
		is, err := m.sum(ctx, to, t)
		if err != nil {
			return err
		}
		if was != is {
			return fmt.Errorf("%w: %s had %d rows with the sum %s, and has %d with %s", ErrDiffers, t.Name, was.Rows, was.Sum, is.Rows, is.Sum)
		}
	}
	return nil
}

// A sum says what rows a table has of a tenant, in any order.
type sum struct {
	Rows int64
	Sum  string // of 60 bits of the SHA-256 of each row
}

func (m *Mover) sum(ctx context.Context, conn *pgx.Conn, t table) (s sum, err error) {
	err = conn.QueryRow(ctx, fmt.Sprintf(`/* sum of a table */ SELECT count(*),
		coalesce(sum(('x' || left(encode(sha256(convert_to(ROW(%s)::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)::text FROM %s WHERE %s`,
		t.list(), t.Name, m.where())).Scan(&s.Rows, &s.Sum)
	if err != nil {
		return s, fmt.Errorf("sum up %s: %w", t.Name, err)
	}
	return s, nil
}
