package main

// upgrades are the controls of what goes wrong when an installation gets another version.
var upgrades = []control{
	{attacks: "UPG-01", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "rewrite"`, edits: []edit{
		{"internal/ddl/column.go", "case given && !constant(value):", "case given && len(value) == 0:"},
	}},
	{attacks: "UPG-01", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "index"`, edits: []edit{
		{"internal/ddl/create.go", "case only: // of", "case only, index != \"\": // of"},
	}},
	{attacks: "UPG-01", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "constraint"`, edits: []edit{
		{"internal/ddl/alter.go", `case !has(a.rest, "not", "valid"):`, `case !has(a.rest, "not", "valid") && name == "":`},
	}},
	{attacks: "UPG-01", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "not null"`, edits: []edit{
		{"internal/ddl/alter.go", `if !f.notNull[table+"."+column] {`, `if f.notNull[table+"."+column] {`},
	}},
	{attacks: "UPG-01", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "unknown"`, edits: []edit{
		{"internal/ddl/effect.go", `f.breaks(Unknown, "", "%s is not understood", all[0].text)`, ""},
	}},
	{attacks: "UPG-02", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "gone"`, edits: []edit{
		{"internal/ddl/alter.go", `f.breaks(Gone, table, "drops the column %s", a.name())`, ""},
	}},
	{attacks: "UPG-02", pkg: "internal/ddl", test: "TestRead_refusesWhatBreaksARule", says: `want "gone"`, edits: []edit{
		{"internal/ddl/create.go", `return kind, id + " on " + c.name()`, "return kind, id"},
	}},
	{attacks: "UPG-03", pkg: "storage/schema", test: "TestMigrate_givesUpALockThatItDoesNotGet_UPG_03", says: "lock_not_available", edits: []edit{
		{"storage/schema/migrate.go", "`SET LOCAL lock_timeout = '`+lockWait+`'`", "`SET LOCAL lock_timeout = 0`"},
	}},
	{attacks: "UPG-04", pkg: "storage/schema", test: "TestMigrate_makesAnIndexAnewThatWasLeftHalfMade_UPG_04", says: "is not valid", edits: []edit{
		{"storage/schema/migratealone.go", "if err != nil || !invalid {", "if err != nil || !invalid || index != \"\" {"},
	}},
	{attacks: "UPG-05", pkg: "storage/schema", test: "TestMigrate_waitsWithoutKeepingTheOtherFromItsEnd_UPG_05", says: "deadlock", edits: []edit{
		{"storage/schema/migratealone.go", "SELECT pg_try_advisory_lock(", "SELECT true FROM pg_advisory_lock("},
	}},
	{attacks: "UPG-06", pkg: "cmd/plinto", test: "TestUpgradeCheck_saysWhatWillBeDone", says: "servers", edits: []edit{
		{"cmd/plinto/upgradecheck.go", "case !schema.RunsOnOurs(from):", "case from == \"\":"},
	}},
	{attacks: "UPG-06", pkg: "cmd/plinto", test: "TestUpgradeCheck_namesLargeTablesThatPeopleWaitFor", says: "exit 0", edits: []edit{
		{"cmd/plinto/upgradecheck.go", "s.Bytes > noticed {", "s.Bytes > noticed && s.Table == \"\" {"},
	}},
	{attacks: "KEY-10", pkg: "cmd/plinto", test: "TestKeysRewrap_isInTheAuditLog_KEY_10", says: "want one for each change", edits: []edit{
		{"cmd/plinto/keysrewrap.go", "if len(fact.Added)+len(fact.Ended) == 0 {", "if len(fact.Added)+len(fact.Ended) < 99 {"},
	}},
	{attacks: "KEY-11", pkg: "cmd/plinto", test: "TestKeysRewrap_isInTheAuditLog_KEY_10", says: "opens the installation too", edits: []edit{
		{"cmd/plinto/doctor_keys.go", "if len(unset) > 0 {", "if len(unset) > 99 {"},
	}},
	{attacks: "UPG-08", pkg: "cmd/plinto", test: "TestUpgradeCheck_saysWhereTheWayBackEnds_UPG_08", says: "servers", edits: []edit{
		{"cmd/plinto/upgradecheck.go", "case shared.Needs(from) != \"\":", "case false:"},
	}},
	{attacks: "UPG-08", pkg: "cmd/plinto", test: "TestUpgradeCheck_saysWhereTheWayBackEnds_UPG_08", says: "way back", edits: []edit{
		{"cmd/plinto/upgradecheck.go", "needs := shared.Needs(before); needs != \"\"", "needs := shared.Needs(before); false"},
	}},
	{attacks: "KEY-09", pkg: "cmd/plinto", test: "TestDoctor_makesNoRootKey_KEY_09", edits: []edit{
		{"storage/rootkeys.go", "len(all) == 0 && looks {", "len(all) == 0 && false && looks {"},
	}},
}
