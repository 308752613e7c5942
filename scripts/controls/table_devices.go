package main

const (
	devicePages = "pages/device"
	deviceStore = "storage/devices.go"
	deviceCheck = "identity/device/check.go"
)

// devices are the controls of attacks on new and remembered browsers.
var devices = []control{
	{attacks: "DVC-01", pkg: devicePages, test: "TestDevice_aNewBrowserIsAskedForACode", edits: []edit{
		{"dispatch/factor.go", "look := (!factor || !proof.SecondFactor) && proof.NeedsDeviceCheck(s.Devices, d.Mails)", "look := (!factor || !proof.SecondFactor) && proof.NeedsDeviceCheck(s.Devices, d.Mails) && false"},
	}},
	{attacks: "DVC-02", pkg: devicePages, test: "TestDevice_theCodeIsNoFactor", edits: []edit{
		{"pages/device/handler.go", "AMR: p.AMR, At: h.Now(), Upstream: p.Upstream, Spend: spend}", "AMR: append(p.AMR, \"otp\", \"mfa\"), At: h.Now(), Upstream: p.Upstream, Spend: spend}"},
	}},
	{attacks: "DVC-03", pkg: devicePages, test: "TestDevice_aCodeCountsOnceAtTheSameTime", edits: []edit{
		{deviceCheck, "\terr := c.Mailed.Spend(ctx, use, m)\n", "\terr := c.Mailed.StillVerified(ctx, use, m)\n"},
	}},
	{attacks: "DVC-04", pkg: devicePages, test: "TestDevice_guessesAndMailsAreFew", edits: []edit{
		{"identity/mailedcode.go", "Period: codeTries * (u.life() + verifiedLife)", "Period: u.life()"},
	}},
	{attacks: "DVC-04", pkg: devicePages, test: "TestDevice_guessesAndMailsAreFew", edits: []edit{
		{deviceCheck, "case good && stands:", "case good:"},
	}},
	{attacks: "DVC-04", pkg: devicePages, test: "TestDevice_guessesAndMailsAreFew", edits: []edit{
		{deviceCheck, "limit.Of(user.ID.String())); wait > 0 {", "limit.Of(user.ID.String())); wait > 0 && false {"},
	}},
	{attacks: "DVC-10", pkg: devicePages, test: "TestDevice_guessesOfOthersKeepNobodyOutOfTheirBrowsers", says: "their own browser", edits: []edit{
		{deviceCheck, "		limit = limitCodeBefore\n", "		limit = limitCode\n"},
	}},
	{attacks: "DVC-10", pkg: devicePages, test: "TestDevice_guessesOfOthersKeepNobodyOutOfTheirBrowsers", edits: []edit{
		{deviceCheck, "		limit = limitMailsBefore\n", "		limit = limitMails\n"},
	}},
	{attacks: "DVC-05", pkg: devicePages, test: "TestDevice_isUnknownAfterThePasswordIsChanged", edits: []edit{
		{deviceStore, "const deviceKnown = `d.mark = u.not_before`", "const deviceKnown = `true`"},
	}},
	{attacks: "DVC-05", pkg: devicePages, test: "TestDevice_theProofEndsWithWhatTheUserHas", edits: []edit{
		{"pages/device/handler.go", "!p.Stands(tenant.Must(ctx), &user)", "tenant.Must(ctx) == nil || !user.Active()"},
	}},
	{attacks: "DVC-20", pkg: devicePages, test: "TestDevice_theProofEndsWithEverythingOfTheTenant", edits: []edit{
		{"provider/flow_factor.go", " && !p.At.Before(t.NotBefore)", ""},
	}},
	{attacks: "DVC-20", pkg: "storage", test: "TestDevices_areForgottenWithEverythingOfTheTenant", edits: []edit{
		{deviceStore, " AND d.remembered_at >= @tenant_mark)`", " AND @tenant_mark::timestamptz IS NOT NULL)`"},
	}},
	{attacks: "DVC-06", pkg: devicePages, test: "TestDevice_isKnownForItsUserAlone", edits: []edit{
		{"storage/users.go", "LEFT JOIN user_devices d ON d.user_id = i.user_id AND d.hash = @device AND `+deviceKnown+`", "LEFT JOIN user_devices d ON d.hash = @device"},
	}},
	{attacks: "DVC-07", pkg: devicePages, test: "TestDevice_aPasswordAloneChangesNoneInANewBrowser", edits: []edit{
		{"identity/passwords/service.go", "if device != nil {", "if device == nil {"},
	}},
	{attacks: "DVC-08", pkg: factorPages, test: "TestRemembered_isNoStepUp", edits: []edit{
		{"dispatch/factor.go", "s.Devices.Remembers() > 0 && flow.TakesDevice(s.MFA, s.ACRLevels, proof.AMR) {", "s.Devices.Remembers() > 0 {"},
	}},
	{attacks: "DVC-08", pkg: factorPages, test: "TestRemembered_isNoStepUp", edits: []edit{
		{factorFlow, "!breached && f.TakesDevice(facts.MFA, facts.ACRLevels, s.AMR) {", "!breached {"},
	}},
	{attacks: "DVC-08", pkg: factorPages, test: "TestRemembered_isNoStepUp", edits: []edit{
		{factorFlow, "return !slices.Contains(policy.RequiredFor, r.ClientID) && ", "return "},
	}},
	{attacks: "DVC-11", pkg: "provider", test: "TestFlow_takesNoDeviceForAKey", edits: []edit{
		{factorFlow, "!factorReaches(levels, amr, r.ACRValues))", "!reaches(levels, withFactor(amr), r.ACRValues))"},
	}},
	{attacks: "DVC-11", pkg: factorPages, test: "TestRemembered_isNoStepUp", says: "/login/factor", edits: []edit{
		{factorFlow, "!factorReaches(levels, amr, r.ACRValues))", "!reaches(levels, withFactor(amr), r.ACRValues))"},
	}},
	{attacks: "DVC-09", pkg: factorPages, test: "TestRemembered_endsWhenItIsRevoked", edits: []edit{
		{"identity/device/service.go", "for _, session := range sessions {", "for _, session := range sessions[:0] {"},
	}},
	{attacks: "DVC-09", pkg: factorPages, test: "TestRemembered_endsWithTheFactor", edits: []edit{
		{factorService, "return s.Forget(ctx, actor, user)", "return nil"},
	}},
}
