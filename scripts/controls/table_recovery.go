package main

const (
	recoveryService = "identity/recovery/recovery.go"
	namedCode       = "identity/namedcode.go"
	recoveryLink    = "identity/recovery/link.go"
	recoveryPages   = "pages/recovery"
)

// recoveries are the controls of attacks on recoveries.
var recoveries = []control{
	{attacks: "REC-01", pkg: recoveryPages, test: "TestRecovery_noStepCanBeSkipped", edits: []edit{
		{recoveryService, "if !pending.Verified() {", "if false {"},
		{recoveryService, "err = s.Mailed.StillVerified(ctx, use, &pending.MailedCode)\n", ""},
		{"pages/recovery/password.go", "case !r.Verified():\n\t\treturn v.See(paths.RecoverCode)\n", ""},
	}},
	{attacks: "REC-11", pkg: recoveryPages, test: "TestLinks_liveTheirTimeAcrossRestartsAndRotations", edits: []edit{
		{"storage/onetime.go", "AND spent_at IS NULL AND expires_at > now()`, hash, purpose)", "AND spent_at IS NULL`, hash, purpose)"},
	}},
	{attacks: "REC-02", pkg: recoveryPages, test: "TestRecovery_takesTheSecondFactorOfWhoHasOne", edits: []edit{
		{recoveryService, "asks.Factor = held.Any() && ", "asks.Factor = held.Codes < 0 && "},
	}},
	{attacks: "ACC-05", pkg: "storage", test: "TestRecoveryLinks_ofTheSameMomentEndToo_ACC_05", says: "2 links are good", edits: []edit{
		{"identity/recovery/link.go", "\tif err := l.Directory.Writes.Lock(ctx, id); err != nil {", "\tif err := l.Directory.Writes.Lock(ctx, uuid.Nil); err != nil {"},
	}},
	{attacks: "ACC-05", pkg: "storage", test: "TestRecoveryLinks_ofTheSameMomentEndToo_ACC_05", says: "who comes second", edits: []edit{
		{"identity/recovery/link.go", "\tif err == nil && !user.Active() {", "\tif err == nil && user.ID == uuid.Nil {"},
	}},
	{attacks: "ACC-04", pkg: recoveryPages, test: "TestLink_endsWithWhatEndsAllOfTheUser", edits: []edit{
		{"identity/directory.go", "	return ended, d.Writes.EndLinks(ctx, id)\n", "	return ended, nil\n"},
	}},
	{attacks: "ACC-04", pkg: recoveryPages, test: "TestLink_endsWithWhatEndsAllOfTheUser", says: "by the user", edits: []edit{
		{"identity/directory.go", "if err == nil && actor.ID != (&User{ID: id}).PublicID() {", "if err == nil {"},
	}},
	{attacks: "PWD-30", pkg: recoveryPages, test: "TestRecovery_tellsOfEarlierPasswordsAfterTheFactor", says: "without the factor", edits: []edit{
		{recoveryService, "if err := s.Directory.Check(ctx, &user, f.Password); err != nil {", "if _, err := s.Directory.Hash(ctx, &user, f.Password); err != nil {"},
	}},
	{attacks: "REC-03", pkg: recoveryPages, test: "TestRecovery_aCodeCountsOnceAtTheSameTime", edits: []edit{
		{recoveryService, "err := s.Mailed.Spend(ctx, use, &pending.MailedCode)", "err := s.Mailed.StillVerified(ctx, use, &pending.MailedCode)"},
	}},
	{attacks: "REC-04", pkg: recoveryPages, test: "TestRecovery_endsWithAnotherPasswordAndWithTheAccount", edits: []edit{
		{recoveryService, "!user.Active() || !secret.Equal(pending.Mark, identity.MailMark(&user))", "!user.Active()"},
	}},
	{attacks: "REC-05", pkg: recoveryPages, test: "TestRecovery_isOfTheUserNotOfTheName", edits: []edit{
		{recoveryService, "if err == nil && held.User.ID != pending.UserID {", "if err == nil && held.User.ID == uuid.Nil {"},
		{recoveryService, "user, err = s.named(ctx, pending)\n\t}", "user, err = s.named(ctx, pending)\n\t\tpending.Mark = identity.MailMark(&user)\n\t}"},
	}},
	{attacks: "ACC-01", pkg: recoveryPages, test: "TestLink_ofManyAtOnceOneCounts", edits: []edit{
		{recoveryLink, "l.Tokens.Spend(ctx, linkPurpose+user.ID.String()", "l.Tokens.Peek(ctx, linkPurpose+user.ID.String()"},
	}},
	{attacks: "ACC-02", pkg: recoveryPages, test: "TestLink_isNotSpentByLooking", edits: []edit{
		{recoveryLink, "raw, err := l.Tokens.Peek(ctx", "raw, err := l.Tokens.Spend(ctx"},
	}},
	{attacks: "ACC-02", pkg: recoveryPages, test: "TestLink_refusesEveryOtherLink", edits: []edit{
		{recoveryLink, "case !user.Active():\n\t\treturn user, identity.ErrLinkUnknown\n", ""},
	}},
	{attacks: "ACC-03", pkg: recoveryPages, test: "TestLink_keepsTheFactorsUnlessToldOtherwise", edits: []edit{
		{recoveryLink, "if f.ResetFactors {", "if f.ResetFactors || true {"},
	}},
	{attacks: "ACC-03", pkg: recoveryPages, test: "TestLink_keepsTheFactorsUnlessToldOtherwise", edits: []edit{
		{recoveryLink, "l.Directory.HashAs(ctx, &user, chosen, f.Factor)", "l.Directory.Hash(ctx, &user, chosen)"},
	}},
	{attacks: "ENU-09", pkg: recoveryPages, test: "TestRecovery_looksTheSameForNobody", edits: []edit{
		{namedCode, "UserID: uuid.New()}", "}"},
		{namedCode, "`json:\"u\"`", "`json:\"u,omitzero\"`"},
	}},
	{attacks: "ENU-09", pkg: recoveryPages, test: "TestRecovery_looksTheSameForNobody", edits: []edit{
		{namedCode, "user.Active() && user.Email != \"\"", "user.Email != \"\""},
	}},
	{attacks: "REC-06", pkg: recoveryPages, test: "TestRecovery_mailsOfOthersKeepNobodyOut", edits: []edit{
		{mailAskFile, "buckets = []Bucket{l.Device.Of(", "_ = []Bucket{l.Device.Of("},
	}},
	{attacks: "REC-06", pkg: recoveryPages, test: "TestRecovery_guessesAreFew", edits: []edit{
		{"identity/mailedcode.go", "if !good || !stands {", "_ = stands\n\tif !good {"},
	}},
}
