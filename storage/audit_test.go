package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"plinto/event"
	"plinto/storage/internal/pg"
)

// partitions returns the partitions of the audit log with how many rows each has.
func (w *world) partitions() map[string]int {
	w.t.Helper()
	found := map[string]int{}
	rows, _ := w.owner.Query(context.Background(), `
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_log'::regclass`)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	for _, name := range names {
		found[name] = w.count(`SELECT count(*) FROM ` + name)
	}
	return found
}

func monthName(at time.Time) string { return "audit_log_" + at.UTC().Format("2006_01") }

// firstOf is the beginning of the month that is n months after this one.
func firstOf(n int) time.Time {
	y, m, _ := time.Now().UTC().Date()
	return time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
}

// upkeep runs the upkeep of the audit log.
func (w *world) upkeep(retention time.Duration) error {
	return auditUpkeep(pg.NewSystem(w.platform), retention).Run(w.t.Context())
}

func (w *world) audit(ctx context.Context, at time.Time) {
	w.append(ctx, event.Event{Fact: event.UserCreated{}, Outcome: "success", OccurredAt: at})
}

// refused reports the code of a statement that Postgres refused, or "".
func refused(err error) string {
	said := new(pgconn.PgError)
	errors.As(err, &said)
	return said.Code
}

func TestAuditLog_hasAPartitionForEachMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 4 {
		w.audit(w.ctx(), firstOf(n))
		w.audit(w.ctx(), firstOf(n+1).Add(-time.Microsecond))
	}
	want := map[string]int{"audit_log_default": 0}
	for n := range 4 {
		want[monthName(firstOf(n))] = 2
	}
	if got := w.partitions(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A month that upkeep did not prepare costs no row and no sign-in; upkeep puts in order
// what came meanwhile, of every tenant, whoever owns the tables.
func TestAuditLog_losesNothingWithoutAPartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ownedByNobodySpecial()
	early, late := firstOf(-2).Add(time.Hour), firstOf(2).Add(time.Hour)
	w.sql(`DROP TABLE ` + monthName(late)) // as if upkeep had not run for months
	for _, at := range []time.Time{early, late, firstOf(40)} {
		w.audit(w.ctx(), at)
		w.audit(w.other(), at)
	}
	if n := w.partitions()["audit_log_default"]; n != 6 {
		t.Fatalf("%d rows in the default partition, want 6", n)
	}
	for range 2 { // the second time there is nothing to do
		must(t, w.upkeep(0))
		got := w.partitions()
		if got["audit_log_default"] != 2 || got[monthName(early)] != 2 || got[monthName(late)] != 2 || len(got) != 6 {
			t.Errorf("got %v, want two rows each in %s and %s, and two of a wrong clock", got, monthName(early), monthName(late))
		}
	}
	w.audit(w.ctx(), late.Add(time.Minute))
	if n := w.partitions()[monthName(late)]; n != 3 {
		t.Errorf("%d rows in the new partition, want 3", n)
	}
	if n := w.count(`SELECT count(*) FROM audit_log`); n != 7 {
		t.Errorf("%d rows in all, want 7", n)
	}
	if forced := w.count(`SELECT count(*) FROM pg_class WHERE relname = 'audit_log_default' AND relrowsecurity AND relforcerowsecurity`); forced != 1 {
		t.Error("row-level security is not forced on the default partition any more")
	}
}

// ownedByNobodySpecial gives tables and functions to a role that is no superuser.
func (w *world) ownedByNobodySpecial() {
	w.t.Helper()
	owner := "owner_" + uuid.NewString()[:8]
	w.sql(`CREATE ROLE ` + owner + ` NOSUPERUSER; GRANT CREATE, USAGE ON SCHEMA public TO ` + owner)
	w.t.Cleanup(func() {
		w.sql(`REASSIGN OWNED BY ` + owner + ` TO CURRENT_USER; DROP OWNED BY ` + owner + `; DROP ROLE ` + owner)
	})
	w.sql(`DO $$ DECLARE o text; BEGIN
		FOR o IN SELECT relname FROM pg_class WHERE relname LIKE 'audit_log%' AND relkind IN ('r', 'p') LOOP
			EXECUTE format('ALTER TABLE %I OWNER TO ` + owner + `', o);
		END LOOP;
		ALTER FUNCTION extend_audit_log(integer) OWNER TO ` + owner + `;
		ALTER FUNCTION trim_audit_log(interval) OWNER TO ` + owner + `;
	END $$`)
}

// Of a month of which one row must stay, all rows stay.
func TestAuditLog_losesWholeMonthsPastTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ownedByNobodySpecial()
	const retention = 200 * 24 * time.Hour
	limit := time.Now().UTC().Add(-retention)
	month := time.Date(limit.Year(), limit.Month(), 1, 0, 0, 0, 0, time.UTC)
	kept, gone := month.Add(time.Minute), month.Add(-time.Minute)
	for _, at := range []time.Time{kept, gone, gone.AddDate(0, -1, 0), now()} {
		w.audit(w.ctx(), at)
	}
	must(t, w.upkeep(0))
	if n := w.count(`SELECT count(*) FROM audit_log`); n != 4 {
		t.Fatalf("%d rows without a limit, want 4", n)
	}
	must(t, w.upkeep(retention)) // which drops nothing that is not sealed
	if n := w.count(`SELECT count(*) FROM audit_log`); n != 4 {
		t.Fatalf("%d rows before they are sealed, want 4", n)
	}
	must(t, auditorOf(w).sealer.Run(t.Context()))
	must(t, w.upkeep(retention))
	got := w.partitions()
	if _, there := got[monthName(gone)]; there || got[monthName(kept)] != 1 || got[monthName(now())] != 1 || w.count(`SELECT count(*) FROM audit_log`) != 2 {
		t.Errorf("got %v, want %s gone and %s kept", got, monthName(gone), monthName(kept))
	}
}

// Who gets hold of the server's role cannot delete what they did, nor call upkeep at all
// as the role that answers requests.
func TestAuditLog_keepsItsLastMonthsFromEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.audit(w.ctx(), firstOf(-2))
	must(t, w.upkeep(0))
	for _, keep := range []time.Duration{AuditRetentionMin - time.Hour, 0, -AuditRetentionMin * 100} {
		if _, err := w.platform.Exec(t.Context(), `SELECT trim_audit_log($1)`, keep); refused(err) != "22023" {
			t.Errorf("keeping %v: got %v, want it refused", keep, err)
		}
	}
	must(t, w.upkeep(AuditRetentionMin))
	for name, c := range map[string]struct{ role, sql string }{
		"make by app":         {pg.AppRole, `SELECT extend_audit_log(1)`},
		"drop by app":         {pg.AppRole, `SELECT trim_audit_log('1000 days')`},
		"delete by app":       {pg.AppRole, `DELETE FROM audit_log`},
		"truncate by app":     {pg.AppRole, `TRUNCATE audit_log`},
		"delete by platform":  {pg.PlatformRole, `DELETE FROM audit_log`},
		"drop by platform":    {pg.PlatformRole, `DROP TABLE ` + monthName(firstOf(-2))},
		"detach by platform":  {pg.PlatformRole, `ALTER TABLE audit_log DETACH PARTITION ` + monthName(firstOf(-2))},
		"replace by platform": {pg.PlatformRole, `CREATE OR REPLACE FUNCTION trim_audit_log(keep interval) RETURNS integer LANGUAGE sql AS 'SELECT 1'`},
	} {
		_, err := w.platform.Exec(t.Context(), c.sql)
		if c.role == pg.AppRole {
			_, err = pg.Exec(w.ctx(), w.db, c.sql)
		}
		if refused(err) != "42501" {
			t.Errorf("%s: got %v, want permission denied", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit_log`); n != 1 {
		t.Errorf("%d rows left, want 1", n)
	}
	for _, ahead := range []any{-1, 25, nil} {
		if _, err := w.platform.Exec(t.Context(), `SELECT extend_audit_log($1)`, ahead); refused(err) != "22023" {
			t.Errorf("%v months ahead: got %v, want it refused", ahead, err)
		}
	}
}

// Row-level security of the parent counts for what is read through it; there is no way to
// the rows besides.
func TestAuditLog_isolatesTenantsInEveryPartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.audit(w.ctx(), firstOf(-3))
	must(t, w.upkeep(0)) // a partition that upkeep made
	for n := range 2 {
		w.audit(w.ctx(), firstOf(n))
		w.audit(w.other(), firstOf(n))
	}
	w.audit(w.other(), firstOf(40)) // in the default partition
	for name, c := range map[string]struct {
		ctx  context.Context
		want int64
	}{"a": {w.ctx(), 3}, "b": {w.other(), 3}} {
		n, err := pg.One(c.ctx, w.db, pgx.RowTo[int64], `SELECT count(*) FROM audit_log`)
		if err != nil || n != c.want {
			t.Errorf("tenant %s sees %d rows, %v, want %d", name, n, err, c.want)
		}
	}
	if _, err := pg.Exec(w.ctx(), w.db, `INSERT INTO audit_log (tenant_id, id, type, actor_type, outcome) VALUES ($1, $2, 't', 'a', 'success')`,
		w.tenants[1].ID.String(), uuid.New()); refused(err) != "42501" {
		t.Errorf("a row of another tenant: got %v, want it refused", err)
	}
	all := w.partitions()
	if len(all) < 6 {
		t.Fatalf("only %v", all)
	}
	for part := range all {
		for _, sql := range []string{`SELECT count(*) FROM `, `DELETE FROM `, `UPDATE %s SET type = ''`, `INSERT INTO %s (id, type, actor_type, outcome) VALUES (gen_random_uuid(), 't', 'a', 'success')`} {
			if !strings.Contains(sql, "%s") {
				sql += "%s"
			}
			sql = fmt.Sprintf(sql, part)
			if _, err := pg.Exec(w.ctx(), w.db, sql); refused(err) != "42501" {
				t.Errorf("%s by the app role: got %v, want permission denied", sql, err)
			}
			if _, err := w.platform.Exec(t.Context(), sql); refused(err) != "42501" {
				t.Errorf("%s by the platform role: got %v, want permission denied", sql, err)
			}
		}
	}
}
