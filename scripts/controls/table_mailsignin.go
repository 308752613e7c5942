package main

const (
	mailAskFile       = "identity/mailask.go"
	mailSignInPages   = "pages/mailsignin"
	mailSignInService = "identity/mailsignin/service.go"
	mailSignInHandler = "pages/mailsignin/handler.go"
	mailSignInLink    = "pages/mailsignin/link.go"
)

// mailSignIns are the controls of attacks on sign-ins by mail.
var mailSignIns = []control{
	{attacks: "EML-01", pkg: mailSignInPages, test: "TestCode_countsOnceAndOnlyInItsBrowser", edits: []edit{
		{mailSignInService, "	err := s.Mailed.Spend(ctx, use, m)\n", "	err := s.Mailed.StillVerified(ctx, use, m)\n"},
	}},
	{attacks: "EML-02", pkg: mailSignInPages, test: "TestCode_isNoSecondFactor", edits: []edit{
		{mailSignInHandler, "if err := h.Tx.InTx(ctx, proof.Spend); err != nil {", "if err := ctx.Err(); err != nil {"},
		{mailSignInHandler, "	v.Flow.ByMail = nil\n	return v.Follow(move)", "	return v.Follow(move)"},
	}},
	{attacks: "EML-03", pkg: mailSignInPages, test: "TestCode_endsWithWhatTheUserWas", edits: []edit{
		{mailSignInService, "held.User.Active() && secret.Equal(pending.Mark, identity.MailMark(&held.User))", "held.User.Active()"},
	}},
	{attacks: "EML-04", pkg: mailSignInPages, test: "TestLink_signsInWhereItWasAskedFor", edits: []edit{
		{mailSignInLink, "Elsewhere: visit == nil,", "Elsewhere: visit != nil,"},
	}},
	{attacks: "EML-05", pkg: mailSignInPages, test: "TestMails_areLimited", edits: []edit{
		{mailAskFile, "if err == nil && wait > 0 {", "if err == nil && wait < 0 {"},
	}},
	{attacks: "EML-05", pkg: mailSignInPages, test: "TestMails_andCodesOfOthersKeepNobodyOut", edits: []edit{
		{mailAskFile, "buckets = []Bucket{l.Device.Of(", "_ = []Bucket{l.Device.Of("},
	}},
	{attacks: "EML-05", pkg: mailSignInPages, test: "TestMails_andCodesOfOthersKeepNobodyOut", says: "the owner is at", edits: []edit{
		{mailSignInService, "limit, key = limitCodeDevice, held.DeviceCounter(device)", "_, key = limitCodeDevice, held.User.ID.String()"},
	}},
	{attacks: "EML-08", pkg: "provider/challenge", test: "TestMailCode_namesOfAnAccountHaveOneBudget_EML_08", edits: []edit{
		{mailSignInService, "		key = held.User.ID.String()\n", "		_ = key\n"},
	}},
	{attacks: "EML-08", pkg: "provider/challenge", test: "TestMailCode_namesOfAnAccountHaveOneBudget_EML_08", edits: []edit{
		{mailAskFile, "		key = held.User.ID.String()\n", "		_ = key\n"},
	}},
	{attacks: "EML-06", pkg: mailSignInPages, test: "TestPages_areThereOnlyWhereTheTenantWantsThem", edits: []edit{
		{mailSignInService, "return s.Mails && t.Settings.EmailSignIn.On() }", "return s.Mails }"},
	}},
	{attacks: "EML-09", pkg: "pages/signup", test: "TestSignUp_writesToTheOwnerInTheirLanguage", says: "reads French", edits: []edit{
		{"identity/signup.go", "cmp.Or(held.User.Profile.Locale, lang)", "cmp.Or(lang, held.User.Profile.Locale)"},
	}},
	{attacks: "EML-09", pkg: addressPages, test: "TestAdd_writesToTheOwnerInTheirLanguage", says: "bob@example.com reads", edits: []edit{
		{"identity/addresses/service.go", "cmp.Or(held.User.Profile.Locale, lang)", "cmp.Or(lang, held.User.Profile.Locale)"},
	}},
	{attacks: "EML-09", pkg: "pages/invitation", test: "TestInvitation_isInTheLanguageOfWhoHasAnAccount", says: "invited in", edits: []edit{
		{"organization/invitation/service.go", "return held.User.Profile.Locale, nil", "_ = held\n\treturn \"\", nil"},
	}},
}
