package main

const (
	emailStore   = "storage/emails.go"
	addressPages = "pages/address"
	signUpPages  = "pages/signup"
	linkService  = "identity/mailedlink.go"
	nameService  = "identity/username.go"
)

// addressing are the controls of attacks on addresses, the links that prove them, and user names.
var addressing = []control{
	{attacks: "ADR-01", pkg: "storage", test: "TestEmails_areTheUsersOnceTheyAreProved", says: "somebody else's address", edits: []edit{
		{emailStore, "WHERE user_identifiers.user_id = excluded.user_id\n\t\tRETURNING kind", "RETURNING kind"},
	}},
	{attacks: "ADR-02", pkg: "storage", test: "TestEmails_haveOneOwnerOfAll", edits: []edit{
		{emailStore, "WHERE user_id = $1 AND id = $2 AND verified_at IS NULL`, user, id)", "WHERE user_id = $1 AND id = $2`, user, id)"},
	}},
	{attacks: "ADR-03", pkg: addressPages, test: "TestConfirm_countsWhereItsUserIsSignedIn", edits: []edit{
		{"identity/addresses/prove.go", "case user == nil || user.ID != f.User.ID:", "case false:"},
	}},
	{attacks: "ADR-04", pkg: "storage", test: "TestEmails_takeBackWhatAnIntruderDid", edits: []edit{
		{"storage/emailstakeback.go", "(verified_at IS NULL OR verified_at >= $2 OR canonical = $4)", "(verified_at IS NULL OR verified_at > now() AND $2 < now() OR canonical = $4)"},
	}},
	{attacks: "ADR-04", pkg: addressPages, test: "TestPrimary_isTakenBackByTheOldMailbox", edits: []edit{
		{reportService, "if !about.reverts() {", "if true {"},
	}},
	{attacks: "ADR-04", pkg: addressPages, test: "TestPrimary_isTakenBackByTheOldMailbox", says: "lock the owner out", edits: []edit{
		{"event/mail/notifier.go", "case event.TokenReuseDetected, event.EmailPrimaryChanged:", "case event.TokenReuseDetected:"},
	}},
	{attacks: "ADR-04", pkg: addressPages, test: "TestPrimary_isTakenBackByTheOldMailbox", says: "mailed to the intruder", edits: []edit{
		{reportService, "if len(about.To) == 0 {", "if len(about.To) >= 0 {"},
	}},
	{attacks: "ADR-05", pkg: "storage", test: "TestEmails_areKeptWhileAChangeCanBeTakenBack", says: "somebody else proves it", edits: []edit{
		{emailStore, "AND revocable AND expires_at > now())`, user, canonical)", "AND revocable AND expires_at < now())`, user, canonical)"},
	}},
	{attacks: "ADR-05", pkg: "storage", test: "TestEmails_areKeptWhileAChangeCanBeTakenBack", says: "want b@x / b", edits: []edit{
		{"storage/users.go", "WHERE i.canonical = @name AND i.kind <> 'kept_email'`", "WHERE i.canonical = @name`"},
	}},
	{attacks: "ADR-06", pkg: signUpPages, test: "TestSignUpLink_makesTheAccountElsewhere", edits: []edit{
		{linkService, "data, err := s.Codes.Peek(ctx, purpose, hash)", "data, err := s.Codes.Spend(ctx, purpose, hash)"},
	}},
	{attacks: "ADR-07", pkg: signUpPages, test: "TestSignUpLink_givesNothingToWhoAskedForIt", edits: []edit{
		{"identity/mailedcode.go", "func (m *MailedCode) Verified() bool { return m.Code != \"\" }", "func (m *MailedCode) Verified() bool { return true }"},
	}},
	{attacks: "ADR-08", pkg: signUpPages, test: "TestSignUpLink_countsOnce", edits: []edit{
		{"pages/signup/link.go", "case errors.Is(err, identity.ErrEmailTaken):", "case false:"},
		{"pages/signup/link.go", "\tif f.Taken {\n", "\tif f == nil {\n"},
	}},
	{attacks: "ADR-09", pkg: signUpPages, test: "TestSignUpLink_refusesEveryOther", says: "expired", edits: []edit{
		{"storage/onetime.go", "SELECT data FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now()", "SELECT data FROM one_time_tokens WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL"},
	}},
	{attacks: "ADR-09", pkg: signUpPages, test: "TestSignUpLink_refusesEveryOther", says: "forged", edits: []edit{
		{"pages/signup/link.go", "if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get(\"csrf\"))) {", "if secret.Equal([]byte(form.Get(\"csrf\")), nil) {"},
	}},
	{attacks: "ADR-10", pkg: signUpPages, test: "TestSignUp_asksForAUserName", edits: []edit{
		{nameService, "|| displayname.PassesFor(core, t.Names()...) != \"\" {", "&& displayname.PassesFor(core, t.Names()...) == \"-\" {"},
	}},
	{attacks: "ADR-10", pkg: signUpPages, test: "TestSignUp_asksForAUserName", says: "rested", edits: []edit{
		{nameService, "if err == nil && retired {", "if err == nil && retired && name == \"\" {"},
	}},
	{attacks: "ADR-10", pkg: signUpPages, test: "TestSignUp_asksForAUserName", says: "dmin2", edits: []edit{
		{nameService, "err != nil || !oneScript(name) {", "err != nil {"},
	}},
	{attacks: "ADR-10", pkg: "identity", test: "TestCheckUsername_refusesWhatLooksLikeAnAddress", edits: []edit{
		{"identity/directory.go", "strings.ContainsRune(canonical, '@')", "strings.ContainsRune(s, '@') && canonical != \"\""},
	}},
	{attacks: "ADR-10", pkg: federationPages, test: "TestProvider_connectsNobodyByAUserName", says: "signed in as mallory", edits: []edit{
		{"storage/identities.go", "i.kind IN ('email', 'other_email')", "i.kind <> 'kept_email'"},
	}},
	{attacks: "ADR-11", pkg: signUpPages, test: "TestSignUp_namesAreAskedForSlowly", edits: []edit{
		{nameService, "limitNames.Networks(address, \"\")...); wait > 0 {", "limitNames.Networks(address, \"\")...); wait < 0 {"},
	}},
	{attacks: "ADR-12", pkg: addressPages, test: "TestAdd_tellsNobodyWhoHasAnAccount", edits: []edit{
		{"identity/addresses/service.go", "case err == nil && held.User.ID != user.ID:", "case err == nil && held.User.ID != user.ID && typed == \"\":"},
	}},
	{attacks: "ADR-12", pkg: addressPages, test: "TestAdd_tellsNobodyWhoHasAnAccount", says: "mail 4", edits: []edit{
		{"identity/addresses/service.go", "Name: \"email-mail\", Count: 4, Period: time.Hour, Burst: 3}", "Name: \"email-mail\", Count: 40, Period: time.Hour, Burst: 30}"},
	}},
	{attacks: "ADR-13", pkg: addressPages, test: "TestRecovery_endsWithTheAddress", says: "primary_changed", edits: []edit{
		{"identity/mailbox.go", "Format(time.RFC3339Nano) + user.Email))", "Format(time.RFC3339Nano)))"},
	}},
	{attacks: "ADR-14", pkg: "admin", test: "TestUsers_areToldOfAnotherAddress", edits: []edit{
		{"identity/directory.go", "if sameAddress(before.Email, after.Email) {\n\t\treturn nil", "if before.ID == after.ID {\n\t\treturn nil"},
	}},
	{attacks: "ADR-14", pkg: "admin", test: "TestUsers_areToldOfAnotherAddress", says: "verified is true", edits: []edit{
		{"identity/user.go", "u.EmailVerified = u.EmailVerified && sameAddress(u.Email, email)", "_ = sameAddress(u.Email, email)"},
	}},
}
