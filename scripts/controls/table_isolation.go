package main

// isolations are the controls of attacks on tenants that have tables of their own.
var isolations = []control{
	{attacks: "ISO-01", pkg: managementAPI, test: "TestSchema_holdsAllThereIsOfATenant", edits: []edit{
		{"storage/internal/pg/work.go", "b.all.Queue(b.place.Text(sql), args...)", "b.all.Queue(sql, args...)"},
	}},
	{attacks: "ISO-01", pkg: "storage", test: "TestEveryQuery_isOfItsSchema", edits: []edit{
		{"storage/internal/pg/split.go", `"INTO", "UPDATE", "USING"`, `"INTO", "UPDATE"`},
	}},
	{attacks: "ISO-01", pkg: managementAPI, test: "TestSchema_holdsAllThereIsOfATenant", edits: []edit{
		{"storage/schema/tenant.go", "EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', f, current_schema());", "NULL;"},
	}},
	{attacks: "ISO-02", pkg: "storage/schema", test: "TestCheck_looksAtSchemasOfTenants", edits: []edit{
		{"storage/schema/selfcheck.go", "WHERE nspname = current_schema() OR nspname ~ '^tenant_[0-9a-f]{32}$')", "WHERE nspname = current_schema())"},
	}},
	{attacks: "ISO-03", pkg: managementAPI, test: "TestSchema_thatIsNotReadyAnswers503", edits: []edit{
		{"storage/internal/pg/place.go", `if p == (Place{}) || !errors.As(err, &said)`, `if p != (Place{}) || !errors.As(err, &said)`},
	}},
	{attacks: "ISO-06", pkg: "storage/schema", test: "TestDatabases_sealURLs", edits: []edit{
		{"storage/schema/databases.go", "d.box.Seal([]byte(url.Reveal()), id.String(), sealedAs), nil", "d.box.Seal([]byte(url.Reveal()), sealedAs), nil"},
		{"storage/schema/databases.go", "d.box.Open(sealed, id.String(), sealedAs)", "d.box.Open(sealed, sealedAs)"},
	}},
	{attacks: "ISO-06", pkg: "storage/schema", test: "TestDatabases_haveOneTenant", edits: []edit{
		{"storage/schema/databases.go", "if !alone {", "if false && !alone {"},
	}},
	{attacks: "ISO-07", pkg: "storage", test: "TestDatabase_thatIsNotRightIsNotWorkedWith", edits: []edit{
		{"storage/open.go", "Fit: schema.Fit, ", ""},
	}},
	{attacks: "ISO-08", pkg: "storage/internal/pg", test: "TestPools_letADatabaseRest", edits: []edit{
		{"storage/internal/pg/pools.go", "p.rest[url] = time.Now().Add(restsFor)", "p.rest[url] = time.Now()"},
	}},
	{attacks: "ISO-08", pkg: "storage/internal/pg", test: "TestPools_serveMoreDatabasesThanConnections", edits: []edit{
		{"storage/internal/pg/pools.go", "semaphore.NewWeighted(int64(most))", "semaphore.NewWeighted(1 << 20)"},
	}},
	{attacks: "ISO-05", pkg: "storage", test: "TestDatabase_ofARefusedTenantIsGone", edits: []edit{
		{"storage/tenantplaces.go", "err = s.dbs.Discard(ctx, s.owner.Reveal(), t.ID, sealed)", "_ = sealed"},
	}},
	{attacks: "ISO-04", pkg: "storage", test: "TestDatabase_isEmptiedWithItsTenant", edits: []edit{
		{"storage/tenantfacts.go", "if e.Type() == (event.TenantDeleted{}).Type() {", "if false && e.Type() == (event.TenantDeleted{}).Type() {"},
	}},
	{attacks: "ISO-09", pkg: "storage", test: "TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced", edits: []edit{
		{"storage/copies.go", "(err != nil || t.Placement.Isolation != tenant.Database) && a.Current()", "(err != nil || t != nil) && a.Current()"},
	}},
	{attacks: "ISO-05", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"tenant/registry/service.go", "errors.Join(err, s.Writes.Discard(context.WithoutCancel(ctx), t))", "err"},
	}},
	{attacks: "ISO-04", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"storage/tenants.go", "tx.Exec(ctx, `DELETE FROM tenants`)", "tx.Exec(ctx, `DELETE FROM tenants WHERE false`)"},
	}},
}
