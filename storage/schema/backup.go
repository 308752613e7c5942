package schema

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// transient are the tables that a bundle has no rows of: what is in them is used up within minutes, once, or not at all.
var transient = map[string]bool{"codes": true, "flows": true, "pushed_requests": true, "one_time_tokens": true, "idempotency_keys": true}

// tasksTable stands for the jobs of a tenant that delete and end things in steps, and have to go on. Other jobs, which send what
// happened to somebody, are in no bundle: it was sent.
const (
	tasksTable = "river_job"
	taskKind   = "task"
)

// A Saver writes the bundle of a tenant, as the owner of the tables: see Mover.
type Saver struct {
	Databases *Databases
	OwnerURL  string
	Tenant    tenant.ID
	At        Spot
	Keys      secret.Keys // of the tenant
	Tell      func(Copied)
}

func (s *Saver) mover() *Mover {
	return &Mover{Databases: s.Databases, OwnerURL: s.OwnerURL, Tenant: s.Tenant, From: s.At, To: s.At, Tell: s.Tell}
}

// Save writes the bundle. It is of one snapshot, and holds up nobody.
func (s *Saver) Save(ctx context.Context, to io.Writer, key secret.Keeper) (head BundleHead, err error) {
	m := s.mover()
	err = m.at(ctx, s.At, func(conn *pgx.Conn) error {
		registry, err := m.registry(ctx)
		if err != nil {
			return err
		}
		return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(pgx.Tx) error {
			if head, err = s.head(ctx, conn, registry); err != nil {
				return err
			}
			out := bufio.NewWriterSize(to, 1<<20)
			w, err := newBundle(ctx, out, key)
			if err != nil {
				return err
			}
			if err := s.write(ctx, m, conn, w, head); err != nil {
				return err
			}
			if err := w.close(); err != nil {
				return err
			}
			return out.Flush()
		})
	})
	return head, err
}

// registry is the schema of the shared tables, quoted.
func (m *Mover) registry(ctx context.Context) (name string, err error) {
	err = asOwner(ctx, m.OwnerURL, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT quote_ident(current_schema())`).Scan(&name)
	})
	return name, pg.Wrap("find the shared tables", err)
}

// head reads what the bundle begins with. Of a tenant with a database of its own the registry is in another one.
func (s *Saver) head(ctx context.Context, conn *pgx.Conn, registry string) (h BundleHead, err error) {
	h.Keys = s.Keys.Reveal()
	err = conn.QueryRow(ctx, `
		SELECT (SELECT max(name) FROM schema_migrations), now(), (SELECT last_value FROM events_seq),
			coalesce((SELECT note FROM audit_heads WHERE tenant_id = $1 ORDER BY size DESC LIMIT 1), ''),
			coalesce((SELECT max(size) FROM audit_heads WHERE tenant_id = $1), 0)`, s.mover().id()).
		Scan(&h.Migration, &h.TakenAt, &h.Events, &h.Head, &h.HeadSize)
	if err != nil {
		return h, pg.Wrap("read the state of the tenant", err)
	}
	if h.Schema, err = hashAt(h.Migration); err != nil {
		return h, err
	}
	if s.At.Isolation == tenant.Database {
		err = asOwner(ctx, s.OwnerURL, func(shared *pgx.Conn) error { return s.row(ctx, shared, registry, &h.Tenant) })
	} else {
		err = s.row(ctx, conn, registry, &h.Tenant)
	}
	if err == nil && h.Tenant.Isolation != string(s.At.Isolation) {
		err = tenant.ErrMoving
	}
	return h, pg.Wrap("read the tenant", err)
}

func (s *Saver) row(ctx context.Context, conn *pgx.Conn, registry string, r *BundleRow) error {
	var notBefore, disabled time.Time
	var settings string
	err := conn.QueryRow(ctx, `
		/* one tenant */ SELECT id, slug, name, coalesce(host, ''), isolation, settings::text, nullif(not_before, '-infinity'), disabled_at, created_at, managed_by
		FROM `+registry+`.tenants WHERE id = $1 AND deleting_at IS NULL`, s.mover().id()).
		Scan(&r.ID, &r.Slug, &r.Name, &r.Host, &r.Isolation, &settings, (*zeronull.Timestamptz)(&notBefore), (*zeronull.Timestamptz)(&disabled), &r.CreatedAt, &r.ManagedBy)
	if err != nil {
		return pg.Absent(err, tenant.ErrUnknown)
	}
	r.Settings = []byte(settings)
	if !notBefore.IsZero() {
		r.NotBefore = &notBefore
	}
	if !disabled.IsZero() {
		r.DisabledAt = &disabled
	}
	return nil
}

func (s *Saver) write(ctx context.Context, m *Mover, conn *pgx.Conn, w *bundleWriter, head BundleHead) error {
	if err := w.value(frameHead, head); err != nil {
		return err
	}
	all, err := tables(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range all {
		if transient[t.Name] {
			continue
		}
		if err := s.table(ctx, m, conn, w, t); err != nil {
			return fmt.Errorf("back up %s: %w", t.Name, err)
		}
	}
	return s.tasks(ctx, m, conn, w)
}

func (s *Saver) table(ctx context.Context, m *Mover, conn *pgx.Conn, w *bundleWriter, t table) error {
	if err := w.value(frameTable, bundleTable{t.Name, t.Columns, t.Types}); err != nil {
		return err
	}
	if err := copyOut(ctx, conn, w, t.list(), t.Name, m.where(), m.tell); err != nil {
		return err
	}
	has, err := m.sum(ctx, conn, t)
	if err != nil {
		return err
	}
	m.tell(Copied{Table: t.Name, Rows: has.Rows})
	return w.value(frameSum, has)
}

// copyOut writes rows as text, which every version of Postgres reads.
func copyOut(ctx context.Context, conn *pgx.Conn, w *bundleWriter, columns, from, where string, tell func(Copied)) error {
	rows := bufio.NewWriterSize(&counted{Writer: rowsTo{w}, table: from, tell: tell}, 64<<10)
	if _, err := conn.PgConn().CopyTo(ctx, rows, `COPY (SELECT `+columns+` FROM `+from+` WHERE `+where+`) TO STDOUT`); err != nil {
		return err
	}
	return rows.Flush()
}

// tasks writes the jobs that have to go on.
func (s *Saver) tasks(ctx context.Context, m *Mover, conn *pgx.Conn, w *bundleWriter) error {
	queue, err := m.queueOf(ctx, s.At)
	if err != nil {
		return err
	}
	columns, err := columnsOfJobs(ctx, conn, queue)
	if err != nil {
		return err
	}
	if err := w.value(frameTable, bundleTable{Name: tasksTable, Columns: columns}); err != nil {
		return err
	}
	t := table{Name: queue, Columns: columns}
	return copyOut(ctx, conn, w, t.list(), queue, `kind = '`+taskKind+`' AND finalized_at IS NULL AND args ->> 'tenant_id' = '`+s.Tenant.String()+`'`, m.tell)
}

// columnsOfJobs are the columns of a queue that are copied, quoted.
func columnsOfJobs(ctx context.Context, conn *pgx.Conn, queue string) (names []string, err error) {
	err = conn.QueryRow(ctx, `
		SELECT array_agg(quote_ident(attname) ORDER BY attname) FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'id'`, queue).Scan(&names)
	return names, pg.Wrap("list columns of jobs", err)
}
