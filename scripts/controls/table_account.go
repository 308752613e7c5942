package main

const (
	accountPages   = "pages/account"
	accountService = "identity/account/factors.go"
	accountHandler = "pages/account/handler.go"
)

// accounts are the controls of attacks on the pages of a user's own account.
var accounts = []control{
	{attacks: "ACT-01", pkg: accountPages, test: "TestSecurity_isChangedByWhoJustProvedWhoTheyAre", edits: []edit{
		{accountHandler, "return h.view(p, true)", "return h.view(p, false)"},
	}},
	{attacks: "ACT-01", pkg: accountPages, test: "TestSecurity_isChangedByWhoJustProvedWhoTheyAre", edits: []edit{
		{accountHandler, "return h.submit(p, true)", "return h.submit(p, false)"},
	}},
	{attacks: "ACT-02", pkg: accountPages, test: "TestSecurity_takesTheStrongestFactor", edits: []edit{
		{accountHandler, "if move.Page != \"\" {", "if move.Page != \"\" && session == nil {"},
	}},
	{attacks: "ACT-03", pkg: accountPages, test: "TestSecurity_theLastWayInStays", edits: []edit{
		{accountService, "if err == nil && held.Alone < before.Alone {", "if err == nil && held.Alone < before.Alone-99 {"},
	}},
	{attacks: "ACT-13", pkg: accountPages, test: "TestNoPassword_leavesAWayIn", edits: []edit{
		{"identity/passwords/remove.go", "if held.Alone == 0 || ", "if "},
	}},
	{attacks: "ACT-13", pkg: accountPages, test: "TestNoPassword_leavesAWayIn", says: "a second step only", edits: []edit{
		{"storage/factors.go", "AND (user_verified OR backup_eligible)) AS alone", ") AS alone"},
	}},
	{attacks: "ACT-13", pkg: accountPages, test: "TestNoPassword_isRemovedAsTheLastPasskeyIs", edits: []edit{
		{"identity/passwords/remove.go", "case !s.Removable(ctx, user, &held):", "case held.Alone < 0:"},
		{accountService, "if err == nil && held.Alone < before.Alone {", "if err == nil && held.Alone < before.Alone-99 {"},
	}},
	{attacks: "ACT-03", pkg: accountPages, test: "TestSecurity_aRequiredFactorStays", edits: []edit{
		{accountService, "if err == nil && !held.Any() && tenant", "if err == nil && held.Passkeys < 0 && tenant"},
	}},
	{attacks: "ACT-03", pkg: "pages/provider", test: "TestAccountIdentities_theLastWayInStays", says: "0 identities are left", edits: []edit{
		{accountService, "if err == nil && !there {", "if err == nil && !there && user == nil {"},
	}},
	{attacks: "ACT-03", pkg: "pages/provider", test: "TestAccountIdentities_ofTwoTabsOneLeavesAWayIn", says: "0 ways in are left", edits: []edit{
		{accountService, "	if err := s.Rows.Lock(ctx, user.ID); err != nil {\n		return err\n	}\n	held, err", "	held, err"},
	}},
	{attacks: "ACT-03", pkg: "pages/provider", test: "TestAccountIdentities_theLastUsableWayInStays", says: "passkeys_that_are_not_taken", edits: []edit{
		{accountService, "held.Alone > 0 && passkey.Available(tenant.Must(ctx)) {\n\t\treturn err", "held.Alone > 0 && passkey.Available != nil {\n\t\treturn err"},
	}},
	{attacks: "ACT-03", pkg: "pages/provider", test: "TestAccountIdentities_theLastUsableWayInStays", says: "a_connection_that_is_disabled", edits: []edit{
		{"federation/realm.go", "func(c Connection) bool { return c.ID == i.Connection })", "func(c Connection) bool { return c.ID == i.Connection }) || len(all) == 0"},
	}},
	{attacks: "ACT-03", pkg: "pages/provider", test: "TestAccountIdentities_theLastUsableWayInStays", says: "no_server's_mail", edits: []edit{
		{"identity/mailsignin/service.go", "return user.EmailVerified && s.Open(tenant.Must(ctx))", "return user.EmailVerified && tenant.Must(ctx).Settings.EmailSignIn.On()"},
	}},
	{attacks: "ACT-04", pkg: accountPages, test: "TestSecurity_othersFactorsAreNotThere", edits: []edit{
		{"storage/passkeys.go", "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2", "UPDATE passkeys SET name = $3 WHERE id = $1 AND $2::uuid IS NOT NULL"},
	}},
	{attacks: "ACT-04", pkg: accountPages, test: "TestSecurity_othersFactorsAreNotThere", edits: []edit{
		{"storage/factors.go", "UPDATE totp_factors SET name = $3 WHERE id = $1 AND user_id = $2", "UPDATE totp_factors SET name = $3 WHERE id = $1 AND $2::uuid IS NOT NULL"},
	}},
	{attacks: "ACT-05", pkg: accountPages, test: "TestSecurity_nothingIsDoneForASessionThatIsOver", edits: []edit{
		{accountService, "_, err := s.Directory.Sessions.Current(ctx, session.TokenHash)\n\t\treturn err", "return nil"},
	}},
	{attacks: "ACT-06", pkg: accountPages, test: "TestDevices_areListedAndSignedOut", edits: []edit{
		{"storage/sessions.go", "WHERE id = $1 AND user_id = $2 AND ended_at IS NULL\n\t\tRETURNING", "WHERE id = $1 AND $2::uuid IS NOT NULL AND ended_at IS NULL\n\t\tRETURNING"},
	}},
	{attacks: "ACT-14", pkg: accountPages, test: "TestDevices_areSignedOutByWhoJustProvedWhoTheyAre", edits: []edit{
		{"cmd/plinto/app/pages.go", "a.View(account.Devices), a.SubmitFresh(account.EndSessions)", "a.View(account.Devices), a.Submit(account.EndSessions)"},
	}},
	{attacks: "ACT-14", pkg: "provider", test: "TestFlowNext_decides", says: "rights_in_the_management_API,_old_proof", edits: []edit{
		{"provider/flow.go", " || f.confersRights(facts)\n}", "\n}"},
	}},
	{attacks: "ACT-14", pkg: "provider", test: "TestFlowNext_decides", says: "another_one_can_pretend_to_be,_old_proof", edits: []edit{
		{"provider/flow.go", "lets := f.needsConsent(facts) || facts.Client.FirstParty && facts.impersonable(&f.Request)", "lets := f.needsConsent(facts)"},
	}},
	{attacks: "ACT-14", pkg: "pages/consent", test: "TestConsent_ofRightsTakesAProofOfJustNow", says: "allowed by an old session", edits: []edit{
		{"pages/consent/handler.go", "	if !asks {", "	if !asks && v == nil {"},
	}},
	{attacks: "ACT-14", pkg: "pages/consent", test: "TestConsent_ofRightsTakesAProofOfJustNow", says: "an app by an old session", edits: []edit{
		{"dispatch/dispatch.go", " && !client.Impersonable(r.RedirectURI)", ""},
	}},
	{attacks: "ACT-15", pkg: accountPages, test: "TestData_isTheUsersOwn", edits: []edit{
		{"cmd/plinto/app/pages.go", "a.ViewFresh(account.AskData), a.SubmitFresh(account.Data)", "a.View(account.AskData), a.Submit(account.Data)"},
	}},
	{attacks: "ACT-07", pkg: accountPages, test: "TestDevices_everythingElseEnds", edits: []edit{
		{"identity/directory.go", "ended, err := d.evict(ctx, id, keep, event.SessionSignedOut)\n", "ended, err := 0, error(nil)\n"},
	}},
	{attacks: "ACT-08", pkg: accountPages, test: "TestDeletion_endsEverythingAndCanBeTakenBack", edits: []edit{
		{"identity/deletion.go", "ended, err := d.evict(ctx, id, uuid.Nil, event.SessionUserDeleted)", "ended, err := 0, error(nil)"},
	}},
	{attacks: "ACT-08", pkg: accountPages, test: "TestDeletion_endsEverythingAndCanBeTakenBack", edits: []edit{
		{"provider/flow.go", "return !facts.Session.DeleteAt.IsZero()", "return f == nil"},
	}},
	{attacks: "ACT-08", pkg: accountPages, test: "TestDeletion_isDoneWhenTheTimeHasCome", edits: []edit{
		{"storage/deletions.go", "WHERE id = $1 AND delete_at <= now() FOR UPDATE", "WHERE id = $1 FOR UPDATE"},
	}},
	{attacks: "ACT-09", pkg: accountPages, test: "TestDeletion_isTakenBackByWhoReadsTheMails", edits: []edit{
		{"identity/recovery/notme.go", "if about.Deletion {", "if user.ID == about.Event {"},
	}},
	{attacks: "ACT-12", pkg: accountPages, test: "TestSecurity_recoveryCodesAreReplacedAtTheSameTime", edits: []edit{
		{"storage/factors.go", "hashes [][]byte) error {\n\tif err := lockUser(ctx, s.DB, user); err != nil {\n\t\treturn err\n\t}\n", "hashes [][]byte) error {\n"},
	}},
	{attacks: "ACT-10", pkg: accountPages, test: "TestAccount_refusesFormsOfOthers", edits: []edit{
		{accountHandler, "if !h.Browser.SessionCSRFValid(r, v.session, form.Get(\"csrf\")) {", "if v.session == nil {"},
	}},
}
