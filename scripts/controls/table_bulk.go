package main

const (
	bulkImporter = "identity/bulk/importer.go"
	bulkUpload   = "identity/bulk/upload.go"
	bulkWrite    = "identity/bulk/write.go"
	bulkSQL      = "migrations/0034_manage_many_users.sql"
	hashKindsSQL = "migrations/0046_find_kinds_of_hashes.sql"
)

// bulkUsers are the controls of attacks by searches, imports and exports.
var bulkUsers = []control{
	{attacks: "BLK-01", pkg: "storage", test: "TestSearch_findsNobodyOfAnotherTenant", edits: []edit{
		{bulkSQL, "FROM users u WHERE u.tenant_id = current_tenant() AND ($3 IS NULL", "FROM users u WHERE ($3 IS NULL"},
	}},
	{attacks: "BLK-01", pkg: "storage", test: "TestSearch_findsPartsOfWhatUsersAreCalled", edits: []edit{
		{bulkSQL, `, '%', '\%'), '_', '\_')`, `, '%', '%'), '_', '_')`},
	}},
	{attacks: "BLK-09", pkg: "storage", test: "TestHashKinds_followTheHashes", edits: []edit{
		{hashKindsSQL, "AND password_kind(u.tenant_id, u.password_hash) COLLATE \"C\" < current_tenant()::text || '!' -- what", "-- what"},
	}},
	{attacks: "BLK-09", pkg: "storage", test: "TestHashKinds_readOneRowOfEach", edits: []edit{
		{hashKindsSQL, "CREATE INDEX users_by_password_kind ON users ((password_kind(tenant_id, password_hash) COLLATE \"C\")) WHERE password_hash IS NOT NULL;", ""},
	}},
	{attacks: "BLK-02", pkg: managementAPI, test: "TestImport_changesNobodyWithMoreRights", edits: []edit{
		{bulkWrite, "if err := w.Act(ctx, there.User.ID); err != nil {", "if err := w.Act(ctx, there.User.ID); err != nil && ctx.Err() != nil {"},
	}},
	{attacks: "BLK-02", pkg: managementAPI, test: "TestImport_changesNobodyWithMoreRights", edits: []edit{
		{bulkImporter, "if w.job.Rights == nil {", "if w.job.Rights == nil || w.job.ID != uuid.Nil {"},
	}},
	{attacks: "BLK-02", pkg: serverTests, test: "TestImport_endsWithTheRightOfWhoAskedForIt", edits: []edit{
		{"cmd/plinto/app/bulk.go", "if !slices.Contains(rights, string(organization.UsersImport)) {", "if rights == nil {"},
	}},
	{attacks: "BLK-02", pkg: serverTests, test: "TestExport_endsWithTheRightOfWhoAskedForIt", edits: []edit{
		{"cmd/plinto/app/bulk.go", "if err == nil && !slices.Contains(has.Rights, needs) {", "if err == nil && has.Rights == nil && needs == \"\" {"},
	}},
	{attacks: "BLK-10", pkg: managementAPI, test: "TestFiles_haveAFewPlacesOfATenant", edits: []edit{
		{"admin/files.go", "filesOfTenant = 4", "filesOfTenant = 400"},
	}},
	{attacks: "BLK-11", pkg: serverTests, test: "TestImport_leavesAPasswordThatWasSetMeanwhile", edits: []edit{
		{"storage/passwords.go", "WHERE id = $1 AND password_hash IS NULL`", "WHERE id = $1`"},
	}},
	{attacks: "BLK-03", pkg: "cmd/plinto", test: "TestImport_goesOnWhereItWasInterrupted", edits: []edit{
		{bulkImporter, "\tfor range j.Lines {\n", "\tfor range j.Lines - j.Lines {\n"},
	}},
	{attacks: "BLK-03", pkg: "storage", test: "TestJobs_advanceOnceFromALine", edits: []edit{
		{"storage/jobs.go", "WHERE id = @id AND lines = @from AND state", "WHERE id = @id AND @from::bigint >= 0 AND state"},
	}},
	{attacks: "BLK-04", pkg: "cmd/plinto", test: "TestImport_obeysTheRulesOfASingleUser", edits: []edit{
		{bulkImporter, `if t.PasswordHash != "" && !w.Directory.Hasher.Readable(t.PasswordHash) {`, `if t.PasswordHash != "" && !w.Directory.Hasher.Readable(t.PasswordHash) && w.job.Lines < 0 {`},
	}},
	{attacks: "BLK-05", pkg: managementAPI, test: "TestExport_needsItsRights", edits: []edit{
		{"admin/jobs.go", "return h.Services.Bulk.Export(ctx, to, false)", "return h.Services.Bulk.Export(ctx, to, true)"},
	}},
	{attacks: "BLK-05", pkg: managementAPI, test: "TestExport_needsItsRights", edits: []edit{
		{"identity/bulk/exporter.go", "return s.Outbox.Append(ctx, event.Event{", "return s.Outbox.Append(ctx, []event.Event{{"},
		{"identity/bulk/exporter.go", "\t\t})\n\t})\n", "\t\t}}[1:]...)\n\t})\n"},
	}},
	{attacks: "BLK-06", pkg: "identity/bulk", test: "TestImport_sealsWhatWasUploaded", edits: []edit{
		{bulkUpload, `s.box.Seal(tenant.Must(ctx).ID, part, s.sealed(ctx, &u.job, "part", int64(u.job.Parts))...)`, "part"},
	}},
	{attacks: "BLK-07", pkg: "storage", test: "TestStatements_findRowsOfATenantThatStatisticsDoNotKnow", edits: []edit{
		{"migrations/0035_scale_users.sql", "tenant_id SET STATISTICS 0'", "tenant_id SET STATISTICS -1'"},
	}},
	{attacks: "BLK-08", pkg: "storage", test: "TestJobs_countFilesOneAfterTheOther", edits: []edit{
		{"storage/jobs.go", "SELECT pg_advisory_xact_lock(hashtextextended('uploads ' || current_tenant(), 0))", "SELECT current_tenant()"},
	}},
	{attacks: "BLK-08", pkg: managementAPI, test: "TestImport_boundsWhatIsUploaded", edits: []edit{
		{"admin/write.go", "defer s.drop(r.Context(), c.upload)", "defer s.drop(r.Context(), nil)"},
	}},
}
