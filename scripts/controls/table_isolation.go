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
		{"storage/internal/pg/place.go", `if p.schema == "" || !errors.As(err, &said)`, `if p.schema != "" || !errors.As(err, &said)`},
	}},
	{attacks: "ISO-05", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"tenant/registry/service.go", "errors.Join(err, s.Writes.Discard(context.WithoutCancel(ctx), t))", "err"},
	}},
	{attacks: "ISO-04", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"storage/tenants.go", "tx.Exec(ctx, `DELETE FROM tenants`)", "tx.Exec(ctx, `DELETE FROM tenants WHERE false`)"},
	}},
}
