package main

const togetherFile = "storage/internal/pg/together.go"

// togethers are the controls of attacks on statements that share a transaction.
var togethers = []control{
	{attacks: "GRP-01", pkg: "storage/internal/pg", test: "TestTogether_keepsLinesApart", says: "other tenant", edits: []edit{
		{togetherFile, "l := line{PlaceOf(t), db.namingOf(ctx, t), sql}", "l := line{PlaceOf(t), db.namingOf(ctx, t), sql}\n\tl.naming.tenant = tenant.ID{}"},
	}},
	{attacks: "GRP-01", pkg: "storage/internal/pg", test: "TestTogether_keepsLinesApart", says: "organization", edits: []edit{
		{togetherFile, "l := line{PlaceOf(t), db.namingOf(ctx, t), sql}", "l := line{PlaceOf(t), db.namingOf(tenant.Confine(ctx, uuid.Nil), t), sql}"},
		{togetherFile, "import (\n", "import (\n\t\"github.com/google/uuid\"\n"},
	}},
	{attacks: "GRP-02", pkg: "storage/internal/pg", test: "TestTogether_failsAlone", edits: []edit{
		{togetherFile, "len(members) > 1 && isOfRow(err)", "len(members) < 1 && isOfRow(err)"},
	}},
	{attacks: "GRP-02", pkg: "storage/internal/pg", test: "TestTogether_letsMembersGo", edits: []edit{
		{togetherFile, "context.WithoutCancel(members[0].ctx)", "members[0].ctx"},
	}},
	{attacks: "GRP-02", pkg: "storage/internal/pg", test: "TestTogether_readsEachForItself", edits: []edit{
		{togetherFile, "if errors.As(a.unread, &said) || Away(a.unread) {", "if said == nil {"},
	}},
	{attacks: "GRP-03", pkg: "storage/internal/pg", test: "TestTogether_waitsForALockAlone", edits: []edit{
		{togetherFile, "\tn.hurried = true\n", ""},
	}},
	{attacks: "GRP-03", pkg: "storage/internal/pg", test: "TestTogether_waitsForALockAlone", edits: []edit{
		{togetherFile, "if isLocked(err) || len(members) > 1", "if len(members) > 1"},
	}},
	{attacks: "GRP-03", pkg: "storage", test: "TestRefreshToken_thatIsHeldUpHoldsUpNobodyElse", edits: []edit{
		{togetherFile, "\tn.hurried = true\n", ""},
	}},
	{attacks: "GRP-03", pkg: "storage/internal/pg", test: "TestTogether_sharesATransaction", edits: []edit{
		{togetherFile, "return bytes.Compare(a.order, b.order)", "return bytes.Compare(b.order, a.order)"},
	}},
	{attacks: "GRP-03", pkg: "storage/internal/pg", test: "TestTogether_hasPatience", edits: []edit{
		{togetherFile, "members := db.lines.tired(l, m); members != nil", "members := db.lines.tired(l, nil); members != nil"},
	}},
	{attacks: "GRP-04", pkg: "storage/internal/pg", test: "TestTogether_tellsAllThatItIsNotKnown", edits: []edit{
		{togetherFile, "return errors.As(err, &said) && fault.KindOf(err) == \"\" && !Away(err)", "return errors.As(err, &said) && fault.KindOf(err) == \"\" || err != nil"},
	}},
	{attacks: "GRP-05", pkg: "storage/internal/pg", test: "TestTogether_letsMembersGo", says: "before the transaction was over", edits: []edit{
		{togetherFile, "	err := w.commit(ctx)\n	if isLocked", "	if len(members) > 1 {\n\t\tclose(members[1].done)\n\t\tmembers = members[:1]\n\t}\n	err := w.commit(ctx)\n	if isLocked"},
	}},
}
