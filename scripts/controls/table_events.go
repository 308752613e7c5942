package main

const (
	partitionSQL = "migrations/0012_partition_audit_log.sql"
	deliveryFile = "storage/queue/delivery.go"
)

// events are the controls of attacks on the audit log, and of events that get lost.
var events = []control{
	{attacks: "LOG-06", pkg: "storage", test: "TestQueue_repeatsWhatASubscriberFailedAt", edits: []edit{
		{deliveryFile, "return handler.Handle(tenant.With(ctx, t), e)", "_ = handler.Handle(tenant.With(ctx, t), e)\n\treturn nil"},
	}},
	{attacks: "LOG-07", pkg: "storage", test: "TestQueue_repeatsNothingForOtherSubscribers", says: "was told", edits: []edit{
		{deliveryFile, "return handler.Handle(tenant.With(ctx, t), e)", "for _, all := range w.subscribers.handlers {\n\t\tif err := all.Handle(tenant.With(ctx, t), e); err != nil {\n\t\t\treturn err\n\t\t}\n\t}\n\treturn handler.Handle(tenant.With(ctx, t), e)"},
	}},
	{attacks: "LOG-07", pkg: "storage", test: "TestQueue_worksOffWhatTheVersionBeforeQueued", edits: []edit{
		{deliveryFile, "for _, s := range w.subscribers.Wanting(&e) {", "for _, s := range w.subscribers.Wanting(&e)[:1] {"},
	}},
	{attacks: "LOG-07", pkg: "storage/queue", test: "TestDelivery_ofAnUnknownSubscriberWaitsAndIsDropped", edits: []edit{
		{deliveryFile, "if time.Since(job.CreatedAt) < strangerWait {", "if true {"},
	}},
	{attacks: "LOG-20", pkg: "event/explain", test: "TestRecorder_boundsWhatOneTenantKeeps", edits: []edit{
		{"event/explain/recorder.go", "gcra.Bucket{Key: string(t.Tenant[:]), Limit: limit}", "gcra.Bucket{Key: \"all\", Limit: limit}"},
	}},
	{attacks: "LOG-20", pkg: "event/explain", test: "TestRecorder_boundsWhatOneTenantKeeps", edits: []edit{
		{"event/explain/recorder.go", "Limit: limit}) > 0 {", "Limit: limit}) > 1<<40 {"},
	}},
	{attacks: "LOG-20", pkg: "event/explain", test: "TestRecorder_boundsWhatOneTenantKeeps", says: "of no tenant", edits: []edit{
		{"event/explain/recorder.go", "limit = strangers\n", "limit = perTenant\n"},
	}},
	{attacks: "LOG-21", pkg: serverTests, test: "TestTrails_keepNoSecretThatCameAsAClientID", says: "kept", edits: []edit{
		{"provider/clientauth/refusals.go", "trail.ClientID, trail.Known, trail.Method, trail.Detail = loggable(c), c.ID != uuid.Nil, presented, reason", "trail.ClientID, trail.Known, trail.Method, trail.Detail = c.ClientID, c.ID != uuid.Nil, presented, reason"},
	}},
	{attacks: "LOG-22", pkg: "event/mail", test: "TestCheck_refusesWhatALetterCannotBe", says: "line break", edits: []edit{
		{"event/mail/own.go", "case strings.ContainsFunc(text, unicode.IsControl):", "case strings.ContainsFunc(text, unicode.IsControl) && false:"},
	}},
	{attacks: "LOG-22", pkg: "event/mail", test: "TestCheck_refusesWhatALetterCannotBe", says: "two senders", edits: []edit{
		{"event/mail/own.go", "if m.From != \"\" && !sendable(m.From) {", "if m.From != \"\" && !strings.Contains(m.From, \"@\") {"},
	}},
	{attacks: "LOG-23", pkg: "storage", test: "TestCode_thatIsNotIssuedHasNoEvent", says: "events for one answer", edits: []edit{
		{codesFile, "FROM (SELECT) AS always LEFT JOIN live ON true", "FROM live"},
	}},
	{attacks: "LOG-08", pkg: "event", test: "TestEndsTokens_isTrueUnlessTheFactSaysOtherwise", edits: []edit{
		{"event/event.go", "return !harmless", "return harmless"},
	}},
	{attacks: "LOG-08", pkg: "event", test: "TestFacts_areStoredAsTheirGoldenFilesSay", edits: []edit{
		{"event/types.go", "data, err := json.Marshal(f)", "data, err := json.Marshal(map[string]any{\"fact\": f})"},
	}},
	{attacks: "LOG-09", pkg: "storage", test: "TestAuditLog_losesNothingWithoutAPartition", edits: []edit{
		{partitionSQL, "CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;", "CREATE TABLE audit_log_default PARTITION OF audit_log FOR VALUES FROM ('2900-01-01') TO ('2901-01-01');"},
	}},
	{attacks: "LOG-09", pkg: "storage", test: "TestAuditLog_losesNothingWithoutAPartition", edits: []edit{
		{partitionSQL, "ALTER TABLE audit_log_default NO FORCE ROW LEVEL SECURITY; -- or", "-- or"},
	}},
	{attacks: "LOG-10", pkg: "storage", test: "TestAuditLog_keepsItsLastMonthsFromEverybody", says: "want it refused", edits: []edit{
		{partitionSQL, "IF keep IS NULL OR now() - keep > now() - interval '90 days' THEN", "IF keep IS NULL THEN"},
	}},
	{attacks: "LOG-10", pkg: "storage", test: "TestAuditLog_keepsItsLastMonthsFromEverybody", says: "drop by app", edits: []edit{
		{partitionSQL, "TO plinto_platform;\nSELECT extend_audit_log(3);", "TO plinto_platform, plinto_app;\nSELECT extend_audit_log(3);"},
	}},
	{attacks: "LOG-10", pkg: "storage/schema", test: "TestFunctionsOfTheOwner_haveOneCallerAndASearchPathOfTheirOwn", edits: []edit{
		{partitionSQL, "EXECUTE format('ALTER FUNCTION trim_audit_log(interval) SET search_path = %I, pg_temp', current_schema());", ""},
	}},
	{attacks: "LOG-10", pkg: "storage", test: "TestAuditLog_losesWholeMonthsPastTheLimit", edits: []edit{
		{partitionSQL, "::timestamptz <= now() - keep", "::timestamptz <= now() - keep + interval '1 month'"},
	}},
	{attacks: "LOG-11", pkg: "storage", test: "TestAuditLog_isolatesTenantsInEveryPartition", says: "permission denied", edits: []edit{
		{partitionSQL, "made := made + 1;", "EXECUTE format('GRANT SELECT ON %I TO plinto_app', part);\n        made := made + 1;"},
	}},
	{attacks: "LOG-11", pkg: "storage/schema", test: "TestPartitions_areReachedThroughTheirParentOnly", edits: []edit{
		{partitionSQL, "made := made + 1;", "EXECUTE format('GRANT INSERT ON %I TO plinto_platform', part);\n        made := made + 1;"},
	}},
	{attacks: "LOG-11", pkg: "storage", test: "TestAuditLog_isolatesTenantsInEveryPartition", says: "sees", edits: []edit{
		{partitionSQL, "CREATE POLICY tenant ON audit_log TO plinto_app USING (tenant_id = current_tenant())", "CREATE POLICY tenant ON audit_log TO plinto_app USING (true)"},
	}},
	{attacks: "LOG-11", pkg: "storage/schema", test: "TestEveryTableIsIsolated", edits: []edit{
		{partitionSQL, "EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);", ""},
	}},
	{attacks: "LOG-36", pkg: "event/refusal", test: "TestRefusals_theFirstIsToldAtOnceAndTheOthersTogether", says: "99 more", edits: []edit{
		{"event/refusal/recorder.go", "if w.untold > 0 {", "if false {"},
	}},
	{attacks: "LOG-36", pkg: "event/refusal", test: "TestRefusals_ofATenantAreBoundedAndAllCounted", says: "rows, want", edits: []edit{
		{"event/refusal/recorder.go", "w == nil && r.of[k.tenant] >= kinds", "w == nil && r.of[k.tenant] < 0"},
	}},
	{attacks: "LOG-36", pkg: "event/refusal", test: "TestRefusals_ofATenantAreBoundedAndAllCounted", says: "in the log with", edits: []edit{
		{"event/refusal/recorder.go", "r.end(r.Now().Add(2 * together))", "r.end(r.Now())"},
	}},
	{attacks: "LOG-36", pkg: "event/refusal", test: "TestRefusals_thatAreRecorded", says: "unknown client", edits: []edit{
		{"event/refusal/request.go", "!r.other && (r.Known || r.Proved)", "!r.other"},
	}},
	{attacks: "LOG-36", pkg: "event/refusal", test: "TestRefusals_sayWhoWasProvedAndWhoWasNot", edits: []edit{
		{"event/refusal/request.go", "r.Proved && !r.other && r.Path != paths.Authorize", "r.Proved && !r.other"},
	}},
	{attacks: "LOG-36", pkg: "cmd/plinto", test: "TestRefusals_ofClientsAreInTheAuditLog", edits: []edit{
		{"cmd/plinto/app/trails.go", `if noted.Code != "" {`, "if false {"},
	}},
	{attacks: "LOG-36", pkg: "cmd/plinto", test: "TestRefusals_ofCommandsAreInTheAuditLog", edits: []edit{
		{"cmd/plinto/installation.go", "err = i.recordRefusal(context.WithoutCancel(ctx), c.command, err)", ""},
	}},
	{attacks: "LOG-37", pkg: webhookTests, test: "TestWebhook_tellsATenantWhatBecomesOfIt", says: "nothing was received", edits: []edit{
		{"storage/outbox.go", `return pg.Wrap("queue events", o.jobs.Insert(ctx, tx, t.ID, deliveries))`, "_ = tx\n\treturn nil"},
	}},
	{attacks: "LOG-38", pkg: "storage", test: "TestQueue_announcesEveryJob", says: "announcements, want", edits: []edit{
		{"storage/schema/migrate.go", "grantSchema+grantQueue+tellQueue", "grantSchema+grantQueue"},
		{"storage/schema/roles.go", "const tellQueue = `", "var _ = `"},
	}},
	{attacks: "LOG-38", pkg: "storage/queue", test: "TestLanes_wakeForWhatWasPutOff", edits: []edit{
		{"storage/queue/lanes.go", "l.wakeLater(lane)\n", ""},
	}},
}
