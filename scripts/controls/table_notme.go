package main

const (
	reportService = "identity/recovery/notme.go"
	reportPages   = "pages/notme"
)

// reports are the controls of attacks on the links by which users say that it was not them.
var reports = []control{
	{attacks: "NME-01", pkg: reportPages, test: "TestNotMe_endsWhatThereWas", edits: []edit{
		{"identity/directory.go", "if err := d.Writes.SetPassword(ctx, id, \"\", kept(ctx)); err != nil {\n\t\t\treturn nil, err\n\t\t}\n", ""},
	}},
	{attacks: "NME-01", pkg: reportPages, test: "TestNotMe_endsWhatThereWas", edits: []edit{
		{reportService, "data, err := r.Tokens.Peek(ctx, purpose, hash)", "data, err := r.Tokens.Spend(ctx, purpose, hash)"},
	}},
	{attacks: "NME-02", pkg: reportPages, test: "TestNotMe_countsOnceAtTheSameTime", edits: []edit{
		{reportService, "data, err := r.Tokens.Spend(ctx, purpose, hash)", "data, err := r.Tokens.Peek(ctx, purpose, hash)"},
	}},
	{attacks: "NME-03", pkg: reportPages, test: "TestNotMe_refusesEveryOtherLink", edits: []edit{
		{reportService, "case errors.Is(err, identity.ErrUserNotFound), err == nil && !user.Active():", "case errors.Is(err, identity.ErrUserNotFound):"},
	}},
	{attacks: "NME-04", pkg: reportPages, test: "TestNotMe_takesTheFactorBackThatItIsAbout", edits: []edit{
		{"identity/passkey/enrol.go", "if first == factor {", "if first != uuid.Nil {"},
	}},
	{attacks: "NME-05", pkg: reportPages, test: "TestNotMe_takesTheFactorBackThatItIsAbout", says: "the factor stays", edits: []edit{
		{"identity/passkey/enrol.go", "if err := s.Factors.Remove(ctx, actor, user, factor); !errors.Is(err, mfa.ErrFactorUnknown) {\n		return err\n	}\n", "_ = errors.Is(nil, mfa.ErrFactorUnknown)\n"},
	}},
	{attacks: "NME-05", pkg: reportPages, test: "TestNotMe_takesTheFactorBackThatItIsAbout", edits: []edit{
		{reportService, "if about.Factor != uuid.Nil {\n\t\tif err", "if false {\n\t\tif err"},
	}},
	{attacks: "NME-06", pkg: addressPages, test: "TestTakenBack_withWhatWasAddedSince", says: "the intruder's passkey stays", edits: []edit{
		{reportService, "return r.TakeBackSince(ctx, notMeActor, user, since)", "return nil"},
	}},
	{attacks: "NME-06", pkg: addressPages, test: "TestTakenBack_withWhatWasAddedSince", says: "the intruder's account at a provider stays", edits: []edit{
		{"cmd/plinto/app/federation.go", "return p.signIns.UnlinkSince(ctx, actor, user, since)", "return nil"},
	}},
	{attacks: "NME-06", pkg: addressPages, test: "TestTakenBack_keepsWhatIsOlderThanTheChange", edits: []edit{
		{"storage/emailstakeback.go", "greatest(verified_at, changed_at - $3::interval)", "verified_at"},
	}},
	{attacks: "NME-08", pkg: addressPages, test: "TestTakenBack_lateMailsGoToTheOldMailbox", says: "is told of what came before it", edits: []edit{
		{"cmd/plinto/app/mail.go", "to.Email = cmp.Or(old, to.Email)", "to.Email = cmp.Or(to.Email, old)"},
	}},
	{attacks: "NME-08", pkg: addressPages, test: "TestPrimary_ofAnOperatorIsTold", says: "mails about what came before it", edits: []edit{
		{"storage/emails.go", "changed_at > $2 AND revocable AND", "changed_at > $2 AND"},
	}},
	{attacks: "NME-07", pkg: reportPages, test: "TestNotMe_endsRecoveryCodes", edits: []edit{
		{reportService, "if (about.Factor != uuid.Nil || about.Codes) && !about.At.IsZero() {", "if about.Factor != uuid.Nil && !about.At.IsZero() {"},
	}},
	{attacks: "NME-07", pkg: reportPages, test: "TestNotMe_endsRecoveryCodes", edits: []edit{
		{reportService, "if (about.Factor != uuid.Nil || about.Codes) && !about.At.IsZero() {", "if about.Codes {"},
	}},
}
