package main

const clientKeysFile = "provider/clientkeys/keys.go"

// clients are the controls of attacks on the authentication of clients.
var clients = []control{
	{attacks: "CLI-01", pkg: conformanceTests, test: "TestAssertion_isAcceptedOnce", edits: []edit{
		{"storage/assertions.go", "ON CONFLICT (tenant_id, client_id, jti_hash) DO UPDATE SET expires_at = excluded.expires_at\n\t\tWHERE a.expires_at < now() - interval '1 minute'", "ON CONFLICT (tenant_id, client_id, jti_hash) DO UPDATE SET expires_at = excluded.expires_at"},
	}},
	{attacks: "CLI-01", pkg: conformanceTests, test: "TestAssertion_refuses", says: "the good one again", edits: []edit{
		{assertionFile, "if fault.KindOf(err) == fault.Unauthenticated {\n\t\treturn c, errInvalidClient(ctx, \"assertion_spent\")\n\t}\n\treturn c, err", "_ = fault.KindOf(err)\n\treturn c, nil"},
	}},
	{attacks: "CLI-04", pkg: "storage", test: "TestCleanup_deletesWhatIsOverAndNothingElse", edits: []edit{
		{"storage/cleanups.go", "SELECT ctid FROM spent_assertions WHERE expires_at >= $2 AND expires_at < now() - interval '1 minute'", "SELECT ctid FROM spent_assertions WHERE expires_at >= $2 AND expires_at < now() - interval '9 years'"},
	}},
	{attacks: "CLI-22", pkg: "storage", test: "TestClients_areDeletedStepByStep", says: "it is found by its id", edits: []edit{
		{"storage/managedclients.go", "FROM clients c WHERE c.id = $1 AND c.deleting_at IS NULL", "FROM clients c WHERE c.id = $1"},
	}},
	{attacks: "CLI-22", pkg: "storage", test: "TestClients_areDeletedStepByStep", says: "it is found by its name", edits: []edit{
		{"storage/steps.go", "client_id = 'deleted:' || id, ", ""},
	}},
	{attacks: "CLI-06", pkg: clientAuthTests, test: "TestClientAuth_isByTheRegisteredMethod_F4_F5_F6", says: "basic for strict post", edits: []edit{
		{clientAuthFile, "sends(presented) && sends(want) && !c.Strict()", "sends(presented) && sends(want)"},
	}},
	{attacks: "CLI-06", pkg: clientAuthTests, test: "TestClientAuth_isByTheRegisteredMethod_F4_F5_F6", says: "post for hmac", edits: []edit{
		{clientAuthFile, "sends(presented) && sends(want) && !c.Strict()", "sends(presented) && want != provider.AuthNone && !c.Strict()"},
	}},
	{attacks: "CLI-06", pkg: clientAuthTests, test: "TestClientAuth_isByTheRegisteredMethod_F4_F5_F6", says: "none for basic", edits: []edit{
		{clientAuthFile, "return presented == want ||", "return presented == want || presented == provider.AuthNone ||"},
	}},
	{attacks: "CLI-06", pkg: clientAuthTests, test: "TestClientAuth_isByTheRegisteredMethod_F4_F5_F6", says: "basic and post", edits: []edit{
		{clientAuthFile, "case mechanisms > 1:", "case mechanisms > 5:"},
	}},
	{attacks: "CLI-09", pkg: clientAuthTests, test: "TestClientAuth_aWrongSecretCostsNoSlowHash_F16", edits: []edit{
		{"provider/clientsecret.go", "hash := h.Hash(t, c.ClientID, plain)\n\tmatch := false", "hash := h.Hash(t, c.ClientID, plain)\n\tfor range 1000 {\n\t\thash = h.Hash(t, c.ClientID, string(hash))\n\t}\n\tmatch := false"},
	}},
	{attacks: "CLI-09", pkg: clientAuthTests, test: "TestClientAuth_manyFailuresAreThrottledAndTellNothing", says: "right: <nil>", edits: []edit{
		{guessingFile, "if a.pauses.none() {", "if true {"},
	}},
	{attacks: "CLI-09", pkg: clientAuthTests, test: "TestClientAuth_manyFailuresAreThrottledAndTellNothing", says: "too many", edits: []edit{
		{guessingFile, "return clientID + \" \" + clientip.KeyOf(event.OriginFrom(ctx).IP)", "_ = clientip.KeyOf(event.OriginFrom(ctx).IP)\n\treturn clientID"},
	}},
	{attacks: "CLI-09", pkg: serverTests, test: "TestClientAuth_refusalsDoNotFloodTheLog", edits: []edit{
		{"provider/clientauth/refusals.go", "Limit: refusalLines}) > 0 {", "Limit: refusalLines}) > time.Hour {"},
	}},
	{attacks: "CLI-10", pkg: clientAuthTests, test: "TestClientAuth_oddHeadersAreTheClientsFault", edits: []edit{
		{clientAuthFile, "if wellFormedID(id) && (named == \"\" || named == id) &&", "if (named == \"\" || named == id) &&"},
	}},
	{attacks: "CLI-11", pkg: "provider/register", test: "TestManage_aClientReadsWhatItRegistered", edits: []edit{
		{"provider/register/manage.go", "return answer(w, tenant.Must(r.Context()), http.StatusOK, &found.Client, \"\", token)", "return answer(w, tenant.Must(r.Context()), http.StatusOK, &found.Client, token, token)"},
	}},
	{attacks: "CLI-13", pkg: conformanceTests, test: "TestAssertion_refuses", says: "a kid of a path", edits: []edit{
		{assertionFile, "case a.verifyAssertion(ctx, c, token) != nil:", "case a.verifyAssertion(ctx, c, token) != nil && !strings.Contains(header.KeyID, \"/\"):"},
	}},
	{attacks: "CLI-13", pkg: "internal/jwt", test: "TestVerify_refusesForgedHeaders", edits: []edit{
		{"internal/jwt/verify.go", "if header.Algorithm == \"\" || len(header.KeyID) > maxKeyIDBytes {", "if header.Algorithm == \"\" {"},
	}},
	{attacks: "CLI-15", pkg: "internal/jwt", test: "TestVerify_refusesForgedHeaders", edits: []edit{
		{"internal/jwt/verify.go", `case "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c":`, `case "crit", "b64", "jwk", "jku", "x5u", "x5c":`},
	}},
	{attacks: "CLI-16", pkg: "internal/jwt", test: "TestVerify_refusesLongInputUnread", edits: []edit{
		{"internal/jwt/verify.go", "if len(token) > MaxTokenBytes {", "if len(token) > 1<<30 {"},
	}},
	{attacks: "CLI-18", pkg: conformanceTests, test: "TestClientKeys_areFetchedSeldom", edits: []edit{
		{clientKeysFile, "!e.tried.IsZero() && now.Sub(e.tried) < refetchAfter {", "false {"},
	}},
	{attacks: "CLI-18", pkg: "provider/clientkeys", test: "TestFetch_keepsTheLastGoodSetAndComesBackSeldom", says: "forgotten", edits: []edit{
		{clientKeysFile, "if err == nil {\n\t\te.held, e.fetched = fetched, now\n\t}", "e.held, e.fetched = fetched, now\n\t_ = err"},
	}},
	{attacks: "CLI-19", pkg: "provider/clientkeys", test: "TestFetch_boundsWhatAClientCanMakeUsRead", says: "larger", edits: []edit{
		{"internal/jwt/keyset.go", "if len(raw) > MaxKeySetBytes {", "if len(raw) > MaxKeySetBytes<<10 {"},
	}},
	{attacks: "CLI-19", pkg: "provider/clientkeys", test: "TestFetch_boundsWhatAClientCanMakeUsRead", says: "waits for", edits: []edit{
		{clientKeysFile, "fetchTimeout = 3 * time.Second", "fetchTimeout = 30 * time.Second"},
	}},
	{attacks: "CLI-19 SSR-03", pkg: "internal/egress", test: "TestClient_followsNoRedirect", edits: []edit{
		{"internal/egress/owner.go", "CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },", "CheckRedirect: nil,"},
	}},
}
