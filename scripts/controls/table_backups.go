package main

const (
	streamFile  = "internal/secret/stream.go"
	bundleFile  = "storage/schema/bundle.go"
	restoreFile = "storage/schema/restore.go"
)

// backups are the controls of attacks by way of backups.
var backups = []control{
	{attacks: "BAK-12", pkg: "cmd/plinto", test: "TestFiles_areNotReplacedUnasked_BAK_12", edits: []edit{
		{"cmd/plinto/destination.go", "\tcase replace:", "\tcase !replace:"},
	}},
	{attacks: "BAK-01", pkg: "storage/schema", test: "TestBundle_showsNothing", edits: []edit{
		{streamFile, "w.out = w.box.aead.Seal(w.out[:0], nonceOf(w.n, last), w.held, nil)", "w.out = append(w.out[:0], w.held...)"},
	}},
	{attacks: "BAK-01", pkg: "cmd/plinto", test: "TestTenantCreate_givesKeysThatNoOtherHas", edits: []edit{
		{"storage/tenants.go", "if err == nil && t.OwnKeys {", "if false && t.OwnKeys {"},
	}},
	{attacks: "BAK-02", pkg: "internal/secret", test: "TestStream_opensNothingThatWasChanged", edits: []edit{
		{streamFile, "binary.BigEndian.PutUint64(nonce[3:], n)", "binary.BigEndian.PutUint64(nonce[3:], 0*n)"},
	}},
	{attacks: "BAK-02", pkg: "internal/secret", test: "TestStream_opensNothingThatWasChanged", edits: []edit{
		{streamFile, "if errors.Is(err, io.EOF) { // the last chunk never came", "if false {"},
	}},
	{attacks: "BAK-02", pkg: "cmd/plinto", test: "TestRestore_leavesNothingOfWhatItRefuses", edits: []edit{
		{
			restoreFile, "return pgx.BeginFunc(ctx, to, func(pgx.Tx) error {\n\t\t\t\tif err := r.register(",
			"return func(work func(pgx.Tx) error) error { return work(nil) }(func(pgx.Tx) error {\n\t\t\t\tif err := r.register(",
		},
	}},
	{attacks: "BAK-03", pkg: "storage/schema", test: "TestBundle_isBoundToItsLines", edits: []edit{
		{bundleFile, `"plinto/backup/v1 " + bundleMagic + string(line)`, `"plinto/backup/v1 " + bundleMagic + string(line[:0])`},
	}},
	{attacks: "BAK-04", pkg: "cmd/plinto", test: "TestRestore_bringsATenantToAnotherInstallation", edits: []edit{
		{restoreFile, "CASE WHEN $7 THEN", "CASE WHEN $7 OR true THEN"},
	}},
	{attacks: "BAK-04", pkg: "provider/clientauth", test: "TestAssertion_ofBeforeTheMarkOfTheTenantIsRefused_BAK_04", edits: []edit{
		{"provider/clientauth/assertion.go", "if claims.IssuedAt != nil && time.Unix(", "if false && time.Unix("},
	}},
	{attacks: "BAK-05", pkg: "internal/secret", test: "TestKeys_areSealedForTheirTenantAlone", edits: []edit{
		{"internal/secret/tenantkey.go", "box.Seal(k.Reveal(), keysAs, string(tenant[:])), nil", "box.Seal(k.Reveal(), keysAs), nil"},
		{"internal/secret/tenantkey.go", "box.Open(sealed, keysAs, string(tenant[:]))", "box.Open(sealed, keysAs)"},
	}},
	{attacks: "BAK-05", pkg: "internal/secret", test: "TestTenantKey_isTheOneThatATenantCameWith", edits: []edit{
		{"internal/secret/tenantkey.go", "keys := (*of)[tenant]", "keys := (*of)[tenant]\n\tfor _, of := range *of {\n\t\tkeys = of\n\t}"},
	}},
	{attacks: "BAK-06", pkg: "cmd/plinto", test: "TestRestore_bringsATenantToAnotherInstallation", edits: []edit{
		{restoreFile, "WHERE tenant_id = $1 AND state = 'pending'`", "WHERE tenant_id = $1 AND state = 'pending' AND false`"},
	}},
	{attacks: "BAK-06", pkg: "cmd/plinto", test: "TestRestore_bringsATenantToAnotherInstallation", edits: []edit{
		{"storage/schema/backup.go", "`kind = '`+taskKind+`' AND finalized_at IS NULL AND", "`finalized_at IS NULL AND"},
	}},
	{attacks: "BAK-07", pkg: "cmd/plinto", test: "TestRestore_continuesTheAuditLogOfATenantThatWasDeleted", edits: []edit{
		{restoreFile, "case stays && (!continues || !r.SameKeys):", "case stays && (false && !continues || !r.SameKeys):"},
	}},
	{attacks: "BAK-07", pkg: "cmd/plinto", test: "TestRestore_continuesTheAuditLogOfATenantThatWasDeleted", edits: []edit{
		{restoreFile, "return stays, nil\n", "return false, nil\n"},
	}},
	{attacks: "BAK-08", pkg: "cmd/plinto", test: "TestRestore_bringsATenantToAnotherInstallation", edits: []edit{
		{"tenant/registry/backup.go", "if !r.Enabled && t.DisabledAt.IsZero() {", "if false && t.DisabledAt.IsZero() {"},
	}},
	{attacks: "BAK-08", pkg: "cmd/plinto", test: "TestRestore_bringsATenantToAnotherInstallation", edits: []edit{
		{restoreFile, "if pg.Constraint(err) == \"tenants_pkey\" {\n\t\treturn ErrTenantThere\n\t}\n", ""},
		{restoreFile, "if registered {\n\t\t\treturn ErrTenantThere\n\t\t}\n", ""},
	}},
	{attacks: "BAK-09", pkg: "cmd/plinto", test: "TestTenantRestored_endsWhatWasLost", edits: []edit{
		{"storage/schema/restored.go", "if !r.KeepTokens {", "if false && !r.KeepTokens {"},
	}},
	{attacks: "BAK-09", pkg: "cmd/plinto", test: "TestTenantRestored_endsWhatWasLost", edits: []edit{
		{"storage/schema/restored.go", "if err := dropJobs(ctx, conn, queue, r.id()); err != nil || own {", "if _ = queue; own {"},
	}},
	{attacks: "BAK-11", pkg: "storage/schema", test: "TestRestore_takesNothingThatIsOfOthers_BAK_11", says: "a user of another tenant", edits: []edit{
		{restoreFile, "values: t.list(), where: m.where()}", "values: t.list(), where: \"true\"}"},
	}},
	{attacks: "BAK-11", pkg: "storage/schema", test: "TestRestore_takesNothingThatIsOfOthers_BAK_11", says: "a job of another tenant", edits: []edit{
		{restoreFile, "args ->> 'tenant_id' = '` + m.Tenant.String() + `' AND", "args ->> 'tenant_id' <> '' AND"},
	}},
	{attacks: "BAK-11", pkg: "storage/schema", test: "TestRestore_takesNothingThatIsOfOthers_BAK_11", says: "upkeep", edits: []edit{
		{restoreFile, "return `kind = '` + taskKind + `' AND queue", "return `queue"},
	}},
	{attacks: "BAK-11", pkg: "storage/schema", test: "TestRestore_takesNothingThatIsOfOthers_BAK_11", says: "the end of a sequence", edits: []edit{
		{bundleFile, "h.Events > mostEvents", "h.Events == mostEvents"},
	}},
	{attacks: "BAK-11", pkg: "tenant/registry", test: "TestRestore_makesNobodyTheOperators_BAK_11", edits: []edit{
		{"tenant/registry/backup.go", "case t.Slug == tenant.SystemSlug:", "case t.Slug == \"\":"},
	}},
	{attacks: "BAK-11", pkg: "tenant/registry", test: "TestRestore_removesNothingOfAnotherProcess_BAK_11", edits: []edit{
		{"tenant/registry/backup.go", "if err != nil && remove && !errors.Is(err, tenant.ErrGoingOn) {", "if err != nil && remove {"},
	}},
	{attacks: "BAK-11", pkg: "storage", test: "TestDatabase_hasNoJobsForOtherTenants_BAK_11", edits: []edit{
		{"storage/queue/rotation.go", "if of == (tenant.ID{}) || of == tenant.ID(named) {", "if of == (tenant.ID{}) || named != uuid.Nil {"},
	}},
}
