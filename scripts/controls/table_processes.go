package main

const (
	admissionFile = "internal/admission/admission.go"
	sharedFile    = "internal/memory/shared.go"
)

// processes are the controls of attacks on several processes together, and on one that is asked too much.
var processes = []control{
	{attacks: "CAC-10", pkg: "cmd/plinto", test: "TestServers_holdWhatWasDecidedWithinASecond_CAC_10", says: "client disabled", edits: []edit{
		{"storage/open.go", "	s.changes.On(\"clients\", s.Clients.cache.Invalidate)\n	s.changes.On(\"client_secrets\", s.Clients.cache.Invalidate)\n", ""},
	}},
	{attacks: "CAC-11", pkg: "storage", test: "TestRowCopies_olderCopiesAreNotTaken_CAC_11", says: "put back", edits: []edit{
		{sharedFile, "!ok || !asOf.After(of.heard) ||", "!ok || asOf.Before(of.heard.Add(-time.Hour)) ||"},
	}},
	{attacks: "CAC-11", pkg: "internal/memory", test: "TestShared_takesNothingElse_CAC_11", says: "a_later_transaction", edits: []edit{
		{"internal/memory/snapshot.go", "if known.high <= s.Low {", "if known.high > 0 {"},
	}},
	{attacks: "CAC-11", pkg: "internal/memory", test: "TestShared_takesNothingElse_CAC_11", says: "another_server", edits: []edit{
		{"internal/memory/snapshot.go", "s.Server == \"\" || s.Server != m.server", "s.Server == \"\""},
	}},
	{attacks: "CAC-12", pkg: "storage", test: "TestRowCopies_copiesAreSealedForTheirKey_CAC_12", says: "of another client is read", edits: []edit{
		{"storage/rowcopies.go", "s.box.Seal(plain, scope.String(), rowCopyKind, k)", "s.box.Seal(plain, scope.String(), rowCopyKind)"},
		{"storage/rowcopies.go", "s.box.Open(sealed, scope.String(), rowCopyKind, k)", "s.box.Open(sealed, scope.String(), rowCopyKind)"},
	}},
	{attacks: "CAC-12", pkg: "storage", test: "TestRowCopies_copiesAreSealedForTheirKey_CAC_12", says: "tells what it is about", edits: []edit{
		{"storage/rowcopies.go", "hex.EncodeToString(sum[:16])", "name + hex.EncodeToString(sum[:1])"},
	}},
	{attacks: "CAC-13", pkg: "storage/internal/pg", test: "TestTenantListeners_hearOfTheirTenantAlone", says: "is believed", edits: []edit{
		{"storage/internal/pg/listen.go", "case !l.own() || l.of == t:", "default:"},
	}},
	{attacks: "CAC-13", pkg: "storage/internal/pg", test: "TestTenantListeners_hearOfTheirTenantAlone", says: "of the registry", edits: []edit{
		{"storage/internal/pg/hooks.go", "if !own {", "if own || !own {"},
	}},
	{attacks: "CAC-13", pkg: "storage/internal/pg", test: "TestTenantListeners_goAlongWithATenant", says: "because another one", edits: []edit{
		{"storage/internal/pg/tenantlisteners.go", "if !ok || l.url != of.Placement.Database {", "if !ok {"},
	}},
	{attacks: "CAC-13", pkg: "internal/memory", test: "TestShared_leavesOutWhatIsElsewhere_CAC_13", edits: []edit{
		{sharedFile, "(c.options.Shares == nil || c.options.Shares(ctx))", "(c.options.Shares == nil || true)"},
	}},
	{attacks: "CAC-13", pkg: "storage", test: "TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced", says: "the shared database is not heard", edits: []edit{
		{"storage/copies.go", "return own != nil && a.Current() && own(t)", "return own != nil && own(t)"},
	}},
	{attacks: "CAC-16", pkg: "internal/plintotest", test: "TestTenants_leaveInMemoryWhatIsCounted", says: "counted are", edits: []edit{
		{"provider/discovery/handler.go", "doc = h.renew(r.Context(), t, now)", "doc = h.write(t, now)\n\t\tgo func() { <-make(chan int); doc.ServeHTTP(nil, nil) }()"},
	}},
	{attacks: "MPR-01", pkg: "internal/admission", test: "TestGate_refusesWhoeverFindsNoPlaceInTime_MPR_01", edits: []edit{
		{admissionFile, "o.Wait = defaultWait", "o.Wait = time.Hour + defaultWait"},
	}},
	{attacks: "MPR-01", pkg: "internal/admission", test: "TestGate_letsOnlySoManyWait_MPR_01", edits: []edit{
		{admissionFile, "fair.Level{Places: fairly, Queue: o.Places * queuePerPlace}", "fair.Level{Places: fairly}"},
	}},
	{attacks: "MPR-01", pkg: "cmd/plinto/app", test: "TestAdmit_documentsNeedNoPlace_MPR_01", edits: []edit{
		{"cmd/plinto/app/admit.go", "strings.HasPrefix(rest, \"/.well-known/\")", "strings.HasPrefix(rest, \"/.not-known/\")"},
	}},
	{attacks: "MPR-02", pkg: "internal/admission", test: "TestGate_leavesAPlaceToOtherTenants_MPR_02", edits: []edit{
		{admissionFile, "fair.Level{Places: max(1, fairly-max(1, fairly/8))}", "fair.Level{Places: fairly}"},
	}},
	{attacks: "MPR-02", pkg: "internal/admission", test: "TestGate_givesPlacesQuicklyWhileNobodyWaits_MPR_02", says: "while somebody waits", edits: []edit{
		{admissionFile, "if g.waiting.Load() > 0 {", "if false {"},
	}},
	{attacks: "MPR-03", pkg: "internal/password", test: "TestVerify_givesThePlaceOfItsRequestBack_MPR_03", edits: []edit{
		{"internal/password/hasher.go", "	admission.Release(ctx) // the slots have a queue of their own\n", "	admission.Release(context.Background())\n"},
	}},
	{attacks: "MPR-03", pkg: "internal/egress", test: "TestClient_givesThePlaceOfItsRequestBack_MPR_03", edits: []edit{
		{"internal/egress/client.go", "	admission.Release(ctx) // others may be slow\n", "	admission.Release(context.Background())\n"},
	}},
	{attacks: "MPR-09", pkg: "organization/domain", test: "TestVerify_givesThePlaceOfItsRequestBack_MPR_09", edits: []edit{
		{"organization/domain/turns.go", "	admission.Release(ctx) // the servers of others may be slow\n", "	admission.Release(context.Background())\n"},
	}},
	{attacks: "MPR-10", pkg: "organization/domain", test: "TestVerify_takesTurns_MPR_10", edits: []edit{
		{"organization/domain/turns.go", "fair.Level{Places: looksOfTenant, Queue: looksWaiting}, fair.Level{Places: looksOfOwner}", "fair.Level{Places: looksOfTenant, Queue: looksWaiting}, fair.Level{}"},
	}},
	{attacks: "MPR-10", pkg: "organization/domain", test: "TestVerify_takesTurns_MPR_10", edits: []edit{
		{"organization/domain/service.go", "	if err != nil && reason == \"\" {\n", "	if err != nil && reason == \"\" && false {\n"},
	}},
	{attacks: "MPR-11", pkg: "storage", test: "TestMetadataRefresh_takesTurns_MPR_11", edits: []edit{
		{"storage/metadata.go", "ORDER BY nth, metadata_due_at, id LIMIT $1", "ORDER BY metadata_due_at, id LIMIT $1"},
	}},
	{attacks: "MPR-11", pkg: "storage", test: "TestDomainChecks_takeTurns_MPR_11", edits: []edit{
		{"storage/orgdomains.go", "ORDER BY nth, checked_at, id LIMIT $3", "ORDER BY checked_at, id LIMIT $3"},
	}},
	{attacks: "MPR-12", pkg: "cmd/plinto", test: "TestBreaches_areAskedForByTenant_MPR_12", edits: []edit{
		{"cmd/plinto/breaches.go", "		by.Tenant = t.ID.String()\n", "		_ = t\n"},
	}},
	{attacks: "MPR-06", pkg: "internal/admission", test: "TestPressure_refusesWhatCannotBeComputed_MPR_06", says: "want 0.95", edits: []edit{
		{"internal/admission/pressure.go", "p.share.Store(min(shareMost, share+shareUp))", "p.share.Store(0)"},
	}},
	{attacks: "MPR-06", pkg: "internal/admission", test: "TestPressure_refusesWhatCannotBeComputed_MPR_06", says: "two seconds after the end", edits: []edit{
		{"internal/admission/pressure.go", "share - min(share, shareDown*", "share - min(0*share, shareDown*"},
	}},
	{attacks: "MPR-05", pkg: "cmd/plinto/app", test: "TestAdmit_slowFilesHoldNoPlace_MPR_05", edits: []edit{
		{"cmd/plinto/app/admit.go", "		body = unread(r.Body)\n", ""},
	}},
	{attacks: "MPR-05", pkg: "cmd/plinto/app", test: "TestAdmit_slowBodiesHoldNoPlace_MPR_05", edits: []edit{
		{"cmd/plinto/app/admit.go", "	admission.Release(w.of.ctx)\n", "	admission.Release(context.Background())\n"},
	}},
	{attacks: "MPR-08", pkg: "storage", test: "TestReminders_ofAKeyComeOnce_MPR_08", edits: []edit{
		{"storage/apikeys.go", " AND told_end IS DISTINCT FROM expires_at`, id)", "`, id)"},
	}},
	{attacks: "MPR-08", pkg: "storage", test: "TestReminders_ofASecretComeWhileItIsUsed_MPR_08", edits: []edit{
		{"storage/clientsecrets.go", " AND told_end IS DISTINCT FROM expires_at RETURNING client_id", " RETURNING client_id"},
	}},
	{attacks: "MPR-08", pkg: "storage", test: "TestReminders_areFewAtOnce_MPR_08", says: "behind those of another tenant", edits: []edit{
		{"storage/reminders.go", "FROM api_keys k WHERE `+apiKeyEnding+` AND k.tenant_id <> ALL($3)) e\n\t\tWHERE nth <= $2 ORDER", "FROM api_keys k WHERE `+apiKeyEnding+` AND k.tenant_id <> ALL($3)) e\n\t\tWHERE nth <= $2 * 1000 ORDER"},
	}},
	{attacks: "MPR-08", pkg: "storage", test: "TestReminders_areFewAtOnce_MPR_08", says: "beside a tenant that fails", edits: []edit{
		{"storage/reminders.go", "told[at.TenantID] > remindersOfTenant {", "told[at.TenantID] > remindersAtOnce {"},
	}},
}
