package schema

import (
	"strings"
	"testing"
)

// partitioned are the tables whose parts are not chosen by the tenant, each with the reason.
var partitioned = map[string]string{
	"audit_log": "by month, so that old months are dropped whole; each month has keys that start with the tenant",
}

// undistributed is what a distributed database needs to be told, each with the reason.
var undistributed = map[string]string{
	"audit_log has no primary key that starts with the tenant": "each of its months has one: a key of all of them would hold the time",
	"events seq counts in a sequence":                          "it orders the events of one thing, which are written by one server; those of two are not compared",
}

// The tables can be distributed by tenant (docs/scale.md): whatever Postgres has to look at for one row is of
// the same tenant, so it is on the same server. Keys and references of a distributed table start with what
// it is distributed by, in the same place on both sides.
func TestTables_canBeDistributedByTenant(t *testing.T) {
	t.Parallel()
	conn := catalog(t)
	tables := rows(t, conn, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`)
	byTenant := 0
	for _, table := range tables {
		if !isShared(table) {
			byTenant++
		}
	}
	if byTenant < 15 {
		t.Fatalf("only %d tables of tenants", byTenant)
	}
	for what, sql := range map[string]string{
		"has no primary key that starts with the tenant": `
			SELECT c.relname FROM pg_class c WHERE NOT EXISTS (
				SELECT FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
				WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attname = 'tenant_id') AND`,
		"has a key that does not start with the tenant": `
			SELECT c.relname || ' ' || i.relname FROM pg_class c JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
			WHERE (x.indisunique OR x.indisexclusion) AND NOT EXISTS (
				SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = x.indkey[0] AND a.attname = 'tenant_id') AND`,
		"refers to a row that may be another tenant's": `
			SELECT c.relname || ' ' || k.conname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
			WHERE k.confrelid <> 'tenants'::regclass AND NOT EXISTS (
				SELECT FROM pg_attribute here, pg_attribute there
				WHERE here.attrelid = c.oid AND here.attnum = k.conkey[1] AND here.attname = 'tenant_id'
					AND there.attrelid = k.confrelid AND there.attnum = k.confkey[1] AND there.attname = 'tenant_id') AND`,
		"counts in a sequence": `
			SELECT c.relname || ' ' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			WHERE (a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum AND pg_get_expr(d.adbin, c.oid) LIKE 'nextval%')) AND`,
	} {
		for _, found := range rows(t, conn, sql+` c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`) {
			if table, _, _ := strings.Cut(found, " "); !isShared(table) && undistributed[found+" "+what] == "" {
				t.Errorf("%s %s", found, what)
			}
		}
	}
	for _, found := range rows(t, conn, `SELECT k.conrelid::regclass::text || ' ' || k.confrelid::regclass::text FROM pg_constraint k WHERE k.contype = 'f'`) {
		if from, to, _ := strings.Cut(found, " "); isShared(from) && !isShared(to) {
			t.Errorf("%s, which no tenant has, refers to %s", from, to)
		}
	}
	for _, table := range rows(t, conn, `
		SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
		WHERE a.attname <> 'tenant_id'`) {
		if partitioned[table] == "" && !isShared(table) {
			t.Errorf("%s is divided by something else than the tenant", table)
		}
	}
	for _, table := range rows(t, conn, `SELECT relname FROM pg_class WHERE relkind = 'p' AND relispartition`) {
		t.Errorf("%s is a partition that is divided again", table)
	}
}
