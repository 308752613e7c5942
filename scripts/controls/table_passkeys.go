package main

const (
	passkeyService   = "identity/passkey/service.go"
	passkeyChallenge = "identity/passkey/challenge.go"
	passkeyParty     = "identity/passkey/relyingparty.go"
	passkeyStore     = "storage/passkeys.go"
)

// passkeys are the controls of attacks on passkeys.
var passkeys = []control{
	{attacks: "PKY-01", pkg: factorPages, test: "TestPasskey_answersToSomethingElseCountForNothing", edits: []edit{
		{passkeyParty, "RPOrigins: origins,", "RPOrigins: append(origins, \"https://example.com.evil.example\"),"},
	}},
	{attacks: "PKY-01", pkg: factorPages, test: "TestPasskey_answersToSomethingElseCountForNothing", edits: []edit{
		{passkeyService, "err := party.ValidateLogin(&account{a.User, []Passkey{*key}}, session, parsed); err != nil {", "err := party.ValidateLogin(&account{a.User, []Passkey{*key}}, session, parsed); false {\n\t\t_ = err"},
	}},
	{attacks: "PKY-01", pkg: factorPages, test: "TestPasskey_isMadeForThisPage", edits: []edit{
		{passkeyParty, "RPOrigins: origins,", "RPOrigins: append(origins, \"https://evil.example\"),"},
	}},
	{attacks: "PKY-02", pkg: factorPages, test: "TestPasskey_answersToSomethingElseCountForNothing", edits: []edit{
		{passkeyService, "if alone && !parsed.Response.AuthenticatorData.Flags.HasUserVerified() {", "if false {"},
		{passkeyService, "session.UserVerification = protocol.VerificationRequired", "_ = alone"},
	}},
	{attacks: "PKY-03", pkg: factorPages, test: "TestPasskey_answersToSomethingElseCountForNothing", edits: []edit{
		{passkeyChallenge, "tenant.Must(ctx).ID.String(), c.Flow, c.Step, c.User", "tenant.Must(ctx).ID.String(), c.Step, c.User"},
	}},
	{attacks: "PKY-03", pkg: factorPages, test: "TestPasskey_ofAnotherUserIsNoSecondFactor", edits: []edit{
		{passkeyChallenge, "tenant.Must(ctx).ID.String(), c.Flow, c.Step, c.User", "tenant.Must(ctx).ID.String()"},
	}},
	{attacks: "PKY-03", pkg: factorPages, test: "TestPasskey_answersComeInTime", edits: []edit{
		{passkeyChallenge, "if s.Now().After(until) {", "if false {"},
	}},
	{attacks: "PKY-04", pkg: factorPages, test: "TestPasskey_anAnswerCountsOnce", edits: []edit{
		{passkeyStore, "ON CONFLICT DO NOTHING RETURNING hash", "ON CONFLICT (tenant_id, hash) DO UPDATE SET expires_at = excluded.expires_at RETURNING hash"},
	}},
	{attacks: "PKY-05", pkg: factorPages, test: "TestPasskey_ofAnotherUserIsNoSecondFactor", edits: []edit{
		{passkeyService, "case a.User != nil && a.User.ID != user.ID:", "case false:"},
	}},
	{attacks: "PKY-06", pkg: factorPages, test: "TestPasskey_aCounterThatFallsIsTold", edits: []edit{
		{passkeyStore, "sign_count = greatest(sign_count, $3)", "sign_count = $3"},
	}},
	{attacks: "PKY-07", pkg: factorPages, test: "TestPasskey_isAddedOnceByWhoHasThePasswordOnly", edits: []edit{
		{"pages/factor/passkey.go", "passkey.Enrolment{First: true, Answer:", "passkey.Enrolment{Answer:"},
		{factorFlow, "if !has {\n\t\treturn StepEnrol", "if !has || f.Proved != nil {\n\t\treturn StepEnrol"},
	}},
	{attacks: "PKY-07", pkg: factorPages, test: "TestPasskey_isAddedWhereAFactorIsRequiredAndAskedForFromThenOn", edits: []edit{
		{factorStore, "OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id AND NOT p.silent))", "OR false)"},
	}},
	{attacks: "PKY-09", pkg: factorPages, test: "TestSilentPasskey_countsOnItsPageOnly", edits: []edit{
		{"pages/factor/passkey.go", "silentStep = \"silent\"", "silentStep = offerStep"},
		{"identity/passkey/enrol.go", "if e.Silent {\n\t\tsession", "if true {\n\t\tsession"},
	}},
	{attacks: "PKY-09", pkg: factorPages, test: "TestSilentPasskey_isNotMadeAfterAReset", edits: []edit{
		{"pages/signin/handler.go", "time.Since(proof.User.NotBefore) > passkey.Quiet", "passkey.Quiet > 0 && !time.Now().IsZero()"},
	}},
	{attacks: "PKY-09", pkg: factorPages, test: "TestSilentPasskey_isMadeAfterAPassword", edits: []edit{
		{passkeyStore, "AND (NOT silent OR @silent)", "AND NOT silent AND @silent IS NOT NULL"},
	}},
	{attacks: "PKY-10", pkg: "tenant/registry", test: "TestTenant_sharesNoHostOfPasskeys", edits: []edit{
		{"storage/tenants.go", "o.host = ANY(@named::text[]) OR", "o.host = ANY(@named::text[]) AND false OR"},
	}},
	{attacks: "PKY-10", pkg: "provider/challenge", test: "TestPasskey_signsInAlone", edits: []edit{
		{passkeyParty, "if !elsewhere {", "if false {"},
	}},
	{attacks: "PKY-11", pkg: "identity/passkey", test: "TestAttestation_showsTheModel", edits: []edit{
		{"identity/passkey/attestation.go", "made.AttestationType == string(metadata.BasicSurrogate),", "made.AttestationType == \"?\","},
	}},
	{attacks: "PKY-11", pkg: "identity/passkey", test: "TestAttestation_showsTheModel", edits: []edit{
		{"identity/passkey/attestation.go", "party.Config.MDS = known.provider", "_ = known.provider"},
	}},
	{attacks: "PKY-11", pkg: "identity/passkey", test: "TestMetadata_isSigned", edits: []edit{
		{"identity/passkey/metadata.go", "if !verifies(leaf.PublicKey,", "if leaf == nil && !verifies(leaf.PublicKey,"},
	}},
	{attacks: "PKY-12", pkg: "identity/passkey", test: "TestMetadata_isSigned", says: "of another customer of the root", edits: []edit{
		{"identity/passkey/metadata.go", "CurrentTime: now, DNSName: metadataSigner,", "CurrentTime: now,"},
	}},
	{attacks: "PKY-08", pkg: "identity/passkey", test: "TestSignalUnknown_isForTenantsWithAHostOfTheirOwn", edits: []edit{
		{"identity/passkey/signal.go", "if t := tenant.Must(ctx); t.Host == \"\" || t.Settings.MFA.PasskeyHost != \"\" {", "if false {"},
	}},
}
