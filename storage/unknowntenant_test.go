package storage

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// wholeTenant are the beginnings of statements that are to read every row of a tenant, with the reason.
var wholeTenant = map[string]string{
	"SELECT s.tenant_id, s.id":                                              "sessions that expired, of all tenants",
	"WITH surplus AS":                                                       "it counts the flows of a tenant, of which there are few",
	"SELECT count(*) FROM clients":                                          "a count that was asked for",
	"SELECT count(*) FROM users":                                            "a count that was asked for",
	"SELECT count(*) FROM organizations":                                    "a count that was asked for",
	"SELECT id, client_id, managed_by FROM clients WHERE":                   "what a manifest owns",
	"SELECT id, slug, managed_by FROM organizations WHERE":                  "what a manifest owns",
	"SELECT greatest((SELECT count(*) FROM (SELECT FROM users LIMIT $1) x)": "whether a tenant that is deleted has many rows",
	"SELECT c.metadata->>'client_name' FROM clients c":                      "names that no other client may take",
	"UPDATE memberships SET roles = array_remove(roles, $1) ":               "a role that is deleted",
	"SELECT count(*) FROM (SELECT FROM memberships WHERE EXISTS (SELECT ":   "whether a role is deleted in steps",
}

// unknown matches nodes of plans that read every row of a tenant, or of the table, with the index or the table.
var unknown = regexp.MustCompile(`(?m)(?:Seq Scan on (\w+).*|Index (?:Only )?Scan(?: Backward)? using (\w+) on \w+.*\n +Index Cond: \(tenant_id = [^\n]*::uuid\)|Bitmap Index Scan on (\w+) .*\n +Index Cond: \(tenant_id = [^\n]*::uuid\))$`)

// few are indexes that hold few of a tenant's rows, by their conditions.
var few = map[string]bool{"clients_with_apps": true}

// Of a tenant that is new, statistics know nothing, while others have many rows. Every statement finds
// its rows there by their keys all the same.
func TestStatements_findRowsOfATenantThatStatisticsDoNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, nil)
	w.crowdOf(w.tenants[1], 6000)
	w.sql(`ANALYZE`)
	w.crowdOf(w.tenants[0], 1500)
	conn, err := w.app.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	explained, seen := 0, map[string]bool{}
	statements := literals(t)
	for _, place := range slices.Sorted(maps.Keys(statements)) {
		sql := strings.Join(strings.Fields(statements[place]), " ")
		plan, ok := w.genericPlan(conn.Conn().PgConn(), sql)
		if !ok {
			continue // another role's
		}
		explained++
		for _, found := range unknown.FindAllStringSubmatch(plan, -1) {
			of := found[1] + found[2] + found[3]
			if !slices.ContainsFunc(crowded, func(table string) bool { return strings.HasPrefix(of, table+"_") || of == table }) || few[of] || known(sql, seen) {
				continue
			}
			t.Errorf("%s reads a whole tenant by %s:\n%s\n%s", place, of, sql, plan)
		}
	}
	if explained < 400 {
		t.Errorf("only %d statements were explained", explained)
	}
	for beginning := range wholeTenant {
		if !seen[beginning] {
			t.Errorf("no statement that begins with %q reads a whole tenant", beginning)
		}
	}
}

// known reports whether a statement is to read every row, and notes that it does.
func known(sql string, seen map[string]bool) bool {
	if strings.HasPrefix(sql, "DELETE FROM ") && strings.Contains(sql, " ORDER BY tenant_id, ") {
		return true // a batch of a tenant that is deleted: see TestTenantDeletion_readsNoRowsOfOthers
	}
	for beginning := range wholeTenant {
		if strings.HasPrefix(sql, beginning) {
			seen[beginning] = true
			return true
		}
	}
	return false
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// genericPlan explains a statement for any parameters, for tenant a.
func (w *world) genericPlan(conn *pgconn.PgConn, sql string) (string, bool) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	numbers := map[string]int{}
	sql = namedArgument.ReplaceAllStringFunc(sql, func(name string) string {
		if numbers[name] == 0 {
			numbers[name] = len(numbers) + 1
		}
		return "$" + strconv.Itoa(numbers[name])
	})
	var args []string
	for _, p := range parameter.FindAllStringSubmatch(sql, -1) {
		for n, _ := strconv.Atoi(p[1]); len(args) < n; {
			args = append(args, "NULL")
		}
	}
	execute := "EXPLAIN EXECUTE explained"
	if len(args) > 0 {
		execute += "(" + strings.Join(args, ", ") + ")"
	}
	answers, err := conn.Exec(ctx, fmt.Sprintf(`BEGIN; SELECT set_config('plinto.tenant', '%s', true); SET LOCAL plan_cache_mode = force_generic_plan; PREPARE explained AS %s; %s`,
		w.tenants[0].ID, sql, execute)).ReadAll()
	_, over := conn.Exec(ctx, `ROLLBACK; DEALLOCATE ALL`).ReadAll()
	must(w.t, over)
	if err != nil {
		return "", false
	}
	var lines []string
	for _, row := range answers[len(answers)-1].Rows {
		lines = append(lines, string(row[0]))
	}
	return strings.Join(lines, "\n"), true
}
