package main

// isolations are the controls of attacks on tenants that have tables of their own.
var isolations = []control{
	{attacks: "ISO-18", pkg: "storage/internal/pg", test: "TestNamed_isReadOnceForAllSchemas_ISO_18", edits: []edit{
		{"storage/internal/pg/named.go", "n.Named.RewriteQuery(ctx, conn, sql, args)", "n.Named.RewriteQuery(ctx, conn, n.place.Text(sql), args)"},
		{"storage/internal/pg/named.go", "return n.place.Text(sql), values, nil", "return sql, values, nil"},
	}},
	{attacks: "ISO-01", pkg: managementAPI, test: "TestSchema_holdsAllThereIsOfATenant", edits: []edit{
		{"storage/internal/pg/work.go", "	sql, args = b.place.statement(sql, args)\n", ""},
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
		{"storage/internal/pg/pools.go", "if !failed.IsZero() && time.Since(failed) < restsFor {", "if !failed.IsZero() && time.Since(failed) < 0 {"},
	}},
	{attacks: "ISO-08", pkg: "storage/internal/pg", test: "TestPools_serveMoreDatabasesThanConnections", edits: []edit{
		{"storage/internal/pg/pools.go", "semaphore.NewWeighted(int64(most))", "semaphore.NewWeighted(1 << 20)"},
	}},
	{attacks: "ISO-05", pkg: "storage", test: "TestDatabase_ofARefusedTenantIsGone", edits: []edit{
		{"storage/tenantplaces.go", "err = s.dbs.Discard(ctx, s.owner.Reveal(), t.ID, at.Sealed)", "_ = at"},
	}},
	{attacks: "ISO-04", pkg: "storage", test: "TestDatabase_isEmptiedWithItsTenant", edits: []edit{
		{"storage/tenantfacts.go", "if e.Type() == (event.TenantDeleted{}).Type() {", "if false && e.Type() == (event.TenantDeleted{}).Type() {"},
	}},
	{attacks: "ISO-09", pkg: "storage", test: "TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced", edits: []edit{
		{"storage/copies.go", "return own != nil && a.Current() && own(t)", "return a.Current() && (own == nil || own(t))"},
	}},
	{attacks: "ISO-05", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"tenant/registry/service.go", "errors.Join(err, s.Writes.Discard(context.WithoutCancel(ctx), t))", "err"},
	}},
	{attacks: "ISO-04", pkg: managementAPI, test: "TestTenants_canHaveASchemaOfTheirOwn", edits: []edit{
		{"storage/tenants.go", "tx.Exec(ctx, `DELETE FROM tenants`)", "tx.Exec(ctx, `DELETE FROM tenants WHERE false`)"},
	}},
	{attacks: "ISO-11", pkg: "storage", test: "TestMove_thatWasTakenOverSettlesNothing", edits: []edit{
		{"storage/tenantmoves.go", "AND attempt = $2 AND switched_at IS NULL`, m.To", "AND $2::uuid IS NOT NULL AND switched_at IS NULL`, m.To"},
	}},
	{attacks: "ISO-11", pkg: "storage", test: "TestMove_thatWasTakenOverSettlesNothing", says: "cleared after it was taken over", edits: []edit{
		{"storage/schema/move.go", "if err == nil && !ours {", "if err == nil && !ours && false {"},
	}},
	{attacks: "ISO-13", pkg: "storage/schema", test: "TestEveryTable_canBeMovedFrom", edits: []edit{
		{"migrations/0044_move_tenants.sql", "USING (tenant_id = moved_tenant()) WITH CHECK (tenant_id = moved_tenant())", "USING (true) WITH CHECK (true)"},
	}},
	{attacks: "ISO-13", pkg: "storage", test: "TestMove_takesEverythingAlongEveryWay", edits: []edit{
		{"storage/schema/movecopy.go", "WHERE tenant_id = $1 LIMIT %[2]d)) AND tenant_id = $1`", "WHERE $1::uuid IS NOT NULL LIMIT %[2]d))`"},
	}},
	{attacks: "ISO-15", pkg: "storage", test: "TestMove_upkeepLeavesTheOldCopyAlone", edits: []edit{
		{"migrations/0044_move_tenants.sql", "USING (NOT EXISTS (SELECT FROM tenant_fences f WHERE f.tenant = tenant_id))", "USING (true)"},
	}},
	{attacks: "ISO-12", pkg: "storage", test: "TestMove_takesEverythingAlongEveryWay", edits: []edit{
		{"storage/internal/pg/naming.go", "THEN tenant_moved() ELSE $1 END", "THEN $1 ELSE $1 END"},
	}},
	{attacks: "ISO-12", pkg: "storage", test: "TestMove_waitsForTransactions", edits: []edit{
		{"storage/schema/move.go", "if err := m.waitForTransactions(ctx, from); err != nil {", "if err := ctx.Err(); err != nil {"},
	}},
	{attacks: "ISO-12", pkg: "storage", test: "TestMove_backLeavesNoCopyFromBefore", edits: []edit{
		{"storage/tenantmoves.go", "WHERE p.proname = 'announce_change' AND", "WHERE p.proname = 'nothing' AND"},
	}},
	{attacks: "ISO-14", pkg: "storage", test: "TestMove_refusesACopyThatDiffers", edits: []edit{
		{"storage/schema/movecopy.go", "if was != is {", "if was.Rows < is.Rows {"},
	}},
	{attacks: "ISO-16", pkg: "storage", test: "TestMove_toTheSameDatabaseIsRefused", edits: []edit{
		{"storage/schema/move.go", "return found[0] == found[1], nil", "return false, nil"},
	}},
	{attacks: "ISO-17", pkg: managementAPI, test: "TestConnections_providersAreAskedOutsideOfTransactions", says: "a change:", edits: []edit{
		{"admin/write.go", "	r = s.readMetadata(r, match.Vars, body)\n", ""},
	}},
	{attacks: "ISO-17", pkg: managementAPI, test: "TestConnections_providersAreAskedOutsideOfTransactions", says: "a test of an organization", edits: []edit{
		{"admin/write.go", "if callOf(r.Context()).op.Outside {", "if callOf(r.Context()).op.Outside && named == nil && len(body) > 0 {"},
	}},
}
