package main

const (
	factorService = "identity/mfa/service.go"
	factorStore   = "storage/factors.go"
	factorFlow    = "provider/flow_factor.go"
	factorPages   = "pages/factor"
)

// factors are the controls of attacks on second factors.
var factors = []control{
	{attacks: "MFA-01", pkg: factorPages, test: "TestFactor_noSessionBeforeIt", edits: []edit{
		{"pages/signin/handler.go", "if !held {", "if !held || true {"},
	}},
	{attacks: "MFA-01", pkg: factorPages, test: "TestFactor_noSessionBeforeIt", edits: []edit{
		{factorFlow, "func (f *Flow) holdsProof(Facts) bool { return f.Proved != nil && !f.Switch }", "func (f *Flow) holdsProof(Facts) bool { return false }"},
	}},
	{attacks: "MFA-01", pkg: factorPages, test: "TestFactor_stepsASessionUp", edits: []edit{
		{factorFlow, "return f.NeedsFactor(facts.MFA, facts.ACRLevels, s.AMR, s.SecondFactor || breached)", "return f.NeedsFactor(facts.MFA, facts.ACRLevels, s.AMR, breached)"},
	}},
	{attacks: "MFA-02", pkg: factorPages, test: "TestFactor_doesNotStandForThePassword", edits: []edit{
		{"dispatch/factor.go", "return step, step == provider.StepFactor || step == provider.StepEnrol || step == provider.StepOffer || step == provider.StepPasskey", "_ = step\n\treturn provider.StepFactor, true"},
	}},
	{attacks: "MFA-03", pkg: "storage", test: "TestFactors_aStepIsUsedOnce", edits: []edit{
		{factorStore, "WHERE user_id = $1 AND id = $2 AND last_step < $3", "WHERE user_id = $1 AND id = $2 AND last_step <= $3"},
	}},
	{attacks: "MFA-03", pkg: "storage", test: "TestFactors_aCodeThatWasUsedFailsTheTransaction", edits: []edit{
		{factorStore, "WHERE user_id = $1 AND hash = $2 AND used_at IS NULL\n\t\t\tRETURNING", "WHERE user_id = $1 AND hash = $2\n\t\t\tRETURNING"},
	}},
	{attacks: "MFA-03", pkg: factorPages, test: "TestFactor_isAddedWhereItIsRequiredAndAskedForFromThenOn", edits: []edit{
		{factorService, "ok && step > f.LastStep {", "ok {"},
		{factorStore, "WHERE user_id = $1 AND id = $2 AND last_step < $3", "WHERE user_id = $1 AND id = $2 AND last_step <= $3"},
	}},
	{attacks: "MFA-03", pkg: "storage", test: "TestFactors_aCodeThatWasUsedFailsTheTransaction", edits: []edit{
		{factorStore, "refused.Code == \"22012\" { // division_by_zero\n\t\treturn mfa.ErrRefused", "refused.Code == \"22012\" { // division_by_zero\n\t\treturn nil"},
	}},
	{attacks: "SGN-01", pkg: "storage", test: "TestRecoveryCodes_areNotMadeBesideTheLastFactorsRemoval", says: "10 codes", edits: []edit{
		{"identity/mfa/codes.go", "meanwhile.\n\t\treturn s.holds(ctx, user)", "meanwhile.\n\t\treturn nil"},
	}},
	{attacks: "MFA-04", pkg: "identity/mfa", test: "TestTOTP_takesTheStepBeforeAndNoOther", edits: []edit{
		{"identity/mfa/totp.go", "[]int64{current - 1, current}", "[]int64{current - 2, current - 1, current}"},
	}},
	{attacks: "MFA-05", pkg: "storage", test: "TestFactors_aCodeBeyondTheLimitFailsTheTransaction", says: "beyond the limit", edits: []edit{
		{"identity/mfa/service.go", "if err := s.Attempts.Stands(ctx, limit, key, ErrThrottled); err != nil {\n\t\t\t\treturn err\n\t\t\t}\n", ""},
	}},
	{attacks: "MFA-05", pkg: factorPages, test: "TestFactor_guessesAreFew", edits: []edit{
		{factorService, "case good && stands:", "case good:"},
	}},
	{attacks: "MFA-05", pkg: factorPages, test: "TestFactor_guessesAreFew", edits: []edit{
		{factorService, "return limitCodeDevice, user.String() + \":\" + device", "_ = limitCodeDevice"},
	}},
	{attacks: "MFA-05", pkg: factorPages, test: "TestFactor_guessesOfBrowsersThatWereKnownAreFew", says: "a count of its own", edits: []edit{
		{passkeyService, "name = identity.OtherBrowsers", "name = identity.DeviceKey(browser)"},
	}},
	{attacks: "MFA-05", pkg: "storage", test: "TestPasskeys_holderCountsAKnownBrowserApart", says: "is kept out", edits: []edit{
		{"storage/passkeys.go", "(CASE WHEN d.id IS NULL THEN @key ELSE @own END)", "(CASE WHEN @own <> '' THEN @key END)"},
	}},
	{attacks: "MFA-06", pkg: factorPages, test: "TestEnrol_ofTwoAtOnceOneIsAdded", edits: []edit{
		{factorStore, "\t\tmost = 1\n", "\t\tmost = mfa.MaxTOTP\n"},
	}},
	{attacks: "MFA-06", pkg: factorPages, test: "TestEnrol_takesAFreshProof", edits: []edit{
		{decideFile, "f.needsFactor(facts) && !facts.Session.SecondFactor || f.needsPassword", "f.needsPassword"},
	}},
	{attacks: "MFA-07", pkg: factorPages, test: "TestFactor_countsForNothingAfterTheUserIsThrownOut", edits: []edit{
		{"pages/factor/handler.go", "!p.Stands(tenant.Must(ctx), &f.user)", "false"},
		{"storage/sessions.go", "AND not_before = coalesce(@mark::timestamptz, '-infinity') FOR SHARE", "FOR SHARE"},
	}},
	{attacks: "MFA-08", pkg: "identity/mfa", test: "TestCodeHash_isOfOneUserOfOneTenant", edits: []edit{
		{"identity/mfa/recovery.go", "\"recovery\", id.String(), user.String(), code", "\"recovery\", id.String(), code"},
	}},
	{attacks: "MFA-09", pkg: "cmd/plinto", test: "TestDev_showsNoCodesOfTenantsThatAreNotTheSeeds", edits: []edit{
		{"cmd/plinto/dev_tenants.go", "found := devTenant{&t, d.seed.Find(t.Slug)}", "found := devTenant{&t, &d.seed.Tenants[0]}"},
	}},
}
