package storage

import (
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/migrations"
	"plinto/storage/internal/pg"
	"plinto/storage/schema"
	"plinto/tenant"
)

// ofNoTenant are the statements about what belongs to no tenant: the registry and the database itself.
var ofNoTenant = regexp.MustCompile(`\b(FROM|INTO|UPDATE|JOIN) (tenants|pg_[a-z]+|river_[a-z]+)\b|schema_migrations|river_migration`)

// A tenant with a schema of its own reads and writes nothing else: every statement is prepared
// where no search path finds a table.
func TestEveryQuery_isOfItsSchema(t *testing.T) {
	t.Parallel()
	url := testservice.Database(t, migrated(t))
	own := testworld.Tenant("own")
	own.Placement.Isolation = tenant.Schema
	_, err := schema.MigrateTenant(t.Context(), url, own.ID)
	must(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.Exec(t.Context(), `SELECT set_config('plinto.tenant', $1, false), set_config('search_path', '', false)`, own.ID.String())
	must(t, err)
	cte := regexp.MustCompile(`(?:WITH|WITH RECURSIVE|,)\s+([a-z_]+)(?: \([a-z_, ]+\))? AS (?:MATERIALIZED |NOT MATERIALIZED )?\(`)
	prepared := 0
	for place, sql := range literals(t) {
		for _, name := range cte.FindAllStringSubmatch(sql, -1) {
			if migrations.Made().Relations[name[1]] {
				t.Errorf("%s: %s is a table, and the name of a query in WITH", place, name[1])
			}
		}
		if ofNoTenant.MatchString(sql) {
			continue
		}
		prepared++
		sql = pg.PlaceOf(&own).Text(numbered(sql))
		if _, err := conn.Prepare(t.Context(), "", sql); err != nil {
			t.Errorf("%s: %v\n%s", place, err, sql)
		}
	}
	t.Logf("%d statements prepared", prepared)
}
