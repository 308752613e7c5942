package main

const (
	sealSQL          = "migrations/0015_seal_audit_log.sql"
	verificationFile = "event/audit/verification.go"
	sealStoreFile    = "storage/auditseals_store.go"
	tamperTest       = "TestVerify_namesTheFirstRowThatWasTamperedWith"
)

// audits are the controls of attacks on the audit log by who owns the database, and of the
// personal detail in it.
var audits = []control{
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/edit_leaf_s_row", edits: []edit{
		{verificationFile, "if hash != stored {", "if false && hash != stored {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/edit_reason", says: "want damage", edits: []edit{
		{verificationFile, "if r.Hash != l.Row {", "if false && r.Hash != l.Row {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/delete", says: "want damage", edits: []edit{
		{verificationFile, `return "the row was deleted, or its time was changed", nil`, `return "", nil`},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/delete_with_leaf", edits: []edit{
		{verificationFile, "if l.Seq != next {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/insert", says: "want damage", edits: []edit{
		{verificationFile, "if err == nil && stray != nil {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/replace_with_hashes", says: "want damage", edits: []edit{
		{verificationFile, "case h.Root != w.grown.root():", "case false:"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/drop_a_head", says: "want damage", edits: []edit{
		{verificationFile, "case h.Previous != w.last.Size:", "case false:"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/move_a_head", says: "want damage", edits: []edit{
		{verificationFile, "case h.Size != stored.Size:", "case false:"}, {verificationFile, "case h.Root != w.grown.root():", "case false:"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/drop_the_last_head", says: "want damage", edits: []edit{
		{verificationFile, "if w.last.Size < w.state.Size {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/truncate", edits: []edit{
		{verificationFile, "if len(w.heads) > 0 {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: tamperTest + "/public_key", says: "want damage", edits: []edit{
		{"event/audit/verify.go", "if w.key.public != state.Key.Verifier {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "event/audit", test: "TestHead_isOfItsTenantAndItsKey", says: "another key", edits: []edit{
		{"event/audit/head.go", `return Head{}, fmt.Errorf("%w: %w", ErrHead, err)`, "text, _, _ := strings.Cut(checkpoint, \"\\n\\n\")\n\t\treturn parseHead(of, text+\"\\n\")"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: "TestVerify_comparesWithAHeadThatWasKeptOutside", says: "another history", edits: []edit{
		{verificationFile, "if w.grown.size == w.kept.Size && w.grown.root() != w.kept.Root {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: "TestVerify_comparesWithAHeadThatWasKeptOutside", says: "cut", edits: []edit{
		{verificationFile, "if w.kept.Size > w.state.Size {", "if false {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: "TestVerify_isNotToldThatRetentionDidIt", says: "a young partition", edits: []edit{
		{verificationFile, "if w.Now().Sub(l.OccurredAt) > keptFor {", "if true {"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestSealer_sealsWhatTheVersionBeforeWrites", edits: []edit{
		{sealSQL, "INSERT INTO audit_pending (tenant_id, id, occurred_at, detail) VALUES (NEW.tenant_id, NEW.id, NEW.occurred_at, detail);", ""},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestSealer_waitsForWhoSeals", edits: []edit{
		{"storage/auditseals.go", " FOR UPDATE OF t`", "`"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestSealer_sealsEveryRowOnce", says: "still wait", edits: []edit{
		{sealStoreFile, "w.of, ids)\n\t\treturn\n", "w.of, ids[:1])\n\t\treturn\n"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestSealer_sealsThePastFirst", edits: []edit{
		{"storage/auditseals.go", "if !w.pastDone {", "if false {"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestRetention_waitsForTheSealer", says: "not sealed", edits: []edit{
		{"storage/audit.go", "WHERE NOT EXISTS (SELECT FROM audit_pending WHERE occurred_at < now() - $1::interval)", "WHERE true"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestRetention_waitsForTheSealer", says: "of the past", edits: []edit{
		{"storage/audit.go", "AND NOT EXISTS (SELECT FROM audit_trees WHERE NOT past_done)`", "`"},
	}},
	{attacks: "LOG-30", pkg: "storage", test: "TestSeals_areOutOfReachOfRequests", says: "by the app role", edits: []edit{
		{sealSQL, "EXECUTE format('GRANT SELECT ON %I TO plinto_app', t);", "EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO plinto_app', t);"},
	}},
	{attacks: "LOG-31", pkg: "storage", test: "TestErasure_leavesALogThatFits", edits: []edit{
		{"storage/users.go", "return s.erase(ctx, id)", "return nil"},
	}},
	{attacks: "LOG-31", pkg: "storage", test: "TestErasure_leavesALogThatFits", says: "in clear", edits: []edit{
		{sealSQL, "        NEW.ip := '';\n", ""},
	}},
	{attacks: "LOG-31", pkg: "storage", test: "TestErasure_leavesALogThatFits", edits: []edit{
		{"event/audit/sealer.go", "key, stored := b.Persons[person]\n\t\tif !stored {", "key, stored := b.Persons[person]\n\t\tif !stored || key.Erased() {"},
	}},
	{attacks: "LOG-31", pkg: "storage", test: "TestSeals_areOutOfReachOfRequests", says: "not erased", edits: []edit{
		{sealSQL, "CREATE POLICY erase ON audit_details AS RESTRICTIVE FOR DELETE TO plinto_app USING (", "CREATE POLICY erase ON audit_details AS RESTRICTIVE FOR DELETE TO plinto_app USING (true OR "},
	}},
	{attacks: "LOG-40", pkg: "storage", test: "TestErasure_emptiesEventsThatAreKept", says: "want that of somebody else", edits: []edit{
		{"storage/users.go", "`UPDATE events SET person = NULL WHERE person = $1`", "`UPDATE events SET person = NULL WHERE person = $1 AND false`"},
	}},
	{attacks: "LOG-40", pkg: "storage", test: "TestErasure_emptiesEventsThatAreKept", says: "nobody tells of", edits: []edit{
		{"storage/outbox.go", "CASE WHEN traced THEN body ELSE body - 'ip' - 'user_agent' END", "body"},
	}},
	{attacks: "LOG-40", pkg: "storage", test: "TestErasure_isAllThatRequestsCanDoToEvents", says: "who was not erased", edits: []edit{
		{"migrations/0019_erase_origins.sql", "RESTRICTIVE FOR UPDATE TO plinto_app USING (", "RESTRICTIVE FOR UPDATE TO plinto_app USING (true OR "},
	}},
	{attacks: "LOG-40", pkg: "storage", test: "TestErasure_isAllThatRequestsCanDoToEvents", says: "nothing else changed", edits: []edit{
		{"migrations/0019_erase_origins.sql", "    NEW.person := NULL;\n", "    NEW.type := 'x';\n"},
	}},
	{attacks: "LOG-31", pkg: "storage", test: "TestSealer_sealsThePastFirst", says: "with an address", edits: []edit{
		{"migrations/0019_erase_origins.sql", "    NEW.data := OLD.data - 'first_ip';\n", ""},
	}},
	{attacks: "LOG-31", pkg: "event/audit", test: "TestDetail_isOpenedForItsRowOnly", says: "another row", edits: []edit{
		{"event/audit/detail.go", `Sealed: box.Seal(plain, "audit-detail", of.String(), person, r.ID.String())`, `Sealed: box.Seal(plain, "audit-detail", of.String(), person)`},
		{"event/audit/detail.go", `sealed.Person, r.ID.String())`, `sealed.Person)`},
	}},
	{attacks: "LOG-32", pkg: "event/audit", test: "TestCSV_isTextToASpreadsheet", edits: []edit{
		{"event/audit/export.go", `return "'" + cell`, "return cell"},
	}},
	{attacks: "LOG-32", pkg: "cmd/plinto", test: "TestAudit_exportsWhatIsSealed", edits: []edit{
		{"event/audit/export.go", "cells[i] = harmless(cells[i])", "cells[i] += \"\""},
	}},
	{attacks: "LOG-33", pkg: "storage", test: "TestAudit_isReadByItsTenantOnly", edits: []edit{
		{sealSQL, "EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant())", "EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (true)"},
	}},
	{attacks: "LOG-34", pkg: "storage", test: "TestRetention_keepsTheLeaves", says: "feed", edits: []edit{
		{"event/audit/feed.go", "p.gap(next, *records[i].Seq)", ""}, {"event/audit/feed.go", "p.gap(next, to)", "_ = next"},
	}},
	{attacks: "LOG-35", pkg: "cmd/plinto", test: "TestAudit_exportsWhatIsSealed", says: "readings", edits: []edit{
		{"event/audit/reader.go", "return record(ctx, r.Tx, r.Outbox, asked)", "return nil"},
	}},
	{attacks: "LOG-35", pkg: "cmd/plinto", test: "TestEvents_recordThatAddressesWereRead", says: "readings, want", edits: []edit{
		{"cmd/plinto/auditread.go", "recorded, err = feed.Shown(ctx, &page)", "recorded = true"},
	}},
	{attacks: "LOG-35", pkg: "cmd/plinto", test: "TestAudit_exportsWhatIsSealed", edits: []edit{
		{"event/audit/export.go", "if err := e.record(ctx, format, state.Size, s); err != nil {", "if err := e.Reader.Tx.InTx(ctx, func(context.Context) error { return nil }); err != nil {"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: "TestVerify_findsDetailsThatWereReadPast", edits: []edit{
		{"event/audit/scan.go", "details, err = s.Details(ctx, missing)", "details, err = s.Details(ctx, missing[:0])"},
	}},
	{attacks: "LOG-04", pkg: "storage", test: "TestVerify_findsDetailsThatWereReadPast", edits: []edit{
		{"event/audit/scan.go", "case bytes.Compare(id[:], after[:]) <= 0 ||", "case"},
	}},
}
