package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
)

// shared are the tables without a tenant, each with the reason.
var shared = map[string]string{
	"tenants":           "what tenants are; the app role may not read it",
	"tenant_databases":  "where the databases of tenants are; the app role may not read it",
	"tenant_facts":      "what tenants with a database of their own are to be told; the app role may not read it",
	"tenant_moves":      "where tenants are moved from and to; the app role may not read it",
	"tenant_fences":     "which tenants were moved away from here; asked before a transaction has a tenant",
	"tenant_keys":       "sealed keys of tenants that were restored; the app role may not read it",
	"root_keys":         "the sealed root key of the installation; the app role may not read it",
	"schema_migrations": "which migrations were applied",
}

func isShared(table string) bool {
	return shared[table] != "" || strings.HasPrefix(table, "river") // the queue holds ids only
}

func catalog(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), testservice.Database(t, migrated(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func rows(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	found, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEveryTableIsIsolated(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	tables := rows(t, conn, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`)
	isolated := rows(t, conn, `
		SELECT c.relname FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull
		JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant' AND p.polcmd = '*' AND p.polpermissive
			AND pg_get_expr(p.polqual, c.oid) = '(tenant_id = current_tenant())'
			AND pg_get_expr(p.polwithcheck, c.oid) = '(tenant_id = current_tenant())'
			AND p.polroles = ARRAY['plinto_app'::regrole::oid]
		WHERE c.relrowsecurity AND c.relforcerowsecurity`)
	if len(isolated) < 15 {
		t.Fatalf("only %d isolated tables", len(isolated))
	}
	for _, table := range tables {
		if !isShared(table) && !slices.Contains(isolated, table) {
			t.Errorf("%s has no forced row-level security with the policy %q, and no reason to be shared", table, "tenant")
		}
	}
}

// ISO-13, ISO-15: the owner copies the rows of the tenant that it names and no others, and what works across tenants
// leaves those alone that were moved away.
func TestEveryTable_canBeMovedFrom(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	const tenants = `FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`
	for _, bad := range rows(t, conn, `SELECT c.relname `+tenants+` AND NOT EXISTS (
		SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'move' AND p.polcmd = '*' AND p.polroles = ARRAY[c.relowner]
			AND pg_get_expr(p.polqual, c.oid) = '(tenant_id = moved_tenant())' AND pg_get_expr(p.polwithcheck, c.oid) = '(tenant_id = moved_tenant())')`) {
		t.Errorf("%s has no policy %q, so a tenant cannot be moved with its rows", bad, "move")
	}
	for _, bad := range rows(t, conn, `SELECT c.relname `+tenants+`
		AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND 'plinto_platform'::regrole = ANY (p.polroles))
		AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'elsewhere' AND p.polcmd = '*' AND NOT p.polpermissive
			AND p.polroles = ARRAY['plinto_platform'::regrole::oid])`) {
		t.Errorf("%s has no restrictive policy %q, so upkeep works in old copies", bad, "elsewhere")
	}
}

// Statistics of tenants would have Postgres read all rows of one that they do not know.
func TestNoTable_hasStatisticsOfTenants(t *testing.T) {
	t.Parallel()
	misled := rows(t, catalog(t), `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attstattarget <> 0
			AND NOT c.relispartition AND c.relname <> 'audit_log'`) // whose partitions have one key
	for _, table := range misled {
		t.Errorf("%s: ALTER COLUMN tenant_id SET STATISTICS 0 is missing (see 0035_scale_users.sql)", table)
	}
}

// TEN-17: what belongs to an organization is seen by who manages that one.
func TestEveryTableOfOrganizations_isConfined(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	tables := rows(t, conn, `
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`)
	confined := rows(t, conn, `
		SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'organization' AND p.polcmd = '*' AND NOT p.polpermissive
			AND pg_get_expr(p.polqual, c.oid) = '((current_organization() IS NULL) OR (organization_id = current_organization()))'
			AND pg_get_expr(p.polwithcheck, c.oid) = pg_get_expr(p.polqual, c.oid) AND p.polroles = ARRAY['plinto_app'::regrole::oid]`)
	if len(tables) < 4 {
		t.Fatalf("only %d tables of organizations", len(tables))
	}
	for _, table := range tables {
		if !slices.Contains(confined, table) {
			t.Errorf("%s has rows of organizations, and no restrictive policy %q", table, "organization")
		}
	}
}

// Row-level security guards neither: a foreign key could point into another
// tenant, and a unique index tells whether another tenant has a value.
func TestEveryKey_startsWithTheTenant(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	for _, bad := range rows(t, conn, `
		SELECT c.relname || ': index ' || i.relname FROM pg_index x
		JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique AND x.indkey[0] <> a.attnum`) {
		t.Errorf("%s is unique across tenants", bad)
	}
	for _, bad := range rows(t, conn, `
		SELECT c.relname || ': ' || k.conname FROM pg_constraint k
		JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
		WHERE k.contype = 'f' AND r.relname <> 'tenants' AND NOT (a.attnum = ANY (k.conkey))`) {
		t.Errorf("%s may point into another tenant", bad)
	}
	for _, bad := range rows(t, conn, `
		SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') AND relname NOT LIKE 'river%'
		UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`) {
		if definers[bad] == "" {
			t.Errorf("%s is a view or a SECURITY DEFINER function: both see every tenant", bad)
		}
	}
}

// definers are the functions that act as the owner of the tables, each with the reason.
var definers = map[string]string{
	"extend_audit_log": "only the owner of a table can make partitions of it; it returns no row",
	"trim_audit_log":   "only the owner of a table can drop it; it refuses what is too young",
	"find_users":       "row-level security keeps LIKE from the index; it has the tenant in its condition and returns ids",
	"password_samples": "row-level security keeps conditions on a function from the index; it has the tenant in its condition",
}

// callers are who may call them, where it is not upkeep.
var callers = map[string]string{"find_users": "plinto_app", "password_samples": "plinto_app"}

// What acts as the owner is called by one role alone, and means the same whatever search
// path its caller has.
func TestFunctionsOfTheOwner_haveOneCallerAndASearchPathOfTheirOwn(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	found := rows(t, conn, `
		SELECT proname || ' ' || r FROM pg_proc, unnest(ARRAY['plinto_app', 'plinto_platform']) r WHERE pronamespace = 'public'::regnamespace AND prosecdef
			AND has_function_privilege(r, oid, 'EXECUTE')
			AND (SELECT count(*) FROM aclexplode(proacl) WHERE grantee <> proowner) = 1
			AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0) AND proacl IS NOT NULL
			AND 'search_path=public, pg_temp' = ANY (proconfig)`)
	for name := range definers {
		caller := cmp.Or(callers[name], "plinto_platform")
		if !slices.Contains(found, name+" "+caller) {
			t.Errorf("%s can be called by others, or with their search path", name)
		}
	}
}

// The parent's row-level security does not count for who names a partition: so the server
// may not.
func TestPartitions_areReachedThroughTheirParentOnly(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	for _, bad := range rows(t, conn, `
		SELECT c.relname || ': ' || r.rolname || ' has ' || p FROM pg_class c, pg_roles r,
			unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
		WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p')
			AND r.rolname IN ('plinto_app', 'plinto_platform') AND has_table_privilege(r.oid, c.oid, p)`) {
		t.Error(bad)
	}
	if n := len(rows(t, conn, `SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'`)); n < 5 {
		t.Errorf("only %d partitions", n)
	}
}

func TestAppRole_mayChangeNoHistory(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	for _, table := range []string{"audit_log", "events"} {
		for privilege, want := range map[string]bool{"INSERT": true, "SELECT": true, "UPDATE": false, "DELETE": false, "TRUNCATE": false} {
			var has bool
			if err := conn.QueryRow(t.Context(), `SELECT has_table_privilege('plinto_app', $1, $2)`, table, privilege).Scan(&has); err != nil {
				t.Fatal(err)
			}
			if has != want {
				t.Errorf("plinto_app has %s on %s: %v, want %v", privilege, table, has, want)
			}
		}
	}
	var has bool
	if err := conn.QueryRow(t.Context(), `SELECT has_table_privilege('plinto_app', 'tenants', 'SELECT')`).Scan(&has); err != nil || has {
		t.Errorf("plinto_app may read the list of tenants: %v, %v", has, err)
	}
}

func TestMigrations_areNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	all, err := allMigrations()
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(m.name, want) {
			t.Errorf("migration %d is called %s, want %s…", i+1, m.name, want)
		}
	}
}
