package main

const (
	egressClientFile  = "internal/egress/client.go"
	egressURLFile     = "internal/egress/url.go"
	guessFile         = "identity/guess.go"
	changeFile        = "identity/passwords/service.go"
	passwordProofFile = "identity/password.go"
	limiterFile       = "storage/limiter.go"
	throttleFile      = "provider/engine/throttle.go"
)

// passwords are the controls of attacks by guessing, and of those that find out who
// has an account.
var passwords = []control{
	{attacks: "ENU-01", pkg: "pages/signin", test: "TestSignIn_everyRefusalIsTheSame", edits: []edit{
		{"pages/signin/handler.go", "view.Problem = ui.SignInWrong\n", "view.Problem = ui.SignInWrong\n\t\tif strings.HasPrefix(view.Username, \"nobody\") {\n\t\t\tview.Problem = ui.SignInBusy\n\t\t}\n"},
		{"pages/signin/handler.go", "\t\"strconv\"\n", "\t\"strconv\"\n\t\"strings\"\n"},
	}},
	{attacks: "ENU-02", pkg: "pages/signin", test: "TestSignIn_everyRefusalCostsTheSame", edits: []edit{
		{guessFile, "if err := p.record(ctx, g.user, why, clientID); err != nil {", "if g.user == nil {\n\t\treturn ErrRefused\n\t}\n\tif err := p.record(ctx, g.user, why, clientID); err != nil {"},
	}},
	{attacks: "ENU-02", pkg: "pages/signin", test: "TestSignIn_everyRefusalCostsTheSame", says: "the right password, exhausted", edits: []edit{
		{guessFile, "if err := p.record(ctx, g.user, why, clientID); err != nil {", "if !stands && good {\n\t\treturn ErrRefused\n\t}\n\tif err := p.record(ctx, g.user, why, clientID); err != nil {"},
	}},
	{attacks: "ENU-02", pkg: "pages/signin", test: "TestSignIn_everyRefusalCostsTheSame", says: "hashes", edits: []edit{
		{passwordProofFile, "ok, rehash, err := p.Hasher.Verify(ctx, by, try.Password, g.encoded)\n", "if g.user == nil {\n\t\treturn Proof{}, p.judge(ctx, g, false, try.ClientID)\n\t}\n\tok, rehash, err := p.Hasher.Verify(ctx, by, try.Password, g.encoded)\n"},
	}},
	{attacks: "ENU-03", pkg: "pages/signup", test: "TestSignUp_tellsNobodyWhoHasAnAccount", edits: []edit{
		{"identity/signup.go", "letter = Letter{Kind: LetterAccount, To: email, Lang: cmp.Or(held.User.Profile.Locale, lang)}", "return SignUp{Name: cmp.Or(held.User.Profile.Locale, lang)}, ErrSignUpDomain"},
	}},
	{attacks: "ENU-06", pkg: "pages/signin", test: "TestSignIn_parallelTriesCannotExceedTheLimit", says: "nobody@example.com", edits: []edit{
		{guessFile, "return fmt.Sprintf(\"x%x\", secret.MAC(p.ShadowKey, tenant.Must(ctx).ID.String(), canonical)[:16])", "return fmt.Sprintf(\"x%x%d\", secret.MAC(p.ShadowKey, tenant.Must(ctx).ID.String(), canonical)[:16], time.Now().UnixNano())"},
	}},
	{attacks: "ENU-08", pkg: "pages/signin", test: "TestSignIn_refusalsTakeAsLongAsTheSlowestHash", says: "nobody@example.com is refused", edits: []edit{
		{passwordProofFile, "p.Timing.Wait(ctx, began, password.Comparisons(try.Password))", "_ = began"},
	}},
	{attacks: "ENU-10", pkg: "pages/signin", test: "TestSignIn_anExhaustedCounterLooksLikeAWrongPassword", edits: []edit{
		{guessFile, "\t\treturn ErrThrottled.After(wait)\n\t}\n\treturn ErrRefused\n", "\t\treturn ErrThrottled.After(wait)\n\t}\n\tif !stands {\n\t\treturn ErrThrottled.After(time.Minute)\n\t}\n\treturn ErrRefused\n"},
	}},
	{attacks: "ENU-10", pkg: "pages/signup", test: "TestSignUp_letsNobodyGuess", edits: []edit{
		{"identity/mailedcode.go", "if !good || !stands {\n", "if good && !stands {\n\t\treturn ErrSignUpTooMany\n\t}\n\tif !good {\n"},
	}},
	{attacks: "ENU-12", pkg: clientAuthTests, test: "TestClientAuth_unknownClientAndWrongSecretGetTheSameAnswer", edits: []edit{
		{clientAuthFile, `return invalidClient(ctx, cause, "client authentication failed")`, `return invalidClient(ctx, cause, cause)`},
	}},
	{attacks: "ENU-12", pkg: clientAuthTests, test: "TestClientAuth_namesTheRegisteredMethodToWhoKnowsTheSecret", edits: []edit{
		{clientAuthFile, "case !accepts(c, presented) && good:", "case !accepts(c, presented):"},
		{clientAuthFile, "case !accepts(c, presented):\n\t\treturn errInvalidClient(ctx, \"wrong_method\")\n", ""},
	}},

	{attacks: "PWD-20", pkg: "internal/password", test: "TestHasher_keepsToItsMemory", edits: []edit{
		{"internal/password/hasher.go", "taken := int64(min(memory, h.opts.Memory))", "taken := int64(min(memory, 0))"},
	}},
	{attacks: "PWD-20", pkg: "internal/password", test: "TestHasher_keepsToItsMemory", says: "scrypt, with too little memory left", edits: []edit{
		{"internal/password/foreign.go", "memory: uint32(128 * r << ln >> 10), ", ""},
	}},
	{attacks: "PWD-20", pkg: "cmd/plinto", test: "TestMachine_hashesInAQuarterOfTheMemory", edits: []edit{
		{"cmd/plinto/machine.go", "min(slots, int(memory/password.Floor.Memory))", "slots"},
	}},
	{attacks: "PWD-01", pkg: "internal/password", test: "TestHash_refusesBadPasswords", edits: []edit{
		{"internal/password/rules.go", "if len(password) > maxBytes || utf8.RuneCountInString(password) > MaxLength {", "if len(password) > maxBytes<<10 {"},
	}},
	{attacks: "PWD-03", pkg: "internal/password", test: "TestVerify_refusesBcryptCandidatesOver72Bytes", edits: []edit{
		{"internal/password/foreign.go", "return good && len(password) <= 72", "return good && password != \"\""},
	}},
	{attacks: "PWD-04", pkg: "internal/password", test: "TestHash_verifiesOnlyTheSamePassword", edits: []edit{
		{"internal/password/rules.go", "clean, err := precis.OpaqueString.String(password)", "clean, err := precis.OpaqueString.String(strings.TrimSpace(password))"},
	}},
	{attacks: "PWD-06", pkg: "internal/password", test: "TestCheckRules_knowsTheListsOfLeakedPasswords", edits: []edit{
		{"internal/password/common.go", "_, found := slices.BinarySearch(entries(), lower)", "_, found := slices.BinarySearch(entries()[:1000], lower)"},
	}},
	{attacks: "PWD-06", pkg: "identity", test: "TestDirectory_refusesPasswordsMadeOfNames", edits: []edit{
		{"identity/newpassword.go", "About: PasswordWords(t, u),", "About: PasswordWords(t, &User{}),"},
	}},
	{attacks: "PWD-27", pkg: "identity", test: "TestDirectory_refusesPasswordsThatAreEasyToGuess", edits: []edit{
		{"identity/newpassword.go", ", MinScore: t.Settings.Password.Score(),", ","},
	}},
	{attacks: "PWD-27", pkg: "internal/strength", test: "TestEstimate_looksAtABoundedPart", edits: []edit{
		{"internal/strength/strength.go", "if b.Len() == looked {", "if b.Len() == 8*looked {"},
	}},
	{attacks: "PWD-27", pkg: "internal/strength", test: "TestEstimate_looksAtABoundedPart", says: "all signs", edits: []edit{
		{"internal/strength/strength.go", "if signs(text) > maxSigns {", "if signs(text) > looked {"},
	}},
	{attacks: "PWD-12", pkg: "pages/account", test: "TestPassword_isChangedByWhoJustSignedIn", edits: []edit{
		{changeFile, "return changed, nil", "changed.Session, changed.Token = session, \"\"\n\treturn changed, nil"},
		{changeFile, "next.TokenHash = ", "_ = "},
	}},
	{attacks: "PWD-12", pkg: "storage", test: "TestReplacePassword_isForTheMarkOfTheProof", edits: []edit{
		{"storage/passwords.go", "AND u.not_before = coalesce(@mark::timestamptz, '-infinity') AND u.disabled_at IS NULL`", "AND @mark::timestamptz IS NULL IS NOT NULL`"},
	}},
	{attacks: "PWD-24", pkg: "pages/password", test: "TestStep_comesBeforeAnyAnswer", edits: []edit{
		{"storage/sessions.go", "coalesce(u.password_state, ''), u.delete_at", "'', u.delete_at"},
	}},
	{attacks: "PWD-24", pkg: "pages/password", test: "TestStep_setsNothingAtOtherSteps", edits: []edit{
		{"pages/password/step.go", "!s.Dispatcher.AsksPassword(ctx, v.Flow, client, session) {", "client == nil {"},
	}},
	{attacks: "PWD-24", pkg: "provider", test: "TestFlowNext_decides", edits: []edit{
		{"provider/flow.go", "|| f.needsPassword(facts) || f.confersRights(facts)", "|| f.confersRights(facts)"},
	}},
	{attacks: "PWD-40", pkg: "pages/password", test: "TestStep_takesAProofOfJustNow", edits: []edit{
		{"provider/flow.go", "		return f.takesFreshProof(facts)\n", "		return false\n"},
	}},
	{attacks: "PWD-40", pkg: factorPages, test: "TestEnrol_takesAProofOfJustNow", says: "no code at", edits: []edit{
		{"provider/flow_passkey.go", " &&\n		facts.Now.Sub(facts.Session.AuthTime) <= EnrolWithin", ""},
	}},
	{attacks: "PWD-40", pkg: factorPages, test: "TestEnrol_takesAProofOfJustNow", says: "/login/factor/codes", edits: []edit{
		{"provider/flow_factor.go", "	f.Proved, f.Enrolling = nil, nil\n	return true", "	return false"},
	}},
	{attacks: "PWD-25", pkg: "pages/password", test: "TestSignIn_byABreachedPassword", edits: []edit{
		{"identity/password.go", "p.inspect(ctx, &g, try.Password)\n", ""},
	}},
	{attacks: "PWD-25", pkg: "pages/password", test: "TestSignIn_byABreachedPassword", says: "a wrong password", edits: []edit{
		{"identity/password.go", "if err := p.judge(ctx, g, ok, try.ClientID); err != nil {", "if g.user != nil {\n\t\tp.inspect(ctx, &g, \"correct horse battery staple\")\n\t}\n\tif err := p.judge(ctx, g, ok, try.ClientID); err != nil {"},
	}},
	{attacks: "PWD-25", pkg: "pages/password", test: "TestSignIn_asksListsOfBreachedPasswordsOnce", says: "again, as it did not answer", edits: []edit{
		{"identity/breached.go", "case err == nil:", "case err == nil || true:"},
	}},
	{attacks: "PWD-25", pkg: "pages/password", test: "TestSignIn_asksListsOfBreachedPasswordsOnce", says: "another edition", edits: []edit{
		{"identity/breached.go", "return c.List == p.Breaches.Edition() && p", "return p"},
	}},
	{attacks: "PWD-25", pkg: "pages/password", test: "TestSignIn_asksListsOfBreachedPasswordsOnce", says: "the same password, set again", edits: []edit{
		{"storage/users.go", " AND k.checked_at > coalesce(u.password_set_at, '-infinity')", ""},
	}},
	{attacks: "PWD-26", pkg: "pages/account", test: "TestPassword_isNoneOfTheLast", edits: []edit{
		{"identity/newpassword.go", "return max(0, tenant.Must(ctx).Settings.Password.History-1)", "return 0"},
	}},
	{attacks: "PWD-21", pkg: "internal/password", test: "TestRules_countCharacters", edits: []edit{
		{"internal/password/rules.go", "utf8.RuneCountInString(clean) < least", "len(clean) < least"},
	}},
	{attacks: "PWD-21", pkg: "identity", test: "TestDirectory_wantsLongerPasswordsOfWhoHasNoSecondFactor", edits: []edit{
		{"identity/newpassword.go", "if u.ID == uuid.Nil {\n\t\treturn false, nil\n\t}\n\tfactor, err", "if u != nil {\n\t\treturn true, nil\n\t}\n\tfactor, err"},
	}},
	{attacks: "PWD-22", pkg: "internal/breach", test: "TestFile_findsEveryLineAndNoOther", edits: []edit{
		{"internal/breach/file.go", "high = start\n", "high = start - maxLine\n"},
	}},
	{attacks: "PWD-22", pkg: "internal/breach", test: "TestRanges_tellTheServiceFiveDigitsOnly", edits: []edit{
		{"internal/breach/ranges.go", "s.URL+prefix, nil)", "s.URL+prefix+suffix, nil)"},
	}},
	{attacks: "PWD-22", pkg: "internal/breach", test: "TestRanges_tellTheServiceFiveDigitsOnly", says: "padding", edits: []edit{
		{"internal/breach/ranges.go", " && string(count) != \"0\"", " && len(count) > 0"},
	}},
	{attacks: "PWD-22", pkg: "internal/breach", test: "TestList_goesOnWithoutTheService", edits: []edit{
		{"internal/breach/list.go", "return err == nil && found", "return err != nil || found"},
	}},
	{attacks: "PWD-22", pkg: "pages/signup", test: "TestSignUp_refusesWhatLeaked", edits: []edit{
		{"identity/newpassword.go", "rules.Breached = d.Breaches.Leaked", "_ = rules.Breached"},
	}},
	{attacks: "PWD-29", pkg: "pages/password", test: "TestSignIn_byAPasswordThatIsTooShortAlone", edits: []edit{
		{"identity/mfa/service.go", "if err := s.Factors.Unpair(ctx, user.ID); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "PWD-29", pkg: "pages/password", test: "TestSignIn_byAPasswordThatIsTooShortAlone", edits: []edit{
		{"identity/breached.go", "\tp.measure(ctx, g, clean)\n", ""},
	}},
	{attacks: "PWD-29", pkg: "pages/password", test: "TestSignIn_byAPasswordThatIsDueWithoutItsFactor", edits: []edit{
		{"storage/factors.go", "WHERE id = $1 AND password_state IS NULL AND password_hash", "WHERE id = $1 AND password_hash"},
	}},
	{attacks: "PWD-23", pkg: "internal/password", test: "TestVerify_comparesWhatWasTypedToo", edits: []edit{
		{"internal/password/hasher.go", "return []string{clean, password}", "return []string{clean}"},
	}},
	{attacks: "PWD-23", pkg: "identity", test: "TestTimingEqualizer_waitsForEachComparison", edits: []edit{
		{"identity/level.go", "time.Duration(compared)*", "1 * "},
	}},
	{attacks: "PWD-09", pkg: "pages/signin", test: "TestSignIn_oneAddressIsThrottled", edits: []edit{
		{guessFile, "if wait := p.Limiter.Wait(ctx, buckets...); wait > 0 {", "if wait := p.Limiter.Wait(ctx, buckets...); wait < 0 {"},
		{guessFile, "wait = p.Limiter.Verdict(ctx, good, g.networks...)", "_ = p.Limiter.Verdict(ctx, good, g.networks...)"},
	}},
	{attacks: "PWD-09 PWD-11", pkg: "pages/signin", test: "TestSignIn_oneAccountHasOneCounter", edits: []edit{
		{guessFile, "return user.ID.String()\n", "return user.ID.String() + typed\n"},
	}},
	{attacks: "PWD-10", pkg: "pages/signin", test: "TestSignIn_aKnownBrowserIsLetIn", edits: []edit{
		{guessFile, "known := try.knows(g.user)\n", "known := false\n"},
	}},
	{attacks: "PWD-10", pkg: "pages/signin", test: "TestSignIn_aKnownBrowserIsNotStoppedByItsNetwork", edits: []edit{
		{guessFile, "g.account = limitDevice.Of(g.user.ID.String() + \":\" + g.device.counter(try.Device))\n\t\treturn g, nil", "g.account = limitDevice.Of(g.user.ID.String() + \":\" + g.device.counter(try.Device))\n\t\treturn g, p.wait(ctx, try, networks)"},
	}},
	{attacks: "PWD-10", pkg: "pages/signin", test: "TestSignIn_browsersThatWereKnownHaveOneCounter", says: "a count of its own", edits: []edit{
		{"identity/device.go", "if d.ID == uuid.Nil {\n\t\treturn OtherBrowsers", "if d == nil {\n\t\treturn OtherBrowsers"},
	}},
	{attacks: "PWD-13", pkg: "internal/clientip", test: "TestKey_isTheSameFor64", edits: []edit{
		{"internal/clientip/networks.go", "sizes := sizes6\n", "sizes := []size{{128, 1}}\n"},
	}},
	{attacks: "PWD-13", pkg: "pages/signin", test: "TestSignIn_aWholeNetworkIsThrottled", edits: []edit{
		{"identity/attempts.go", "networks := clientip.NetworksOf(address)", "networks := clientip.NetworksOf(address)[:1]"},
	}},
	{attacks: "PWD-13", pkg: "storage", test: "TestLimiter_countsNestedNetworksTogether", edits: []edit{
		{limiterFile, "err := l.redis.do(ctx, func", "keys, args, buckets, mine = keys[:1], args[:3], buckets[:1], mine[:1]\n\terr := l.redis.do(ctx, func"},
	}},
	{attacks: "PWD-13", pkg: "internal/clientip", test: "TestNetworks_areNested", edits: []edit{
		{"internal/clientip/networks.go", "sizes := sizes6\n", "sizes := sizes6[:1]\n"},
	}},
	{attacks: "PWD-14 NET-10", pkg: "internal/clientip", test: "TestAddress_believesOnlyTrustedProxies", edits: []edit{
		{"internal/clientip/clientip.go", "if !p.trusts(peer) {", "if false {"},
	}},
	{attacks: "PWD-14", pkg: "internal/clientip", test: "TestAddress_believesIPv4ProxiesInEverySpelling", edits: []edit{
		{"internal/clientip/clientip.go", "if unmapped(t).Contains(a) {", "if t.Contains(a) {"},
	}},
	{attacks: "PWD-15", pkg: "storage", test: "TestAttempts_noMoreGuessesAtOnceStandThanTheLimit", edits: []edit{
		{"storage/attempts.go", "= ` AND greatest(tat, now()) + @step::interval > now() + @room::interval)`", "= ` AND @room::interval < @step::interval)`"},
	}},
	{attacks: "PWD-15", pkg: "storage", test: "TestAttempts_noMoreGuessesAtOnceStandThanTheLimit", says: "more than the limit", edits: []edit{
		{"storage/attempts.go", "WHEN greatest(attempts.tat, now()) + @step::interval <= now() + @room::interval", "WHEN @room::interval IS NOT NULL"},
	}},
	{attacks: "PWD-15", pkg: "storage", test: "TestLimiter_noMoreGuessesAtOnceStandThanTheLimit", edits: []edit{
		{limiterFile, "wait := l.local.Spend(time.Now(), 1, mine...)", "wait := 0 * l.local.Spend(time.Now(), 1, mine...)"},
	}},
	{attacks: "PWD-15", pkg: "pages/signin", test: "TestSignIn_oneAccountHasOneCounter", edits: []edit{
		{guessFile, "case good && wait == 0 && stands:", "case good && wait == 0:"},
	}},
	{attacks: "PWD-18", pkg: "storage", test: "TestLimiter_goesOnWithoutRedis", says: "seen elsewhere", edits: []edit{
		{limiterFile, "l.local.Raise(asked, b, asked.Add(time.Duration(said[1+i])*time.Microsecond))", "_, _, _ = i, b, asked"},
	}},
	{attacks: "PWD-18", pkg: "storage", test: "TestLimiter_goesOnWithoutRedis", says: "back and empty", edits: []edit{
		{limiterFile, "wait := l.local.Wait(time.Now(), mine...)\n\tif wait == 0 {", "wait, err := l.shared(ctx, \"look\", mine, buckets)\n\tif err != nil {\n\t\twait = l.local.Wait(time.Now(), mine...)\n\t}\n\tif false {"},
	}},
	{attacks: "PWD-18", pkg: "storage", test: "TestLimiter_goesOnWithoutRedis", says: "want half", edits: []edit{
		{limiterFile, "err != nil {\n\t\tl.local.Spend(time.Now(), 1, mine...)", "err != nil {\n\t\tl.local.Spend(time.Now(), 0, mine...)"},
	}},
	{attacks: "PWD-19", pkg: "pages/signin", test: "TestSignIn_goodOnesAreNeverThrottled", edits: []edit{
		{guessFile, "wait = p.Limiter.Verdict(ctx, good, g.networks...)", "wait = p.Limiter.Verdict(ctx, false, g.networks...)"},
	}},
	{attacks: "PWD-19", pkg: serverTests, test: "TestSignIn_isThrottledAlikeWhileRedisWavers", edits: []edit{
		{guessFile, "stands, err := p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, good && wait == 0)", "if _, err := p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, false); err != nil {\n\t\treturn err\n\t}\n\tstands, err := p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, good && wait == 0)"},
	}},
	{attacks: "PWD-18 PWD-19", pkg: serverTests, test: "TestSignIn_isThrottledAlikeWhileRedisWavers", edits: []edit{
		{limiterFile, "l.local.Raise(asked, b, asked.Add(time.Duration(said[1+i])*time.Microsecond))", "_, _, _ = i, b, asked"},
		{limiterFile, "wait := l.local.Spend(time.Now(), 1, mine...)", "wait := time.Duration(0)"},
	}},
	{attacks: "PWD-16", pkg: "pages/setup", test: "TestSetup_twoAtOnceHaveOneWinner", edits: []edit{
		{"storage/onetime.go", "WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > now() RETURNING data", "WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING data"},
	}},
}

// database are the controls of row-level security.
var database = []control{
	{attacks: "SQL-02", pkg: "storage", test: "TestOpen_refusesRolesThatCouldBypassRowSecurity", edits: []edit{
		{"storage/schema/selfcheck.go", "report(r.BypassRLS, ", "report(false && r.BypassRLS, "},
	}},
	{attacks: "SQL-03", pkg: "storage/schema", test: "TestEveryTableIsIsolated", edits: []edit{
		{coreSQL, "EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);", ""},
	}},
	{attacks: "SQL-04", pkg: "storage", test: "TestRawPool_seesNothingWithoutATenant", edits: []edit{
		{coreSQL, "CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant())", "CREATE POLICY tenant ON %I TO plinto_app USING (true)"},
	}},
	{attacks: "SQL-05 SQL-17", pkg: "storage", test: "TestTransaction_mayNotChangeItsTenant", edits: []edit{
		{"storage/internal/pg/db.go", "if w.tenant.ID != t.ID {", "if false {"},
	}},
	{attacks: "SQL-08", pkg: "storage/schema", test: "TestEveryKey_startsWithTheTenant", edits: []edit{
		{coreSQL, "CONSTRAINT clients_client_id_key UNIQUE (tenant_id, client_id)", "CONSTRAINT clients_client_id_key UNIQUE (client_id)"},
	}},
	{attacks: "SQL-13", pkg: "storage", test: "TestRows_canNeitherBeMovedNorPointedIntoAnotherTenant", edits: []edit{
		{coreSQL, "USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);\n        EXECUTE format('GRANT SELECT, INSERT", "USING (true) WITH CHECK (true)', t);\n        EXECUTE format('GRANT SELECT, INSERT"},
	}},
	{attacks: "SQL-15", pkg: "internal/web", test: "TestErrors_sayTheirKindAndNothingElse", edits: []edit{
		{"internal/web/errors.go", `status, code, message = StatusOf(err), "server_error", "Something went wrong on our side."`, `status, code, message = StatusOf(err), "server_error", err.Error()`},
	}},
}

// egress are the controls of the client that makes requests to addresses of others.
var egress = []control{
	{attacks: "SSR-01", pkg: "internal/egress", test: "TestPublic_refusesEveryAddressOfOurOwn", edits: []edit{
		{"internal/egress/address.go", "return !within(special4, a)", "return !within(loopback, a)"},
	}},
	{attacks: "SSR-01", pkg: "internal/egress", test: "TestClient_refusesAddressesWhenTheyAreDialled", edits: []edit{
		{egressClientFile, "KeepAlive: -1, Control: c.control}", "KeepAlive: -1}"},
	}},
	{attacks: "SSR-05", pkg: "internal/egress", test: "TestDo_saysNothingAboutOurNetwork", edits: []edit{
		{egressClientFile, "if err != nil {\n\t\tdone()\n\t\treturn nil, ErrUnreachable.With(err)\n\t}", "if err != nil {\n\t\tdone()\n\t\treturn nil, err\n\t}"},
	}},
	{attacks: "SSR-06", pkg: "internal/egress", test: "TestDo_boundsAnswers", says: "compressed", edits: []edit{
		{egressClientFile, "DisableCompression:     true,", "DisableCompression:     false,"},
	}},
	{attacks: "SSR-06", pkg: "internal/egress", test: "TestDo_boundsTime", edits: []edit{
		{egressClientFile, "ctx, cancel := context.WithTimeout(r.Context(), opts.Timeout)", "ctx, cancel := context.WithTimeout(r.Context(), 7*time.Second)"},
	}},
	{attacks: "SSR-08", pkg: "internal/egress", test: "TestDo_letsTheURLAloneDecideWhereItGoes", edits: []edit{
		{egressClientFile, "r.Host = \"\" // the URL alone decides where a request goes", ""},
	}},
	{attacks: "SSR-09", pkg: "internal/egress", test: "TestCheckURL_refusesEveryOddity", edits: []edit{
		{egressURLFile, "case !local && !c.hostAllowed(host):", "case false:"},
	}},
}

// transport are the controls of markup, headers, paths and limits.
var transport = []control{
	{attacks: "XSS-01", pkg: "ui", test: "TestPages_showHostileTextAsText", edits: []edit{
		{"ui/consent_templ.go", "templ.EscapeString(templ_7745c5c3_Var3)", "templ_7745c5c3_Var3"},
	}},
	{attacks: "XSS-02", pkg: serverTests, test: "TestPages_repeatNothingThatIsSent", edits: []edit{
		{errorPageFile, "Status: status, Code: code, Message: message}", "Status: status, Code: code, Message: message + r.URL.Query().Get(\"redirect_uri\")}"},
	}},
	{attacks: "XSS-05", pkg: "ui", test: "TestSafeLink_letsOnlyWebAddressesThrough", edits: []edit{
		{"ui/links.go", "if u.Scheme == \"https\" || u.Scheme == \"http\" && weburl.IsLoopback(u.Hostname()) {", "if u.Scheme != \"\" || weburl.IsLoopback(u.Hostname()) {"},
	}},
	{attacks: "XSS-06", pkg: "internal/web", test: "TestRender_allowsOnlyWhatHasTheNonce", edits: []edit{
		{headersFile, "script-src 'nonce-\"+nonce+\"' 'strict-dynamic'", "script-src 'unsafe-inline'"},
	}},
	{attacks: "HDR-01", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "a line break in the nonce", edits: []edit{
		{checksFile, "if len(d.Request.Nonce) > maxNonce || !visible(d.Request.Nonce) {", "if len(d.Request.Nonce) > maxNonce {"},
	}},
	{attacks: "HDR-02", pkg: "internal/web", test: "TestRecover_answersWithoutAStack", says: "X-Content-Type-Options", edits: []edit{
		{headersFile, `h["X-Content-Type-Options"] = nosniff`, `_ = nosniff`},
	}},
	{attacks: "NET-01", pkg: "internal/web", test: "TestParseForm_stopsReadingAtTheLimit", edits: []edit{
		{formFile, "body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))", "body, err := io.ReadAll(r.Body)"},
	}},
	{attacks: "NET-01", pkg: "internal/web", test: "TestParseForm_isStrict", says: "too_many_parameters", edits: []edit{
		{formFile, "if len(values) == maxParameters {", "if len(values) == 100*maxParameters {"},
	}},
	{attacks: "NET-02", pkg: "internal/web", test: "TestServer_refusesEndlessHeaders", edits: []edit{
		{"internal/web/server.go", "MaxHeaderBytes:    32 << 10,", ""},
	}},
	{attacks: "NET-04", pkg: "internal/web", test: "TestServer_boundsTheStreamsOfAConnection", edits: []edit{
		{"internal/web/server.go", "HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},", "HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 10_000},"},
	}},
	{attacks: "NET-06", pkg: "internal/scope", test: "TestParse_refusesOtherCharactersAndSizes_RFC6749_3_3", edits: []edit{
		{"internal/scope/scope.go", "if len(parameter) > MaxBytes {", "if len(parameter) > MaxBytes<<10 {"},
	}},
	{attacks: "NET-08", pkg: "internal/web", test: "TestParseJSON_refusesWhatReadersDisagreeOn", edits: []edit{
		{"internal/strictjson/object.go", "r.tokens.Reset(&r.buffer)", "r.tokens.Reset(&r.buffer, jsontext.AllowDuplicateNames(true))"},
	}},
	{attacks: "NET-13", pkg: "internal/web", test: "TestStrictPath_refusesWhatTwoParsersReadDifferently", edits: []edit{
		{"internal/web/guard.go", `|| strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2F") {`, `{`},
	}},
	{attacks: "NET-13", pkg: serverTests, test: "TestInput_pathGamesLeadNowhere", edits: []edit{
		{"cmd/plinto/app/handler.go", "web.Observe(web.Recover(web.StrictPath(inner)), observers...)", "web.Observe(web.Recover(inner), observers...)"},
	}},
	{attacks: "NET-16", pkg: serverTests, test: "TestInput_onlyTheHostNamesTheIssuer", edits: []edit{
		{"cmd/plinto/app/handler.go", "t, rest, err := a.resolver.Resolve(r.Context(), r.Host, r.URL.Path)", "host := r.Host\n\tif forwarded := r.Header.Get(\"X-Forwarded-Host\"); forwarded != \"\" {\n\t\thost = forwarded\n\t}\n\tt, rest, err := a.resolver.Resolve(r.Context(), host, r.URL.Path)"},
	}},
	{attacks: "NET-26", pkg: "cmd/plinto", test: "TestDev_answersOnHostsOfItsOwnOnly", says: "/dev/mail.json: 200, want 421", edits: []edit{
		{"cmd/plinto/app/guard.go", "if !a.isOurs(r) {", "if false {"},
	}},
	{attacks: "NET-26", pkg: "cmd/plinto", test: "TestDev_answersOnHostsOfItsOwnOnly", says: "it names where things are on this machine", edits: []edit{
		{"cmd/plinto/app/unknown.go", "command, where = new(browser.Browser).Command,", "_, where = new(browser.Browser).Command,"},
	}},
	{attacks: "NET-20", pkg: "internal/web", test: "TestRecover_answersWithoutAStack", edits: []edit{
		{"internal/web/log.go", "err = caught(v)", "panic(v)"},
	}},
	{attacks: "KEY-01", pkg: "provider/keys", test: "TestKeys_arePublishedADayBeforeTheySignAndUntilTheLastTokenExpired", edits: []edit{
		{"provider/keys/ring.go", "if k.Gone(now) {", "if false {"},
	}},
	{attacks: "KEY-03", pkg: "internal/jwt", test: "TestVerify_holdsAKeyToItsAlgorithm", edits: []edit{
		{"internal/jwt/verify.go", "return k.Algorithm != \"\" && k.Algorithm != header.Algorithm || !a.fits(k.Public)", "return !a.fits(k.Public)"},
	}},
	{attacks: "KEY-08", pkg: "storage", test: "TestRootKeys_areRewrapped", says: "not named any more opens it", edits: []edit{
		{"storage/rootkeys.go", "`DELETE FROM root_keys WHERE keeper = $1`", "`DELETE FROM root_keys WHERE keeper = $1 || ' '`"},
	}},
	{attacks: "KEY-09", pkg: "storage", test: "TestRootKeys_areMadeOnce", says: "root keys", edits: []edit{
		{"storage/rootkeys.go", "if err != nil || !tenants {\n\t\troot, _ := secret.NewRoot()", "if err != nil || !tenants {\n\t\troot, _ := secret.RootOf(keepers[0])"},
	}},
	{attacks: "KEY-09", pkg: "storage", test: "TestRootKeys_ofAnOlderInstallationAreItsEncryptionKey", says: "a wrong key", edits: []edit{
		{"storage/rootkeys.go", `wrapped, "data-key", of.String()); err == nil {`, `wrapped, "data-key", of.String()); err == nil || err != nil {`},
	}},
	{attacks: "KEY-04", pkg: "internal/secret", test: "TestParseRoot_refusesWhatNobodyDrewAtRandom", edits: []edit{
		{"internal/secret/root.go", "if weak(raw) {", "if false {"},
	}},
	{attacks: "LOG-01 SES-20", pkg: serverTests, test: "TestCanary_secretsAreKeptNowhere", says: "the log holds", edits: []edit{
		{"pages/browser/session.go", "b.scope(r).Set(w, sessionBase, token, b.life(s))", "slog.DebugContext(r.Context(), \"session kept\", \"token\", token)\n\tb.scope(r).Set(w, sessionBase, token, b.life(s))"},
		{"pages/browser/session.go", "\t\"errors\"\n", "\t\"errors\"\n\t\"log/slog\"\n"},
	}},
	{attacks: "LOG-01", pkg: serverTests, test: "TestCanary_secretsAreKeptNowhere", says: "is kept", edits: []edit{
		{starterFile, "session.TokenHash = SessionHash(t.ID, token)", "session.TokenHash = SessionHash(t.ID, token)\n\tsession.Agent = token"},
	}},
	{attacks: "TLS-01", pkg: "internal/web", test: "TestCertificate_speaksOnlyGoodTLS", edits: []edit{
		{"internal/web/certificate.go", "MinVersion:     tls.VersionTLS12,", "MinVersion:     tls.VersionTLS10,"},
		{"internal/web/certificate.go", "var suites = []uint16{\n", "var suites = []uint16{\n\ttls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,\n"},
	}},
}
