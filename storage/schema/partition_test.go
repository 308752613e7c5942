package schema

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// firstOfMonth is the beginning of the month that is n months after this one.
func firstOfMonth(n int) time.Time {
	y, m, _ := time.Now().UTC().Date()
	return time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
}

func month(n int) string { return "audit_log_" + firstOfMonth(n).Format("2006_01") }

// previousInsert is the statement of the version before, as its servers have it prepared.
const previousInsert = `
	INSERT INTO audit_log (id, type, occurred_at, actor_type, actor_id, subject, outcome, reason, ip, agent, request_id, data)
	VALUES ($1, 'user.created', coalesce($2, now()), 'user', '', '', 'success', '', '', '', '', '{}')`

// The version before goes on while the audit log is divided, and nothing of it is lost.
// (A new installation has no past: see TestAuditLog_hasAPartitionForEachMonth of package storage.)
func TestMigration_dividesAnAuditLogThatIsWrittenTo(t *testing.T) {
	t.Parallel()
	conn, first := before(t, "0010_bound_audit_log")
	all, err := allMigrations()
	must(t, err)
	server, err := pgx.ConnectConfig(t.Context(), conn.Config())
	must(t, err)
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	_, err = server.Exec(t.Context(), `SET ROLE plinto_app; SET plinto.tenant = '0193f000-0000-7000-8000-000000000001'`)
	must(t, err)
	written := 0
	write := func(at any) {
		t.Helper()
		_, err := server.Exec(t.Context(), previousInsert, uuid.New(), at)
		must(t, err)
		written++
	}
	for n := range 3 {
		write(firstOfMonth(-n))
	}
	from := slices.IndexFunc(all, func(m migration) bool { return m.name == first.name })
	for _, m := range all[from : from+3] {
		must(t, apply(t.Context(), conn, m))
		write(nil)
	}
	write(firstOfMonth(2))
	var n int
	must(t, server.QueryRow(t.Context(), `SELECT count(*) FROM audit_log`).Scan(&n))
	if n != written {
		t.Errorf("%d rows are left, want %d", n, written)
	}
	rows, _ := conn.Query(t.Context(), `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1`)
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	slices.Sort(parts)
	// The old rows end where the month after next begins.
	want := []string{"audit_log_default", "audit_log_past", month(2), month(3)}
	if slices.Sort(want); !slices.Equal(parts, want) {
		t.Errorf("got %q, want %q", parts, want)
	}
}
