package main

const (
	deletionSQL   = "migrations/0045_delete_in_steps.sql"
	deletionSteps = "storage/steps.go"
	tenantRows    = "storage/tenantrows.go"
	stepByStep    = "TestUsers_areDeletedStepByStep"
	manySessions  = "TestEviction_ofVeryManySessionsEndsInSteps_DEL_07"
)

// deletedInSteps are the controls of attacks on what is deleted in many transactions.
var deletedInSteps = []control{
	{attacks: "DEL-01", pkg: "storage", test: stepByStep, says: "it is found by id", edits: []edit{
		{deletionSQL, "CREATE POLICY deleting ON users AS RESTRICTIVE TO plinto_app\n    USING (deleting_at IS NULL", "CREATE POLICY deleting ON users AS RESTRICTIVE TO plinto_app\n    USING (true"},
	}},
	{attacks: "DEL-01", pkg: "storage", test: stepByStep, says: "it is found to be enabled", edits: []edit{
		{deletionSQL, "CREATE POLICY deleting ON users AS RESTRICTIVE TO plinto_app", "CREATE POLICY deleting ON users AS RESTRICTIVE FOR INSERT TO plinto_app"},
		{deletionSQL, "USING (deleting_at IS NULL OR current_setting('plinto.deleting', true) = 'on');\nCREATE POLICY", "WITH CHECK (true);\nCREATE POLICY"},
	}},
	{attacks: "DEL-02", pkg: "storage", test: stepByStep, says: "something personal is left", edits: []edit{
		{deletionSteps, "SET username = NULL, email = NULL, email_verified", "SET email_verified"},
	}},
	{attacks: "DEL-02", pkg: "storage", test: stepByStep, says: "something personal is left", edits: []edit{
		{deletionSteps, "password_hash = NULL, ", ""},
	}},
	{attacks: "DEL-20", pkg: "storage", test: "TestWebhooks_areDeletedStepByStep", edits: []edit{
		{"storage/webhooks.go", "if begun, err := s.deleter().begin(ctx, id); err != nil || begun {", "if begun, err := s.deleter().many(ctx, id); err != nil && begun {"},
	}},
	{attacks: "DEL-20", pkg: "storage", test: "TestWebhooks_areDeletedStepByStep", says: "with its keys", edits: []edit{
		{"storage/steps.go", "SET sealed = '', previous_sealed", "SET previous_sealed"},
	}},
	{attacks: "DEL-21", pkg: "storage", test: "TestRoles_areTakenAwayStepByStep_DEL_21", says: "another one gets its key", edits: []edit{
		{"storage/roledeletion.go", "mark: []string{`UPDATE roles SET permissions", "mark: []string{`UPDATE roles SET key = 'deleted:' || id, permissions"},
	}},
	{attacks: "DEL-21", pkg: "storage", test: "TestRoles_areTakenAwayStepByStep_DEL_21", says: "it is listed, or included", edits: []edit{
		{"migrations/0059_delete_roles_in_steps.sql", "USING (deleting_at IS NULL OR", "USING (true OR"},
	}},
	{attacks: "DEL-21", pkg: "storage", test: "TestRoles_areTakenAwayStepByStep_DEL_21", edits: []edit{
		{"storage/roledeletion.go", "begun, err := s.deleter().begin(ctx, r.ID)", "begun, err := s.deleter().many(ctx, uuid.Nil)"},
	}},
	{attacks: "DEL-22", pkg: "storage", test: "TestAssertions_outliveTheirClient_DEL_22", says: "at once another client of its client_id spends it again", edits: []edit{
		{"storage/steps.go", "deleted_client_id = client_id, managed_by", "managed_by"},
	}},
	{attacks: "DEL-22", pkg: "storage", test: "TestAssertions_outliveTheirClient_DEL_22", says: "at once another client of its client_id spends it again", edits: []edit{
		{"storage/assertions.go", "s.client_id = d.id\n", "s.client_id = d.id AND d.id = $1\n"},
	}},
	{attacks: "DEL-22", pkg: "storage", test: "TestAssertions_outliveTheirClient_DEL_22", says: "between two steps another client of its client_id spends it again", edits: []edit{
		{"storage/steps.go", "FROM gone g JOIN clients c ON c.id = $1`", "FROM gone g JOIN clients c ON c.id = $1 AND c.deleted_client_id IS NULL`"},
	}},
	{attacks: "DEL-22", pkg: "storage", test: "TestAssertions_outliveTheirClient_DEL_22", says: "are copied with its deletion", edits: []edit{
		{
			"storage/clients.go", "if begun, err := s.deleter().begin(ctx, id); err != nil || begun {\n\t\t\treturn 1, err\n\t\t}\n\t\t_, err = pg.Exec(ctx, s.DB, `\n\t\t\tINSERT INTO retired_assertions AS r (client_id, jti_hash, expires_at)\n\t\t\tSELECT $2, jti_hash, expires_at FROM spent_assertions WHERE client_id = $1`+retireOver, id, locked[0])\n\t\tif err != nil {\n\t\t\treturn 0, err\n\t\t}",
			"_, err = pg.Exec(ctx, s.DB, `\n\t\t\tINSERT INTO retired_assertions AS r (client_id, jti_hash, expires_at)\n\t\t\tSELECT $2, jti_hash, expires_at FROM spent_assertions WHERE client_id = $1`+retireOver, id, locked[0])\n\t\tif err != nil {\n\t\t\treturn 0, err\n\t\t}\n\t\tif begun, err := s.deleter().begin(ctx, id); err != nil || begun {\n\t\t\treturn 1, err\n\t\t}",
		},
	}},
	{attacks: "DEL-03", pkg: "storage", test: stepByStep, says: "tasks go on with it", edits: []edit{
		{"storage/jobs.go", "kinds, tasks = append(kinds, kind), append(tasks, of.task)", "_, _ = kind, of"},
	}},
	{attacks: "DEL-03", pkg: "storage", test: "TestTenantDeletion_goesOnWhereItWasInterrupted", says: "rows are left", edits: []edit{
		{"storage/tenantdeletion.go", "tenants WHERE deleting_at IS NOT NULL AND id <> ALL($1)", "tenants WHERE deleting_at > now() AND id <> ALL($1)"},
	}},
	{attacks: "DEL-04", pkg: "storage", test: "TestOrganizations_areDeletedStepByStep", says: "a token for it", edits: []edit{
		{deletionSQL, "CREATE POLICY deleting ON organizations AS RESTRICTIVE TO plinto_app\n    USING (deleting_at IS NULL", "CREATE POLICY deleting ON organizations AS RESTRICTIVE TO plinto_app\n    USING (true"},
		{deletionSteps, "suspended_at = coalesce(suspended_at, now()), ", ""},
	}},
	{attacks: "DEL-05", pkg: "storage", test: "TestTenants_areDeletedStepByStep", says: "it is found by id", edits: []edit{
		{"storage/tenants.go", "FROM tenants WHERE id = $1 AND deleting_at IS NULL`, uuid.UUID(id))\n\t\ts.warn", "FROM tenants WHERE id = $1`, uuid.UUID(id))\n\t\ts.warn"},
	}},
	{attacks: "DEL-05", pkg: "storage", test: "TestTenants_areDeletedStepByStep", says: "rows of another tenant are left", edits: []edit{
		{tenantRows, "DELETE FROM events WHERE tenant_id = $1 AND ctid = ANY(ARRAY(SELECT ctid FROM events WHERE tenant_id = $1 ORDER", "DELETE FROM events WHERE $1::uuid IS NOT NULL AND ctid = ANY(ARRAY(SELECT ctid FROM events ORDER"},
	}},
	{attacks: "DEL-06", pkg: "storage", test: "TestTenantDeletion_knowsEveryTable", says: "retired_usernames is of no list", edits: []edit{
		{tenantRows, "\t{sql: `DELETE FROM retired_usernames WHERE ctid = ANY(ARRAY(SELECT ctid FROM retired_usernames ORDER BY tenant_id, hash LIMIT $1))`, most: deletedAtOnce},\n", ""},
	}},
	{attacks: "DEL-07", pkg: "storage", test: manySessions, says: "tasks go on", edits: []edit{
		{"identity/sessionender.go", "return e.Sessions.EndLater(ctx, userID, why)", "return nil"},
	}},
	{attacks: "DEL-07", pkg: "storage", test: manySessions, says: "are told of with the act", edits: []edit{
		{"identity/sessionender.go", "e.endEvicted(ctx, userID, MaxEnded, why)", "e.endEvicted(ctx, userID, MaxCounted, why)"},
	}},
	{attacks: "DEL-07", pkg: "storage", test: manySessions, says: "want the kept one and a newer one", edits: []edit{
		{"storage/evictions.go", "AND NOT coalesce(s.mark = (SELECT not_before FROM users WHERE id = $1), s.created_at >= (SELECT not_before FROM users WHERE id = $1))", "AND EXISTS (SELECT FROM users WHERE id = $1)"},
	}},
	{attacks: "DEL-07", pkg: "storage", test: "TestSessions_areLockedOnceWhenTheyEnd_DEL_07", says: "evicted: locked", edits: []edit{
		{"storage/evictions.go", "WHERE ended_at IS NULL AND id = ANY(ARRAY(\n\t\tSELECT id FROM", "WHERE ended_at IS NULL AND id IN ((\n\t\tSELECT id FROM"},
	}},
	{attacks: "DEL-08", pkg: "storage", test: "TestDeletion_tellsOfTheEndOfEachSession_DEL_08", says: "ends are told of", edits: []edit{
		{"storage/users.go", "of: &userSteps, first: s.endSessions}", "of: &userSteps}"},
	}},
	{attacks: "CAC-15", pkg: "storage", test: "TestEviction_ofMoreSessionsThanHaveTheirCopiesEnded_CAC_15", says: "signed in by a copy", edits: []edit{
		{"storage/hotcopy.go", "\tif len(hashes) > copiesMost && h.redis != nil {\n\t\treturn h.distrustAll(ctx, db)\n\t}\n\treturn h.end", "\tif len(hashes) > copiesMost {\n\t\treturn nil\n\t}\n\treturn h.end"},
	}},
	{attacks: "DEL-09", pkg: "storage", test: "TestTenantDeletion_waitsForNoJob_DEL_09", says: "delete: ", edits: []edit{
		{"storage/tenantdeletion.go", "	return s.beginJob(ctx, id)\n", `	if err := s.beginJob(ctx, id); err != nil {
		return err
	}
	tx, err := pg.SystemTx(ctx)
	if err != nil {
		return err
	}
	return s.outbox.jobs.InsertUpkeep(ctx, tx, tenantDeletionName)
`},
	}},
	{attacks: "DEL-09", pkg: "storage", test: "TestTenantDeletion_isToldBeforeItIsDone_DEL_09", says: "its log says 0 times", edits: []edit{
		{"storage/tenantdeletion.go", "	if isolation(*t) == tenant.Database {\n", "	if false {\n"},
	}},
	{attacks: "DEL-09", pkg: "storage", test: "TestTenantDeletion_isToldBeforeItIsDone_DEL_09", says: "0 jobs go on", edits: []edit{
		{"storage/tenants.go", "	if c.deletes {\n", "	if false {\n"},
	}},
}
