package main

const (
	tenantReadFile    = "storage/tenantread.go"
	bundleVersionFile = "storage/schema/bundleversion.go"
	rowIsItsOwn       = "TestDamage_ofOneRowIsItsOwn_KEY_14"
)

// damages are the controls of what one row that cannot be read takes down with it, and of rows that are not as they are taken for.
var damages = []control{
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneTenantIsItsOwn_KEY_12", says: "tenant_keys.sealed", edits: []edit{
		{tenantReadFile, "s.unreadable(&t, \"its keys (tenant_keys.sealed)\", s.adopt(&t))\n\treturn t, nil", "return t, s.adopt(&t)"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneTenantIsItsOwn_KEY_12", says: "a request", edits: []edit{
		{"tenant/resolver.go", "if err := t.Check(); err != nil {", "if err := t.Check(); false {"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneTenantIsItsOwn_KEY_12", says: "a statement", edits: []edit{
		{"storage/internal/pg/acquire.go", "case t.Unreadable != \"\":", "case false:"},
	}},
	{attacks: "KEY-12", pkg: "storage/internal/pg", test: "TestDB_asksReplicasOnlyToShowSomething", says: "counted", edits: []edit{
		{"storage/internal/pg/db.go", "if w == nil && PlaceOf(t).Shares() {", "if w == nil {"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneTenantIsItsOwn_KEY_12", says: "a job", edits: []edit{
		{"storage/events.go", "return t, t.Check()", "return t, nil"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneTenantIsItsOwn_KEY_12", says: "an update", edits: []edit{
		{"tenant/registry/service.go", "return t, t.Check()", "return t, nil"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_isInNobodysWayHoweverMuchIsDue_KEY_12", edits: []edit{
		{"storage/due.go", "without = append(without, one.TenantID)", "without = without[:0]"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12", says: "connections are offered", edits: []edit{
		{"storage/connections.go", "return leftOut(ctx, &c) })", "return false && leftOut(ctx, &c) })"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12", says: "goes on without what it demanded", edits: []edit{
		{"storage/clients.go", "case len(problems) > 0:", "case false:"},
	}},
	{attacks: "KEY-12", pkg: "storage", test: "TestUpkeep_triesOnceWhatFails_KEY_12", edits: []edit{
		{"storage/due.go", "tried[one] = true", "tried[one] = false"},
	}},
	{attacks: "KEY-13", pkg: "provider/keys", test: "TestKeys_oneThatCannotBeReadLeavesTheOthersToBe_KEY_13", says: "the private half: what another key signed", edits: []edit{
		{"provider/keys/ring.go", "case errors.Is(err, errUnreadable):", "case false && errors.Is(err, errUnreadable):"},
	}},
	{attacks: "KEY-13", pkg: "provider/keys", test: "TestKeys_oneThatCannotBeReadLeavesTheOthersToBe_KEY_13", says: "the public half: what another key signed", edits: []edit{
		{"provider/keys/ring.go", "r.leaveOut(ctx, k, fmt.Errorf(\"read public key %s: %w\", k.KID, err))\n\t\t\tcontinue", "return nil, err"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "users.profile = \"damaged\": a list", edits: []edit{
		{"storage/managedusers.go", "addUserFields(to, u, (*listedProfile)(u))", "addUserFields(to, u, (*wholeProfile)(u))"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "users.profile = null", edits: []edit{
		{"storage/readjson.go", "if len(stored) == 0 || string(stored) == \"null\" {", "if len(stored) == 0 {"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "is suspended: false", edits: []edit{
		{"storage/memberships.go", "			m.Suspended = true\n", ""},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "there are tokens for", edits: []edit{
		{"provider/management.go", "	all = readable(all)\n", ""},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "written over", edits: []edit{
		{"provider/resource_service.go", "if r.Unreadable != \"\" {", "if false {"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "delete the user", edits: []edit{
		{"migrations/0055_take_roles_that_can_be_read.sql", "IF jsonb_typeof(OLD.given) <> 'array' THEN", "IF false THEN"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: rowIsItsOwn, says: "left to tell", edits: []edit{
		{"storage/tenantfacts.go", "if err = fillEvent(&e, kind, stored); errors.Is(err, event.ErrUnreadable) {", "if err = fillEvent(&e, kind, stored); false {"},
	}},
	{attacks: "KEY-14", pkg: "storage", test: "TestAuditLog_showsRowsBesideOneThatCannotBeRead_KEY_14", says: "damaged afterwards", edits: []edit{
		{"event/audit/reader.go", "	if err != nil {\n		to.Unreadable = unreadDetail\n		return\n	}\n	to.add(d)", "	if err != nil {\n		return\n	}\n	to.add(d)"},
	}},
	{attacks: "KEY-14", pkg: "admin", test: "TestLists_nameWhatCannotBeRead_KEY_14", says: "want 204", edits: []edit{
		{"admin/users.go", "if isNot(err, identity.ErrUserUnreadable) {", "if err != nil {"},
	}},
	{attacks: "KEY-14", pkg: "admin", test: "TestExport_namesUsersWhoCannotBeRead_KEY_14", says: "the export is", edits: []edit{
		{"identity/bulk/row.go", "if u.Unreadable != \"\" {", "if false {"},
	}},
	{attacks: "KEY-14", pkg: "cmd/plinto/manifest", test: "TestExport_leavesOutWhatCannotBeRead_KEY_14", says: "good-user and the bad one", edits: []edit{
		{"cmd/plinto/manifest/export.go", "if after = u.ID; left.user(u) {", "if after = u.ID; left.user(u) && false {"},
	}},
	{attacks: "LOG-20", pkg: "cmd/plinto", test: "TestExplain_knowsOfRequestsToNobody", says: "long.long.", edits: []edit{
		{"cmd/plinto/app/trails.go", "host := r.Host[:min(len(r.Host), longestHost)]", "host := r.Host"},
	}},
	{attacks: "BAK-10", pkg: "storage/schema", test: "TestBundle_ofOtherTablesIsRefused_BAK_10", says: "altered ones", edits: []edit{
		{bundleVersionFile, "if at < 0 || hashOf(all[:at+1]) != h.Schema {", "if at < 0 {"},
	}},
	{attacks: "BAK-10", pkg: "storage/schema", test: "TestBundle_ofOtherTablesIsRefused_BAK_10", says: "before rows changed", edits: []edit{
		{bundleVersionFile, "name := rewriter(all[at+1:]); name != \"\"", "name := rewriter(all[at+1:]); false"},
	}},
	{attacks: "BAK-10", pkg: "storage/schema", test: "TestBundle_ofOtherTablesIsRefused_BAK_10", says: "fewer of the same version", edits: []edit{
		{bundleVersionFile, "(!same || len(all[at].Columns) == len(in.Columns))", "(!same || len(all[at].Columns) >= len(in.Columns))"},
	}},
	{attacks: "UPG-07", pkg: "scripts/release", test: "TestRelease_saysWhatItLacks_UPG_07", says: "its line", edits: []edit{
		{"scripts/release/main.go", "if r.releases[v] != last {", "if r.releases[v] != last && r.releases[v] != \"\" {"},
	}},
}
